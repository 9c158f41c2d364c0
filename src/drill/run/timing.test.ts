import { describe, expect, it } from 'vitest';
import { checkTime, latest, type When } from './timing.ts';

const at = (us: number, endUs: number = us): When => ({ kind: us === endUs ? 'point' : 'range', us, endUs });
const tolerance = { us: 4000, percent: 10 };

describe('checkTime', () => {
  it('allows the fixed tolerance, early and late', () => {
    for (const us of [96_000, 104_000]) expect(checkTime('it', at(100_000), us, null, tolerance)).toBeNull();
    for (const us of [95_999, 104_001])
      expect(checkTime('it', at(100_000), us, null, tolerance)).toContain('0.100000');
  });

  it('allows more the longer nothing happened', () => {
    expect(checkTime('it', at(1_000_000), 1_090_000, 0, tolerance)).toBeNull();
    expect(checkTime('it', at(1_000_000), 1_101_000, 0, tolerance)).not.toBeNull();
    expect(checkTime('it', at(1_000_000), 1_090_000, 990_000, tolerance)).not.toBeNull();
  });

  it('takes ranges and any time', () => {
    expect(checkTime('it', at(100_000, 200_000), 203_000, null, tolerance)).toBeNull();
    expect(checkTime('it', at(100_000, 200_000), 205_000, null, tolerance)).toContain('between');
    expect(checkTime('it', { kind: 'any', us: 0, endUs: 0 }, 5e9, null, tolerance)).toBeNull();
    expect(latest({ kind: 'any', us: 0, endUs: 0 }, null, tolerance)).toBe(Number.POSITIVE_INFINITY);
  });
});
