import { describe, expect, it } from 'vitest';
import { halfSipHash, KeyedHash } from './keyed-hash.ts';

describe('HalfSipHash-2-4', () => {
  // Test vectors of the reference implementation: key 00 .. 07, messages 00 01 02 .. of 0, 4 and 8 bytes.
  it.each([
    [0, 0x5b9f35a9],
    [1, 0x89466e2a],
    [2, 0x8f84b8d0],
  ])('gives the published value for %d words', (count, value) => {
    const words = Int32Array.of(0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c);
    expect(halfSipHash(0x03020100, 0x07060504, words, count) >>> 0).toBe(value);
  });

  it('depends on every word', () => {
    const hash = new KeyedHash(1, 2);
    const seen = new Set<number>([hash.ofPair(new Int32Array(4), new Int32Array(4), 0, 0)]);
    for (let i = 0; i < 4; i++) {
      const address = new Int32Array(4);
      address[i] = 1;
      seen.add(hash.ofPair(address, new Int32Array(4), 0, 0));
      seen.add(hash.ofPair(new Int32Array(4), address, 0, 0));
    }
    seen.add(hash.ofPair(new Int32Array(4), new Int32Array(4), 1, 0));
    seen.add(hash.ofPair(new Int32Array(4), new Int32Array(4), 0, 1));
    expect(seen.size).toBe(11);
  });
});
