import { describe, expect, it } from 'vitest';
import { Option } from '../../src/host/index.ts';
import { Flag } from '../../src/wire/index.ts';
import { MS, ok, SECOND, TcpBench } from '../support/tcp-bench.ts';

const OPEN_WIDE = { initialWindowSegments: 100 };

describe('push', () => {
  it('MAY-16: data that the application holds back is aggregated (TCP_CORK)', () => {
    const bench = new TcpBench({ config: OPEN_WIDE });
    const { socket, peer } = bench.accepted();
    ok(socket.setOption(Option.cork, 1));
    bench.write(socket, 100);
    bench.write(socket, 100);
    peer.quiet();
    ok(socket.setOption(Option.cork, 0));
    peer.expect('A', 1, 1, 200);
  });

  it('SHLD-27: pushes that wait together leave as one', () => {
    const bench = new TcpBench({ config: OPEN_WIDE });
    const { socket, peer } = bench.accepted();
    bench.write(socket, 1);
    peer.expect('A', 1, 1, 1);
    for (let i = 0; i < 10; i++) bench.write(socket, 100);
    peer.quiet();
    peer.send('A', 1, 2);
    peer.expect('PA', 2, 1, 1000);
    peer.quiet();
  });

  it('MUST-60: nothing waits for ever', () => {
    const bench = new TcpBench({ config: OPEN_WIDE });
    const { socket, peer } = bench.accepted();
    bench.write(socket, 1);
    peer.expect('A', 1, 1, 1);
    bench.write(socket, 1);
    peer.quiet();
    peer.send('A', 1, 2);
    peer.expect('A', 2, 1, 1);
    peer.send('A', 1, 3);
    // Held back on purpose, but not for ever.
    ok(socket.setOption(Option.cork, 1));
    bench.write(socket, 1);
    peer.expectWithin(SECOND, 'A', 3, 1, 1);
  });

  it('MUST-61: the last segment that is queued carries PSH', () => {
    const bench = new TcpBench({ config: OPEN_WIDE });
    const { socket, peer } = bench.accepted();
    ok(socket.setOption(Option.noDelay, 1));
    bench.write(socket, 4_000);
    peer.expect('A', 1, 1, 1460);
    peer.expect('A', 1461, 1, 1460);
    peer.expect('PA', 2921, 1, 1080);
    peer.send('A', 1, 4001);
    bench.write(socket, 2_920);
    peer.expect('A', 4001, 1, 1460);
    peer.expect('PA', 5461, 1, 1460);
  });

  it('SHLD-28: segments are as large as they may be', () => {
    const bench = new TcpBench({ config: OPEN_WIDE });
    const { socket, peer } = bench.accepted();
    bench.write(socket, 100);
    for (let i = 0; i < 50; i++) bench.write(socket, 100);
    peer.expect('A', 1, 1, 100);
    expect(peer.texts()).toEqual([
      'A 101:1561(1460) ack 1',
      'A 1561:3021(1460) ack 1',
      'A 3021:4481(1460) ack 1',
    ]);
    peer.send('A', 1, 4481);
    peer.expect('A', 4481, 1, 620);
  });
});

