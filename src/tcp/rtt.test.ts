import { describe, expect, test } from 'vitest';
import { testConfig } from '../../test/support/tcp-config.ts';
import type { TcpConfig } from './config.ts';
import { backOff, echoedRttUs, forgetLostSyn, resetRtt, rto, sample, timestampClock } from './rtt.ts';
import { Tcb } from './tcb.ts';

function fresh(over: Partial<TcpConfig> = {}): Tcb {
  const tcb = new Tcb(testConfig({ minRtoUs: 1, ...over }));
  resetRtt(tcb);
  return tcb;
}

describe('RFC 6298 2', () => {
  test('(2.1) before a sample the RTO is one second', () => {
    expect(rto(fresh())).toBe(1_000_000);
  });

  test('(2.2) the first sample: SRTT = R, RTTVAR = R / 2, RTO = SRTT + 4 RTTVAR', () => {
    const tcb = fresh();
    sample(tcb, 100_000, 1);
    expect([tcb.srttUs, tcb.rttvarUs, tcb.rtoUs]).toEqual([100_000, 50_000, 300_000]);
  });

  test('(2.3) later samples: RTTVAR first, with beta 1/4, then SRTT with alpha 1/8', () => {
    const tcb = fresh();
    sample(tcb, 100_000, 1);
    sample(tcb, 180_000, 1);
    expect(tcb.rttvarUs).toBe(0.75 * 50_000 + 0.25 * 80_000);
    expect(tcb.srttUs).toBe(0.875 * 100_000 + 0.125 * 180_000);
    expect(tcb.rtoUs).toBe(Math.round(tcb.srttUs + 4 * tcb.rttvarUs));
  });

  test('(2.3) the variance counts as the granularity of the clock at least', () => {
    const tcb = fresh();
    for (let i = 0; i < 100; i++) sample(tcb, 50_000, 1);
    expect(tcb.rtoUs).toBe(51_000);
  });

  test('(2.4), (2.5) the RTO has a floor and a ceiling', () => {
    const low = fresh({ minRtoUs: 1_000_000 });
    sample(low, 10_000, 1);
    expect(low.rtoUs).toBe(1_000_000);
    const high = fresh({ maxRtoUs: 60_000_000 });
    sample(high, 50_000_000, 1);
    expect(high.rtoUs).toBe(60_000_000);
  });

  test('with the floor on the variance, as Linux has it, SRTT comes on top', () => {
    const tcb = fresh({ minRtoUs: 200_000, minRtoOnVariance: true });
    for (let i = 0; i < 100; i++) sample(tcb, 50_000, 1);
    expect(tcb.rtoUs).toBe(250_000);
  });

  test('(5.5) backing off doubles up to the ceiling, and stays until a sample', () => {
    const tcb = fresh();
    sample(tcb, 100_000, 1);
    const seen = Array.from({ length: 9 }, () => {
      backOff(tcb);
      return tcb.rtoUs / 100_000;
    });
    expect(seen).toEqual([6, 12, 24, 48, 96, 192, 384, 600, 600]);
    expect(tcb.backoff).toBe(9);
    sample(tcb, 100_000, 1);
    expect([tcb.backoff, tcb.rtoUs]).toEqual([0, 250_000]);
  });

  test('(5.7) after a lost SYN data begins with three seconds, unless there is a sample', () => {
    const tcb = fresh();
    backOff(tcb);
    forgetLostSyn(tcb);
    expect([tcb.rtoUs, tcb.backoff]).toEqual([3_000_000, 0]);
    sample(tcb, 100_000, 1);
    forgetLostSyn(tcb);
    expect(tcb.rtoUs).toBe(300_000);
  });
});

test('RFC 7323 appendix G: many samples in a round trip weigh as much as one', () => {
  const one = fresh();
  const many = fresh();
  sample(one, 100_000, 1);
  sample(many, 100_000, 1);
  sample(one, 200_000, 1);
  for (let i = 0; i < 20; i++) sample(many, 200_000, 20);
  expect(Math.abs(many.srttUs - one.srttUs)).toBeLessThan(1_000);
});

describe('RFC 7323 4', () => {
  test('an echo tells the round trip in ticks, less than one as one', () => {
    const tcb = fresh({ timestampTickUs: 1000 });
    tcb.tsOffset = -5;
    const sent = timestampClock(tcb, 7_000_400);
    expect(sent).toBe(6995);
    expect(echoedRttUs(tcb, sent, 7_030_000)).toBe(30_000);
    expect(echoedRttUs(tcb, sent, 7_000_900)).toBe(1_000);
  });

  test('an echo from the future or of long ago is none', () => {
    const tcb = fresh({ maxRtoUs: 60_000_000 });
    expect(echoedRttUs(tcb, timestampClock(tcb, 5_000_000), 1_000_000)).toBe(-1);
    expect(echoedRttUs(tcb, timestampClock(tcb, 5_000_000), 900_000_000)).toBe(-1);
  });
});
