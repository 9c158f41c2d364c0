import { describe, expect, it } from 'vitest';
import { HOST_PROFILES, Message, Option } from '../../src/host/index.ts';
import { Flag } from '../../src/wire/index.ts';
import {
  MINUTE,
  MS,
  ok,
  option,
  type Peer,
  type PeerOptions,
  SECOND,
  TcpBench,
} from '../support/tcp-bench.ts';
import { TcpPair } from '../support/tcp-pair.ts';

const PLAIN = {
  congestion: 'reno',
  rack: false,
  tailLossProbe: false,
  frto: false,
  proportionalRateReduction: false,
  limitedTransmit: true,
  initialWindowSegments: 10,
  minRtoUs: SECOND,
  timestamps: false,
} as const;

const MODERN = { ...PLAIN, rack: true, tailLossProbe: true, frto: true, minRtoUs: 200 * MS } as const;

/** A connection with segments of 1000 octets and a first round trip of 100 ms, both in the sample and on the clock. */
function slow(
  config: object,
  options: PeerOptions = {},
): { bench: TcpBench; peer: Peer } & Pick<ReturnType<TcpBench['accepted']>, 'socket'> {
  const bench = new TcpBench({ config });
  const listener = bench.listen(80);
  const peer = bench.peer({ mss: 1000, ...options });
  peer.send('S', 0);
  peer.expect('SA', 0, 1);
  bench.advance(100 * MS);
  peer.send('A', 1, 1);
  return { bench, peer, socket: bench.accept(listener) };
}

/** Relative sequence numbers of what the host has sent since the last look. */
function starts(peer: Peer): number[] {
  peer.bench.drain();
  return peer.queue.splice(0).map((sent) => peer.rel(sent.seq));
}

describe('RFC 5681, 3042, 6582: recovery without SACK', () => {
  it('the third duplicate ACK retransmits, the first two let new data go', () => {
    const { bench, peer, socket } = slow(PLAIN);
    bench.write(socket, 20_000);
    expect(starts(peer).length).toBe(10);
    peer.send('A', 1, 1);
    expect(starts(peer)).toEqual([10_001]);
    peer.send('A', 1, 1);
    expect(starts(peer)).toEqual([11_001]);
    peer.send('A', 1, 1);
    expect(starts(peer)).toEqual([1]);
    expect(bench.host.counters.TCPFastRetrans).toBe(1);
  });

  it('a window update or data is no duplicate ACK', () => {
    const { bench, peer, socket } = slow(PLAIN);
    bench.write(socket, 10_000);
    starts(peer);
    for (let i = 0; i < 5; i++) peer.send('A', 1, 1, { win: 60_000 - i * 100 });
    for (let i = 0; i < 5; i++) peer.send('A', 1 + i, 1, { data: 1, win: 59_600 });
    expect(starts(peer).filter((seq) => seq === 1)).toEqual([]);
    expect(bench.host.counters.TCPFastRetrans).toBe(0);
  });

  it('a partial ACK retransmits the next hole at once (NewReno)', () => {
    const { bench, peer, socket } = slow(PLAIN);
    bench.write(socket, 10_000);
    starts(peer);
    for (let i = 0; i < 3; i++) peer.send('A', 1, 1);
    expect(starts(peer)).toEqual([1]);
    peer.send('A', 1, 3_001);
    expect(starts(peer)[0]).toBe(3_001);
    peer.send('A', 1, 10_001);
    expect(starts(peer)).toEqual([]);
    expect(socket.info().sndCwnd).toBeLessThanOrEqual(6_000);
  });
});

