import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TimeScale } from './time.ts';

const APRIL_2026_US = 1_775_000_000_123_456n;

function convert(resolution: number, count: bigint, offsetSeconds: number = 0): number {
  const scale = new TimeScale(resolution, offsetSeconds);
  return scale.toMicroseconds(Number(count >> 32n), Number(count & 0xffffffffn));
}

function unitsPerSecond(resolution: number): bigint {
  const exponent = BigInt(resolution & 0x7f);
  return (resolution & 0x80) !== 0 ? 1n << exponent : 10n ** exponent;
}

describe('TimeScale', () => {
  it('gives whole microseconds of a time in 2026 in every usual unit', () => {
    expect(convert(6, APRIL_2026_US)).toBe(Number(APRIL_2026_US));
    expect(convert(9, APRIL_2026_US * 1000n + 999n)).toBe(Number(APRIL_2026_US));
    expect(convert(3, APRIL_2026_US / 1000n)).toBe(1_775_000_000_123_000);
    expect(convert(0, 1_775_000_000n)).toBe(1_775_000_000_000_000);
    expect(convert(0x80 | 20, (1_775_000_000n << 20n) | 524_288n)).toBe(1_775_000_000_500_000);
    expect(convert(0x80 | 32, (1_775_000_000n << 32n) | 0x80000000n)).toBe(1_775_000_000_500_000);
    expect(convert(0x80, 1_775_000_000n)).toBe(1_775_000_000_000_000);
  });

  it('adds the offset of the interface', () => {
    expect(convert(6, 5n, 1_775_000_000)).toBe(1_775_000_000_000_005);
    expect(convert(9, 5_000n, -1)).toBe(-999_995);
  });

  it('agrees with exact arithmetic for every resolution and any time up to 2100', () => {
    const resolution = fc.oneof(fc.integer({ min: 0, max: 13 }), fc.integer({ min: 0x80, max: 0x80 | 40 }));
    const nanoseconds = fc.bigInt({ min: 0n, max: 4_102_444_800_000_000_000n });
    fc.assert(
      fc.property(resolution, nanoseconds, (unit, time) => {
        const perSecond = unitsPerSecond(unit);
        const count = ((time * perSecond) / 1_000_000_000n) & 0xffffffffffffffffn;
        expect(convert(unit, count)).toBe(Number((count * 1_000_000n) / perSecond));
      }),
      { numRuns: 2000 },
    );
  });
});
