import { describe, expect, it } from 'vitest';
import { HOST_PROFILES, Option, type Socket } from '../../src/host/index.ts';
import { State } from '../../src/states/index.ts';
import { Flag, seqGreater } from '../../src/wire/index.ts';
import { failure, MINUTE, ok, option, type Peer, SECOND, TcpBench } from '../support/tcp-bench.ts';

describe('RFC 5961', () => {
  it('an RST counts only at RCV.NXT; in the window it is challenged, outside it is dropped', () => {
    const bench = new TcpBench();
    const { socket, peer } = bench.accepted();
    peer.send('R', 2);
    peer.expect('A', 1, 1);
    peer.send('R', 60_000);
    peer.expect('A', 1, 1);
    peer.send('R', 0);
    peer.send('R', -500_000);
    peer.send('R', 1_000_000_000);
    peer.quiet();
    expect(socket.state).toBe(State.established);
    expect(bench.host.counters.TCPChallengeACK).toBe(2);
    peer.send('R', 1);
    expect(socket.state).toBe(State.closed);
  });

  it('a SYN on a connection is challenged, wherever it lies', () => {
    const bench = new TcpBench();
    const { socket, peer } = bench.accepted();
    for (const seq of [1, 500, -1_000_000, 1_000_000_000]) {
      peer.send('S', seq);
      peer.expect('A', 1, 1);
    }
    expect(socket.state).toBe(State.established);
    // Of a peer that has crashed the challenge brings an RST that counts.
    peer.send('R', 1);
    expect(socket.state).toBe(State.closed);
  });

  it('challenge ACKs are limited', () => {
    const bench = new TcpBench({ config: { challengeAcksPerSecond: 5, challengeAckIntervalUs: 0 } });
    const { peer } = bench.accepted();
    for (let i = 0; i < 50; i++) peer.send('R', 2 + i);
    expect(peer.texts().length).toBe(5);
    bench.advance(SECOND);
    for (let i = 0; i < 50; i++) peer.send('S', i);
    expect(peer.texts().length).toBe(5);
  });

  it('Linux waits half a second between two challenges of one connection', () => {
    const bench = new TcpBench({ profile: HOST_PROFILES.linux });
    const { peer } = bench.accepted();
    for (let i = 0; i < 50; i++) peer.send('R', 2 + i);
    expect(peer.texts().length).toBe(1);
    bench.advance(600_000);
    peer.send('R', 2);
    expect(peer.texts().length).toBe(1);
  });
});

