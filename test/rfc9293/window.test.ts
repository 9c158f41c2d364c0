import { describe, expect, it } from 'vitest';
import { HOST_PROFILES, Option, Poll } from '../../src/host/index.ts';
import { HOUR, MINUTE, MS, ok, pattern, SECOND, type Sent, TcpBench } from '../support/tcp-bench.ts';

const OPEN_WIDE = { initialWindowSegments: 100, tailLossProbe: false };
const SMALL_BUFFER = { receiveBufferBytes: 4000, maxReceiveBufferBytes: 4000, windowScaling: false };

/** A connection whose host has sent two segments of 1460 when the peer takes back all of the window but `window` octets. */
function shrunken(window: number): { bench: TcpBench } & ReturnType<TcpBench['accepted']> {
  const bench = new TcpBench({ config: OPEN_WIDE });
  const connection = bench.accepted();
  ok(connection.socket.setOption(Option.noDelay, 1));
  bench.write(connection.socket, 5_000);
  bench.drain();
  connection.peer.queue.length = 0;
  connection.peer.send('A', 1, 1, { win: window });
  return { bench, ...connection };
}

/** The host has data for a peer whose window is closed. */
function closedWindow(config: object = {}): { bench: TcpBench } & ReturnType<TcpBench['accepted']> {
  const bench = new TcpBench({ config: { ...OPEN_WIDE, initialRtoUs: SECOND, ...config } });
  const connection = bench.accepted();
  connection.peer.send('A', 1, 1, { win: 0 });
  bench.write(connection.socket, 1000);
  connection.peer.quiet();
  return { bench, ...connection };
}

/** The window is open: acknowledges what comes until all is there up to `end`, which takes no timer. */
function collect(bench: TcpBench, peer: ReturnType<TcpBench['accepted']>['peer'], end: number): void {
  let next = 1;
  for (let i = 0; i < 10 && next < end; i++) {
    bench.drain();
    for (const sent of peer.queue.splice(0)) {
      const seq = peer.rel(sent.seq);
      if (seq <= next) next = Math.max(next, seq + sent.length);
    }
    peer.send('A', 1, next);
  }
  expect(next).toBe(end);
}

/** Answers a probe as a receiver without room does: its octet is not taken. */
function refuse(peer: ReturnType<TcpBench['accepted']>['peer'], acked = 1): void {
  peer.send('A', 1, acked, { win: 0 });
}

