import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checksumWasm } from '../../scripts/checksum-wasm.ts';
import { onesSum } from './checksum.ts';
import { CODE, longSum } from './checksum-simd.ts';

describe('longSum', () => {
  it('is the code that the script assembles', () => {
    expect(CODE).toBe(checksumWasm());
  });

  it('is valid on this engine', () => {
    const code = Uint8Array.from(atob(CODE), (char) => char.charCodeAt(0));
    expect(WebAssembly.validate(code)).toBe(true);
  });

  it('is onesSum, wherever the octets lie and whatever stands around them', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 5000 }),
        fc.integer({ min: 0, max: 70_000 }),
        fc.integer({ min: 0, max: 300 }),
        fc.oneof(fc.constantFrom(0, 0xffff), fc.nat(0xffff)),
        fc.integer(),
        fc.constantFrom(0, 255, -1),
        (before, length, after, initial, seed, octet) => {
          const bytes = new Uint8Array(before + length + after);
          let x = seed | 1;
          for (let i = 0; i < bytes.length; i++) {
            x = Math.imul(x, 0x5851f42d) + 12_345;
            bytes[i] = octet < 0 ? x >>> 16 : octet;
          }
          const view = new DataView(bytes.buffer);
          expect(longSum(bytes, view, before, length, initial)).toBe(onesSum(view, before, length, initial));
        },
      ),
      { numRuns: 300 },
    );
  });
});