describe('RFC 4987', () => {
  it('a full SYN queue answers with cookies, and who returns one is let in', () => {
    const bench = new TcpBench({ profile: HOST_PROFILES.rfc, config: { synCookies: 1, maxSynBacklog: 4 } });
    const listener = bench.listen(80, '0.0.0.0', 4);
    for (let i = 0; i < 40; i++) {
      const attacker = bench.peer({ address: `10.1.0.${i + 1}`, port: 1000 + i });
      attacker.send('S', 0);
    }
    expect(bench.host.counters.SyncookiesSent).toBeGreaterThan(30);
    expect(bench.states().length).toBeLessThanOrEqual(6);
    const peer = bench.peer({ mss: 1000 });
    peer.send('S', 0);
    peer.expect('SA', 0, 1);
    const kept = bench.states().length;
    bench.advance(3 * SECOND);
    peer.queue.length = 0;
    expect(bench.states().length).toBe(kept);
    peer.send('A', 1, 1, { data: 'hello' });
    const socket = bench.accept(listener);
    expect(bench.read(socket)).toBe('hello');
    expect(bench.host.counters.SyncookiesRecv).toBe(1);
    bench.drain();
    peer.queue.length = 0;
    bench.write(socket, 'answer');
    peer.expect('A', 1, 6, 6);
  });

  it('a cookie that was never given out is refused', () => {
    const bench = new TcpBench({ profile: HOST_PROFILES.rfc, config: { synCookies: 2 } });
    const listener = bench.listen(80);
    const peer = bench.peer();
    peer.send('S', 0);
    peer.expect('SA', 0, 1);
    peer.send('A', 1, 12_345);
    expect(peer.next().flags & Flag.rst).toBe(Flag.rst);
    expect(failure(listener.accept())).toBe('EAGAIN');
    expect(bench.host.counters.SyncookiesFailed).toBe(1);
  });

  it('without cookies a full SYN queue drops SYNs in silence', () => {
    const bench = new TcpBench({ profile: HOST_PROFILES.rfc, config: { synCookies: 0, maxSynBacklog: 4 } });
    bench.listen(80, '0.0.0.0', 4);
    const peers = Array.from({ length: 20 }, (_, i) => bench.peer({ port: 1000 + i }));
    for (const peer of peers) peer.send('S', 0);
    const answered = peers.filter((peer) => peer.all.length > 0).length;
    expect(answered).toBeGreaterThanOrEqual(3);
    expect(answered).toBeLessThanOrEqual(6);
  });

  /** Room for three in the accept queue; the fourth handshake ends while it is full. */
  function overflow(config: object): { bench: TcpBench; listener: Socket; last: Peer } {
    const bench = new TcpBench({ profile: HOST_PROFILES.linux, config });
    const listener = bench.listen(80, '0.0.0.0', 2);
    const peers = Array.from({ length: 4 }, (_, i) => bench.peer({ port: 1000 + i }));
    for (const pair of [peers.slice(0, 2), peers.slice(2)]) {
      for (const peer of pair) {
        peer.send('S', 0);
        peer.expect('SA', 0, 1);
      }
      for (const peer of pair) peer.send('A', 1, 1);
    }
    return { bench, listener, last: peers[3]! };
  }

  it('a full accept queue keeps the connection in SYN-RECEIVED until there is room', () => {
    const { bench, listener, last } = overflow({});
    expect(bench.states()).toEqual(['ESTABLISHED', 'ESTABLISHED', 'ESTABLISHED', 'LISTEN', 'SYN-RECEIVED']);
    expect(bench.host.counters.ListenOverflows).toBeGreaterThanOrEqual(1);
    for (let i = 0; i < 3; i++) bench.accept(listener);
    last.expectWithin(10 * SECOND, 'SA', 0, 1);
    last.send('A', 1, 1);
    bench.accept(listener);
  });

  it('tcp_abort_on_overflow resets instead', () => {
    const { bench, last } = overflow({ abortOnOverflow: true });
    expect(last.next().flags & Flag.rst).toBe(Flag.rst);
    expect(bench.states()).toEqual(['ESTABLISHED', 'ESTABLISHED', 'ESTABLISHED', 'LISTEN']);
  });
});