describe('nagle and silly windows', () => {
  it('SHLD-7: with data outstanding a short segment waits for its ACK', () => {
    const bench = new TcpBench({ config: OPEN_WIDE });
    const { socket, peer } = bench.accepted();
    bench.write(socket, 2_000);
    // Minshall's variant lets the tail of one write go where only full segments are outstanding.
    bench.drain();
    const seen = peer.queue.splice(0).reduce((sum, sent) => sum + sent.length, 0);
    bench.write(socket, 10);
    peer.quiet();
    bench.write(socket, 10);
    peer.quiet();
    peer.send('A', 1, 1 + seen);
    peer.expect('A', 1 + seen, 1, 2_020 - seen);
  });

  it('MUST-17: the application can switch Nagle off', () => {
    const bench = new TcpBench({ config: OPEN_WIDE });
    const { socket, peer } = bench.accepted();
    ok(socket.setOption(Option.noDelay, 1));
    bench.write(socket, 10);
    bench.write(socket, 20);
    peer.expect('A', 1, 1, 10);
    peer.expect('A', 11, 1, 20);
    ok(socket.setOption(Option.noDelay, 0));
    bench.write(socket, 30);
    peer.quiet();
    // Switching it on sends what waits.
    ok(socket.setOption(Option.noDelay, 1));
    peer.expect('A', 31, 1, 30);
  });

  it('MUST-38: the sender does not fill a window of a few octets at once', () => {
    const bench = new TcpBench({ config: OPEN_WIDE });
    const { socket, peer } = bench.accepted({ window: 4_000 });
    ok(socket.setOption(Option.noDelay, 1));
    bench.write(socket, 20_000);
    peer.expect('A', 1, 1, 1460);
    peer.expect('A', 1461, 1, 1460);
    // 1080 octets are usable: neither a full segment nor half of the largest window.
    peer.quiet();
    // 100 octets more: 1180.
    peer.send('A', 1, 1, { win: 4_100 });
    peer.quiet();
    peer.send('A', 1, 2921, { win: 4_000 });
    peer.expect('A', 2921, 1, 1460);
    peer.expect('A', 4381, 1, 1460);
  });

  it('MUST-38: half of the largest window is worth a segment, and the override timer sends what is left', () => {
    const bench = new TcpBench({ config: OPEN_WIDE });
    const { socket, peer } = bench.accepted({ window: 1000 });
    ok(socket.setOption(Option.noDelay, 1));
    bench.write(socket, 5_000);
    peer.expect('A', 1, 1, 1000);
    peer.send('A', 1, 1001, { win: 500 });
    peer.expect('A', 1001, 1, 500);
    peer.send('A', 1, 1501, { win: 100 });
    peer.quietFor(50 * MS);
    const sent = peer.wait(2 * SECOND);
    expect(sent.length).toBe(100);
    expect(peer.rel(sent.seq)).toBe(1501);
  });
});

