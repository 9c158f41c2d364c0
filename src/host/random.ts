/** A host's own randomness: xorshift128 over int32, from one seed. It protects nothing by itself; see keyed-hash.ts. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(seed: number) {
    this.#a = seed | 0;
    this.#b = Math.floor(seed / 4294967296) ^ 0x6b43a9b5;
    this.#c = 0x3c6ef372;
    this.#d = 0x2545f491;
    for (let i = 0; i < 16; i++) this.next();
  }

  /** 32 random bits as int32. */
  next(): number {
    let t = this.#d;
    const s = this.#a;
    this.#d = this.#c;
    this.#c = this.#b;
    this.#b = s;
    t ^= t << 11;
    t ^= t >>> 8;
    this.#a = t ^ s ^ (s >>> 19);
    return Math.imul(this.#a, 0x9e3779b1) ^ (this.#a >>> 15);
  }

  /** An integer from 0 to `count - 1`. */
  below(count: number): number {
    return Math.floor(((this.next() >>> 0) / 4294967296) * count);
  }
}
