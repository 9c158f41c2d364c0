import { addressText, CaptureInterface, type CaptureMetadata, readText } from './metadata.ts';
import { TimeScale } from './time.ts';

/** Block types of draft-ietf-opsawg-pcapng section 11.1. */
export const BlockType = {
  interfaceDescription: 0x00000001,
  packet: 0x00000002,
  simplePacket: 0x00000003,
  nameResolution: 0x00000004,
  interfaceStatistics: 0x00000005,
  enhancedPacket: 0x00000006,
  journal: 0x00000009,
  decryptionSecrets: 0x0000000a,
  custom: 0x00000bad,
  customNoCopy: 0x40000bad,
  sectionHeader: 0x0a0d0d0a,
} as const;

export const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

/** Bytes of a block before its options or data, counted from its start and without the trailing length. */
export const SECTION_HEADER_BYTES = 24;
export const INTERFACE_HEADER_BYTES = 16;
const STATISTICS_HEADER_BYTES = 20;

const MAX_INTERFACES = 65_536;
const TWO_32 = 4294967296;

const KNOWN_TYPES: ReadonlySet<number> = new Set(Object.values(BlockType));

export function isKnownBlock(type: number): boolean {
  return KNOWN_TYPES.has(type);
}

/** A walk over the options of a block, in place: `while (cursor.next()) ...` sets `code`, `at` and `length`. */
export class OptionCursor {
  code: number = 0;
  /** Index of the value. */
  at: number = 0;
  length: number = 0;
  private view: DataView;
  private little: boolean;
  private nextAt: number;
  private end: number;

  constructor(view: DataView, at: number, end: number, little: boolean) {
    this.view = view;
    this.little = little;
    this.nextAt = at;
    this.end = end;
  }

  /** False at the end of the options or where they are damaged. */
  next(): boolean {
    if (this.nextAt + 4 > this.end) return false;
    this.code = this.view.getUint16(this.nextAt, this.little);
    this.length = this.view.getUint16(this.nextAt + 2, this.little);
    this.at = this.nextAt + 4;
    this.nextAt = this.at + ((this.length + 3) & ~3);
    return this.code !== 0 && this.at + this.length <= this.end;
  }

  /** An unsigned 64-bit value as a number (exact below 2^53). */
  uint64(): number {
    const first = this.view.getUint32(this.at, this.little);
    const second = this.view.getUint32(this.at + 4, this.little);
    return this.little ? second * TWO_32 + first : first * TWO_32 + second;
  }

  int64(): number {
    return Number(this.view.getBigInt64(this.at, this.little));
  }
}

const OPT_COMMENT = 1;

/** Section Header Block (4.1): a new section has its own interfaces. */
export function readSection(
  metadata: CaptureMetadata,
  bytes: Uint8Array,
  options: OptionCursor,
  packet: number,
): void {
  metadata.interfaces = [];
  while (options.next()) {
    const text = readText(bytes, options.at, options.length);
    if (options.code === OPT_COMMENT) metadata.addComment('section', packet, text);
    else if (options.code === 2) metadata.hardware = text;
    else if (options.code === 3) metadata.operatingSystem = text;
    else if (options.code === 4) metadata.application = text;
  }
}

/** Interface Description Block (4.2), `at` its start. False: too many interfaces. */
export function readInterface(
  metadata: CaptureMetadata,
  bytes: Uint8Array,
  view: DataView,
  at: number,
  end: number,
  little: boolean,
  packet: number,
): boolean {
  const found = new CaptureInterface(view.getUint16(at + 8, little), view.getUint32(at + 12, little));
  const options = new OptionCursor(view, at + INTERFACE_HEADER_BYTES, end, little);
  let resolution = 6;
  let offsetSeconds = 0;
  while (options.next()) {
    if (options.code === OPT_COMMENT) {
      metadata.addComment('interface', packet, readText(bytes, options.at, options.length));
    } else if (options.code === 2) found.name = readText(bytes, options.at, options.length);
    else if (options.code === 3) found.description = readText(bytes, options.at, options.length);
    else if (options.code === 9 && options.length >= 1) resolution = bytes[options.at]!;
    else if (options.code === 14 && options.length >= 8) offsetSeconds = options.int64();
  }
  found.scale = new TimeScale(resolution, offsetSeconds);
  return addInterface(metadata, found);
}

/** False: the section has more interfaces than can be kept. */
export function addInterface(metadata: CaptureMetadata, found: CaptureInterface): boolean {
  if (metadata.interfaces.length >= MAX_INTERFACES) return false;
  metadata.interfaces.push(found);
  return true;
}

/** Name Resolution Block (4.5), `at` its start. */
export function readNames(
  metadata: CaptureMetadata,
  bytes: Uint8Array,
  view: DataView,
  at: number,
  end: number,
  little: boolean,
): void {
  // Its records have the form of options: type, length, value padded to 32 bits.
  const records = new OptionCursor(view, at + 8, end, little);
  while (records.next()) {
    const size = records.code === 1 ? 4 : records.code === 2 ? 16 : 0;
    if (size === 0 || records.length <= size) continue;
    const name = readText(bytes, records.at + size, records.length - size);
    metadata.addName(addressText(bytes, records.at, size), name);
  }
}

/** Interface Statistics Block (4.6), `at` its start: how many packets the capturing program missed. */
export function readStatistics(
  metadata: CaptureMetadata,
  view: DataView,
  at: number,
  end: number,
  little: boolean,
): void {
  const found = metadata.interfaces[view.getUint32(at + 8, little)];
  if (found === undefined) return;
  const options = new OptionCursor(view, at + STATISTICS_HEADER_BYTES, end, little);
  let dropped: number | null = null;
  while (options.next()) {
    if (options.length < 8) continue;
    if (options.code === 4) found.received = options.uint64();
    else if (options.code === 5 || options.code === 7) dropped = (dropped ?? 0) + options.uint64();
  }
  if (dropped !== null) found.dropped = dropped;
}

/** Comments among a packet's options. */
export function readPacketComments(
  metadata: CaptureMetadata,
  bytes: Uint8Array,
  options: OptionCursor,
  packet: number,
): void {
  while (options.next()) {
    if (options.code !== OPT_COMMENT) continue;
    metadata.addComment('packet', packet, readText(bytes, options.at, options.length));
  }
}
