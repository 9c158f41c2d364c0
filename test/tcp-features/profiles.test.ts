import { describe, expect, it } from 'vitest';
import { freebsdHost, Option, Shut } from '../../src/host/index.ts';
import { State } from '../../src/states/index.ts';
import { Flag } from '../../src/wire/index.ts';
import { failure, MINUTE, MS, ok, option, SECOND, TcpBench } from '../support/tcp-bench.ts';

describe('profile linux', () => {
  it('a SYN looks like one of Linux', () => {
    const { syn } = new TcpBench({ profile: 'linux' }).connecting();
    expect(syn.options.map((one) => one.kind)).toEqual([
      'mss',
      'sackPermitted',
      'timestamps',
      'nop',
      'windowScale',
    ]);
    expect(syn.window).toBe(64_240);
    expect(option(syn, 'windowScale')?.shift).toBe(7);
    expect(syn.hopLimit).toBe(64);
    expect(syn.dontFragment).toBe(true);
  });

  it('segments carry NOP, NOP, timestamps', () => {
    const bench = new TcpBench({ profile: 'linux' });
    const { socket, peer } = bench.accepted({ timestamps: true });
    bench.write(socket, 10);
    expect(peer.expect('A', 1, 1, 10).options.map((one) => one.kind)).toEqual(['nop', 'nop', 'timestamps']);
  });

  it('SYN+FIN is dropped', () => {
    const bench = new TcpBench({ profile: 'linux' });
    bench.listen(80);
    const peer = bench.peer();
    peer.send('SF', 0);
    peer.quietFor(SECOND);
    expect(bench.states()).toEqual(['LISTEN']);
  });

  it('TIME-WAIT lasts 60 seconds', () => {
    const bench = new TcpBench({ profile: 'linux' });
    const { socket, peer } = bench.accepted();
    ok(socket.close());
    peer.expect('FA', 1, 1);
    peer.send('FA', 1, 2);
    bench.advance(60 * SECOND - MS);
    expect(bench.states()).toEqual(['LISTEN', 'TIME-WAIT']);
    bench.advance(SECOND);
    expect(bench.states()).toEqual(['LISTEN']);
  });

  it('TCP_LINGER2 below zero leaves FIN-WAIT-2 out', () => {
    const bench = new TcpBench({ profile: 'linux' });
    const { socket, peer } = bench.accepted();
    ok(socket.setOption(Option.linger2, -1));
    ok(socket.close());
    peer.expect('FA', 1, 1);
    peer.send('A', 1, 2);
    bench.advance(SECOND);
    expect(bench.states()).toEqual(['LISTEN']);
  });

  it('after a reset in CLOSE-WAIT the error is EPIPE', () => {
    const bench = new TcpBench({ profile: 'linux' });
    const { socket, peer } = bench.accepted();
    peer.send('FA', 1, 1);
    peer.send('R', 2);
    expect(socket.getOption(Option.error)).toBe(32);
  });

  it('the first ACKs go at once, later ones wait', () => {
    const bench = new TcpBench({ profile: 'linux' });
    const { socket, peer } = bench.accepted();
    peer.send('A', 1, 1, { data: 100 });
    peer.expect('A', 1, 101);
    // A conversation: the answers carry the ACKs.
    let next = 101;
    for (let i = 0; i < 5; i++) {
      bench.write(socket, 1);
      bench.advance(MS);
      peer.send('A', next, 2 + i, { data: 10 });
      next += 10;
      bench.drain();
      peer.queue.length = 0;
    }
    bench.write(socket, 1);
    bench.advance(MS);
    peer.queue.length = 0;
    peer.send('A', next, 7, { data: 10 });
    peer.quiet();
    peer.expectWithin(250 * MS, 'A', 7, next + 10);
  });

  it('data is given up after about 15 minutes', () => {
    const bench = new TcpBench({ profile: 'linux' });
    const { socket } = bench.accepted();
    bench.write(socket, 10);
    const from = bench.now;
    bench.runUntil(() => socket.state === State.closed, 60 * MINUTE);
    expect((bench.now - from) / SECOND).toBeGreaterThan(800);
    expect((bench.now - from) / SECOND).toBeLessThan(1100);
    expect(socket.getOption(Option.error)).toBe(110);
  });

  it('close with unread data resets', () => {
    const bench = new TcpBench({ profile: 'linux' });
    const { socket, peer } = bench.accepted();
    peer.send('A', 1, 1, { data: 10 });
    peer.queue.length = 0;
    ok(socket.close());
    peer.expect('RA', 1, 11);
  });

  it('a listening socket neither sends nor connects', () => {
    const bench = new TcpBench({ profile: 'linux' });
    const listener = bench.listen(80);
    expect(failure(listener.send(new Uint8Array(1)))).toBe('EPIPE');
    expect(failure(listener.connect('10.0.0.2', 80))).toBe('EISCONN');
    expect(failure(listener.recv(new Uint8Array(1)))).toBe('ENOTCONN');
  });
});

