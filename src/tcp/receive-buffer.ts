import { Reassembly } from './receive-buffer-ranges.ts';
import { giveRing, moveOctets, NO_RING, readOctets, ringSize, takeRing, writeOctets } from './ring-pool.ts';

const FIRST_POSITION = 0x7fffff00;

/**
 * Octets that arrived and were not read: `readable` ones in order, then, after gaps, what came out of order, each at its place
 * (RFC 9293 3.10.7.4, seventh). Offsets of arriving segments are counted from RCV.NXT. An octet once received is never
 * overwritten by a later copy of it: an injector cannot change what the peer sent first.
 */
export class ReceiveBuffer {
  /** Octets in order that wait to be read; a skipped urgent octet counts until it is passed. */
  readable: number = 0;
  /** Octets that it may hold, gaps included. */
  limit: number = 65_536;
  /** Ranges held out of order. One more is not taken: what SACK reported stays (RFC 2018 8). */
  maxRanges: number = 64;

  /** What the last `insert` found to be here already out of order, as offsets from RCV.NXT before it; `overlapEnd` 0: nothing. */
  overlapStart: number = 0;
  overlapEnd: number = 0;
  /** Octets of the last `insert` that were kept. */
  kept: number = 0;

  #ring: Uint8Array = NO_RING;
  /** Position of the first readable octet, and of RCV.NXT; int32, modulo 2^32. They wrap soon, so that wrapping is no rare event. */
  #head: number = FIRST_POSITION;
  #next: number = FIRST_POSITION;
  #hint: number = 0;
  #peak: number = 0;
  readonly #reassembly: Reassembly = new Reassembly();

  #urgentMarked: boolean = false;
  #urgentTaken: boolean = false;
  #urgentAt: number = 0;

  /** Memory taken. */
  get bytes(): number {
    return this.#ring.length;
  }

  /** Octets that the peer may still send, by memory alone. */
  get free(): number {
    return this.readable < this.limit ? this.limit - this.readable : 0;
  }

  get outOfOrderBytes(): number {
    return this.#reassembly.bytes;
  }

  get rangeCount(): number {
    return this.#reassembly.count;
  }

  /** Offset from RCV.NXT behind the last octet that came out of order; 0: there is none. */
  get highest(): number {
    return this.#reassembly.count === 0 ? 0 : (this.#reassembly.highest - this.#next) | 0;
  }

