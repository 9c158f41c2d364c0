import { describe, expect, it } from 'vitest';
import { deriveSeed, Random } from './random.ts';

function draws(seed: number, name: string, count: number = 8): number[] {
  const random = new Random(seed, name);
  return Array.from({ length: count }, () => random.int32());
}

describe('seeded randomness', () => {
  it('repeats, and differs by seed (above 2^32 too) and by name', () => {
    expect(draws(7, 'a')).toEqual(draws(7, 'a'));
    const streams = [draws(7, 'a'), draws(8, 'a'), draws(7, 'b'), draws(7 + 2 ** 40, 'a')];
    expect(new Set(streams.flat()).size).toBe(32);
    expect(deriveSeed(1, 'client')).not.toBe(deriveSeed(1, 'server'));
  });

  it('is xoshiro128**: the next number follows from the state as Blackman and Vigna write it', () => {
    const random = new Random(3, 'reference');
    const state = ['a', 'b', 'c', 'd'].map((key) =>
      BigInt((random as unknown as Record<string, number>)[key]! >>> 0),
    );
    const mask = 0xffffffffn;
    const rotl = (x: bigint, k: bigint): bigint => ((x << k) | (x >> (32n - k))) & mask;
    for (let i = 0; i < 1000; i++) {
      const expected = (rotl((state[1]! * 5n) & mask, 7n) * 9n) & mask;
      const t = (state[1]! << 9n) & mask;
      state[2]! ^= state[0]!;
      state[3]! ^= state[1]!;
      state[1]! ^= state[2]!;
      state[0]! ^= state[3]!;
      state[2]! ^= t;
      state[3] = rotl(state[3]!, 11n);
      expect(BigInt(random.int32() >>> 0)).toBe(expected);
    }
  });

  it('is even: each of ten buckets gets its share', () => {
    const random = new Random(1, 'buckets');
    const buckets = new Array<number>(10).fill(0);
    for (let i = 0; i < 100_000; i++) buckets[random.below(10)]!++;
    for (const count of buckets) expect(Math.abs(count - 10_000)).toBeLessThan(400);
  });
});