describe('shrinking windows', () => {
  it('SHLD-14: the right edge of the window never moves to the left', () => {
    const bench = new TcpBench({ config: SMALL_BUFFER });
    const { socket, peer } = bench.accepted();
    let next = 1;
    let edge = 0;
    const look = (): void => {
      bench.drain();
      for (const sent of peer.queue.splice(0)) {
        const right = peer.relAck(sent.ack) + sent.window;
        expect(right).toBeGreaterThanOrEqual(edge);
        edge = right;
      }
    };
    for (let round = 0; round < 40; round++) {
      const room = edge === 0 ? 1000 : Math.min(edge - next, round % 3 === 0 ? 37 : 1000);
      if (room > 0) {
        peer.send('A', next, 1, { data: room });
        next += room;
      }
      bench.advance(SECOND);
      look();
      if (round % 4 === 3) bench.read(socket, round % 8 === 3 ? 100 : 2000);
      if (round === 20) socket.setOption(Option.receiveBuffer, 1000);
      look();
    }
    expect(edge).toBeGreaterThan(4000);
  });

  it('SHLD-15: no new data is sent while the window is shrunk', () => {
    const { bench, socket, peer } = shrunken(1460);
    peer.quiet();
    // 5000 octets are out, 1460 of them acknowledged, 1000 allowed: new data would begin at 5001.
    peer.send('A', 1, 1461, { win: 1000 });
    bench.write(socket, 10);
    bench.advance(200 * MS);
    expect(peer.queue.filter((one) => peer.rel(one.seq) + one.length > 5_001)).toEqual([]);
  });

  it('SHLD-16: what lies inside a shrunk window is retransmitted as ever', () => {
    const { peer } = shrunken(1460);
    const again = peer.wait(5 * SECOND);
    expect(peer.rel(again.seq)).toBe(1);
    expect(again.length).toBeGreaterThan(0);
    expect(again.length).toBeLessThanOrEqual(1460);
  });

  it('MAY-7: what is outstanding past the right edge is retransmitted too', () => {
    for (const window of [100, 0]) {
      const { peer } = shrunken(window);
      const again = peer.wait(5 * SECOND);
      expect(peer.rel(again.seq)).toBe(1);
      expect(again.length).toBe(1460);
    }
  });

  it('SHLD-17: data past the right edge does not time the connection out', () => {
    const { bench, peer } = shrunken(1460);
    peer.send('A', 1, 1461, { win: 0 });
    const end = bench.now + 2 * HOUR;
    while (bench.now < end) {
      bench.runUntil(() => peer.queue.length > 0, HOUR, true);
      if (peer.queue.length === 0) break;
      peer.queue.length = 0;
      refuse(peer, 1461);
    }
    expect(bench.states()).toContain('ESTABLISHED');
  });

  it('MUST-34: after a window was shrunk and opened again all data arrives', () => {
    const { bench, peer } = shrunken(100);
    peer.send('A', 1, 101, { win: 0 });
    bench.advance(10 * SECOND);
    bench.drain();
    peer.queue.length = 0;
    const got = new Uint8Array(5_000);
    let next = 101;
    let reached = 101;
    peer.send('A', 1, next, { win: 0xffff });
    for (let i = 0; i < 100 && next < 5_001; i++) {
      bench.runUntil(() => peer.queue.length > 0, 3 * MINUTE);
      for (const sent of peer.queue.splice(0)) {
        const seq = peer.rel(sent.seq);
        got.set(sent.payload, seq - 1);
        if (seq <= next) next = Math.max(next, seq + sent.length);
        reached = Math.max(reached, seq + sent.length);
      }
      peer.send('A', 1, next, { win: 0xffff });
    }
    expect(next).toBe(5_001);
    expect(got.subarray(100)).toEqual(pattern(5_000).subarray(100));
  });

  it('MUST-35: a window that shrank to zero is probed', () => {
    const { peer } = shrunken(0);
    const probe = peer.wait(5 * SECOND);
    expect(peer.rel(probe.seq)).toBeLessThanOrEqual(1);
    refuse(peer);
    peer.wait(10 * SECOND);
  });
});

