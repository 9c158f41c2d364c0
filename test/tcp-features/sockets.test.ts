import { describe, expect, it } from 'vitest';
import { Message, Option, Poll, Shut } from '../../src/host/index.ts';
import { State } from '../../src/states/index.ts';
import { Flag } from '../../src/wire/index.ts';
import { failure, MINUTE, ok, option, pattern, SECOND, TcpBench } from '../support/tcp-bench.ts';

describe('errors of calls', () => {
  it('ECONNREFUSED: an RST to the SYN', () => {
    const bench = new TcpBench();
    const { socket, peer } = bench.connecting();
    peer.send('RA', 0, 1);
    expect(socket.poll() & Poll.err).toBe(Poll.err);
    expect(socket.getOption(Option.error)).toBe(111);
    expect(socket.state).toBe(State.closed);
  });

  it('an RST that does not acknowledge the SYN refuses nothing', () => {
    const bench = new TcpBench();
    const { socket, peer } = bench.connecting();
    peer.send('R', 0);
    peer.send('RA', 0, 5);
    expect(socket.state).toBe(State.synSent);
  });

  it('ETIMEDOUT: nobody answers', () => {
    const bench = new TcpBench({ profile: 'linux' });
    const { socket } = bench.connecting();
    const from = bench.now;
    bench.runUntil(() => socket.state === State.closed, 10 * MINUTE);
    expect(socket.getOption(Option.error)).toBe(110);
    // 1 + 1 + 1 + 1 + 1 + 2 + 4 + 8 + 16 + 32 + 64 seconds.
    expect((bench.now - from) / SECOND).toBeCloseTo(131, 0);
  });

  it('EHOSTUNREACH: a router says so, and Linux believes it at once', () => {
    const bench = new TcpBench({ profile: 'linux' });
    const { socket, peer, syn } = bench.connecting();
    peer.icmp(3, 1, syn, 0, '10.0.0.254');
    expect(socket.state).toBe(State.closed);
    expect(socket.getOption(Option.error)).toBe(113);
  });

  it('EADDRINUSE: bind beside a listener, SO_REUSEADDR or not', () => {
    const bench = new TcpBench({ profile: 'linux' });
    bench.listen(80);
    const second = bench.host.socket(4);
    ok(second.setOption(Option.reuseAddress, 1));
    expect(failure(second.bind('0.0.0.0', 80))).toBe('EADDRINUSE');
    expect(failure(second.bind('10.0.0.1', 80))).toBe('EADDRINUSE');
    ok(second.bind('10.0.0.1', 81));
  });

  it('EADDRNOTAVAIL: an address that is not ours', () => {
    const bench = new TcpBench();
    expect(failure(bench.host.socket(4).bind('10.9.9.9', 80))).toBe('EADDRNOTAVAIL');
  });

  it('EADDRNOTAVAIL: no ephemeral port is left to this destination, others go on', () => {
    const bench = new TcpBench({ profile: 'linux', config: { ephemeralFrom: 50_000, ephemeralTo: 50_009 } });
    const connect = (address: string, port: number): string =>
      failure(bench.host.socket(4).connect(address, port));
    for (let i = 0; i < 10; i++) expect(connect('10.0.0.2', 80)).toBe('EINPROGRESS');
    expect(connect('10.0.0.2', 80)).toBe('EADDRNOTAVAIL');
    expect(connect('10.0.0.2', 81)).toBe('EINPROGRESS');
    expect(connect('10.0.0.3', 80)).toBe('EINPROGRESS');
  });

  it('EISCONN, ENOTCONN, EALREADY, EPIPE, EBADF', () => {
    const bench = new TcpBench({ profile: 'linux' });
    const fresh = bench.host.socket(4);
    expect(failure(fresh.recv(new Uint8Array(1)))).toBe('ENOTCONN');
    expect(failure(fresh.shutdown(Shut.write))).toBe('ENOTCONN');
    const { socket, peer } = bench.connecting();
    expect(failure(socket.connect(peer.address, 80))).toBe('EALREADY');
    peer.send('SA', 0, 1);
    ok(socket.connect(peer.address, 80));
    expect(failure(socket.connect(peer.address, 80))).toBe('EISCONN');
    ok(socket.shutdown(Shut.write));
    expect(failure(socket.send(new Uint8Array(1)))).toBe('EPIPE');
    ok(socket.close());
    expect(failure(socket.send(new Uint8Array(1)))).toBe('EBADF');
  });

  it('EAGAIN: a full send buffer, and room makes it writable again', () => {
    const bench = new TcpBench({ config: { sendBufferBytes: 10_000, maxSendBufferBytes: 10_000 } });
    const { socket, peer } = bench.accepted();
    ok(socket.setOption(Option.noDelay, 1));
    let written = 0;
    for (;;) {
      const n = socket.send(pattern(3_000));
      if (n < 0) {
        expect(failure(n)).toBe('EAGAIN');
        break;
      }
      written += n;
    }
    expect(written).toBe(10_000);
    expect(socket.poll() & Poll.out).toBe(0);
    peer.send('A', 1, 10_001);
    expect(socket.poll() & Poll.out).toBe(Poll.out);
  });
});

