import type { AckWork } from './recovery-work.ts';
import { type Block, giveBlock, NO_BLOCK, SMALLEST_BLOCK, takeBlock } from './scoreboard-block.ts';

/** What is known of a sent segment. */
export const Sent = {
  /** The peer reported it by SACK (RFC 2018). */
  sacked: 1,
  /** Deemed lost; with `inFlightAgain`, its retransmission is not. */
  lost: 2,
  /** A retransmission is under way. */
  inFlightAgain: 4,
  /** Was retransmitted at least once (Karn; RFC 8985 `Segment.retransmitted`). */
  retransmitted: 8,
  /** Its last octet was the end of a SEND: it carries PSH each time. */
  pushed: 16,
} as const;

/**
 * The segments sent and not yet acknowledged, ascending and without gaps: a FIN counts, a SYN is not entered. Index 0 is the oldest.
 * `pipe` is RFC 6675's: octets in the network by what is known.
 */
export class Scoreboard {
  count: number = 0;
  sackedBytes: number = 0;
  sackedSegments: number = 0;
  lostBytes: number = 0;
  retransBytes: number = 0;
  /** Without SACK: octets that duplicate ACKs say have left the network (RFC 5681 3.2, step 3). */
  dupAckedBytes: number = 0;
  /** Behind the last SACKed octet, where `sackedBytes` is not 0. */
  highestSacked: number = 0;
  /** Behind the last octet retransmitted (RFC 6675 HighRxt + 1), where `retransmissionsAhead`. */
  highestRetransmitted: number = 0;
  /** SND.UNA has not passed all that was retransmitted. */
  retransmissionsAhead: boolean = false;

  /** Transmissions so far, modulo 2^32. */
  #transmissions: number = 0;
  #block: Block = NO_BLOCK;
  #first: number = 0;
  /** Size that the next block starts with. */
  #hint: number = SMALLEST_BLOCK;
  #peak: number = 0;
  /** No entry that waits for retransmission begins before it, where `lostBytes` is not 0. */
  #lostFrom: number = 0;

  #place(index: number): number {
    return (this.#first + index) & (this.#block.size - 1);
  }

  startOf(index: number): number {
    return this.#block.start[this.#place(index)]!;
  }

  endOf(index: number): number {
    return this.#block.end[this.#place(index)]!;
  }