describe('RFC 2018, 6675: SACK', () => {
  it('only the holes are retransmitted', () => {
    const { bench, peer, socket } = slow(PLAIN, { sack: true });
    bench.write(socket, 40_000);
    expect(starts(peer).length).toBe(10);
    peer.send('A', 1, 1, { sack: [[1001, 2001]] });
    peer.send('A', 1, 1, {
      sack: [
        [3001, 4001],
        [1001, 2001],
      ],
    });
    // Limited transmit.
    expect(starts(peer)).toEqual([10_001, 11_001]);
    peer.send('A', 1, 1, {
      sack: [
        [3001, 5001],
        [1001, 2001],
      ],
    });
    for (let end = 6001; end <= 10_001; end += 1000) {
      peer.send('A', 1, 1, {
        sack: [
          [3001, end],
          [1001, 2001],
        ],
      });
    }
    expect(starts(peer).filter((seq) => seq < 10_001)).toEqual([1, 2001]);
  });

  it('an ACK reports the most recent block first, three at most beside timestamps', () => {
    const bench = new TcpBench({ config: { timestamps: true, sack: true } });
    const { peer } = bench.accepted({ timestamps: true, sack: true });
    for (const seq of [1001, 3001, 5001, 7001]) peer.send('A', seq, 1, { data: 500 });
    bench.drain();
    const blocks = option(peer.queue.at(-1)!, 'sack')!.blocks.map((one) => peer.relAck(one.left));
    expect(blocks).toEqual([7001, 5001, 3001]);
    peer.queue.length = 0;
    peer.send('A', 3501, 1, { data: 500 });
    const again = option(peer.next(), 'sack')!.blocks.map((one) => [
      peer.relAck(one.left),
      peer.relAck(one.right),
    ]);
    expect(again[0]).toEqual([3001, 4001]);
  });

  it('a duplicate is reported (RFC 2883)', () => {
    const bench = new TcpBench({ config: { sack: true, dsack: true, timestamps: false } });
    const { socket, peer } = bench.accepted({ sack: true });
    peer.send('A', 1, 1, { data: 2000 });
    bench.read(socket);
    bench.advance(SECOND);
    peer.queue.length = 0;
    peer.send('A', 1, 1, { data: 1000 });
    const blocks = option(peer.expect('A', 1, 2001), 'sack')!.blocks;
    expect([peer.relAck(blocks[0]!.left), peer.relAck(blocks[0]!.right)]).toEqual([1, 1001]);
    expect(bench.host.counters.TCPDSACKOldSent).toBe(1);
  });

  it('a SACK block of what was never sent is ignored', () => {
    const { bench, peer, socket } = slow(PLAIN, { sack: true });
    bench.write(socket, 10_000);
    starts(peer);
    for (let i = 0; i < 5; i++)
      peer.send('A', 1, 1, {
        sack: [
          [50_001, 60_001],
          [-5_000, -4_000],
        ],
      });
    expect(socket.info().sacked).toBe(0);
    expect(bench.host.counters.TCPFastRetrans).toBe(0);
  });
});

describe('RFC 8985: RACK-TLP', () => {
  it('one SACKed segment is enough: the hole is sent again after the reordering window', () => {
    const { bench, peer, socket } = slow(MODERN, { sack: true });
    bench.write(socket, 2_000);
    expect(starts(peer)).toEqual([1, 1001]);
    bench.advance(100 * MS);
    peer.send('A', 1, 1, { sack: [[1001, 2001]] });
    const at = bench.now;
    const again = peer.wait(SECOND);
    expect(peer.rel(again.seq)).toBe(1);
    expect(again.at - at).toBeLessThanOrEqual(60 * MS);
    expect(bench.host.counters.TCPTimeouts).toBe(0);
  });

  it('what arrives out of order within the window is not sent again', () => {
    const { bench, peer, socket } = slow(MODERN, { sack: true });
    bench.write(socket, 2_000);
    starts(peer);
    bench.advance(100 * MS);
    peer.send('A', 1, 1, { sack: [[1001, 2001]] });
    bench.advance(10 * MS);
    peer.send('A', 1, 2001);
    peer.quietFor(5 * SECOND);
  });

  it('a lost tail is probed for before the RTO', () => {
    const { bench, peer, socket } = slow(MODERN, { sack: true });
    bench.write(socket, 3_000);
    starts(peer);
    const at = bench.now;
    const probe = peer.wait(SECOND);
    expect(peer.rel(probe.seq)).toBe(2001);
    expect(probe.at - at).toBeLessThan(300 * MS);
    expect(bench.host.counters.TCPLossProbes).toBe(1);
    // The probe's SACK tells what is missing.
    bench.advance(100 * MS);
    peer.send('A', 1, 1, { sack: [[2001, 3001]] });
    expect(peer.rel(peer.wait(100 * MS).seq)).toBe(1);
  });

  it('new data goes as the probe where there is some', () => {
    const { bench, peer, socket } = slow(MODERN, { sack: true });
    ok(socket.setOption(Option.noDelay, 1));
    bench.write(socket, 15_000);
    expect(starts(peer).length).toBe(10);
    const probe = peer.wait(SECOND);
    expect(peer.rel(probe.seq)).toBe(10_001);
  });
});