describe('SO_REUSEADDR and SO_REUSEPORT', () => {
  it('a server starts again over its own TIME-WAIT with SO_REUSEADDR, and not without', () => {
    const bench = new TcpBench({ profile: 'linux' });
    const { listener, socket, peer } = bench.accepted();
    ok(socket.close());
    peer.expect('FA', 1, 1);
    peer.send('FA', 1, 2);
    ok(listener.close());
    expect(bench.states()).toEqual(['TIME-WAIT']);
    const again = bench.host.socket(4);
    expect(failure(again.bind('0.0.0.0', 80))).toBe('EADDRINUSE');
    const reusing = bench.host.socket(4);
    ok(reusing.setOption(Option.reuseAddress, 1));
    // Linux asks it of both sockets, and the one that left the TIME-WAIT had not.
    expect(failure(reusing.bind('0.0.0.0', 80))).toBe('EADDRINUSE');
  });

  it('with SO_REUSEADDR on the old socket too the port is free at once', () => {
    const bench = new TcpBench({ profile: 'linux' });
    const listener = bench.host.socket(4);
    ok(listener.setOption(Option.reuseAddress, 1));
    ok(listener.bind('0.0.0.0', 80));
    ok(listener.listen(5));
    const { socket, peer } = bench.handshake(listener, bench.peer());
    ok(socket.close());
    peer.expect('FA', 1, 1);
    peer.send('FA', 1, 2);
    ok(listener.close());
    const again = bench.host.socket(4);
    ok(again.setOption(Option.reuseAddress, 1));
    ok(again.bind('0.0.0.0', 80));
    ok(again.listen(5));
  });

  it('SO_REUSEPORT spreads connections over the listeners', () => {
    const bench = new TcpBench({ profile: 'linux' });
    const listeners = [0, 1].map(() => {
      const listener = bench.host.socket(4);
      ok(listener.setOption(Option.reusePort, 1));
      ok(listener.bind('0.0.0.0', 80));
      ok(listener.listen(100));
      return listener;
    });
    for (let i = 0; i < 64; i++) {
      const peer = bench.peer({ port: 1000 + i });
      peer.send('S', 0);
      peer.expect('SA', 0, 1);
      peer.send('A', 1, 1);
    }
    const counts = listeners.map((listener) => {
      let n = 0;
      while (typeof listener.accept() !== 'number') n++;
      return n;
    });
    expect(counts[0]! + counts[1]!).toBe(64);
    for (const count of counts) expect(count).toBeGreaterThan(10);
  });

  it('SO_REUSEPORT needs both to ask, and one user', () => {
    const bench = new TcpBench({ profile: 'linux' });
    const first = bench.host.socket(4);
    ok(first.setOption(Option.reusePort, 1));
    ok(first.bind('0.0.0.0', 80));
    ok(first.listen(5));
    const plain = bench.host.socket(4);
    expect(failure(plain.bind('0.0.0.0', 80))).toBe('EADDRINUSE');
    const stranger = bench.host.socket(4);
    ok(stranger.setOption(Option.user, 1000));
    ok(stranger.setOption(Option.reusePort, 1));
    expect(failure(stranger.bind('0.0.0.0', 80))).toBe('EADDRINUSE');
  });

  it('IP_BIND_ADDRESS_NO_PORT leaves the port to connect', () => {
    const bench = new TcpBench({ profile: 'linux', config: { ephemeralFrom: 50_000, ephemeralTo: 50_001 } });
    const bound = (noPort: number): number => {
      const socket = bench.host.socket(4);
      ok(socket.setOption(Option.bindAddressNoPort, noPort));
      return socket.bind('10.0.0.1', 0) < 0 ? -1 : socket.localPort;
    };
    expect(bound(1)).toBe(0);
    expect(bound(0)).toBeGreaterThanOrEqual(50_000);
    for (const port of [80, 81, 82]) {
      const socket = bench.host.socket(4);
      ok(socket.setOption(Option.bindAddressNoPort, 1));
      ok(socket.bind('10.0.0.1', 0));
      expect(failure(socket.connect('10.0.0.2', port))).toBe('EINPROGRESS');
    }
  });

  it('ephemeral ports are not handed out in order (RFC 6056)', () => {
    const bench = new TcpBench({ profile: 'linux' });
    const ports = Array.from({ length: 50 }, (_, i) => {
      const socket = bench.host.socket(4);
      socket.connect(`10.0.1.${i + 1}`, 80);
      return socket.localPort;
    });
    expect(Math.min(...ports)).toBeGreaterThanOrEqual(32_768);
    expect(Math.max(...ports)).toBeLessThanOrEqual(60_999);
    const steps = new Set(ports.slice(1).map((port, i) => port - ports[i]!));
    expect(steps.size).toBeGreaterThan(40);
  });
});

