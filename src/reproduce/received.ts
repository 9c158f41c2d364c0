/** Which octets of the peer's have come, so that it is known how many are in order. */
export class Received {
  #next: number = 1;
  /** What came ahead of gaps: apart from each other, in order. */
  readonly #ahead: [start: number, end: number][] = [];

  /** How many more octets are in order now. */
  add(seq: number, length: number): number {
    const before = this.#next;
    const end = seq + length;
    if (end <= before || length === 0) return 0;
    if (seq <= before && this.#ahead.length === 0) this.#next = end;
    else this.#join(Math.max(seq, before), end);
    const first = this.#ahead[0];
    if (first !== undefined && first[0] <= this.#next) {
      this.#next = Math.max(this.#next, first[1]);
      this.#ahead.shift();
    }
    return this.#next - before;
  }

  #join(from: number, to: number): void {
    const ahead = this.#ahead;
    const at = this.#firstEndingAt(from);
    let [start, end] = [from, to];
    let behind = at;
    for (; behind < ahead.length && ahead[behind]![0] <= end; behind++) {
      start = Math.min(start, ahead[behind]![0]);
      end = Math.max(end, ahead[behind]![1]);
    }
    ahead.splice(at, behind - at, [start, end]);
  }

  /** Index of the first range that ends at `seq` or later. */
  #firstEndingAt(seq: number): number {
    let [low, high] = [0, this.#ahead.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#ahead[middle]![1] < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