describe('closed windows', () => {
  it('MAY-8: the receiver keeps its window closed as long as nobody reads', () => {
    const bench = new TcpBench({ config: SMALL_BUFFER });
    const { socket, peer } = bench.accepted();
    for (let seq = 1; seq < 4001; seq += 1000) peer.send('A', seq, 1, { data: 1000 });
    bench.advance(SECOND);
    bench.drain();
    expect(peer.queue.splice(0).at(-1)!.window).toBe(0);
    for (let minute = 0; minute < 60; minute++) {
      bench.advance(MINUTE);
      peer.send('A', 4001, 1, { data: 1 });
      const answer = peer.expect('A', 1, 4001);
      expect(answer.window).toBe(0);
    }
    expect(bench.readBytes(socket)).toEqual(pattern(4000));
    expect(peer.expect('A', 1, 4001).window).toBe(4000);
  });

  it('MUST-36: a closed window is probed until it opens', () => {
    const { bench, peer } = closedWindow();
    for (let i = 0; i < 3; i++) {
      const probe = peer.wait(MINUTE);
      // At SND.UNA with an octet of data, or below it without.
      expect(peer.rel(probe.seq)).toBe(probe.length === 0 ? 0 : 1);
      expect(probe.length).toBeLessThanOrEqual(1);
      refuse(peer);
    }
    peer.send('A', 1, 1, { win: 2000 });
    collect(bench, peer, 1001);
  });

  it('SHLD-29: the first probe comes one RTO after the window closed', () => {
    const { bench, socket, peer } = closedWindow();
    const at = bench.now;
    const rto = socket.info().rto;
    const probe = peer.wait(MINUTE);
    expect(probe.at - at).toBeGreaterThanOrEqual(rto - 10 * MS);
    expect(probe.at - at).toBeLessThanOrEqual(rto + 10 * MS);
  });

  it('SHLD-30: the time between probes doubles', () => {
    const { peer } = closedWindow({ persistMaxUs: 60 * SECOND });
    const times: number[] = [];
    for (let i = 0; i < 6; i++) {
      times.push(peer.wait(2 * MINUTE).at);
      refuse(peer);
    }
    const gaps = times.slice(1).map((at, i) => at - times[i]!);
    for (let i = 1; i < gaps.length; i++) expect(gaps[i]! / gaps[i - 1]!).toBeCloseTo(2, 1);
  });

  it('MUST-37: while probes are answered, a closed window keeps the connection open', () => {
    const { bench, peer, socket } = closedWindow();
    const end = bench.now + 24 * HOUR;
    while (bench.now < end) {
      peer.wait(5 * MINUTE);
      refuse(peer);
    }
    expect(bench.states()).toContain('ESTABLISHED');
    expect(socket.getOption(Option.error)).toBe(0);
    peer.send('A', 1, 1, { win: 0xffff });
    collect(bench, peer, 1001);
  });

  it('MUST-66: an RST is processed with a closed window', () => {
    const bench = new TcpBench({ config: SMALL_BUFFER });
    const { socket, peer } = bench.accepted();
    for (let seq = 1; seq < 4001; seq += 1000) peer.send('A', seq, 1, { data: 1000 });
    bench.advance(SECOND);
    bench.drain();
    expect(peer.queue.at(-1)!.window).toBe(0);
    peer.send('R', 4001);
    expect(bench.states()).toEqual(['LISTEN']);
    expect(socket.poll() & Poll.err).toBe(Poll.err);
  });

  it('MUST-66: URG and ACK are processed with a closed window', () => {
    const bench = new TcpBench({ config: { ...SMALL_BUFFER, ...OPEN_WIDE } });
    const { socket, peer } = bench.accepted();
    for (let seq = 1; seq < 4001; seq += 1000) peer.send('A', seq, 1, { data: 1000 });
    bench.write(socket, 100);
    bench.advance(SECOND);
    expect(socket.poll() & Poll.pri).toBe(0);
    peer.send('AU', 4001, 101, { urgent: 50 });
    expect(socket.poll() & Poll.pri).toBe(Poll.pri);
    expect(socket.info().unacked).toBe(0);
  });
});

