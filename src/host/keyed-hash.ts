/**
 * HalfSipHash-2-4 (Aumasson, Bernstein): a keyed hash of 32-bit words, for what an outsider must not be able to guess: initial
 * sequence numbers, cookies, the order of ports. 64-bit words, which SipHash itself needs, are slow here.
 */
export class KeyedHash {
  readonly #k0: number;
  readonly #k1: number;
  readonly #words: Int32Array = new Int32Array(11);

  constructor(k0: number, k1: number) {
    this.#k0 = k0 | 0;
    this.#k1 = k1 | 0;
  }

  /** Hash of two addresses, one word of ports, one more word, as int32. */
  ofPair(local: Int32Array, remote: Int32Array, ports: number, extra: number): number {
    const words = this.#words;
    words[0] = local[0]!;
    words[1] = local[1]!;
    words[2] = local[2]!;
    words[3] = local[3]!;
    words[4] = remote[0]!;
    words[5] = remote[1]!;
    words[6] = remote[2]!;
    words[7] = remote[3]!;
    words[8] = ports;
    words[9] = extra;
    return halfSipHash(this.#k0, this.#k1, words, 10);
  }
}

/** Of `count` whole words, little-endian bytes as they stand in them; `words` has room for one more. */
export function halfSipHash(k0: number, k1: number, words: Int32Array, count: number): number {
  let v0 = k0 | 0;
  let v1 = k1 | 0;
  let v2 = 0x6c796765 ^ k0;
  let v3 = 0x74656462 ^ k1;
  words[count] = count << 26;
  // Two rounds for each word, the length among them; then four to finish.
  for (let i = 0; i <= count + 1; i++) {
    const ends = i > count;
    const word = ends ? 0 : words[i]!;
    if (ends) v2 ^= 0xff;
    v3 ^= word;
    for (let rounds = ends ? 4 : 2; rounds > 0; rounds--) {
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
    }
    v0 ^= word;
  }
  return v1 ^ v3;
}
