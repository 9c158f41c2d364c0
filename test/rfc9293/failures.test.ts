import { describe, expect, it } from 'vitest';
import { HOST_PROFILES, Option, Poll } from '../../src/host/index.ts';
import { State } from '../../src/states/index.ts';
import { Flag } from '../../src/wire/index.ts';
import { HOUR, MINUTE, MS, ok, SECOND, TcpBench } from '../support/tcp-bench.ts';

const ETIMEDOUT = 110;

/** Runs until the connection's socket is CLOSED; returns how long that took. */
function untilClosed(bench: TcpBench, socket: { readonly state: State }, limit = 4 * HOUR): number {
  const from = bench.now;
  bench.runUntil(() => socket.state === State.closed, limit);
  return bench.now - from;
}

/** An established connection that sent 100 octets into the void. */
function unanswered(config: object = {}): { bench: TcpBench } & ReturnType<TcpBench['accepted']> {
  const bench = new TcpBench({ config: { tailLossProbe: false, ...config } });
  const connection = bench.accepted();
  bench.write(connection.socket, 100);
  connection.peer.expect('A', 1, 1, 100);
  return { bench, ...connection };
}

describe('excessive retransmissions', () => {
  it('MUST-20: at R1 the network layer gets negative advice', () => {
    const { bench, peer } = unanswered({ retries1: 3, retries2: 8 });
    for (let i = 0; i < 2; i++) peer.expectWithin(2 * MINUTE, 'A', 1, 1, 100);
    expect(bench.host.counters.PathSuspected).toBe(0);
    for (let i = 0; i < 2; i++) peer.expectWithin(2 * MINUTE, 'A', 1, 1, 100);
    expect(bench.host.counters.PathSuspected).toBeGreaterThanOrEqual(1);
  });

  it('MUST-20: at R2 the connection is closed', () => {
    const { bench, peer, socket } = unanswered({ retries1: 3, retries2: 5 });
    for (let i = 0; i < 5; i++) peer.expectWithin(2 * MINUTE, 'A', 1, 1, 100);
    expect(socket.state).toBe(State.established);
    untilClosed(bench, socket);
    peer.quiet();
    expect(socket.getOption(Option.error)).toBe(ETIMEDOUT);
    expect(bench.states()).toEqual(['LISTEN']);
  });

  it('MUST-21: the application sets R2 of a connection, sooner or later than the default', () => {
    const sooner = unanswered();
    ok(sooner.socket.setOption(Option.userTimeout, 10_000));
    const short = untilClosed(sooner.bench, sooner.socket);
    expect(short).toBeGreaterThan(5 * SECOND);
    expect(short).toBeLessThanOrEqual(20 * SECOND);
    expect(sooner.socket.getOption(Option.error)).toBe(ETIMEDOUT);

    const later = unanswered({ retries1: 3, retries2: 4 });
    ok(later.socket.setOption(Option.userTimeout, 3_600_000));
    later.bench.advance(50 * MINUTE);
    expect(later.socket.state).toBe(State.established);
    untilClosed(later.bench, later.socket);
    expect(later.socket.getOption(Option.error)).toBe(ETIMEDOUT);
  });

  it('SHLD-9: between R1 and R2 the application can see the trouble', () => {
    const { bench, peer, socket } = unanswered({ retries1: 3, retries2: 8 });
    let events = 0;
    socket.onEvent = () => events++;
    for (let i = 0; i < 4; i++) peer.expectWithin(2 * MINUTE, 'A', 1, 1, 100);
    bench.advance(MS);
    expect(socket.state).toBe(State.established);
    expect(socket.info().retransmits).toBeGreaterThanOrEqual(3);
    expect(events).toBeGreaterThanOrEqual(1);
  });

  it.each(['rfc', 'linux', 'freebsd'] as const)(
    'SHLD-10: R1 is 3 retransmissions or more (%s)',
    (profile) => {
      expect(HOST_PROFILES[profile].config.retries1).toBeGreaterThanOrEqual(3);
    },
  );

  it.each(['rfc', 'linux', 'freebsd'] as const)('SHLD-11: R2 is 100 seconds or more (%s)', (profile) => {
    const bench = new TcpBench({ profile: HOST_PROFILES[profile] });
    const { socket } = bench.accepted();
    bench.write(socket, 100);
    expect(untilClosed(bench, socket)).toBeGreaterThanOrEqual(100 * SECOND);
    expect(socket.getOption(Option.error)).toBe(ETIMEDOUT);
  });

  it('MUST-22: an unanswered SYN is retransmitted and given up in the same way', () => {
    const bench = new TcpBench({ config: { synRetries: 4, retries1: 3 } });
    const { socket, peer } = bench.connecting();
    for (let i = 0; i < 4; i++) peer.expectWithin(MINUTE, 'S', 0);
    expect(socket.state).toBe(State.synSent);
    untilClosed(bench, socket);
    peer.quiet();
    expect(socket.poll() & Poll.err).toBe(Poll.err);
    expect(socket.getOption(Option.error)).toBe(ETIMEDOUT);
    expect(bench.host.counters.PathSuspected).toBeGreaterThanOrEqual(1);
  });

  it('MUST-22: an unanswered SYN-ACK is retransmitted and given up in the same way', () => {
    const bench = new TcpBench({ config: { synAckRetries: 3 } });
    bench.listen(80);
    const peer = bench.peer();
    peer.send('S', 0);
    peer.expect('SA', 0, 1);
    for (let i = 0; i < 3; i++) peer.expectWithin(MINUTE, 'SA', 0, 1);
    bench.runUntil(() => bench.states().join() === 'LISTEN', 5 * MINUTE);
    expect(peer.texts().filter((text) => !text.startsWith('R'))).toEqual([]);
  });

  it('MUST-23: a SYN is retransmitted for 3 minutes at least', () => {
    const bench = new TcpBench();
    const { socket, peer, syn } = bench.connecting();
    const took = untilClosed(bench, socket);
    const last = peer.queue.at(-1)!;
    expect(last.flags & Flag.syn).toBe(Flag.syn);
    expect(took).toBeGreaterThanOrEqual(3 * MINUTE);
    expect(last.at - syn.at).toBeGreaterThanOrEqual(MINUTE);
  });
});

