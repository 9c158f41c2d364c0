import type { Packet } from './packet.ts';
import type { ProblemList } from './problems.ts';
import type { ByteWindow } from './window.ts';

/** The most bytes one record may hold: nothing real is larger, and a damaged length must not fill the memory. */
export const MAX_RECORD_BYTES: number = 16 * 1024 * 1024;
/** Wireshark's and libpcap's snapshot length for "whole packets": allowed whatever the file header says. */
export const USUAL_SNAPLEN = 262_144;

const FILE_HEADER_BYTES = 24;
/** A jump between neighbouring records that needs a second look: a year. */
const JUMP_SECONDS = 366 * 86_400;
/** How far to look for the next record behind damage. */
const SCAN_BYTES = 1024 * 1024;
const SCAN_BATCH_BYTES = 4096;
const CHAIN_RECORDS = 3;

/** File formats that share the pcap file header, by magic number (tcpdump.org, Wireshark's wiretap/libpcap). */
interface Flavour {
  readonly ticksPerSecond: number;
  /** Record header sizes in use with this magic, the most likely first. */
  readonly recordHeaders: readonly number[];
  /** Bytes behind the file header (Ixia's lcap stores the file size there). */
  readonly extraBytes: number;
}

const FLAVOURS: ReadonlyMap<number, Flavour> = new Map([
  // 24: Kuznetsov's patch of 1999-04-17 under the standard magic; 20: Nokia IPSO.
  [0xa1b2c3d4, { ticksPerSecond: 1_000_000, recordHeaders: [16, 24, 20], extraBytes: 0 }],
  [0xa1b23c4d, { ticksPerSecond: 1_000_000_000, recordHeaders: [16], extraBytes: 0 }],
  // 24: Kuznetsov's patch of 1999-10-29; 28: that of 1999-09-15.
  [0xa1b2cd34, { ticksPerSecond: 1_000_000, recordHeaders: [24, 28], extraBytes: 0 }],
  [0x1c0001ab, { ticksPerSecond: 1_000_000, recordHeaders: [16], extraBytes: 4 }],
  [0x1c0001ac, { ticksPerSecond: 1_000_000_000, recordHeaders: [16], extraBytes: 4 }],
]);

/** AIX writes an RFC 1573 ifType where others write the link type, and nanoseconds under the usual magic. */
const AIX_LINK_TYPES: ReadonlyMap<number, number> = new Map([
  [6, 1],
  [9, 6],
  [15, 10],
  [24, 0],
]);

type Answer = 'yes' | 'no' | 'more';

/** Byte order of a pcap file by the magic number at `at` (true: little-endian), or null if there is none. */
export function pcapByteOrder(view: DataView, at: number): boolean | null {
  if (FLAVOURS.has(view.getUint32(at, true))) return true;
  return FLAVOURS.has(view.getUint32(at, false)) ? false : null;
}

/** Reads a pcap file of any flavour and byte order out of a window; the caller pushes into the window. */
export class PcapReader {
  /** Nothing more will come. */
  done: boolean = false;
  /** Captured packet length limit of the file header (0: none given). */
  snaplen: number = 0;
  private readonly window: ByteWindow;
  private readonly packet: Packet;
  private readonly problems: ProblemList;
  private opened: boolean = false;
  private little: boolean = true;
  private linkType: number = 0;
  private ticksPerSecond: number = 1_000_000;
  private ticksPerUs: number = 1;
  private maxCaptured: number = USUAL_SNAPLEN;
  private headerBytes: number = 16;
  /** Record header sizes still to be told apart by the first records. */
  private headerChoices: readonly number[] = [];
  private lengthOrder: 'normal' | 'swapped' | 'either' = 'normal';
  private lastSecond: number = Number.NaN;
  /** Where the damage began while the next record is looked for, or -1. */
  private damagedAt: number = -1;
  private damage: string = '';
  /** Offset of a record that looked odd and was then found to be in order. */
  private acceptedAt: number = -1;

  constructor(window: ByteWindow, packet: Packet, problems: ProblemList) {
    this.window = window;
    this.packet = packet;
    this.problems = problems;
  }

  /** Fills the packet with the next record. False: more input is needed, or `done`. */
  next(): boolean {
    const window = this.window;
    while (!this.done) {
      if (!this.ready()) return false;
      if (!window.need(this.headerBytes)) return this.tail();
      const view = window.view;
      let at = window.position;
      const little = this.little;
      const second = view.getUint32(at, little);
      const fraction = view.getUint32(at + 4, little);
      let captured = view.getUint32(at + 8, little);
      let original = view.getUint32(at + 12, little);
      if (this.swapLengths(captured, original)) {
        const first = captured;
        captured = original;
        original = first;
      }
      if (
        captured > this.maxCaptured ||
        captured > original ||
        captured === 0 ||
        fraction >= this.ticksPerSecond ||
        Math.abs(second - this.lastSecond) > JUMP_SECONDS
      ) {
        const answer = this.inspect(second, captured, original);
        if (answer === 'more') return false;
        if (answer === 'no') continue;
      }
      if (!window.need(this.headerBytes + captured)) return this.tail();
      at = window.position;
      this.lastSecond = second;
      const packet = this.packet;
      packet.number += 1;
      packet.timeUs =
        second * 1_000_000 + (this.ticksPerUs === 1 ? fraction : Math.floor(fraction / this.ticksPerUs));
      packet.linkType = this.linkType;
      packet.interfaceId = 0;
      packet.capturedLength = captured;
      packet.originalLength = Math.max(original, captured);
      // Many packets share a chunk, and each store of a reference costs a write barrier (measured).
      if (packet.bytes !== window.bytes) packet.bytes = window.bytes;
      if (packet.view !== window.view) packet.view = window.view;
      packet.offset = at + this.headerBytes;
      packet.fileOffset = window.offset;
      window.position = at + this.headerBytes + captured;
      return true;
    }
    return false;
  }