describe('socket calls', () => {
  it('MSG_PEEK reads and leaves', () => {
    const bench = new TcpBench();
    const { socket, peer } = bench.accepted();
    peer.send('A', 1, 1, { data: 'look' });
    expect(bench.read(socket, 100, Message.peek)).toBe('look');
    expect(bench.read(socket, 2, Message.peek)).toBe('lo');
    expect(bench.read(socket)).toBe('look');
    expect(bench.read(socket, 100, Message.peek)).toBe('EAGAIN');
  });

  it('poll tells what is ready', () => {
    const bench = new TcpBench();
    const listener = bench.listen(80);
    expect(listener.poll() & Poll.in).toBe(0);
    const peer = bench.peer();
    peer.send('S', 0);
    peer.expect('SA', 0, 1);
    peer.send('A', 1, 1);
    expect(listener.poll() & Poll.in).toBe(Poll.in);
    const socket = bench.accept(listener);
    expect(socket.poll()).toBe(Poll.out);
    peer.send('A', 1, 1, { data: 1 });
    expect(socket.poll()).toBe(Poll.in | Poll.out);
    peer.send('FA', 2, 1);
    expect(socket.poll()).toBe(Poll.in | Poll.out | Poll.rdhup);
    bench.read(socket);
    ok(socket.shutdown(Shut.write));
    expect(socket.poll() & Poll.hup).toBe(Poll.hup);
  });

  it('a connect is told by POLLOUT', () => {
    const bench = new TcpBench();
    const { socket, peer } = bench.connecting();
    expect(socket.poll() & Poll.out).toBe(0);
    const seen: number[] = [];
    socket.onEvent = (one) => seen.push(one.poll());
    peer.send('SA', 0, 1);
    expect(seen.length).toBe(1);
    expect(seen[0]! & Poll.out).toBe(Poll.out);
  });

  it('a segment may carry SYN, data and FIN one after the other, and all of it is read', () => {
    const bench = new TcpBench();
    const listener = bench.listen(80);
    const peer = bench.peer();
    peer.send('S', 0);
    peer.expect('SA', 0, 1);
    peer.send('FA', 1, 1, { data: 'everything at once' });
    const socket = bench.accept(listener);
    expect(bench.read(socket)).toBe('everything at once');
    expect(bench.read(socket)).toBe('EOF');
    expect(socket.state).toBe(State.closeWait);
  });

  it('IPv6 as IPv4', () => {
    const bench = new TcpBench();
    const { socket, peer } = bench.accepted({ address: 'fd00::2' });
    peer.send('A', 1, 1, { data: 'six' });
    expect(bench.read(socket)).toBe('six');
    expect(socket.remoteAddress).toBe('fd00::2');
    ok(socket.close());
    bench.drain();
    expect(peer.queue.at(-1)!.flags & Flag.fin).toBe(Flag.fin);
  });

  it('an IPv6 listener takes IPv4 connections unless it is V6ONLY', () => {
    const bench = new TcpBench();
    const both = bench.listen(80, '::');
    const { socket } = bench.handshake(both, bench.peer());
    expect(socket.remoteAddress).toBe('::ffff:10.0.0.2');
    const only = bench.host.socket(6);
    ok(only.setOption(Option.v6Only, 1));
    ok(only.bind('::', 81));
    ok(only.listen(5));
    const refused = bench.peer({ hostPort: 81, port: 9 });
    refused.send('S', 0);
    expect(refused.next().flags & Flag.rst).toBe(Flag.rst);
  });

  it('a connection to itself stays inside the host', () => {
    const bench = new TcpBench();
    const listener = bench.listen(80);
    const client = bench.host.socket(4);
    expect(failure(client.connect('10.0.0.1', 80))).toBe('EINPROGRESS');
    const server = bench.accept(listener);
    bench.write(client, 'to myself');
    expect(bench.read(server)).toBe('to myself');
    expect(bench.strays).toEqual([]);
  });

  it('super-segments leave in one packet, which a link may cut up', () => {
    const sizes: number[] = [];
    const bench = new TcpBench({
      superSegmentBytes: 64_000,
      config: { initialWindowSegments: 30, sendBufferBytes: 1 << 20, maxSendBufferBytes: 1 << 20 },
    });
    const { socket, peer } = bench.accepted({ scale: 4 });
    bench.drain();
    bench.host.output((packet) => {
      sizes.push(packet.length, packet.segmentSize);
      bench.pool.give(packet);
      return true;
    });
    bench.write(socket, 29_200);
    expect(sizes).toEqual([29_240, 1460]);
    expect(peer.all.length).toBe(1);
  });

  it('sockets() lists states, queues and timers as ss does', () => {
    const bench = new TcpBench({ profile: 'linux' });
    const { socket, peer } = bench.accepted({ window: 1000 });
    bench.write(socket, 5_000);
    peer.send('A', 1, 1, { data: 10 });
    const row = bench.host.sockets().find((one) => one.state === 'ESTABLISHED')!;
    expect(row.recvQ).toBe(10);
    expect(row.sendQ).toBe(5_000);
    expect(row.localAddress).toBe('10.0.0.1');
    expect(row.remotePort).toBe(40_000);
    expect(row.timer).toBe('on');
  });

  it('RFC 5482: the user timeout is announced where that is asked for', () => {
    const bench = new TcpBench();
    const { syn } = bench.connecting({}, (socket) => {
      ok(socket.setOption(Option.userTimeout, 600_000));
      ok(socket.setOption(Option.announceUserTimeout, 1));
    });
    const announced = option(syn, 'userTimeout')!;
    expect(announced.timeout * (announced.minutes ? 60 : 1)).toBe(600);
    expect(option(new TcpBench().connecting().syn, 'userTimeout')).toBeUndefined();
  });

  it.each([1, 0])("RFC 5482: the peer's user timeout counts where that is asked for (%i)", (enabled) => {
    const bench = new TcpBench({ config: { retries1: 3, retries2: 3, tailLossProbe: false } });
    const { socket, peer } = bench.accepted();
    ok(socket.setOption(Option.announceUserTimeout, enabled));
    peer.send('A', 1, 1, {
      data: 10,
      options: [{ kind: 'userTimeout', minutes: false, timeout: 200 }],
    });
    bench.write(socket, 10);
    const from = bench.now;
    bench.runUntil(() => socket.state === State.closed, 10 * MINUTE);
    const seconds = (bench.now - from) / SECOND;
    if (enabled === 1) expect(seconds).toBeCloseTo(200, -1);
    else expect(seconds).toBeLessThan(60);
    expect(socket.getOption(Option.error)).toBe(110);
  });
});
