import { expect, it } from 'vitest';
import { crc32 } from './crc32.ts';

it('gives the check value of CRC-32, also in parts', () => {
  const digits = new TextEncoder().encode('123456789');
  expect(crc32(digits)).toBe(0xcbf43926);
  for (let cut = 0; cut <= 9; cut++) {
    expect(crc32(digits.subarray(cut), crc32(digits.subarray(0, cut)))).toBe(0xcbf43926);
  }
});