  /** Whether all octets from one offset to another came out of order: in one range, for ranges that touch are joined. */
  holds(from: number, to: number): boolean {
    const reassembly = this.#reassembly;
    const i = reassembly.firstEndingAfter((this.#next + from) | 0);
    if (i === reassembly.count || ((reassembly.startOf(i) - this.#next) | 0) > from) return false;
    return ((reassembly.endOf(i) - this.#next) | 0) >= to;
  }

  /** Out of order, beside all ranges, of which there are as many as there may be. */
  #isOneTooMany(offset: number, length: number): boolean {
    const reassembly = this.#reassembly;
    if (offset <= 0 || reassembly.count < this.maxRanges) return false;
    const start = (this.#next + offset) | 0;
    return !reassembly.touches(start, (start + length) | 0);
  }

  /** Memory that `insert(offset, ..., length)` would take beyond `bytes`. */
  growthFor(offset: number, length: number): number {
    if (this.#isOneTooMany(offset, length)) return 0;
    const wanted = Math.min(this.readable + offset + length, this.limit);
    if (wanted <= this.#ring.length) return 0;
    return ringSize(this.#startSize(wanted)) - this.#ring.length;
  }

  /**
   * Takes the octets `bytes[at .. at + length)` that belong at `offset` from RCV.NXT on. Returns by how much RCV.NXT moves:
   * 0 where a gap is left. What lies before RCV.NXT (a negative offset) or beyond the limit is not taken.
   */
  insert(offset: number, bytes: Uint8Array, at: number, length: number): number {
    let start = offset;
    let from = at;
    let n = length;
    this.overlapEnd = 0;
    this.kept = 0;
    if (start < 0) {
      n += start;
      from -= start;
      start = 0;
    }
    const room = this.limit - this.readable - start;
    if (n > room) n = room;
    if (n <= 0 || this.#isOneTooMany(start, n)) return 0;
    const end = this.readable + start + n;
    if (end > this.#ring.length) this.#grow(end);
    if (start === 0 && this.append(bytes, from, n)) return n;
    if (end > this.#peak) this.#peak = end;
    return this.#insertAmongRanges(start, bytes, from, n);
  }

  /** `insert` at RCV.NXT where nothing came out of order and the memory is there; false: nothing was done. */
  append(bytes: Uint8Array, at: number, length: number): boolean {
    const end = this.readable + length;
    if (end > this.#ring.length || end > this.limit || this.#reassembly.count > 0) return false;
    this.overlapEnd = 0;
    this.kept = length;
    if (end > this.#peak) this.#peak = end;
    writeOctets(this.#ring, this.#next, bytes, at, length);
    this.#next = (this.#next + length) | 0;
    this.readable = end;
    return true;
  }

  /**
   * Reads octets in order and removes them. As BSD and Linux do it, a read stops before the urgent octet; a read that begins
   * there leaves it out, or begins with it where `urgentInline` is set.
   */
  read(target: Uint8Array, at: number, length: number, urgentInline: boolean = false): number {
    if (this.#urgentMarked && !urgentInline) this.#skipUrgent();
    const n = this.peek(target, at, length, urgentInline);
    if (n > 0) this.consume(n);
    return n;
  }

  /** As `read`, but the octets stay. */
  peek(target: Uint8Array, at: number, length: number, urgentInline: boolean = false): number {
    let start = this.#head;
    let n = this.beforeUrgent;
    if (n === 0 && this.readable > 0) {
      n = this.readable;
      if (!urgentInline) {
        start++;
        n--;
      }
    }
    if (n > length) n = length;
    if (n > 0) readOctets(this.#ring, start, target, at, n);
    return n;
  }

  /** Removes `n` readable octets. */
  consume(n: number): void {
    this.#head = (this.#head + n) | 0;
    this.readable -= n;
    if (this.#urgentMarked && ((this.#urgentAt - this.#head) | 0) < 0) this.#urgentMarked = false;
    if (this.readable === 0 && this.#reassembly.count === 0) this.#release();
  }

  /** Out-of-order ranges as pairs of offsets from RCV.NXT, most recently changed first (RFC 2018 4); returns their number. */
  ranges(target: Int32Array, most: number): number {
    return this.#reassembly.recent(target, most, this.#next);
  }

  /** The range that ends at this offset from RCV.NXT, if there is one, is the one that changed last. */
  renewRange(end: number): void {
    this.#reassembly.renew((this.#next + end) | 0);
  }

  /** Gives up what came out of order (RFC 2018 8 allows it): memory is short, or nobody reads any more. */
  dropRanges(): void {
    this.#reassembly.clear();
    if (this.readable === 0) this.#release();
  }

  /**
   * The urgent octet lies at this offset from RCV.NXT; negative: among the readable ones. One that is the next to be read gives way
   * unread (Linux tcp_check_urg).
   */
  markUrgent(offset: number, urgentInline: boolean = false): void {
    const position = (this.#next + offset) | 0;
    if (((position - this.#head) | 0) < 0) return;
    if (this.#urgentMarked && !urgentInline) this.#skipUrgent();
    this.#urgentMarked = true;
    this.#urgentTaken = false;
    this.#urgentAt = position;
  }

  /** Readable octets before the urgent one, or all where that is not among them. */
  get beforeUrgent(): number {
    const ahead = (this.#urgentAt - this.#head) | 0;
    return this.#urgentMarked && ahead < this.readable ? ahead : this.readable;
  }

  /** There is a mark that reading has not passed. */
  get urgentPending(): boolean {
    return this.#urgentMarked;
  }

  /** The next octet to be read is the urgent one (SIOCATMARK). */
  get atMark(): boolean {
    return this.#urgentMarked && this.#urgentAt === this.#head;
  }

  /** The urgent octet (MSG_OOB), -1 where it has not arrived, -2 where there is none or it was taken. */
  readUrgent(peek: boolean = false): number {
    if (!this.#urgentMarked || this.#urgentTaken) return -2;
    if (((this.#urgentAt - this.#next) | 0) >= 0) return -1;
    if (!peek) this.#urgentTaken = true;
    return this.#ring[this.#urgentAt & (this.#ring.length - 1)]!;
  }

  /** Everything is forgotten, the memory given back; the limits stay. */
  reset(): void {
    this.readable = 0;
    this.#reassembly.clear();
    this.#release();
    this.#hint = 0;
    this.#urgentMarked = false;
    this.overlapEnd = 0;
    this.kept = 0;
  }

  #skipUrgent(): void {
    if (this.#urgentAt === this.#head && this.readable > 0) this.consume(1);
  }

  #insertAmongRanges(start: number, bytes: Uint8Array, from: number, n: number): number {
    const first = (this.#next + start) | 0;
    const reassembly = this.#reassembly;
    const ring = this.#ring;
    // Octets of gaps are copied, those of ranges stay.
    let at = first;
    const end = (first + n) | 0;
    for (let i = reassembly.firstEndingAfter(first); i < reassembly.count; i++) {
      const rangeStart = reassembly.startOf(i);
      if (((rangeStart - end) | 0) >= 0) break;
      const gap = (rangeStart - at) | 0;
      if (gap > 0) {
        writeOctets(ring, at, bytes, from + ((at - first) | 0), gap);
        this.kept += gap;
        at = rangeStart;
      }
      const rangeEnd = reassembly.endOf(i);
      const covered = ((rangeEnd - end) | 0) > 0 ? end : rangeEnd;
      if (this.overlapEnd === 0) {
        this.overlapStart = (at - this.#next) | 0;
        this.overlapEnd = (covered - this.#next) | 0;
      }
      at = covered;
    }
    const rest = (end - at) | 0;
    if (rest > 0) {
      writeOctets(ring, at, bytes, from + ((at - first) | 0), rest);
      this.kept += rest;
    }
    if (start > 0) {
      reassembly.add(first, end);
      return 0;
    }
    const advance = (reassembly.takeFrom(first, end) - first) | 0;
    this.#next = (this.#next + advance) | 0;
    this.readable += advance;
    return advance;
  }

  #startSize(wanted: number): number {
    return this.#ring.length === 0 && this.#hint > wanted ? this.#hint : wanted;
  }

  #grow(wanted: number): void {
    const larger = takeRing(this.#startSize(wanted));
    const ring = this.#ring;
    if (this.readable > 0) moveOctets(ring, larger, this.#head, this.readable);
    const reassembly = this.#reassembly;
    for (let i = 0; i < reassembly.count; i++) {
      const start = reassembly.startOf(i);
      moveOctets(ring, larger, start, (reassembly.endOf(i) - start) | 0);
    }
    giveRing(ring);
    this.#ring = larger;
  }

  #release(): void {
    const size = this.#ring.length;
    // A ring that was used to less than a quarter is succeeded by one of half its size.
    this.#hint = this.#peak < size >> 2 ? size >> 1 : size;
    this.#peak = 0;
    giveRing(this.#ring);
    this.#ring = NO_RING;
  }
}
