import { CaptureInterface, type CaptureMetadata } from './metadata.ts';
import type { Packet } from './packet.ts';
import { MAX_RECORD_BYTES } from './pcap.ts';
import {
  addInterface,
  BlockType,
  BYTE_ORDER_MAGIC,
  INTERFACE_HEADER_BYTES,
  isKnownBlock,
  OptionCursor,
  readInterface,
  readNames,
  readPacketComments,
  readSection,
  readStatistics,
  SECTION_HEADER_BYTES,
} from './pcapng-blocks.ts';
import type { ProblemList } from './problems.ts';
import type { ByteWindow } from './window.ts';

const MIN_BLOCK_BYTES = 12;
const PACKET_HEADER_BYTES = 28;
const SIMPLE_HEADER_BYTES = 12;
/** Blocks without packets above this are passed over without being held. */
const MAX_HELD_BYTES = 1024 * 1024;
/** Room for the options of one packet. */
const MAX_OPTION_BYTES = 1024 * 1024;
/** How far to look for the next block behind damage. */
const SCAN_BYTES = 1024 * 1024;
const SCAN_BATCH_BYTES = 4096;

/** The shortest possible block of each type that is read. */
const LEAST_BYTES: ReadonlyMap<number, number> = new Map([
  [BlockType.sectionHeader, SECTION_HEADER_BYTES + 4],
  [BlockType.interfaceDescription, INTERFACE_HEADER_BYTES + 4],
  [BlockType.enhancedPacket, PACKET_HEADER_BYTES + 4],
  [BlockType.packet, PACKET_HEADER_BYTES + 4],
  [BlockType.simplePacket, SIMPLE_HEADER_BYTES + 4],
  [BlockType.interfaceStatistics, 24],
]);

/** Reads pcapng (draft-ietf-opsawg-pcapng) out of a window; the caller pushes into the window. */
export class PcapngReader {
  /** Nothing more will come. */
  done: boolean = false;
  private readonly window: ByteWindow;
  private readonly packet: Packet;
  private readonly problems: ProblemList;
  private readonly metadata: CaptureMetadata;
  private little: boolean = true;
  private lastTimeUs: number = 0;
  private toldUntimed: boolean = false;
  /** Bytes of a large block still to pass over, without its trailing length. */
  private passing: number = 0;
  private passingLength: number = 0;
  private passingAt: number = -1;
  /** Where the damage began while the next block is looked for, or -1. */
  private damagedAt: number = -1;
  private scanFrom: number = 0;
  private damage: string = '';
  private truncatedIfNothing: boolean = false;

  constructor(window: ByteWindow, packet: Packet, problems: ProblemList, metadata: CaptureMetadata) {
    this.window = window;
    this.packet = packet;
    this.problems = problems;
    this.metadata = metadata;
  }

  /** Fills the packet with the next one. False: more input is needed, or `done`. */
  next(): boolean {
    const window = this.window;
    while (!this.done) {
      if (this.passingAt >= 0 && !this.passOver()) return false;
      if (this.damagedAt >= 0 && !this.scan()) return false;
      if (!window.need(MIN_BLOCK_BYTES)) return this.tail(false);
      const type = window.view.getUint32(window.position, this.little);
      if (type === BlockType.sectionHeader && !this.takeByteOrder()) {
        this.beginScan('a section header without a byte-order mark', type);
        continue;
      }
      const length = this.lengthAt(window.position);
      if (!this.lengthPossible(type, length)) {
        this.beginScan(`a block of type ${type} with an impossible length of ${length} bytes`, type);
        continue;
      }
      if (length > MAX_HELD_BYTES && !holdsPacket(type)) {
        // Much could hide behind what is likely no block at all.
        if (!isKnownBlock(type)) {
          this.beginScan(`a block of the unknown type ${type} and of ${length} bytes`, type);
          continue;
        }
        this.beginPassing(length);
        continue;
      }
      if (holdsPacket(type) && type !== BlockType.simplePacket) {
        if (!window.need(PACKET_HEADER_BYTES + 4)) return this.tail(false);
        if (!this.captureFits(length)) {
          this.beginScan(`a packet that does not fit its block of ${length} bytes`, type);
          continue;
        }
      }
      if (!window.need(length)) {
        if (!this.tail(this.suspicious(type, length))) return false;
        continue;
      }
      if (!this.lengthsAgree(length) && !this.acceptDisagreement(type, length)) {
        if (this.damagedAt < 0) return false;
        continue;
      }
      if (this.takeBlock(type, length)) return true;
    }
    return false;
  }

