import { describe, expect, it } from 'vitest';
import { truesize } from './receive-memory.ts';

describe('truesize', () => {
  it.each([
    [100, 832],
    [536, 1280],
    [700, 2304],
    [1460, 2304],
    [2000, 4352],
    [3600, 4352],
    [4000, 8448],
    [8000, 12_544],
    [20_000, 20_736],
    [39_000, 41_216],
    [60_000, 61_696],
  ])(
    'of %i octets behind 40 of headers is %i, as SK_MEMINFO_RMEM_ALLOC of Linux 6.18 has it',
    (length, bytes) => {
      expect(truesize(length + 40)).toBe(bytes);
    },
  );
});