describe('RFC 7323', () => {
  const STAMPS = { timestamps: true };

  it('PAWS: an old timestamp is answered and its data dropped', () => {
    const bench = new TcpBench({ profile: HOST_PROFILES.rfc, config: STAMPS });
    const { socket, peer } = bench.accepted({ timestamps: true });
    expect(peer.timestamps).toBe(true);
    peer.send('A', 1, 1, { data: 'new' });
    expect(bench.read(socket)).toBe('new');
    bench.advance(SECOND);
    bench.drain();
    peer.queue.length = 0;
    peer.send('A', 4, 1, { data: 'old', tsVal: peer.tsNow() - 100_000 });
    peer.expect('A', 1, 4);
    expect(bench.read(socket)).toBe('EAGAIN');
    expect(bench.host.counters.PAWSEstab).toBe(1);
  });

  it('an RST is not subject to PAWS', () => {
    const bench = new TcpBench({ profile: HOST_PROFILES.rfc, config: STAMPS });
    const { socket, peer } = bench.accepted({ timestamps: true });
    peer.send('R', 1, 0, { tsVal: peer.tsNow() - 100_000 });
    expect(socket.state).toBe(State.closed);
  });

  it('a timestamp older than 24 days does not count', () => {
    const bench = new TcpBench({ profile: HOST_PROFILES.rfc, config: STAMPS });
    const { socket, peer } = bench.accepted({ timestamps: true });
    bench.advance(25 * 24 * 3600 * SECOND);
    peer.send('A', 1, 1, { data: 'wrapped', tsVal: peer.tsNow() - 2_000_000_000 });
    expect(bench.read(socket)).toBe('wrapped');
  });

  it('the echo is that of the earliest segment not acknowledged yet', () => {
    const bench = new TcpBench({ profile: HOST_PROFILES.rfc, config: STAMPS });
    const { peer } = bench.accepted({ timestamps: true });
    const base = peer.tsNow();
    peer.send('A', 1, 1, { data: 1448, tsVal: base + 10 });
    peer.send('A', 1449, 1, { data: 1448, tsVal: base + 20 });
    expect(option(peer.next(), 'timestamps')?.echo).toBe(base + 10);
    // Out of order: the timestamp of what is ahead is not taken.
    peer.send('A', 10_000, 1, { data: 100, tsVal: base + 30 });
    expect(option(peer.next(), 'timestamps')?.echo).toBe(base + 10);
    peer.send('A', 2897, 1, { data: 7103, tsVal: base + 40 });
    expect(option(peer.next(), 'timestamps')?.echo).toBe(base + 40);
  });

  it('windows are scaled in both directions, but not in a SYN', () => {
    const bench = new TcpBench({
      config: { windowScaling: true, receiveBufferBytes: 1 << 20, maxReceiveBufferBytes: 1 << 20 },
    });
    const listener = bench.listen(80);
    const peer = bench.peer({ scale: 3, window: 1000 });
    peer.send('S', 0);
    const synAck = peer.expect('SA', 0, 1);
    const shift = option(synAck, 'windowScale')!.shift;
    expect(shift).toBeGreaterThan(0);
    peer.send('A', 1, 1);
    const socket = bench.accept(listener);
    expect(socket.info().sndWnd).toBe(8000);
    peer.send('A', 1, 1, { data: 10 });
    bench.advance(SECOND);
    const ack = peer.expect('A', 1, 11);
    expect(ack.window << shift).toBeGreaterThan(0xffff);
    expect(ack.window << shift).toBeLessThanOrEqual(1 << 20);
  });

  it('what the peer did not offer is not used', () => {
    const bench = new TcpBench({
      profile: HOST_PROFILES.rfc,
      config: { ...STAMPS, sack: true, windowScaling: true },
    });
    const { syn, peer, socket } = bench.connected();
    expect(option(syn, 'timestamps')).toBeDefined();
    expect(option(syn, 'sackPermitted')).toBeDefined();
    expect(option(syn, 'windowScale')).toBeDefined();
    bench.write(socket, 10);
    peer.send('A', 100, 1, { data: 10 });
    bench.drain();
    for (const sent of peer.all.slice(1)) expect(sent.options).toEqual([]);
  });

  it('a window scale beyond 14 is taken for 14', () => {
    const bench = new TcpBench({ profile: HOST_PROFILES.rfc });
    const { socket } = bench.accepted({ scale: 30, window: 1 });
    expect(socket.info().sndWscale).toBe(14);
  });
});

describe('RFC 1337', () => {
  function timeWait(rfc1337: boolean): { bench: TcpBench } & ReturnType<TcpBench['accepted']> {
    const bench = new TcpBench({ profile: HOST_PROFILES.rfc, config: { rfc1337 } });
    const connection = bench.accepted();
    connection.socket.close();
    connection.peer.expect('FA', 1, 1);
    connection.peer.send('FA', 1, 2);
    connection.peer.expect('A', 2, 2);
    return { bench, ...connection };
  }

  it('off: an RST ends TIME-WAIT', () => {
    const { bench, peer } = timeWait(false);
    peer.send('R', 2);
    expect(bench.states()).toEqual(['LISTEN']);
  });

  it('on: an RST does not end TIME-WAIT', () => {
    const { bench, peer } = timeWait(true);
    peer.send('R', 2);
    peer.send('R', 500);
    expect(bench.states()).toEqual(['LISTEN', 'TIME-WAIT']);
  });

  it('an old duplicate in TIME-WAIT is acknowledged and delivers nothing', () => {
    const { bench, peer } = timeWait(false);
    peer.send('A', -2_000, 1, { data: 'a duplicate' });
    peer.expect('A', 2, 2);
    expect(bench.states()).toEqual(['LISTEN', 'TIME-WAIT']);
  });
});