  /** Total length of the block at `at`. Some writers leave out the padding in it; all pad the block itself. */
  private lengthAt(at: number): number {
    const length = this.window.view.getUint32(at + 4, this.little);
    return length % 4 === 0 ? length : length + 4 - (length % 4);
  }

  private lengthPossible(type: number, length: number): boolean {
    if (length < (LEAST_BYTES.get(type) ?? MIN_BLOCK_BYTES)) return false;
    return !holdsPacket(type) || length <= MAX_RECORD_BYTES + MAX_OPTION_BYTES;
  }

  private captureFits(length: number): boolean {
    const captured = this.window.view.getUint32(this.window.position + 20, this.little);
    const least = PACKET_HEADER_BYTES + 4 + captured;
    return captured <= MAX_RECORD_BYTES && length >= least && length <= least + 3 + MAX_OPTION_BYTES;
  }

  private lengthsAgree(length: number): boolean {
    const { view, position } = this.window;
    const trailing = view.getUint32(position + length - 4, this.little);
    return trailing === view.getUint32(position + 4, this.little);
  }

  /** The two lengths of a block differ: it is taken all the same if another block begins behind it. */
  private acceptDisagreement(type: number, length: number): boolean {
    const window = this.window;
    const what = `a block whose two lengths differ (${length} bytes first)`;
    let followed: boolean;
    if (window.need(length + MIN_BLOCK_BYTES)) {
      const next = window.position + length;
      const nextType = window.view.getUint32(next, this.little);
      followed = isKnownBlock(nextType) && this.lengthPossible(nextType, this.lengthAt(next));
    } else if (!window.ended) return false;
    else followed = window.limit - window.position === length;
    if (!followed) {
      this.beginScan(what, type);
      return false;
    }
    const message = `Damage at byte ${window.offset}: ${what}; the block was used because another follows it.`;
    this.problems.add('bad-block-length', message, window.offset, this.packet.number, false);
    return true;
  }

  /** Uses a whole block. True: it was a packet, and the record is filled. */
  private takeBlock(type: number, length: number): boolean {
    const { bytes, view, position: at } = this.window;
    const offset = this.window.offset;
    this.window.position = at + length;
    if (type === BlockType.enhancedPacket) {
      return this.takePacket(bytes, view, at, length, offset, view.getUint32(at + 8, this.little));
    }
    const end = at + length - 4;
    const number = this.packet.number;
    switch (type) {
      case BlockType.packet:
        return this.takePacket(bytes, view, at, length, offset, view.getUint16(at + 8, this.little));
      case BlockType.simplePacket:
        return this.takeSimplePacket(bytes, view, at, length, offset);
      case BlockType.sectionHeader:
        this.checkVersion(view, at, offset);
        readSection(
          this.metadata,
          bytes,
          new OptionCursor(view, at + SECTION_HEADER_BYTES, end, this.little),
          number,
        );
        return false;
      case BlockType.interfaceDescription:
        if (!readInterface(this.metadata, bytes, view, at, end, this.little, number)) {
          this.note('too-many-interfaces', `More interfaces than can be kept at byte ${offset}.`, offset);
        }
        return false;
      case BlockType.nameResolution:
        readNames(this.metadata, bytes, view, at, end, this.little);
        return false;
      case BlockType.interfaceStatistics:
        readStatistics(this.metadata, view, at, end, this.little);
        return false;
      case BlockType.journal:
        // Wireshark numbers journal entries like packets.
        this.packet.number += 1;
        return false;
      default:
        return false;
    }
  }

