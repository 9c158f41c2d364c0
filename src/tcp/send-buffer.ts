import {
  giveRing,
  LARGEST_MASK,
  moveOctets,
  NO_RING,
  readOctets,
  ringSize,
  takeRing,
  writeOctets,
} from './ring-pool.ts';

/**
 * Octets that the user gave and the peer has not acknowledged: octet 0 is the first unacknowledged one. A ring that grows by
 * doubling while it is written and goes back to the pool when it is empty.
 */
export class SendBuffer {
  /** Octets held. */
  length: number = 0;
  /** Octets that it may hold; what is there already stays when it is made smaller. */
  limit: number = 65_536;
  /** The caller may let the last segment go so far beyond. */
  slack: number = 0;

  #ring: Uint8Array = NO_RING;
  /** Position of octet 0, modulo the largest size. */
  #head: number = 0;
  /** Size that the next ring starts with: what the last one was used for. */
  #hint: number = 0;
  #peak: number = 0;

  /** Memory taken. */
  get bytes(): number {
    return this.#ring.length;
  }

  get free(): number {
    const most = this.limit + this.slack;
    return this.length < most ? most - this.length : 0;
  }

  /** Memory that `write(length)` would take beyond `bytes`. */
  growthFor(length: number): number {
    const wanted = this.length + Math.min(length, this.free);
    if (wanted <= this.#ring.length) return 0;
    return ringSize(this.#startSize(wanted)) - this.#ring.length;
  }

  /** Takes as many octets as there is room for; returns their number. */
  write(source: Uint8Array, offset: number, length: number): number {
    const free = this.free;
    const n = length < free ? length : free;
    if (n <= 0) return 0;
    if (this.length + n > this.#ring.length) this.#grow(this.length + n);
    writeOctets(this.#ring, this.#head + this.length, source, offset, n);
    this.length += n;
    if (this.length > this.#peak) this.#peak = this.length;
    return n;
  }

  /** Copies octets out; they stay. `offset + length` is at most `this.length`. */
  copyTo(offset: number, target: Uint8Array, at: number, length: number): void {
    readOctets(this.#ring, this.#head + offset, target, at, length);
  }

  /** The octets from `offset` on without a copy, as many as lie in one piece, at most `length`. Valid until the next change. */
  view(offset: number, length: number): Uint8Array {
    const start = (this.#head + offset) & (this.#ring.length - 1);
    const n = Math.min(length, this.length - offset, this.#ring.length - start);
    return this.#ring.subarray(start, start + n);
  }

  /** The first `n` octets are acknowledged. */
  drop(n: number): void {
    this.#head = (this.#head + n) & LARGEST_MASK;
    this.length -= n;
    if (this.length === 0) this.#release();
  }

  /** Everything is forgotten, the memory given back; the limit stays. */
  reset(): void {
    this.length = 0;
    this.#release();
    this.#hint = 0;
  }

  #startSize(wanted: number): number {
    return this.#ring.length === 0 && this.#hint > wanted ? this.#hint : wanted;
  }

  #grow(wanted: number): void {
    const larger = takeRing(this.#startSize(wanted));
    if (this.length > 0) moveOctets(this.#ring, larger, this.#head, this.length);
    giveRing(this.#ring);
    this.#ring = larger;
  }

  #release(): void {
    const size = this.#ring.length;
    // A ring that was used to less than a quarter is succeeded by one of half its size.
    this.#hint = this.#peak < size >> 2 ? size >> 1 : size;
    this.#peak = 0;
    this.#head = 0;
    giveRing(this.#ring);
    this.#ring = NO_RING;
  }
}
