import { describe, expect, test } from 'vitest';
import { testConfig } from '../../test/support/tcp-config.ts';
import { prrAcknowledged } from './prr.ts';
import { Tcb } from './tcb.ts';

const MSS = 1000;

/** In recovery with `segments` out, the first one lost; the window is to go from 20 to 10 segments. */
function recovering(segments: number): Tcb {
  const tcb = new Tcb(testConfig());
  tcb.sndMss = MSS;
  tcb.priorCwnd = 20 * MSS;
  tcb.prrTarget = 10 * MSS;
  for (let i = 0; i < segments; i++) tcb.sent.push(i * MSS, (i + 1) * MSS, i);
  tcb.sent.markLost(0);
  return tcb;
}

/** Segments that one SACK for the segment at `index` lets go; they go. */
function ack(tcb: Tcb, index: number): number {
  tcb.sent.markSacked(index);
  prrAcknowledged(tcb, MSS, false, false);
  const room = Math.floor((tcb.cwnd - tcb.sent.pipe) / MSS);
  for (let i = 0; i < room; i++) {
    const end = tcb.sent.endOf(tcb.sent.count - 1);
    tcb.sent.push(end, end + MSS, 100);
    tcb.prrOut += MSS;
  }
  return room;
}

describe('RFC 6937', () => {
  test('the first ACK lets the retransmission go, then one segment for two delivered', () => {
    const tcb = recovering(20);
    expect(Array.from({ length: 9 }, (_, i) => ack(tcb, i + 1))).toEqual([1, 0, 1, 0, 1, 0, 1, 0, 1]);
  });

  test('after a round trip the window is what it was to become', () => {
    const tcb = recovering(20);
    for (let i = 1; i < 20; i++) ack(tcb, i);
    expect(tcb.sent.pipe).toBe(10 * MSS);
  });

  test('below the target no more goes than is delivered, while more is lost (conservative bound)', () => {
    const tcb = recovering(20);
    for (let i = 1; i < 16; i++) tcb.sent.markLost(i);
    expect(tcb.sent.pipe).toBe(4 * MSS);
    expect([ack(tcb, 16), ack(tcb, 17), ack(tcb, 18)]).toEqual([1, 1, 1]);
  });

  test('below the target one more goes for each ACK that moves SND.UNA (slow start bound)', () => {
    const tcb = recovering(20);
    for (let i = 1; i < 16; i++) tcb.sent.markLost(i);
    tcb.prrOut = MSS;
    tcb.prrDelivered = MSS;
    tcb.sent.dropFirst();
    prrAcknowledged(tcb, MSS, true, false);
    expect(tcb.cwnd - tcb.sent.pipe).toBe(2 * MSS);
    prrAcknowledged(tcb, MSS, true, true);
    expect(tcb.cwnd - tcb.sent.pipe).toBe(2 * MSS);
  });

  test('an ACK that delivers nothing changes nothing', () => {
    const tcb = recovering(20);
    tcb.cwnd = 1234;
    prrAcknowledged(tcb, 0, false, false);
    expect(tcb.cwnd).toBe(1234);
  });
});
