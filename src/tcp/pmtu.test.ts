import { describe, expect, it } from 'vitest';
import { type Flight, TcbPair, type TcbPairOptions } from '../../test/support/tcb-pair.ts';
import { testConfig } from '../../test/support/tcp-config.ts';
import type { TcpConfig } from './config.ts';
import { output } from './output.ts';
import { packetTooBig } from './pmtu.ts';

const SECOND = 1_000_000;
const bytes = (n: number): Uint8Array => Uint8Array.from({ length: n }, (_, i) => i % 251);

function established(over: Partial<TcpConfig> = {}, options: TcbPairOptions = {}): TcbPair {
  return new TcbPair({ config: testConfig({ timestamps: false, ...over }), ...options }).establish().forget();
}

/** The path loses packets above an MTU, and says nothing. */
function blackHole(mtu: number): (flight: Flight) => boolean {
  return ({ segment }) => segment.payloadLength + 40 <= mtu;
}

const sizes = (pair: TcbPair): number[] =>
  pair.sent.filter(({ from }) => from === pair.left).map(({ segment }) => segment.payloadLength);

describe('packet too big', () => {
  it('makes segments smaller and sends what was dropped at once, with cwnd as it was', () => {
    const pair = established();
    pair.filter = blackHole(1000);
    pair.left.sendBytes(bytes(4380));
    const { cwnd } = pair.left.tcb;
    pair.forget();
    packetTooBig(pair.left, pair.left.tcb, 1000);
    output(pair.left, pair.left.tcb);
    expect(pair.left.tcb.sndMss).toBe(960);
    expect(pair.left.learntMtu).toBe(1000);
    expect(sizes(pair).every((n) => n <= 960)).toBe(true);
    expect(sizes(pair).reduce((sum, n) => sum + n, 0)).toBe(4380);
    expect(pair.left.tcb.cwnd).toBe(cwnd);
    pair.run(SECOND);
    expect(pair.right.receiveBytes()).toEqual(bytes(4380));
  });

  it('never makes the path larger', () => {
    const pair = established();
    packetTooBig(pair.left, pair.left.tcb, 9000);
    expect([pair.left.tcb.pathMtu, pair.left.learntMtu]).toEqual([1500, 0]);
  });

  it('without a size means the next one that is common', () => {
    const pair = established();
    packetTooBig(pair.left, pair.left.tcb, 0);
    expect(pair.left.tcb.pathMtu).toBe(1492);
    packetTooBig(pair.left, pair.left.tcb, 0);
    expect(pair.left.tcb.pathMtu).toBe(1006);
  });

  it('does not go below what every link carries', () => {
    const pair = established();
    packetTooBig(pair.left, pair.left.tcb, 20);
    expect(pair.left.tcb.pathMtu).toBe(68);
    expect(pair.left.tcb.sndMss).toBe(48);
    const six = established();
    six.left.tcb.family = 6;
    packetTooBig(six.left, six.left.tcb, 600);
    expect(six.left.tcb.pathMtu).toBe(1280);
  });
});

describe('a black hole', () => {
  it('is not noticed without probing', () => {
    const pair = established({ retries2: 6 });
    pair.filter = blackHole(1400);
    pair.left.sendBytes(bytes(5000));
    pair.settle();
    expect(pair.left.state).toBe('CLOSED');
  });

  it('is suspected after R1 retransmissions; smaller segments pass', () => {
    const pair = established({ mtuProbing: 1 });
    pair.filter = blackHole(1400);
    pair.left.sendBytes(bytes(5000));
    pair.run(60 * SECOND);
    expect(pair.right.receiveBytes()).toEqual(bytes(5000));
    expect(pair.left.tcb.blackHoleSuspected).toBe(true);
    expect(pair.left.tcb.sndMss).toBe(1024);
  });

  it('smaller still where those do not pass', () => {
    const pair = established({ mtuProbing: 1, retries2: 12 });
    pair.filter = blackHole(400);
    pair.left.sendBytes(bytes(2000));
    pair.run(400 * SECOND);
    expect(pair.right.receiveBytes()).toEqual(bytes(2000));
    expect(pair.left.tcb.sndMss).toBeLessThanOrEqual(360);
  });
});

describe('the search for the path MTU (RFC 4821)', () => {
  function search(mtu: number): TcbPair {
    const pair = established({ mtuProbing: 2, tailLossProbe: false, initialWindowSegments: 20 });
    pair.filter = blackHole(mtu);
    const total = 400_000;
    const text = bytes(total);
    let sent = 0;
    let got = 0;
    for (let i = 0; i < 100_000 && got < total; i++) {
      if (sent < total) sent += Math.max(0, pair.left.sendBytes(text.subarray(sent, sent + 50_000)));
      pair.step();
      const here = pair.right.receiveBytes();
      expect(Buffer.compare(here, text.subarray(got, got + here.length))).toBe(0);
      got += here.length;
    }
    expect(got).toBe(total);
    return pair;
  }

  it('begins small and ends at what the path carries', () => {
    const pair = search(1500);
    expect(sizes(pair).slice(0, 3)).toEqual([1242, 1024, 1024]);
    expect(pair.left.tcb.sndMss).toBeGreaterThan(1400);
    expect(pair.left.counters.TCPMTUPSuccess).toBeGreaterThan(3);
    expect(pair.left.counters.TCPMTUPFail).toBe(0);
  });

  it('learns from probes that were lost', () => {
    const pair = search(1300);
    expect(pair.left.tcb.sndMss).toBeGreaterThan(1200);
    expect(pair.left.tcb.sndMss).toBeLessThanOrEqual(1260);
    expect(pair.left.counters.TCPMTUPFail).toBeGreaterThan(0);
    expect(pair.left.counters.TCPTimeouts).toBe(0);
  });
});