describe('generating ACKs', () => {
  it('MUST-39: the receiver opens its window in steps worth a segment', () => {
    const bench = new TcpBench({ config: SMALL_BUFFER });
    const { socket, peer } = bench.accepted();
    for (let seq = 1; seq < 4001; seq += 1000) peer.send('A', seq, 1, { data: 1000 });
    bench.advance(SECOND);
    bench.drain();
    peer.queue.length = 0;
    // The peer's segments have 1000 octets, which is less than half of the buffer.
    for (let i = 0; i < 9; i++) {
      bench.read(socket, 100);
      peer.quiet();
    }
    peer.send('A', 4001, 1, { data: 1 });
    expect(peer.expect('A', 1, 4001).window).toBe(0);
    bench.read(socket, 100);
    expect(peer.expect('A', 1, 4001).window).toBe(1000);
    // And not again before there is room for another one.
    for (let i = 0; i < 9; i++) {
      bench.read(socket, 100);
      peer.quiet();
    }
  });

  it('SHLD-18: the ACK of one segment waits a little', () => {
    const bench = new TcpBench();
    const { peer } = bench.accepted();
    peer.send('A', 1, 1, { data: 1460 });
    peer.quiet();
    peer.expectWithin(500 * MS, 'A', 1, 1461);
  });

  it.each(['rfc', 'linux', 'freebsd'] as const)('MUST-40: no ACK waits for 0.5 seconds (%s)', (profile) => {
    const bench = new TcpBench({ profile: HOST_PROFILES[profile] });
    const { socket, peer } = bench.accepted();
    let next = 1;
    // Past quick ACKs, and in the interactive way that delays most.
    for (let i = 0; i < 30; i++) {
      peer.send('A', next, 1 + i, { data: 10 });
      next += 10;
      bench.read(socket);
      bench.write(socket, 1);
      bench.advance(20 * MS);
    }
    bench.drain();
    peer.queue.length = 0;
    peer.send('A', next, 31, { data: 10 });
    const at = bench.now;
    const ack = peer.wait(5 * SECOND);
    expect(peer.relAck(ack.ack)).toBe(next + 10);
    expect(ack.at - at).toBeLessThan(500 * MS);
  });

  it('SHLD-19: every second full-sized segment is acknowledged at once', () => {
    const bench = new TcpBench();
    const { peer } = bench.accepted();
    for (let i = 0; i < 4; i++) {
      peer.send('A', 1 + 2920 * i, 1, { data: 1460 });
      peer.quiet();
      peer.send('A', 1461 + 2920 * i, 1, { data: 1460 });
      peer.expect('A', 1, 2921 + 2920 * i);
    }
  });

  it('SHLD-19: 2 RMSS of new data in any pieces are acknowledged', () => {
    const bench = new TcpBench();
    const { peer } = bench.accepted();
    for (let i = 0; i < 8; i++) peer.send('A', 1 + 365 * i, 1, { data: 365 });
    bench.drain();
    expect(peer.queue.length).toBeGreaterThanOrEqual(1);
  });

  it('SHLD-31: segments out of order are kept', () => {
    const bench = new TcpBench();
    const { socket, peer } = bench.accepted();
    for (const seq of [2001, 1001, 3001]) peer.send('A', seq, 1, { data: 1000 });
    expect(bench.read(socket)).toBe('EAGAIN');
    peer.send('A', 1, 1, { data: 1000 });
    expect(bench.readBytes(socket)).toEqual(pattern(4000));
  });

  it('MAY-13: a segment out of order is acknowledged at once', () => {
    const bench = new TcpBench();
    const { peer } = bench.accepted();
    for (let i = 1; i <= 3; i++) {
      peer.send('A', 1 + 1000 * i, 1, { data: 1000 });
      peer.expect('A', 1, 1);
    }
  });

  it('MUST-58: ACK, data and window update leave in one segment where they can', () => {
    const bench = new TcpBench();
    const { socket, peer } = bench.accepted();
    peer.send('A', 1, 1, { data: 'request' });
    bench.read(socket);
    bench.write(socket, 'response');
    peer.expect('A', 1, 8, 8);
    peer.quietFor(SECOND - 100 * MS);
    peer.send('FA', 8, 9, { data: 'and goodbye' });
    peer.expect('A', 9, 20);
    peer.quietFor(SECOND);
  });

  it('MUST-59: the queue of segments is worked off before the ACK is sent', () => {
    const bench = new TcpBench();
    const { peer } = bench.accepted();
    for (const seq of [3001, 2001, 1001]) {
      peer.send('A', seq, 1, { data: 1000 });
      peer.expect('A', 1, 1);
    }
    peer.send('FA', 4001, 1);
    peer.expect('A', 1, 1);
    peer.send('A', 1, 1, { data: 1000 });
    peer.expect('A', 1, 4002);
    peer.quietFor(SECOND);
    expect(bench.states()).toContain('CLOSE-WAIT');
  });
});

describe('data injection', () => {
  it('MAY-12: an ACK below SND.UNA - MAX.SND.WND or above SND.NXT brings no data (RFC 5961 5.2)', () => {
    const bench = new TcpBench();
    const { socket, peer } = bench.accepted({ window: 1000 });
    bench.write(socket, 10);
    peer.expect('A', 1, 1, 10);
    peer.send('A', 1, 11);
    for (const ack of [11 - 1001, 11 - 500_000_000, 12, 11 + 500_000_000]) {
      peer.send('A', 1, ack, { data: 'injected' });
      const answer: Sent = peer.next();
      expect(peer.text(answer)).toBe('A 11:11(0) ack 1');
      expect(bench.read(socket)).toBe('EAGAIN');
    }
    peer.send('A', 1, 11 - 1000, { data: 'late but true' });
    expect(bench.read(socket)).toBe('late but true');
  });
});