  lengthOf(index: number): number {
    const at = this.#place(index);
    return (this.#block.end[at]! - this.#block.start[at]!) | 0;
  }

  sentAtOf(index: number): number {
    return this.#block.sentAt[this.#place(index)]!;
  }

  /** Orders transmissions, as int32 that wraps: RFC 8985 6.1 has time and, where it is the same, sequence number for it. */
  orderOf(index: number): number {
    return this.#block.order[this.#place(index)]!;
  }

  flagsOf(index: number): number {
    return this.#block.flags[this.#place(index)]!;
  }

  /** All octets outstanding. */
  get outstanding(): number {
    const block = this.#block;
    return this.count === 0 ? 0 : (block.end[this.#place(this.count - 1)]! - block.start[this.#first]!) | 0;
  }

  get pipe(): number {
    const bytes =
      this.outstanding - this.sackedBytes - this.lostBytes + this.retransBytes - this.dupAckedBytes;
    return bytes > 0 ? bytes : 0;
  }

  /** A segment left for the first time. */
  push(start: number, end: number, sentAt: number): void {
    if (this.count === this.#block.size) this.#enlarge();
    const at = this.#place(this.count);
    const block = this.#block;
    block.start[at] = start;
    block.end[at] = end;
    block.sentAt[at] = sentAt;
    block.order[at] = this.#transmissions;
    this.#transmissions = (this.#transmissions + 1) | 0;
    block.flags[at] = 0;
    if (++this.count > this.#peak) this.#peak = this.count;
  }

  /** The newest entry went out with PSH. */
  markPushed(): void {
    const at = this.#place(this.count - 1);
    this.#block.flags[at] = this.#block.flags[at]! | Sent.pushed;
  }

  /** Whether an entry that ends at `seq` went out with PSH. */
  isPushed(seq: number): boolean {
    const index = this.find((seq - 1) | 0);
    if (index < 0 || index === this.count || this.endOf(index) !== seq) return false;
    return (this.flagsOf(index) & Sent.pushed) !== 0;
  }

  /** The oldest entry is acknowledged wholly. */
  dropFirst(): void {
    this.#forget(0);
    this.#first = (this.#first + 1) & (this.#block.size - 1);
    this.count--;
    if (this.count === 0) this.#release();
  }

  /**
   * The oldest entries, as far as they end at `seq` or before and were sent once, are acknowledged; returns their octets. Only where
   * `isPlain`. `dropped` is told when the first and the last of them left.
   */
  dropPlain(seq: number, dropped: AckWork): number {
    const block = this.#block;
    const mask = block.size - 1;
    const first = this.#first;
    let at = first;
    let last = at;
    let left = this.count;
    while (left > 0 && ((block.end[at]! - seq) | 0) <= 0) {
      last = at;
      at = (at + 1) & mask;
      left--;
    }
    if (left === this.count) return 0;
    dropped.ackedSentAt = block.sentAt[first]!;
    dropped.lastSentAt = block.sentAt[last]!;
    dropped.lastOrder = block.order[last]!;
    const bytes = (block.end[last]! - block.start[first]!) | 0;
    this.#first = at;
    this.count = left;
    if (left === 0) this.#release();
    return bytes;
  }

  /** Nothing is SACKed, lost or sent again. */
  get isPlain(): boolean {
    return this.sackedBytes === 0 && this.lostBytes === 0 && !this.retransmissionsAhead;
  }

  /** All before `seq` is acknowledged; the entry it lies in is shortened. */
  dropBelow(seq: number): void {
    while (this.count > 0 && ((this.endOf(0) - seq) | 0) <= 0) this.dropFirst();
    if (this.count > 0 && ((this.startOf(0) - seq) | 0) < 0) this.trimFirst(seq);
  }

  /** The oldest entry begins at `seq`, inside it, from now on. */
  trimFirst(seq: number): void {
    const at = this.#place(0);
    const n = (seq - this.#block.start[at]!) | 0;
    const flags = this.#block.flags[at]!;
    if ((flags & Sent.sacked) !== 0) this.sackedBytes -= n;
    if ((flags & Sent.lost) !== 0) this.lostBytes -= n;
    if ((flags & Sent.inFlightAgain) !== 0) this.retransBytes -= n;
    this.#block.start[at] = seq;
  }

  /** Index of the entry that holds the octet `seq`; -1 before the first, `count` behind the last. */
  find(seq: number): number {
    if (this.count === 0) return 0;
    const offset = (seq - this.startOf(0)) | 0;
    if (offset < 0) return -1;
    if (((seq - this.endOf(this.count - 1)) | 0) >= 0) return this.count;
    let low = 0;
    let high = this.count - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (((this.endOf(middle) - seq) | 0) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Makes `seq` the beginning of an entry, where it lies inside one; returns the index of that entry as `find` does. */
  splitAt(seq: number): number {
    const index = this.find(seq);
    if (index < 0 || index === this.count || this.startOf(index) === seq) return index;
    if (this.count === this.#block.size) this.#enlarge();
    const block = this.#block;
    for (let i = this.count; i > index; i--) block.copyPlace(this.#place(i - 1), this.#place(i));
    this.count++;
    block.end[this.#place(index)] = seq;
    block.start[this.#place(index + 1)] = seq;
    block.flags[this.#place(index)] = this.flagsOf(index) & ~Sent.pushed;
    if ((this.flagsOf(index) & Sent.sacked) !== 0) this.sackedSegments++;
    return index + 1;
  }

  markSacked(index: number): void {
    const at = this.#place(index);
    const flags = this.#block.flags[at]!;
    if ((flags & Sent.sacked) !== 0) return;
    const end = this.#block.end[at]!;
    const n = (end - this.#block.start[at]!) | 0;
    if ((flags & Sent.lost) !== 0) this.lostBytes -= n;
    if ((flags & Sent.inFlightAgain) !== 0) this.retransBytes -= n;
    if (this.sackedBytes === 0 || ((end - this.highestSacked) | 0) > 0) this.highestSacked = end;
    this.sackedBytes += n;
    this.sackedSegments++;
    this.#block.flags[at] = (flags & (Sent.retransmitted | Sent.pushed)) | Sent.sacked;
  }

  /** Deems it lost, its retransmission too where there was one. */
  markLost(index: number): void {
    const at = this.#place(index);
    const block = this.#block;
    const flags = block.flags[at]!;
    if ((flags & Sent.sacked) !== 0) return;
    const start = block.start[at]!;
    const n = (block.end[at]! - start) | 0;
    if ((flags & Sent.inFlightAgain) !== 0) this.retransBytes -= n;
    if (this.lostBytes === 0 || ((start - this.#lostFrom) | 0) < 0) this.#lostFrom = start;
    if ((flags & Sent.lost) === 0) this.lostBytes += n;
    block.flags[at] = (flags & ~Sent.inFlightAgain) | Sent.lost;
  }

  /** It is not lost after all (undo). */
  unmarkLost(index: number): void {
    const at = this.#place(index);
    const flags = this.#block.flags[at]!;
    if ((flags & Sent.lost) === 0) return;
    this.lostBytes -= (this.#block.end[at]! - this.#block.start[at]!) | 0;
    this.#block.flags[at] = flags & ~Sent.lost;
  }

  markRetransmitted(index: number, sentAt: number): void {
    const at = this.#place(index);
    const block = this.#block;
    const flags = block.flags[at]!;
    const end = block.end[at]!;
    if ((flags & (Sent.inFlightAgain | Sent.sacked)) === 0) {
      this.retransBytes += (end - block.start[at]!) | 0;
      block.flags[at] = flags | Sent.inFlightAgain | Sent.retransmitted;
    } else {
      block.flags[at] = flags | Sent.retransmitted;
    }
    block.sentAt[at] = sentAt;
    block.order[at] = this.#transmissions;
    this.#transmissions = (this.#transmissions + 1) | 0;
    if (!this.retransmissionsAhead || ((end - this.highestRetransmitted) | 0) > 0)
      this.highestRetransmitted = end;
    this.retransmissionsAhead = true;
  }

  /** The peer may have thrown away what it SACKed (RFC 2018 8): nothing is SACKed any more. */
  forgetSacks(): void {
    for (let i = 0; i < this.count; i++) {
      const at = this.#place(i);
      this.#block.flags[at] = this.#block.flags[at]! & ~Sent.sacked;
    }
    this.sackedBytes = 0;
    this.sackedSegments = 0;
  }

  /** Index of the first entry that is lost and whose retransmission is not under way; -1: none. */
  nextLost(): number {
    if (this.lostBytes === 0 || this.count === 0) return -1;
    const from = this.find(this.#lostFrom);
    for (let i = from < 0 ? 0 : from; i < this.count; i++) {
      if ((this.flagsOf(i) & (Sent.lost | Sent.inFlightAgain)) === Sent.lost) {
        this.#lostFrom = this.startOf(i);
        return i;
      }
    }
    this.#lostFrom = this.endOf(this.count - 1);
    return -1;
  }

  /** Everything is forgotten, the memory given back. */
  reset(): void {
    this.sackedBytes = 0;
    this.sackedSegments = 0;
    this.lostBytes = 0;
    this.retransBytes = 0;
    this.dupAckedBytes = 0;
    this.count = 0;
    this.#release();
    this.#hint = SMALLEST_BLOCK;
  }

  #forget(index: number): void {
    const at = this.#place(index);
    const flags = this.#block.flags[at]!;
    if (flags === 0) return;
    const end = this.#block.end[at]!;
    const n = (end - this.#block.start[at]!) | 0;
    if ((flags & Sent.sacked) !== 0) {
      this.sackedBytes -= n;
      this.sackedSegments--;
    }
    if ((flags & Sent.lost) !== 0) this.lostBytes -= n;
    if ((flags & Sent.inFlightAgain) !== 0) this.retransBytes -= n;
    if (end === this.highestRetransmitted) this.retransmissionsAhead = false;
  }

  #enlarge(): void {
    const old = this.#block;
    const larger = takeBlock(old.size === 0 ? Math.max(SMALLEST_BLOCK, this.#hint) : old.size * 2);
    for (let i = 0; i < this.count; i++) {
      const at = this.#place(i);
      larger.start[i] = old.start[at]!;
      larger.end[i] = old.end[at]!;
      larger.sentAt[i] = old.sentAt[at]!;
      larger.order[i] = old.order[at]!;
      larger.flags[i] = old.flags[at]!;
    }
    giveBlock(old);
    this.#block = larger;
    this.#first = 0;
  }

  #release(): void {
    const size = this.#block.size;
    // A block that was used to less than a quarter is succeeded by one of half its size.
    this.#hint = this.#peak < size >> 2 ? size >> 1 : size;
    this.#peak = 0;
    this.dupAckedBytes = 0;
    this.retransmissionsAhead = false;
    this.#first = 0;
    giveBlock(this.#block);
    this.#block = NO_BLOCK;
  }
}