describe('profile freebsd', () => {
  it('a SYN looks like one of FreeBSD', () => {
    const { syn } = new TcpBench({ profile: freebsdHost }).connecting();
    expect(syn.options.map((one) => one.kind)).toEqual([
      'mss',
      'nop',
      'windowScale',
      'sackPermitted',
      'timestamps',
    ]);
    expect(syn.window).toBe(65_535);
  });

  it('close with unread data sends FIN', () => {
    const bench = new TcpBench({ profile: freebsdHost });
    const { socket, peer } = bench.accepted();
    peer.send('A', 1, 1, { data: 10 });
    peer.queue.length = 0;
    ok(socket.close());
    peer.expect('FA', 1, 11);
  });

  it('giving up sends RST', () => {
    const bench = new TcpBench({ profile: freebsdHost, config: { retries2: 3 } });
    const { socket, peer } = bench.accepted();
    bench.write(socket, 10);
    bench.runUntil(() => socket.state === State.closed, 30 * MINUTE);
    expect(peer.queue.at(-1)!.flags & Flag.rst).toBe(Flag.rst);
  });
});

describe('profile rfc', () => {
  it('data on a SYN is kept for ESTABLISHED', () => {
    const bench = new TcpBench();
    const listener = bench.listen(80);
    const peer = bench.peer();
    peer.send('S', 0, 0, { data: 'early' });
    const synAck = peer.next();
    expect(synAck.flags & (Flag.syn | Flag.ack)).toBe(Flag.syn | Flag.ack);
    const acked = peer.relAck(synAck.ack);
    // Taken, or it has to come again: both are whole.
    expect([1, 6]).toContain(acked);
    if (acked === 6) peer.send('A', 6, 1);
    else peer.send('A', 1, 1, { data: 'early' });
    expect(bench.read(bench.accept(listener))).toBe('early');
  });

  it('SYN+FIN opens, and the FIN comes again', () => {
    const bench = new TcpBench();
    const listener = bench.listen(80);
    const peer = bench.peer();
    peer.send('SF', 0);
    peer.expect('SA', 0, 1);
    peer.send('FA', 1, 1);
    const socket = bench.accept(listener);
    expect(bench.read(socket)).toBe('EOF');
    expect(socket.state).toBe(State.closeWait);
  });

  it('a SEND before the handshake is over is queued', () => {
    const bench = new TcpBench();
    const { socket, peer } = bench.connecting();
    bench.write(socket, 'waiting');
    peer.quiet();
    peer.send('SA', 0, 1);
    bench.drain();
    expect(peer.queue.map((sent) => sent.length).reduce((a, b) => a + b, 0)).toBe(7);
  });

  it('a CLOSE before the handshake is over drops the connection', () => {
    const bench = new TcpBench();
    const { socket, peer } = bench.connecting();
    ok(socket.close());
    expect(bench.states()).toEqual([]);
    peer.send('SA', 0, 1);
    expect(peer.next().flags & Flag.rst).toBe(Flag.rst);
  });

  it('a CLOSE in SYN-RECEIVED sends a FIN after the SYN', () => {
    const bench = new TcpBench();
    const { socket, peer } = bench.connecting();
    peer.send('S', 0);
    peer.expect('SA', 0, 1);
    ok(socket.shutdown(Shut.write));
    expect(socket.state).toBe(State.finWait1);
    peer.send('A', 1, 1);
    peer.expect('FA', 1, 1);
  });

  it('an old SYN-ACK gets an RST, and the right one opens (RFC 9293 Figure 8)', () => {
    const bench = new TcpBench();
    const { socket, peer } = bench.connecting();
    peer.send('SA', 0, -8);
    expect(peer.text(peer.next())).toBe('R -8:-8(0)');
    expect(socket.state).toBe(State.synSent);
    peer.send('SA', 0, 1);
    peer.expect('A', 1, 1);
    expect(socket.state).toBe(State.established);
  });

  it('a half-open connection is found by the SYN of the peer that crashed (RFC 9293 Figure 9)', () => {
    const bench = new TcpBench();
    const { socket, peer } = bench.accepted();
    bench.write(socket, 10);
    peer.expect('A', 1, 1, 10);
    peer.send('S', -400);
    peer.expect('A', 11, 1);
    peer.send('R', 1);
    expect(bench.read(socket)).toBe('ECONNRESET');
  });

  it('an ISS near the end of the numbers wraps in both directions', () => {
    const bench = new TcpBench({ config: { initialWindowSegments: 100 } });
    const { socket, peer } = bench.accepted({ iss: 0x7fff_fffe });
    for (let seq = 1; seq < 10_001; seq += 1000) peer.send('A', seq, 1, { data: 1000 });
    expect(bench.readBytes(socket).length).toBe(10_000);
    const other = bench.accepted({ iss: -2, hostPort: 81 });
    other.peer.send('A', 1, 1, { data: 5000 });
    expect(bench.readBytes(other.socket).length).toBe(5_000);
  });
});