  private takePacket(
    bytes: Uint8Array,
    view: DataView,
    at: number,
    length: number,
    offset: number,
    interfaceId: number,
  ): boolean {
    const little = this.little;
    const source = this.metadata.interfaces[interfaceId];
    if (source === undefined || source.linkType < 0) return this.unknownInterface(interfaceId, offset);
    const captured = view.getUint32(at + 20, little);
    const original = view.getUint32(at + 24, little);
    const timeUs = source.scale.toMicroseconds(
      view.getUint32(at + 12, little),
      view.getUint32(at + 16, little),
    );
    this.lastTimeUs = timeUs;
    this.fill(bytes, view, at + PACKET_HEADER_BYTES, offset, interfaceId, source, captured, original, timeUs);
    const optionsAt = at + PACKET_HEADER_BYTES + ((captured + 3) & ~3);
    if (optionsAt + 8 <= at + length) {
      const options = new OptionCursor(view, optionsAt, at + length - 4, little);
      readPacketComments(this.metadata, bytes, options, this.packet.number);
    }
    return true;
  }

  /** A Simple Packet Block has neither time nor interface nor captured length (4.4). */
  private takeSimplePacket(
    bytes: Uint8Array,
    view: DataView,
    at: number,
    length: number,
    offset: number,
  ): boolean {
    const source = this.metadata.interfaces[0];
    if (source === undefined || source.linkType < 0) return this.unknownInterface(0, offset);
    const original = view.getUint32(at + 8, this.little);
    const held = length - SIMPLE_HEADER_BYTES - 4;
    const kept = source.snaplen > 0 ? Math.min(original, source.snaplen) : original;
    const captured = Math.min(kept, held);
    this.fill(bytes, view, at + SIMPLE_HEADER_BYTES, offset, 0, source, captured, original, this.lastTimeUs);
    if (!this.toldUntimed) {
      this.toldUntimed = true;
      const message = `The packet at byte ${offset} has no timestamp (Simple Packet Block); such packets get the time of the packet before.`;
      this.note('no-timestamp', message, offset);
    }
    return true;
  }

  private fill(
    bytes: Uint8Array,
    view: DataView,
    at: number,
    offset: number,
    interfaceId: number,
    source: CaptureInterface,
    captured: number,
    original: number,
    timeUs: number,
  ): void {
    const packet = this.packet;
    packet.number += 1;
    packet.timeUs = timeUs;
    packet.linkType = source.linkType;
    packet.interfaceId = interfaceId;
    packet.capturedLength = captured;
    packet.originalLength = Math.max(original, captured);
    // Many packets share a chunk, and each store of a reference costs a write barrier (measured).
    if (packet.bytes !== bytes) packet.bytes = bytes;
    if (packet.view !== view) packet.view = view;
    packet.offset = at;
    packet.fileOffset = offset;
  }

  private unknownInterface(interfaceId: number, offset: number): boolean {
    const message = `The packet at byte ${offset} is of interface ${interfaceId}, which the capture does not describe; it was left out.`;
    this.note('unknown-interface', message, offset);
    return false;
  }

  /** The byte order of a section stands in its header; everything up to the next header follows it. */
  private takeByteOrder(): boolean {
    const { view, position } = this.window;
    const little = view.getUint32(position + 8, true) === BYTE_ORDER_MAGIC;
    if (!little && view.getUint32(position + 8, false) !== BYTE_ORDER_MAGIC) return false;
    this.little = little;
    return true;
  }

  private checkVersion(view: DataView, at: number, offset: number): void {
    const major = view.getUint16(at + 12, this.little);
    if (major === 1) return;
    const message = `The section at byte ${offset} has version ${major}, only version 1 is known; reading it as that.`;
    this.note('unknown-version', message, offset);
  }

  private note(code: string, message: string, offset: number): void {
    this.problems.add(code, message, offset, this.packet.number, false);
  }

  private beginPassing(length: number): void {
    this.passing = length - 4;
    this.passingLength = this.window.view.getUint32(this.window.position + 4, this.little);
    this.passingAt = this.window.offset;
  }