describe('RFC 5682: F-RTO', () => {
  it('a spurious timeout is found out and undone', () => {
    const { bench, peer, socket } = slow({ ...MODERN, tailLossProbe: false }, { sack: true });
    bench.write(socket, 30_000);
    expect(starts(peer).length).toBe(10);
    const before = socket.info().sndCwnd;
    expect(peer.rel(peer.wait(2 * SECOND).seq)).toBe(1);
    expect(socket.info().sndCwnd).toBeLessThan(before);
    // The original segments arrive late, one ACK for each.
    peer.send('A', 1, 2001);
    const next = starts(peer);
    expect(next.every((seq) => seq >= 10_001)).toBe(true);
    peer.send('A', 1, 4001);
    peer.send('A', 1, 6001);
    expect(bench.host.counters.TCPSpuriousRTOs).toBe(1);
    expect(socket.info().sndCwnd).toBeGreaterThanOrEqual(before);
    expect(starts(peer).every((seq) => seq >= 10_001)).toBe(true);
  });
});

describe('congestion windows', () => {
  /** Loses the first of twenty segments and returns the threshold afterwards over the window before. */
  function reduction(congestion: 'reno' | 'cubic'): number {
    const { bench, peer, socket } = slow({ ...PLAIN, congestion, initialWindowSegments: 20 }, { sack: true });
    bench.write(socket, 20_000);
    starts(peer);
    for (let end = 2001; end <= 8001; end += 1000) peer.send('A', 1, 1, { sack: [[1001, end]] });
    return socket.info().sndSsthresh / 20_000;
  }

  it('Reno halves the window at a loss', () => {
    expect(reduction('reno')).toBeCloseTo(0.5, 1);
  });

  it('CUBIC goes down to 0.7 of it (RFC 9438)', () => {
    expect(reduction('cubic')).toBeCloseTo(0.7, 1);
  });

  it('proportional rate reduction spreads the reduction over the round trip (RFC 6937)', () => {
    const { bench, peer, socket } = slow(
      { ...MODERN, tailLossProbe: false, proportionalRateReduction: true, initialWindowSegments: 20 },
      { sack: true },
    );
    bench.write(socket, 100_000);
    expect(starts(peer).length).toBe(20);
    bench.advance(100 * MS);
    let sent = 0;
    for (let end = 2001; end <= 20_001; end += 1000) {
      peer.send('A', 1, 1, { sack: [[1001, end]] });
      const burst = starts(peer).length;
      expect(burst).toBeLessThanOrEqual(3);
      sent += burst;
    }
    // 19 segments delivered at half the rate, limited transmit and the retransmission among them.
    expect(sent).toBeGreaterThanOrEqual(8);
    expect(sent).toBeLessThanOrEqual(13);
  });

  it('the initial window is ten segments (RFC 6928)', () => {
    for (const profile of ['rfc', 'linux', 'freebsd'] as const) {
      const bench = new TcpBench({ profile: HOST_PROFILES[profile] });
      const { socket, peer } = bench.accepted({ mss: 1000 });
      bench.write(socket, 20_000);
      expect(starts(peer).length).toBe(10);
    }
  });

  it('after idleness the window begins again at the initial one (RFC 5681 4.1)', () => {
    const { bench, peer, socket } = slow({ ...PLAIN, slowStartAfterIdle: true });
    bench.write(socket, 40_000);
    let acked = 1;
    for (let i = 0; i < 40; i++) {
      acked += 1000;
      peer.send('A', 1, acked);
    }
    starts(peer);
    expect(socket.info().sndCwnd).toBeGreaterThan(15_000);
    bench.advance(MINUTE);
    bench.write(socket, 60_000);
    expect(starts(peer).length).toBeLessThanOrEqual(10);
  });

  it('ECN: CE is echoed and the echo reduces the window once a round trip (RFC 3168)', () => {
    const bench = new TcpBench({ config: { ...PLAIN, ecn: 2, initialWindowSegments: 20 } });
    const listener = bench.listen(80);
    const peer = bench.peer({ mss: 1000 });
    peer.send('SEW', 0);
    peer.expect('SAE', 0, 1);
    peer.send('A', 1, 1);
    const socket = bench.accept(listener);
    bench.write(socket, 20_000);
    starts(peer);
    peer.send('AE', 1, 1001);
    const once = socket.info().sndSsthresh;
    expect(once).toBeLessThanOrEqual(11_000);
    for (let ack = 2001; ack < 10_001; ack += 1000) peer.send('AE', 1, ack);
    expect(socket.info().sndSsthresh).toBe(once);
    expect(bench.host.counters.TCPFastRetrans).toBe(0);
  });
});