describe('socket options that shape segments', () => {
  it('TCP_MAXSEG bounds what is announced and sent', () => {
    const bench = new TcpBench({ config: { initialWindowSegments: 10 } });
    const { socket, peer, syn } = bench.connected({}, (one) => ok(one.setOption(Option.maxSegment, 500)));
    expect(option(syn, 'mss')?.mss).toBe(500);
    bench.write(socket, 1000);
    peer.expect('A', 1, 1, 500);
  });

  it('SO_RCVBUF bounds the window', () => {
    const bench = new TcpBench();
    const { syn } = bench.connecting({}, (one) => ok(one.setOption(Option.receiveBuffer, 8_000)));
    expect(syn.window).toBeLessThanOrEqual(8_000);
    expect(syn.window).toBeGreaterThan(4_000);
  });

  it('TCP_SYNCNT bounds the attempts of a connect', () => {
    const bench = new TcpBench({ profile: 'linux' });
    const { socket, peer } = bench.connecting({}, (one) => ok(one.setOption(Option.synRetries, 1)));
    // Linux: as long as one that backs off takes, 1 + 2 s, though SYNs go out every second.
    peer.expectWithin(2 * SECOND, 'S', 0);
    peer.expectWithin(2 * SECOND, 'S', 0);
    bench.runUntil(() => socket.state === State.closed, 1.1 * SECOND);
    peer.quiet();
  });

  it('a listener passes its options on', () => {
    const bench = new TcpBench();
    const listener = bench.listen(80);
    ok(listener.setOption(Option.noDelay, 1));
    ok(listener.setOption(Option.trafficClass, 0x10));
    const { socket } = bench.handshake(listener, bench.peer());
    expect(socket.getOption(Option.noDelay)).toBe(1);
    expect(socket.getOption(Option.trafficClass)).toBe(0x10);
  });

  it('a trusted host computes no checksums and asks for none', () => {
    const bench = new TcpBench({ trusted: true });
    const { syn, socket, peer } = bench.connecting();
    expect(syn.checksumOk).toBe(false);
    peer.send('SA', 0, 1);
    expect(socket.state).toBe(State.established);
  });

  it('an IPv6 packet too big lowers the segment size', () => {
    const bench = new TcpBench({ config: { initialWindowSegments: 10 } });
    const { socket, peer } = bench.accepted({ address: 'fd00::2' });
    bench.write(socket, 1440);
    const sent = peer.expect('A', 1, 1, 1440);
    peer.icmp(2, 0, sent, 1300, 'fd00::fe');
    peer.expect('A', 1, 1, 1240);
  });
});