  /** True once the large block is behind, or found to be damaged. */
  private passOver(): boolean {
    const window = this.window;
    this.passing -= window.skip(this.passing);
    if (this.passing > 0 || !window.need(4))
      return window.ended ? this.reportTruncated(this.passingAt) : false;
    if (window.view.getUint32(window.position, this.little) === this.passingLength) {
      window.position += 4;
    } else {
      this.beginScan(`a block whose two lengths differ (${this.passingLength} bytes first)`, 0);
      this.damagedAt = this.passingAt;
    }
    this.passingAt = -1;
    return true;
  }

  private beginScan(damage: string, type: number): void {
    this.damagedAt = this.window.offset;
    this.scanFrom = this.damagedAt;
    this.damage = damage;
    this.truncatedIfNothing = false;
    // Interface ids count up: a lost description must not shift the ids behind it.
    if (type === BlockType.interfaceDescription) addInterface(this.metadata, new CaptureInterface(-1, 0));
    this.window.skip(1);
  }

  /** Could the damaged length be why the input seems to end inside this block? */
  private suspicious(type: number, length: number): boolean {
    if (!isKnownBlock(type)) return true;
    if (type !== BlockType.enhancedPacket && type !== BlockType.packet) return false;
    const captured = this.window.view.getUint32(this.window.position + 20, this.little);
    return length > PACKET_HEADER_BYTES + 4 + captured + 256;
  }

  /** The input may have ended, perhaps inside a block. True: look for another block in what is left. */
  private tail(suspicious: boolean): boolean {
    const window = this.window;
    if (!window.ended) return false;
    if (window.available === 0) {
      this.done = true;
      return false;
    }
    if (!suspicious) return this.reportTruncated(window.offset);
    this.beginScan('a block longer than the rest of the capture', 0);
    this.truncatedIfNothing = true;
    return true;
  }

  private reportTruncated(offset: number): false {
    const rest = this.window.totalBytes - offset;
    const message = `The capture ends inside a block at byte ${offset} (${rest} bytes of it are there): it was cut, or is still being written.`;
    this.note('truncated', message, offset);
    this.done = true;
    return false;
  }

  /** Looks behind damage for a believable block. True: `window.position` is at one. */
  private scan(): boolean {
    const window = this.window;
    while (window.offset - this.scanFrom <= SCAN_BYTES) {
      window.need(SCAN_BATCH_BYTES);
      if (!window.need(MIN_BLOCK_BYTES)) return window.ended ? this.giveUp() : false;
      const believable = this.believable();
      if (believable === 'more') return false;
      if (believable === 'yes') return this.resume();
      window.position += 1;
    }
    return this.giveUp();
  }

  private believable(): 'yes' | 'no' | 'more' {
    const window = this.window;
    const type = window.view.getUint32(window.position, this.little);
    if (!isKnownBlock(type)) return 'no';
    const little = this.little;
    if (type === BlockType.sectionHeader && !this.takeByteOrder()) return 'no';
    const length = this.lengthAt(window.position);
    let answer: 'yes' | 'no' | 'more' = 'no';
    if (this.lengthPossible(type, length) && length <= MAX_HELD_BYTES) {
      if (window.need(length)) answer = this.lengthsAgree(length) ? 'yes' : 'no';
      else if (!window.ended) answer = 'more';
    }
    if (answer !== 'yes') this.little = little;
    return answer;
  }

  private resume(): boolean {
    const skipped = this.window.offset - this.damagedAt;
    const message = `Damage at byte ${this.damagedAt}: ${this.damage}; ${skipped} bytes were passed over up to the next believable block.`;
    this.note('bad-block', message, this.damagedAt);
    this.damagedAt = -1;
    return true;
  }

  private giveUp(): false {
    if (this.truncatedIfNothing) return this.reportTruncated(this.damagedAt);
    const message = `Damage at byte ${this.damagedAt}: ${this.damage}, and no believable block follows; reading stopped there.`;
    this.problems.add('bad-block', message, this.damagedAt, this.packet.number, true);
    this.done = true;
    return false;
  }
}

function holdsPacket(type: number): boolean {
  return type === BlockType.enhancedPacket || type === BlockType.simplePacket || type === BlockType.packet;
}
