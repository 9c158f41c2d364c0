import { describe, expect, test } from 'vitest';
import { testConfig } from '../../../test/support/tcp-config.ts';
import type { TcpConfig } from '../config.ts';
import type { Environment } from '../environment.ts';
import { Tcb } from '../tcb.ts';
import { cubicIdle } from './cubic.ts';
import { congestionTimeout, congestionUndo, grow, reduced } from './index.ts';
import { initialWindow, noteWindowUse, openWindow, windowAfterIdle } from './window.ts';

const MSS = 1000;

function opened(over: Partial<TcpConfig> = {}): Tcb {
  const tcb = new Tcb(testConfig(over));
  tcb.sndMss = MSS;
  openWindow(tcb, 0, 0);
  tcb.cwndLimited = true;
  return tcb;
}

function at(now: number): Environment {
  return { now } as Environment;
}

/** The whole window is outstanding. */
function fill(tcb: Tcb, bytes: number = tcb.cwnd): void {
  tcb.sent.reset();
  tcb.sent.push(0, bytes, 0);
}

describe('initial window', () => {
  test.each([
    [1460, 4380],
    [1000, 4000],
    [536, 2144],
    [4000, 8000],
  ])('RFC 5681 3.1 for segments of %d: %d', (size, window) => {
    const tcb = opened({ initialWindowSegments: 0 });
    tcb.sndMss = size;
    expect(initialWindow(tcb)).toBe(window);
  });

  test('RFC 6928: ten segments, of what fits beside timestamps', () => {
    const tcb = opened();
    expect(tcb.cwnd).toBe(10 * MSS);
    tcb.timestampsOk = true;
    expect(initialWindow(tcb)).toBe(10 * (MSS - 12));
  });

  test('one segment after a lost SYN (RFC 5681 3.1), where the configuration says so after the first', () => {
    const strict = opened();
    openWindow(strict, 1, 0);
    expect(strict.cwnd).toBe(MSS);
    const linux = opened({ synLossesToOneSegment: 2 });
    openWindow(linux, 1, 0);
    expect(linux.cwnd).toBe(10 * MSS);
    openWindow(linux, 2, 0);
    expect(linux.cwnd).toBe(MSS);
  });
});

describe('growth (RFC 5681 3.1)', () => {
  test('slow start: by what is acknowledged, L segments at most (RFC 3465)', () => {
    const tcb = opened({ appropriateByteCounting: 2 });
    grow(at(1), tcb, MSS, false);
    expect(tcb.cwnd).toBe(11 * MSS);
    grow(at(1), tcb, 5 * MSS, false);
    expect(tcb.cwnd).toBe(13 * MSS);
    grow(at(1), tcb, 5 * MSS, true);
    expect(tcb.cwnd).toBe(14 * MSS);
  });

  test('an ACK divided into many gains nothing', () => {
    const whole = opened();
    const divided = opened();
    grow(at(1), whole, MSS, false);
    for (let i = 0; i < 100; i++) grow(at(1), divided, MSS / 100, false);
    expect(divided.cwnd).toBe(whole.cwnd);
  });

  test('congestion avoidance: one segment for a window acknowledged', () => {
    const tcb = opened();
    tcb.ssthresh = 10 * MSS;
    for (let i = 0; i < 9; i++) grow(at(1), tcb, MSS, false);
    expect(tcb.cwnd).toBe(10 * MSS);
    grow(at(1), tcb, MSS, false);
    expect(tcb.cwnd).toBe(11 * MSS);
  });

  test('what is beyond ssthresh counts for congestion avoidance', () => {
    const tcb = opened();
    tcb.ssthresh = 11 * MSS;
    grow(at(1), tcb, 2 * MSS, false);
    expect([tcb.cwnd, tcb.cwndCredit]).toEqual([11 * MSS, MSS]);
  });

  test('a window that is not used does not grow (RFC 7661)', () => {
    const tcb = opened();
    tcb.cwndLimited = false;
    tcb.ssthresh = 5 * MSS;
    noteWindowUse(tcb, 3 * MSS, 0);
    grow(at(1), tcb, 3 * MSS, false);
    expect(tcb.cwnd).toBe(10 * MSS);
    noteWindowUse(tcb, 10 * MSS, 0);
    for (let i = 0; i < 10; i++) grow(at(1), tcb, MSS, false);
    expect(tcb.cwnd).toBe(11 * MSS);
  });
});

describe('idleness', () => {
  test('the window halves for each RTO without sending, down to the restart window (RFC 2861, 5681 4.1)', () => {
    const tcb = opened();
    tcb.cwnd = 80 * MSS;
    tcb.rtoUs = 1_000_000;
    windowAfterIdle(at(1_000_000), tcb);
    expect(tcb.cwnd).toBe(80 * MSS);
    windowAfterIdle(at(2_500_000), tcb);
    expect(tcb.cwnd).toBe(20 * MSS);
    tcb.cwnd = 80 * MSS;
    windowAfterIdle(at(60_000_000), tcb);
    expect(tcb.cwnd).toBe(10 * MSS);
  });

  test('it remembers three quarters in ssthresh', () => {
    const tcb = opened();
    tcb.cwnd = 80 * MSS;
    tcb.ssthresh = 40 * MSS;
    tcb.rtoUs = 1_000_000;
    windowAfterIdle(at(60_000_000), tcb);
    expect(tcb.ssthresh).toBe(60 * MSS);
  });

  test('is no idleness while something is outstanding, or where the configuration says so', () => {
    const tcb = opened();
    tcb.cwnd = 80 * MSS;
    fill(tcb, MSS);
    windowAfterIdle(at(60_000_000), tcb);
    expect(tcb.cwnd).toBe(80 * MSS);
    const off = opened({ slowStartAfterIdle: false });
    off.cwnd = 80 * MSS;
    windowAfterIdle(at(60_000_000), off);
    expect(off.cwnd).toBe(80 * MSS);
  });
});