describe('RFC 5927', () => {
  it('an ICMP error about what is not outstanding is ignored', () => {
    const bench = new TcpBench({ profile: HOST_PROFILES.rfc });
    const { socket, peer } = bench.accepted();
    bench.write(socket, 1460);
    const sent = peer.expect('A', 1, 1, 1460);
    peer.send('A', 1, 1461);
    // Acknowledged meanwhile.
    peer.icmp(3, 4, sent, 600);
    expect(bench.host.counters.OutOfWindowIcmps).toBe(1);
    bench.write(socket, 1460);
    peer.expect('A', 1461, 1, 1460);
  });

  it('a packet-too-big below the least MTU is no order to send crumbs', () => {
    const bench = new TcpBench({ profile: HOST_PROFILES.rfc });
    const { socket, peer } = bench.accepted();
    bench.write(socket, 1460);
    const sent = peer.expect('A', 1, 1, 1460);
    peer.icmp(3, 4, sent, 68);
    bench.drain();
    expect(socket.info().sndMss).toBeGreaterThanOrEqual(48);
    peer.queue.length = 0;
  });

  it('a port unreachable does not end an established connection', () => {
    const bench = new TcpBench({ profile: HOST_PROFILES.rfc });
    const { socket, peer } = bench.accepted();
    bench.write(socket, 10);
    peer.icmp(3, 3, peer.expect('A', 1, 1, 10));
    expect(socket.state).toBe(State.established);
  });
});

describe('memory', () => {
  it('what is out of order is bounded by the window and by the number of ranges', () => {
    const bench = new TcpBench({ profile: HOST_PROFILES.rfc, config: { maxReassemblyRanges: 16 } });
    const { socket, peer } = bench.accepted();
    const idle = bench.host.memoryBytes;
    for (let i = 1; i < 5_000; i++) peer.send('A', 1 + 10 * i, 1, { data: 1 });
    peer.queue.length = 0;
    expect(bench.host.memoryBytes - idle).toBeLessThanOrEqual(512 * 1024);
    expect(bench.read(socket)).toBe('EAGAIN');
    // And the stream still comes together.
    for (let seq = 1; seq < 50_001; seq += 1000) peer.send('A', seq, 1, { data: 1000 });
    expect(bench.readBytes(socket).length).toBe(50_000);
  });

  it('a connection that ended keeps nothing', () => {
    const bench = new TcpBench({ profile: HOST_PROFILES.rfc });
    const before = bench.host.memoryBytes;
    const { socket, peer } = bench.accepted();
    bench.write(socket, 50_000);
    peer.send('A', 1, 1, { data: 1000 });
    peer.send('A', 5_001, 1, { data: 1000 });
    peer.send('R', 1001);
    socket.close();
    bench.advance(10 * MINUTE);
    expect(bench.host.memoryBytes).toBe(before);
  });

  it('an ISN never goes back within one four-tuple (RFC 6528)', () => {
    const bench = new TcpBench({ profile: HOST_PROFILES.rfc });
    let last: number | null = null;
    for (let i = 0; i < 20; i++) {
      const { syn, socket } = bench.connecting();
      if (last !== null) expect(seqGreater(syn.seq, last)).toBe(true);
      last = syn.seq;
      socket.abort();
      bench.advance(50_000);
    }
  });

  it('TCP_DEFER_ACCEPT keeps a silent connection from accept', () => {
    const bench = new TcpBench({ profile: HOST_PROFILES.linux });
    const listener = bench.listen(80);
    ok(listener.setOption(Option.deferAccept, 10));
    const peer = bench.peer();
    peer.send('S', 0);
    peer.expect('SA', 0, 1);
    peer.send('A', 1, 1);
    expect(failure(listener.accept())).toBe('EAGAIN');
    peer.send('A', 1, 1, { data: 'speaks' });
    expect(bench.read(bench.accept(listener))).toBe('speaks');
  });
});