  /** True when `window.position` is at a record header: file header read, flavour known, damage passed. */
  private ready(): boolean {
    if (!this.opened && !this.readFileHeader()) return false;
    if (this.headerChoices.length > 1 && !this.chooseHeader()) return false;
    return this.damagedAt < 0 || this.scan();
  }

  private swapLengths(captured: number, original: number): boolean {
    return this.lengthOrder !== 'normal' && (this.lengthOrder === 'swapped' || captured > original);
  }

  private readFileHeader(): boolean {
    const window = this.window;
    const order = window.need(4) ? pcapByteOrder(window.view, window.position) : null;
    const flavour = FLAVOURS.get(order === null ? 0 : window.view.getUint32(window.position, order));
    if (order === null || flavour === undefined) return this.noFileHeader();
    if (!window.need(FILE_HEADER_BYTES + flavour.extraBytes)) return this.noFileHeader();
    const view = window.view;
    const at = window.position;
    this.little = order;
    const magic = view.getUint32(at, order);
    const major = view.getUint16(at + 4, order);
    const minor = view.getUint16(at + 6, order);
    this.snaplen = view.getUint32(at + 16, order);
    this.linkType = view.getUint32(at + 20, order) & 0xffff; // above: the FCS length
    this.ticksPerSecond = flavour.ticksPerSecond;
    this.maxCaptured = Math.min(Math.max(this.snaplen, USUAL_SNAPLEN), MAX_RECORD_BYTES);
    this.headerChoices =
      major === 2 && minor === 4 ? flavour.recordHeaders : flavour.recordHeaders.slice(0, 1);
    this.headerBytes = flavour.recordHeaders[0]!;
    this.readVersion(magic, major, minor);
    this.ticksPerUs = this.ticksPerSecond / 1_000_000;
    window.position += FILE_HEADER_BYTES + flavour.extraBytes;
    this.opened = true;
    return true;
  }

  /** Before version 2.3 (and in DG/UX's 543.0) the two lengths stood the other way round; 2.3 files come in both. */
  private readVersion(magic: number, major: number, minor: number): void {
    this.lengthOrder = 'normal';
    if (major === 543 || (major === 2 && minor < 3)) this.lengthOrder = 'swapped';
    else if (major === 2 && minor === 3) this.lengthOrder = 'either';
    const aix =
      major === 2 && minor === 2 && magic === 0xa1b2c3d4 ? AIX_LINK_TYPES.get(this.linkType) : undefined;
    if (aix !== undefined) {
      this.linkType = aix;
      this.ticksPerSecond = 1_000_000_000;
      this.lengthOrder = 'normal';
    }
  }

  private noFileHeader(): boolean {
    if (this.window.ended) {
      this.stop(
        'truncated',
        'The capture ends inside its file header: it holds no packets.',
        this.window.offset,
      );
    }
    return false;
  }

  private stop(code: string, message: string, offset: number): void {
    this.problems.add(code, message, offset, this.packet.number, true);
    this.done = true;
  }

  /** Tells record header sizes that share a magic apart: the first under which the records follow one another. */
  private chooseHeader(): boolean {
    const standard = this.headerChoices[0]!;
    let chosen = standard;
    for (const size of this.headerChoices) {
      this.headerBytes = size;
      const answer = this.chain(0, 2, size !== standard, Number.NaN);
      if (answer === 'more') {
        this.headerBytes = standard;
        return false;
      }
      if (answer === 'yes') {
        chosen = size;
        break;
      }
    }
    this.headerBytes = chosen;
    this.headerChoices = [];
    return true;
  }

  /** A second look at an odd record: 'yes' it is in order, 'no' something else was done about it. */
  private inspect(second: number, captured: number, original: number): Answer {
    const window = this.window;
    if (this.acceptedAt === window.offset) return 'yes';
    if (window.need(4) && pcapByteOrder(window.view, window.position) !== null) {
      return this.concatenated();
    }
    const zeros = second === 0 && captured === 0 && original === 0;
    if (captured <= this.maxCaptured && !zeros) {
      const answer = this.followed(second, captured);
      if (answer === 'more') return 'more';
      if (answer === 'yes') {
        this.acceptedAt = window.offset;
        return 'yes';
      }
    }
    const long = captured > this.maxCaptured || captured > original;
    const odd = long ? `an impossible length (${captured} of ${original} bytes)` : 'an impossible time';
    this.beginScan(`the record behind packet ${this.packet.number} ${zeros ? 'is empty' : `has ${odd}`}`);
    return 'no';
  }

