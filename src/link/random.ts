/**
 * Seeded randomness. Each component of a network has a stream of its own, named after it, so that one more link changes nothing
 * of what the others draw.
 */

const LANES = [0x811c9dc5, 0x6b43a9b5, 0x3c6ef372, 0xa54ff53a];

/** xoshiro128** 1.1 (Blackman and Vigna 2018) over int32. */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private d: number;

  /** The stream called `name` of the run with `seed`. */
  constructor(seed: number, name: string) {
    this.a = hash(seed, name, LANES[0]!);
    this.b = hash(seed, name, LANES[1]!);
    this.c = hash(seed, name, LANES[2]!);
    // The all-zero state would stay there.
    this.d = hash(seed, name, LANES[3]!) | 1;
  }

  /** 32 random bits as int32. */
  int32(): number {
    const product = Math.imul(this.b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9);
    const shifted = this.b << 9;
    this.c ^= this.a;
    this.d ^= this.b;
    this.b ^= this.c;
    this.a ^= this.d;
    this.c ^= shifted;
    this.d = (this.d << 11) | (this.d >>> 21);
    return result;
  }

  /** From 0 up to, not including, 1. */
  unit(): number {
    return (this.int32() >>> 0) / 4294967296;
  }

  /** An integer from 0 to `count - 1`. */
  below(count: number): number {
    return Math.floor(this.unit() * count);
  }

  chance(probability: number): boolean {
    return this.unit() < probability;
  }
}

/** A seed (uint32) for something that has a generator of its own, such as a host. */
export function deriveSeed(seed: number, name: string): number {
  return hash(seed, name, LANES[0]!) >>> 0;
}

/** FNV-1a over the name and both halves of the seed, then murmur3's finaliser, which spreads what FNV leaves in the low bits. */
function hash(seed: number, name: string, lane: number): number {
  let h = lane;
  for (let i = 0; i < name.length; i++) h = Math.imul(h ^ name.charCodeAt(i), 0x01000193);
  h = mix(h ^ (seed | 0));
  return mix(h ^ Math.floor(seed / 4294967296));
}

function mix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
