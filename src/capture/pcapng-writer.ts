import { BlockType, BYTE_ORDER_MAGIC } from './pcapng-blocks.ts';
import { type ByteOrder, type ByteSink, DEFAULT_SNAPLEN } from './writer.ts';

export interface PcapngSectionOptions {
  /** Default little. */
  readonly byteOrder?: ByteOrder;
  readonly comment?: string;
  readonly hardware?: string;
  readonly operatingSystem?: string;
  /** The program that writes the capture. */
  readonly application?: string;
}

export interface PcapngInterfaceOptions {
  /** LINKTYPE_ value. */
  readonly linkType: number;
  /** Longer frames are cut to it; default 262144, 0: no limit. */
  readonly snaplen?: number;
  readonly name?: string;
  readonly description?: string;
  readonly comment?: string;
  /** Decimal digits of the seconds in timestamps: 6 (default) or 9. */
  readonly resolution?: 6 | 9;
}

export interface PcapngPacketOptions {
  /** Size on the wire; default that of the frame. */
  readonly originalLength?: number;
  readonly comment?: string;
}

interface Option {
  readonly code: number;
  readonly value: Uint8Array;
}

const TWO_32 = 4294967296;
const encoder = new TextEncoder();

/** Writes pcapng; the section header goes to the sink at once. Add an interface before the first packet. */
export class PcapngWriter {
  private readonly sink: ByteSink;
  private readonly little: boolean;
  private readonly interfaces: { snaplen: number; ticksPerUs: number }[] = [];

  constructor(sink: ByteSink, options: PcapngSectionOptions = {}) {
    this.sink = sink;
    this.little = options.byteOrder !== 'big';
    const fixed = new Uint8Array(16);
    const view = new DataView(fixed.buffer);
    view.setUint32(0, BYTE_ORDER_MAGIC, this.little);
    view.setUint16(4, 1, this.little);
    // Section length -1: not known while it is written.
    view.setUint32(8, 0xffffffff, this.little);
    view.setUint32(12, 0xffffffff, this.little);
    this.block(
      BlockType.sectionHeader,
      [fixed],
      [
        ...textOption(1, options.comment),
        ...textOption(2, options.hardware),
        ...textOption(3, options.operatingSystem),
        ...textOption(4, options.application),
      ],
    );
  }

  /** Describes an interface and returns its id. */
  addInterface(options: PcapngInterfaceOptions): number {
    const snaplen = options.snaplen ?? DEFAULT_SNAPLEN;
    const resolution = options.resolution ?? 6;
    const fixed = new Uint8Array(8);
    const view = new DataView(fixed.buffer);
    view.setUint16(0, options.linkType, this.little);
    view.setUint32(4, snaplen, this.little);
    this.block(
      BlockType.interfaceDescription,
      [fixed],
      [
        ...textOption(1, options.comment),
        ...textOption(2, options.name),
        ...textOption(3, options.description),
        { code: 9, value: Uint8Array.of(resolution) },
      ],
    );
    return this.interfaces.push({ snaplen, ticksPerUs: resolution === 9 ? 1000 : 1 }) - 1;
  }

  /** One packet of interface `interfaceId`. `timeUs` is microseconds since the epoch. */
  write(interfaceId: number, timeUs: number, frame: Uint8Array, options: PcapngPacketOptions = {}): void {
    const source = this.interfaces[interfaceId];
    if (source === undefined) throw new RangeError(`No interface ${interfaceId} was added.`);
    const captured = source.snaplen > 0 ? Math.min(frame.length, source.snaplen) : frame.length;
    const fixed = new Uint8Array(20);
    const view = new DataView(fixed.buffer);
    // Nanoseconds exceed 2^53, so the halves are multiplied apart.
    const low = (timeUs % TWO_32) * source.ticksPerUs;
    view.setUint32(0, interfaceId, this.little);
    view.setUint32(
      4,
      Math.floor(timeUs / TWO_32) * source.ticksPerUs + Math.floor(low / TWO_32),
      this.little,
    );
    view.setUint32(8, low % TWO_32, this.little);
    view.setUint32(12, captured, this.little);
    view.setUint32(16, options.originalLength ?? frame.length, this.little);
    this.block(
      BlockType.enhancedPacket,
      [fixed, captured < frame.length ? frame.subarray(0, captured) : frame],
      textOption(1, options.comment),
    );
  }

  /** Host names (Name Resolution Block) for addresses of 4 or 16 bytes. */
  writeNames(names: Iterable<readonly [address: Uint8Array, name: string]>): void {
    const records: Option[] = [];
    for (const [address, name] of names) {
      const text = encoder.encode(`${name}\0`);
      const value = new Uint8Array(address.length + text.length);
      value.set(address);
      value.set(text, address.length);
      records.push({ code: address.length === 4 ? 1 : 2, value });
    }
    this.block(BlockType.nameResolution, [], records);
  }

  /** `parts` in order, padded, then `options`, between the two block lengths. */
  private block(type: number, parts: readonly Uint8Array[], options: readonly Option[]): void {
    const body = padded(parts.reduce((sum, part) => sum + part.length, 0));
    const optionBytes = options.reduce((sum, option) => sum + 4 + padded(option.value.length), 0);
    const length = 12 + body + (optionBytes > 0 ? optionBytes + 4 : 0);
    const bytes = new Uint8Array(length);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, type, this.little);
    view.setUint32(4, length, this.little);
    let at = 8;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    at = 8 + body;
    for (const option of options) {
      view.setUint16(at, option.code, this.little);
      view.setUint16(at + 2, option.value.length, this.little);
      bytes.set(option.value, at + 4);
      at += 4 + padded(option.value.length);
    }
    view.setUint32(length - 4, length, this.little);
    this.sink(bytes);
  }
}

function padded(length: number): number {
  return Math.ceil(length / 4) * 4;
}

/** An option's value has a 16-bit length: longer text is cut. */
function textOption(code: number, text: string | undefined): Option[] {
  return text === undefined ? [] : [{ code, value: encoder.encode(text).subarray(0, 0xffff) }];
}
