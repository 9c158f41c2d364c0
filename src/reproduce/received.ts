/** Which octets of the peer's have come, so that it is known how many are in order. */
export class Received {
  #next: number = 1;
  #ahead: (readonly [start: number, end: number])[] = [];

  /** How many more octets are in order now. */
  add(seq: number, length: number): number {
    const before = this.#next;
    if (length > 0) this.#ahead.push([seq, seq + length]);
    for (let moved = true; moved; ) {
      moved = false;
      for (const [start, end] of this.#ahead) {
        if (start > this.#next || end <= this.#next) continue;
        this.#next = end;
        moved = true;
      }
      this.#ahead = this.#ahead.filter(([, end]) => end > this.#next);
    }
    return this.#next - before;
  }
}
