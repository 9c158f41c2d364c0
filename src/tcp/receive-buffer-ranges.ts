const FIRST_SIZE = 8;
const NOTHING = new Int32Array(0);

/**
 * Ranges of positions that arrived out of order: disjoint, not adjacent, ascending. Positions are int32 modulo 2^32. Arrays are
 * made with the first range; most connections never have one.
 */
export class Reassembly {
  count: number = 0;
  /** Octets in all ranges. */
  bytes: number = 0;
  #starts: Int32Array = NOTHING;
  #ends: Int32Array = NOTHING;
  /** When a range last changed, as a running number. */
  #stamps: Int32Array = NOTHING;
  #clock: number = 0;

  startOf(i: number): number {
    return this.#starts[i]!;
  }

  endOf(i: number): number {
    return this.#ends[i]!;
  }

  /** The end of the last range. */
  get highest(): number {
    return this.#ends[this.count - 1]!;
  }

  /** Index of the first range that ends after a position, `count` where none does. New data mostly comes at the end. */
  firstEndingAfter(position: number): number {
    let low = 0;
    let high = this.count;
    if (high === 0 || ((this.#ends[high - 1]! - position) | 0) <= 0) return high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (((this.#ends[middle]! - position) | 0) > 0) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Whether `add` would join it with a range that is here. */
  touches(start: number, end: number): boolean {
    const i = this.firstEndingAfter((start - 1) | 0);
    return i < this.count && ((this.#starts[i]! - end) | 0) <= 0;
  }

  /** Adds a range, joins it with those it touches. */
  add(start: number, end: number): void {
    // A range that ends exactly where this one begins is joined too.
    const first = this.firstEndingAfter((start - 1) | 0);
    let last = first;
    let from = start;
    let to = end;
    let held = 0;
    while (last < this.count && ((this.#starts[last]! - end) | 0) <= 0) {
      const rangeStart = this.#starts[last]!;
      const rangeEnd = this.#ends[last]!;
      held += (rangeEnd - rangeStart) | 0;
      if (((rangeStart - from) | 0) < 0) from = rangeStart;
      if (((rangeEnd - to) | 0) > 0) to = rangeEnd;
      last++;
    }
    this.#replace(first, last, from, to);
    this.bytes += ((to - from) | 0) - held;
  }

  /** The range that ends there, if there is one, counts as changed. */
  renew(end: number): void {
    for (let i = 0; i < this.count; i++) if (this.#ends[i] === end) this.#stamps[i] = ++this.#clock;
  }

  /** Octets up to `end` are in order now: takes away the ranges they reach; returns where the order ends. */
  takeFrom(start: number, end: number): number {
    let to = end;
    let n = 0;
    while (n < this.count && ((this.#starts[n]! - to) | 0) <= 0) {
      const rangeEnd = this.#ends[n]!;
      this.bytes -= (rangeEnd - this.#starts[n]!) | 0;
      if (((rangeEnd - to) | 0) > 0) to = rangeEnd;
      n++;
    }
    if (n > 0) this.#remove(0, n);
    return ((to - start) | 0) > 0 ? to : start;
  }

  /** Offsets from `base`, most recently changed first. */
  recent(target: Int32Array, most: number, base: number): number {
    let found = 0;
    let below = this.#clock + 1;
    while (found < most && found < this.count) {
      let best = -1;
      for (let i = 0; i < this.count; i++) {
        const stamp = this.#stamps[i]!;
        if (stamp < below && (best < 0 || stamp > this.#stamps[best]!)) best = i;
      }
      target[2 * found] = (this.#starts[best]! - base) | 0;
      target[2 * found + 1] = (this.#ends[best]! - base) | 0;
      below = this.#stamps[best]!;
      found++;
    }
    return found;
  }

  clear(): void {
    this.count = 0;
    this.bytes = 0;
    this.#clock = 0;
  }

  #replace(first: number, last: number, start: number, end: number): void {
    if (first === last) this.#makeRoomAt(first);
    else if (last - first > 1) this.#remove(first + 1, last);
    this.#starts[first] = start;
    this.#ends[first] = end;
    this.#stamps[first] = ++this.#clock;
  }

  #makeRoomAt(at: number): void {
    if (this.count === this.#starts.length) this.#enlarge();
    this.#starts.copyWithin(at + 1, at, this.count);
    this.#ends.copyWithin(at + 1, at, this.count);
    this.#stamps.copyWithin(at + 1, at, this.count);
    this.count++;
  }

  #remove(first: number, last: number): void {
    this.#starts.copyWithin(first, last, this.count);
    this.#ends.copyWithin(first, last, this.count);
    this.#stamps.copyWithin(first, last, this.count);
    this.count -= last - first;
  }

  #enlarge(): void {
    const size = this.#starts.length === 0 ? FIRST_SIZE : this.#starts.length * 2;
    this.#starts = widen(this.#starts, size);
    this.#ends = widen(this.#ends, size);
    this.#stamps = widen(this.#stamps, size);
  }
}

function widen(old: Int32Array, size: number): Int32Array {
  const larger = new Int32Array(size);
  larger.set(old);
  return larger;
}