describe('Reno (RFC 5681)', () => {
  test('equation 4: half of the flight, two segments at least', () => {
    const tcb = opened();
    tcb.cwnd = 20 * MSS;
    fill(tcb, 12 * MSS);
    expect(reduced(tcb)).toBe(6 * MSS);
    fill(tcb, 3 * MSS);
    expect(reduced(tcb)).toBe(2 * MSS);
  });

  test('limited transmit does not count', () => {
    const tcb = opened();
    fill(tcb, 12 * MSS);
    expect(reduced(tcb)).toBe(5 * MSS);
  });
});

describe('CUBIC (RFC 9438)', () => {
  function cubic(window: number): Tcb {
    const tcb = opened({ congestion: 'cubic' });
    tcb.cwnd = window * MSS;
    tcb.srttUs = 100_000;
    fill(tcb);
    return tcb;
  }

  /** Round trips of congestion avoidance, each ACK for one segment. */
  function rounds(tcb: Tcb, from: number, count: number): number {
    let now = from;
    for (let i = 0; i < count; i++) {
      const segments = Math.floor(tcb.cwnd / MSS);
      for (let n = 0; n < segments; n++) {
        now += 100_000 / segments;
        grow(at(Math.round(now)), tcb, MSS, false);
      }
    }
    return now;
  }

  test('4.6: a loss leaves seven tenths', () => {
    const tcb = cubic(1000);
    expect(reduced(tcb)).toBe(700 * MSS);
    expect(tcb.cubicWMax).toBe(1000 * MSS);
  });

  test('4.7 fast convergence: a window smaller than the last one remembers less', () => {
    const tcb = cubic(1000);
    reduced(tcb);
    tcb.cwnd = 800 * MSS;
    reduced(tcb);
    expect(tcb.cubicWMax).toBe((800 * MSS * 1.7) / 2);
  });

  test('4.2: W(t) = C (t - K)^3 + W_max, K = cbrt((W_max - cwnd) / C)', () => {
    const tcb = cubic(1000);
    tcb.cwnd = tcb.ssthresh = reduced(tcb);
    const start = 1_000_000;
    const k = Math.cbrt(300 / 0.4);
    for (const seconds of [2, 5, k, 12]) {
      const fresh = cubic(1000);
      fresh.cwnd = fresh.ssthresh = reduced(fresh);
      const end = rounds(fresh, start, Math.round(seconds * 10));
      const t = (end - start) / 1e6;
      const expected = 0.4 * (t - k) ** 3 + 1000;
      expect(Math.abs(fresh.cwnd / MSS - expected) / expected).toBeLessThan(0.02);
    }
  });

  test('4.3: where Reno would be faster, the window is the one of Reno', () => {
    const tcb = cubic(20);
    tcb.srttUs = 10_000;
    tcb.cwnd = tcb.ssthresh = reduced(tcb);
    let now = 1_000_000;
    for (let round = 0; round < 10; round++) {
      const segments = Math.floor(tcb.cwnd / MSS);
      for (let n = 0; n < segments; n++) {
        now += 10_000 / segments;
        grow(at(Math.round(now)), tcb, MSS, false);
      }
    }
    // alpha = 3 (1 - beta) / (1 + beta): 0.53 segments a round trip.
    expect(tcb.cwnd / MSS).toBeGreaterThan(14 + 10 * 0.5);
    expect(tcb.cwnd / MSS).toBeLessThan(14 + 10 * 0.57);
  });

  test('4.2: not more than half as much again in a round trip', () => {
    const tcb = cubic(100);
    tcb.cubicWMax = 100_000 * MSS;
    tcb.ssthresh = tcb.cwnd;
    grow(at(1_000_000), tcb, MSS, false);
    const before = tcb.cwnd;
    rounds(tcb, 60_000_000, 1);
    expect(tcb.cwnd).toBeLessThanOrEqual(before * 1.66);
  });

  test('4.8: after a timeout K is 0 and W_max is where congestion avoidance begins', () => {
    const tcb = cubic(1000);
    tcb.ssthresh = reduced(tcb);
    congestionTimeout(tcb);
    tcb.cwnd = tcb.ssthresh;
    grow(at(5_000_000), tcb, MSS, false);
    expect([tcb.cubicKUs, tcb.cubicOrigin]).toEqual([0, 700 * MSS]);
  });

  test('4.9: a spurious reduction is forgotten wholly', () => {
    const tcb = cubic(1000);
    tcb.cwnd = tcb.ssthresh = reduced(tcb);
    rounds(tcb, 1_000_000, 20);
    const before = [tcb.cubicWMax, tcb.cubicKUs, tcb.cubicEpochAt, tcb.cubicWEst, tcb.cubicOrigin];
    reduced(tcb);
    congestionTimeout(tcb);
    congestionUndo(tcb);
    expect([tcb.cubicWMax, tcb.cubicKUs, tcb.cubicEpochAt, tcb.cubicWEst, tcb.cubicOrigin]).toEqual(before);
  });

  test('5.8: idle time does not move the curve on', () => {
    const tcb = cubic(1000);
    tcb.cwnd = tcb.ssthresh = reduced(tcb);
    grow(at(1_000_000), tcb, MSS, false);
    cubicIdle(tcb, 5_000_000, 7_000_000);
    expect(tcb.cubicEpochAt).toBe(6_000_000);
  });
});