describe('RFC 6298', () => {
  it('after a lost SYN the RTO of data is 3 seconds (5.7)', () => {
    const bench = new TcpBench({ config: { ...PLAIN, initialRtoUs: SECOND } });
    const { socket, peer } = bench.connecting();
    peer.expectWithin(2 * SECOND, 'S', 0);
    peer.send('SA', 0, 1);
    peer.expect('A', 1, 1);
    bench.write(socket, 10);
    const sent = peer.expect('A', 1, 1, 10);
    const again = peer.expectWithin(5 * SECOND, 'A', 1, 1, 10);
    expect((again.at - sent.at) / SECOND).toBeCloseTo(3, 1);
  });

  it('with timestamps a retransmitted segment gives a sample too', () => {
    const bench = new TcpBench({ config: { ...PLAIN, timestamps: true } });
    const { socket, peer } = bench.accepted({ timestamps: true });
    bench.write(socket, 10);
    bench.advance(100 * MS);
    bench.drain();
    peer.send('A', 1, 11);
    const first = socket.info().rtt;
    bench.write(socket, 10);
    peer.queue.length = 0;
    peer.wait(5 * SECOND);
    bench.advance(300 * MS);
    peer.send('A', 1, 21);
    expect(socket.info().rtt).toBeGreaterThan(first);
  });

  it('the backed-off RTO has a ceiling', () => {
    const bench = new TcpBench({ config: { ...PLAIN, maxRtoUs: 4 * SECOND, retries2: 20 } });
    const { socket, peer } = bench.accepted();
    bench.write(socket, 10);
    const times = [peer.next().at];
    for (let i = 0; i < 6; i++) times.push(peer.wait(10 * SECOND).at);
    expect((times[6]! - times[5]!) / SECOND).toBeCloseTo(4, 2);
    expect((times[5]! - times[4]!) / SECOND).toBeCloseTo(4, 2);
  });
});

describe('path MTU', () => {
  it('packet too big is obeyed, remembered for the destination, and the lost data sent again', () => {
    const bench = new TcpBench({ config: PLAIN });
    const { socket, peer } = bench.accepted();
    bench.write(socket, 2_920);
    const [first] = [peer.expect('A', 1, 1, 1460), peer.expect('A', 1461, 1, 1460)];
    peer.icmp(3, 4, first, 1000, '10.0.0.254');
    bench.drain();
    const again = peer.queue.splice(0);
    expect(peer.rel(again[0]!.seq)).toBe(1);
    for (const sent of again) expect(sent.length).toBeLessThanOrEqual(960);
    const other = bench.connected({ hostPort: 50_000, port: 81 });
    bench.write(other.socket, 5_000);
    expect(other.peer.next().length).toBe(960);
  });

  it('a black hole is found by what is lost (RFC 4821)', () => {
    const bench = new TcpBench({
      profile: HOST_PROFILES.rfc,
      config: { ...PLAIN, mtuProbing: 1, retries2: 15 },
    });
    const { socket, peer } = bench.accepted();
    bench.write(socket, 1_460);
    peer.expect('A', 1, 1, 1460);
    let size = 1460;
    for (let i = 0; i < 12 && size === 1460; i++) size = peer.wait(2 * MINUTE).length;
    expect(size).toBeLessThan(1460);
    expect(size).toBeGreaterThanOrEqual(512);
  });

  it('without discovery packets may be fragmented', () => {
    const bench = new TcpBench({ config: { ...PLAIN, pathMtuDiscovery: false } });
    expect(bench.connecting().syn.dontFragment).toBe(false);
    const discovering = new TcpBench({ config: PLAIN });
    expect(discovering.connecting().syn.dontFragment).toBe(true);
  });
});

describe('bulk transfer over a bad path', () => {
  it.each([
    ['rfc', 1],
    ['linux', 2],
    ['freebsd', 3],
  ] as const)('everything arrives once and in order, 3 %% lost, some late (profile %s)', (profile, seed) => {
    let n = 0;
    const pair = new TcpPair({
      seed,
      loss: 0.03,
      fate: () => (n++ % 37 === 0 ? 15_000 : false),
      client: { profile: HOST_PROFILES[profile] },
      server: { profile: HOST_PROFILES[profile] },
    });
    const { client, server } = pair.open();
    const got = pair.transfer(client, server, 300_000);
    expect(got.length).toBe(300_000);
    expect(got.every((octet, i) => octet === i % 251)).toBe(true);
    expect(pair.trace.some((one) => one.lost)).toBe(true);
  });

  it('MSG_MORE holds a tail back until more comes', () => {
    const bench = new TcpBench();
    const { socket, peer } = bench.accepted();
    bench.write(socket, 100, Message.more);
    peer.quiet();
    bench.write(socket, 100);
    const sent = peer.expect('A', 1, 1, 200);
    expect(sent.flags & Flag.psh).toBe(Flag.psh);
  });
});