  /** Does a record follow this odd one? If it is a clock that jumped, the next may jump as well. */
  private followed(second: number, captured: number): Answer {
    const behind = this.headerBytes + captured;
    const answer = this.chain(behind, 1, false, second);
    if (answer !== 'no' || !this.believable(this.window.position, true, Number.NaN)) return answer;
    return this.chain(behind, 1, true, Number.NaN);
  }

  /** Two captures written one behind the other: the second's file header stands where a record should. */
  private concatenated(): Answer {
    if (!this.window.need(FILE_HEADER_BYTES)) {
      this.tail();
      return 'more';
    }
    const offset = this.window.offset;
    this.opened = false;
    if (!this.readFileHeader()) return 'more';
    this.lastSecond = Number.NaN;
    const message = `Another pcap file header at byte ${offset}: the input is several captures joined; reading on.`;
    this.problems.add('joined-captures', message, offset, this.packet.number, false);
    return 'no';
  }

  /** The input ended, perhaps inside a record. Always false. */
  private tail(): boolean {
    const window = this.window;
    if (!window.ended) return false;
    const rest = window.available;
    if (rest === 0) {
      this.done = true;
      return false;
    }
    this.reportTruncated(window.offset, rest);
    return false;
  }

  private reportTruncated(offset: number, rest: number): void {
    const message = `The capture ends inside a packet record at byte ${offset} (${rest} bytes of it are there): it was cut, or is still being written.`;
    this.problems.add('truncated', message, offset, this.packet.number, false);
    this.done = true;
  }

  private beginScan(damage: string): void {
    this.damagedAt = this.window.offset;
    this.damage = damage;
    this.window.skip(1);
  }

  /** Looks behind damage for a run of believable records. True: `window.position` is at one. */
  private scan(): boolean {
    const window = this.window;
    while (window.offset - this.damagedAt <= SCAN_BYTES) {
      window.need(SCAN_BATCH_BYTES);
      if (!window.need(this.headerBytes)) return window.ended ? this.giveUp() : false;
      if (!this.believable(window.position, true, this.lastSecond)) {
        window.position += 1;
        continue;
      }
      const answer = this.chain(0, CHAIN_RECORDS, true, this.lastSecond);
      if (answer === 'more') return false;
      if (answer === 'yes') return this.resume();
      window.position += 1;
    }
    return this.giveUp();
  }

  private resume(): boolean {
    const skipped = this.window.offset - this.damagedAt;
    const message = `Damage at byte ${this.damagedAt}: ${this.damage}; ${skipped} bytes were passed over up to the next believable record.`;
    this.problems.add('bad-record', message, this.damagedAt, this.packet.number, false);
    this.damagedAt = -1;
    this.lastSecond = Number.NaN;
    return true;
  }

  private giveUp(): boolean {
    const message = `Damage at byte ${this.damagedAt}: ${this.damage}, and no believable record follows; reading stopped there.`;
    this.stop('bad-record', message, this.damagedAt);
    return false;
  }

  /**
   * Do `count` records follow one another from `start` bytes behind the position? A run that ends exactly at the end
   * of the input also counts, if it has a record or began behind one.
   */
  private chain(start: number, count: number, strict: boolean, nearSecond: number): Answer {
    const window = this.window;
    let ahead = start;
    let second = nearSecond;
    for (let found = 0; found < count; found++) {
      if (!window.need(ahead + this.headerBytes)) {
        if (!window.ended) return 'more';
        const rest = window.limit - window.position - ahead;
        const some = found > 0 || start > 0;
        return some && (strict ? rest === 0 || found > 1 : rest >= 0) ? 'yes' : 'no';
      }
      const at = window.position + ahead;
      if (!this.believable(at, strict, second) && !this.believable(at, strict, this.lastSecond)) return 'no';
      second = window.view.getUint32(at, this.little);
      ahead += this.headerBytes + this.capturedAt(at);
    }
    return 'yes';
  }

  private capturedAt(at: number): number {
    const captured = this.window.view.getUint32(at + 8, this.little);
    const original = this.window.view.getUint32(at + 12, this.little);
    return this.swapLengths(captured, original) ? original : captured;
  }

  /** Could a record header stand at `at`? `strict` is for guessing in the dark: it refuses what is merely unusual. */
  private believable(at: number, strict: boolean, nearSecond: number): boolean {
    const view = this.window.view;
    if (view.getUint32(at + 4, this.little) >= this.ticksPerSecond) return false;
    const captured = this.capturedAt(at);
    if (captured > this.maxCaptured) return false;
    if (Math.abs(view.getUint32(at, this.little) - nearSecond) > JUMP_SECONDS) return false;
    if (!strict) return true;
    const first = view.getUint32(at + 8, this.little);
    const original = first === captured ? view.getUint32(at + 12, this.little) : first;
    return captured > 0 && captured <= USUAL_SNAPLEN && original >= captured && original <= MAX_RECORD_BYTES;
  }
}