describe('keep-alive', () => {
  const KEEP = { keepAliveIdleUs: 60 * SECOND, keepAliveIntervalUs: 10 * SECOND, keepAliveProbes: 3 };

  it('MAY-5: keep-alives exist and find a dead peer', () => {
    const bench = new TcpBench({ config: KEEP });
    const { socket, peer } = bench.accepted();
    ok(socket.setOption(Option.keepAlive, 1));
    for (let i = 0; i < 3; i++) peer.expectWithin(61 * SECOND, 'A', 0, 1);
    untilClosed(bench, socket, MINUTE);
    expect(socket.getOption(Option.error)).toBe(ETIMEDOUT);
  });

  it('MUST-24: the application switches them on and off', () => {
    const bench = new TcpBench({ config: KEEP });
    const { socket, peer } = bench.accepted();
    ok(socket.setOption(Option.keepAlive, 1));
    expect(socket.getOption(Option.keepAlive)).toBe(1);
    peer.expectWithin(61 * SECOND, 'A', 0, 1);
    peer.send('A', 1, 1);
    ok(socket.setOption(Option.keepAlive, 0));
    expect(socket.getOption(Option.keepAlive)).toBe(0);
    peer.quietFor(24 * HOUR);
    expect(socket.state).toBe(State.established);
  });

  it.each(['rfc', 'linux', 'freebsd'] as const)('MUST-25: they are off by default (%s)', (profile) => {
    const bench = new TcpBench({ profile: HOST_PROFILES[profile] });
    const { socket, peer } = bench.accepted();
    expect(socket.getOption(Option.keepAlive)).toBe(0);
    peer.quietFor(48 * HOUR);
    expect(socket.state).toBe(State.established);
  });

  it('MUST-26: they are sent only after an interval without data, ACKs and anything outstanding', () => {
    const bench = new TcpBench({ config: { ...KEEP, tailLossProbe: false, retries2: 12 } });
    const { socket, peer } = bench.accepted();
    ok(socket.setOption(Option.keepAlive, 1));
    for (let i = 0; i < 10; i++) {
      bench.advance(40 * SECOND);
      peer.queue.length = 0;
      peer.send('A', 1 + i, 1, { data: 1 });
      bench.advance(SECOND);
      peer.expect('A', 1, 2 + i);
      peer.quiet();
    }
    // A pure ACK counts as well.
    bench.advance(40 * SECOND);
    peer.send('A', 11, 1);
    peer.quietFor(59 * SECOND);
    peer.expectWithin(2 * SECOND, 'A', 0, 11);
    peer.send('A', 11, 1);
    // With data outstanding there are retransmissions and no probes.
    bench.write(socket, 10);
    for (let i = 0; i < 7; i++) {
      const sent = peer.wait(2 * MINUTE);
      expect(peer.text({ ...sent, flags: Flag.ack })).toBe('A 1:11(10) ack 11');
    }
  });

  it('MUST-27: the interval can be configured, for the host and for a connection', () => {
    const bench = new TcpBench({ config: KEEP });
    const { socket, peer } = bench.accepted();
    ok(socket.setOption(Option.keepAlive, 1));
    ok(socket.setOption(Option.keepAliveIdle, 300));
    peer.quietFor(299 * SECOND);
    peer.expectWithin(2 * SECOND, 'A', 0, 1);
  });

  it.each(['rfc', 'linux', 'freebsd'] as const)(
    'MUST-28: the interval is two hours by default (%s)',
    (profile) => {
      const bench = new TcpBench({ profile: HOST_PROFILES[profile] });
      const { socket, peer } = bench.accepted();
      ok(socket.setOption(Option.keepAlive, 1));
      peer.quietFor(2 * HOUR - SECOND);
      peer.expectWithin(2 * SECOND, 'A', 0, 1);
    },
  );

  it('MUST-29: a probe without an answer means nothing yet', () => {
    const bench = new TcpBench({ config: KEEP });
    const { socket, peer } = bench.accepted();
    ok(socket.setOption(Option.keepAlive, 1));
    for (let round = 0; round < 5; round++) {
      peer.expectWithin(61 * SECOND, 'A', 0, 1);
      peer.expectWithin(11 * SECOND, 'A', 0, 1);
      peer.send('A', 1, 1);
      expect(socket.state).toBe(State.established);
    }
  });

  it('SHLD-12: a probe carries no data', () => {
    const bench = new TcpBench({ config: KEEP });
    const { socket, peer } = bench.accepted();
    ok(socket.setOption(Option.keepAlive, 1));
    expect(peer.expectWithin(61 * SECOND, 'A', 0, 1).length).toBe(0);
  });

  it('MAY-6: a probe with one octet of garbage can be configured', () => {
    const bench = new TcpBench({ config: { ...KEEP, keepAliveGarbage: true } });
    const { socket, peer } = bench.accepted();
    ok(socket.setOption(Option.keepAlive, 1));
    peer.expectWithin(61 * SECOND, 'A', 0, 1, 1);
    peer.send('A', 1, 1);
    bench.write(socket, 'x');
    expect(peer.expect('A', 1, 1, 1).payload[0]).toBe('x'.charCodeAt(0));
  });
});
