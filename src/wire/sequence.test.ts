import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  seqAdd,
  seqDiff,
  seqGreater,
  seqGreaterOrEqual,
  seqLess,
  seqLessOrEqual,
  seqMax,
  seqMin,
  seqUnsigned,
  seqWithin,
} from './sequence.ts';

const int32 = fc.integer({ min: -0x80000000, max: 0x7fffffff });
/** Distances that leave no doubt which number is ahead. */
const distance = fc.integer({ min: 1, max: 0x7fffffff });

describe('sequence arithmetic', () => {
  it('goes on across the wrap of the 32-bit circle', () => {
    expect(seqAdd(0xffffffff | 0, 1)).toBe(0);
    expect(seqLess(0xfffffff0 | 0, 0x10)).toBe(true);
    expect(seqDiff(0x10, 0xfffffff0 | 0)).toBe(0x20);
    expect(seqUnsigned(-1)).toBe(0xffffffff);
    expect(seqDiff(0x80000000 | 0, 0x7fffffff)).toBe(1);
  });

  it('is the arithmetic modulo 2^32', () => {
    fc.assert(
      fc.property(int32, int32, (a, b) => {
        expect(BigInt(seqDiff(a, b))).toBe(BigInt.asIntN(32, BigInt(a) - BigInt(b)));
        expect(seqAdd(b, seqDiff(a, b))).toBe(a);
        expect(BigInt(seqUnsigned(a))).toBe(BigInt.asUintN(32, BigInt(a)));
      }),
    );
  });

  it('orders numbers less than 2^31 apart the same wherever they stand', () => {
    fc.assert(
      fc.property(int32, distance, (a, d) => {
        const b = seqAdd(a, d);
        expect([seqLess(a, b), seqLessOrEqual(a, b), seqGreater(a, b), seqGreaterOrEqual(a, b)]).toEqual([
          true,
          true,
          false,
          false,
        ]);
        expect([seqLess(b, a), seqGreater(b, a), seqMax(a, b), seqMin(a, b)]).toEqual([false, true, b, a]);
        expect([seqLess(a, a), seqLessOrEqual(a, a), seqGreaterOrEqual(a, a), seqMax(a, a)]).toEqual([
          false,
          true,
          true,
          a,
        ]);
      }),
    );
  });

  it('finds a number within a window and not at its end', () => {
    fc.assert(
      fc.property(int32, distance, (start, length) => {
        expect(seqWithin(start, start, length)).toBe(true);
        expect(seqWithin(seqAdd(start, length - 1), start, length)).toBe(true);
        expect(seqWithin(seqAdd(start, length), start, length)).toBe(false);
        expect(seqWithin(seqAdd(start, -1), start, length)).toBe(false);
        expect(seqWithin(start, start, 0)).toBe(false);
      }),
    );
  });
});