describe('congestion control', () => {
  it('MUST-19: slow start doubles what is outstanding in a round trip', () => {
    const bench = new TcpBench({ config: { initialWindowSegments: 2, appropriateByteCounting: 2 } });
    const { socket, peer } = bench.accepted();
    bench.write(socket, 60_000);
    let acked = 1;
    for (const segments of [2, 4, 8]) {
      bench.advance(100 * MS);
      bench.drain();
      const burst = peer.queue.splice(0);
      expect(burst.length).toBe(segments);
      for (const sent of burst) {
        acked += sent.length;
        peer.send('A', 1, acked);
      }
    }
  });

  it('MUST-19: a retransmission timeout begins again with one segment, and congestion avoidance adds one a round trip', () => {
    const bench = new TcpBench({
      config: {
        initialWindowSegments: 8,
        congestion: 'reno',
        tailLossProbe: false,
        frto: false,
        rack: false,
      },
    });
    const { socket, peer } = bench.accepted();
    bench.write(socket, 65_000);
    bench.drain();
    expect(peer.queue.splice(0).length).toBe(8);
    const again = peer.wait(5 * SECOND);
    expect(peer.rel(again.seq)).toBe(1);
    peer.quiet();
    // The loss window is 1, ssthresh half of the flight of 8: 1, 2, 4 in slow start, then 5, 6.
    const bursts: number[] = [];
    let next = 1 + 1460;
    for (let round = 0; round < 5; round++) {
      peer.send('A', 1, next);
      bench.drain();
      const burst = peer.queue.splice(0);
      bursts.push(burst.length);
      // Each later round acknowledges segment by segment.
      for (const sent of burst.slice(0, -1)) {
        const end = peer.rel(sent.seq) + sent.length;
        if (end > next) peer.send('A', 1, end);
      }
      bench.drain();
      const last = burst.at(-1);
      if (last !== undefined) next = Math.max(next, peer.rel(last.seq) + last.length);
      bench.advance(20 * MS);
    }
    expect(bursts[0]).toBe(2);
    expect(socket.info().sndCwnd).toBeLessThan(8 * 1460);
  });

  it('MUST-19: the RTO backs off exponentially', () => {
    const bench = new TcpBench({
      config: { tailLossProbe: false, initialRtoUs: SECOND, maxRtoUs: 60 * SECOND },
    });
    const { socket, peer } = bench.accepted();
    bench.write(socket, 100);
    let last = peer.expect('A', 1, 1, 100).at;
    const waits: number[] = [];
    for (let i = 0; i < 5; i++) {
      const again = peer.expectWithin(60 * SECOND, 'A', 1, 1, 100);
      waits.push(again.at - last);
      last = again.at;
    }
    for (let i = 1; i < waits.length; i++) expect(waits[i]! / waits[i - 1]!).toBeCloseTo(2, 1);
  });

  it.each(['reno', 'cubic'] as const)('MAY-18: the congestion control can be chosen (%s)', (congestion) => {
    const bench = new TcpBench({ config: { congestion, initialWindowSegments: 10 } });
    const { socket, peer } = bench.accepted();
    bench.write(socket, 60_000);
    bench.drain();
    expect(peer.queue.splice(0).length).toBe(10);
    expect(socket.getOption(Option.congestion)).toBe(congestion === 'reno' ? 0 : 1);
  });

  it('MUST-18: the RTO follows RFC 6298: SRTT + 4 RTTVAR from the first sample', () => {
    const bench = new TcpBench({
      config: { tailLossProbe: false, minRtoUs: 200 * MS, initialRtoUs: SECOND },
    });
    const listener = bench.listen(80);
    const peer = bench.peer();
    peer.send('S', 0);
    peer.expect('SA', 0, 1);
    // The handshake is the first sample: R = 400 ms, so RTO = R + 4 * R / 2 = 1200 ms.
    bench.advance(400 * MS);
    peer.send('A', 1, 1);
    const socket = bench.accept(listener);
    bench.write(socket, 10);
    const sent = peer.expect('A', 1, 1, 10);
    const again = peer.expectWithin(5 * SECOND, 'A', 1, 1, 10);
    expect((again.at - sent.at) / SECOND).toBeCloseTo(1.2, 2);
  });

  it("MUST-18: Karn's algorithm takes no sample of a retransmitted segment and keeps the backed-off RTO", () => {
    const bench = new TcpBench({
      config: {
        tailLossProbe: false,
        minRtoUs: 200 * MS,
        initialRtoUs: SECOND,
        timestamps: false,
        frto: false,
      },
    });
    const { socket, peer } = bench.accepted();
    bench.write(socket, 10);
    peer.expect('A', 1, 1, 10);
    const before = socket.info().rtt;
    peer.expectWithin(5 * SECOND, 'A', 1, 1, 10);
    const backedOff = peer.expectWithin(5 * SECOND, 'A', 1, 1, 10);
    bench.advance(10 * MS);
    peer.send('A', 1, 11);
    expect(socket.info().rtt).toBe(before);
    // RFC 6298 5, note: until there is a new sample the backed-off RTO stays.
    const at = bench.now;
    bench.write(socket, 10);
    expect(at - backedOff.at).toBe(10 * MS);
    peer.expect('A', 11, 1, 10);
    expect(socket.info().rtt).toBe(before);
  });

  it('SHLD-8: ECN is negotiated, CE is echoed until CWR, and an echo halves the window', () => {
    const bench = new TcpBench({ config: { ecn: 1, initialWindowSegments: 10, congestion: 'reno' } });
    const socket = bench.host.socket(4);
    const peer = bench.peer({ port: 80 });
    socket.connect(peer.address, 80);
    peer.hostPort = socket.localPort;
    peer.expect('SEW', 0);
    peer.send('SAE', 0, 1);
    peer.expect('A', 1, 1);
    bench.write(socket, 14_600);
    bench.drain();
    const burst = peer.queue.splice(0);
    expect(burst.map((sent) => sent.trafficClass & 3)).toEqual(burst.map(() => 2));
    peer.send('A', 1, 1, { data: 1000, ecn: 3 });
    const echo = peer.wait(SECOND);
    expect(echo.flags & Flag.ece).toBe(Flag.ece);
    peer.send('AW', 1001, 1, { data: 1000, ecn: 2 });
    expect(peer.wait(SECOND).flags & Flag.ece).toBe(0);
    const before = socket.info().sndCwnd;
    peer.send('AE', 2001, 1461);
    // With PRR the window goes down over the round trip; ssthresh says where to.
    expect(socket.info().sndSsthresh).toBeLessThanOrEqual(before / 2 + 1460);
    peer.send('A', 2001, 14_601);
    bench.drain();
    peer.queue.length = 0;
    bench.write(socket, 1460);
    expect(peer.next().flags & Flag.cwr).toBe(Flag.cwr);
  });
});
