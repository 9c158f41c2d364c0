import { describe, expect, it } from 'vitest';
import { failure, MINUTE, SECOND, TcpBench } from '../../test/support/tcp-bench.ts';
import { TcpPair } from '../../test/support/tcp-pair.ts';
import { Errno } from '../tcp/errno.ts';
import { Flag, fragmentIp } from '../wire/index.ts';
import { formatSockets, Host, Option, type Packet, PacketPool, Poll, type Socket, State } from './index.ts';

const text = (bytes: string): Uint8Array => new TextEncoder().encode(bytes);

function read(socket: Socket): string {
  const bytes = new Uint8Array(1000);
  const length = socket.recv(bytes);
  return length < 0 ? failure(length) : new TextDecoder().decode(bytes.subarray(0, length));
}

/** A connection inside one host; everything happens within the calls. */
function loopback(address: string, family: 4 | 6 = 4): { host: Host; client: Socket; server: Socket } {
  const host = new Host({ name: 'one', addresses: ['10.0.0.1', 'fd00::1'], seed: 3 });
  host.at(SECOND);
  const listener = host.socket(family);
  expect(listener.bind('', 80)).toBe(0);
  expect(listener.listen(5)).toBe(0);
  const client = host.socket(address.includes(':') ? 6 : 4);
  expect(client.connect(address, 80)).toBe(-Errno.EINPROGRESS);
  const server = listener.accept();
  if (typeof server === 'number') throw new Error(failure(server));
  return { host, client, server };
}

describe('loopback', () => {
  it.each([
    ['127.0.0.1', 4],
    ['127.9.9.9', 4],
    ['10.0.0.1', 4],
    ['::1', 6],
    ['fd00::1', 6],
    ['10.0.0.1', 6],
  ] as const)('%s, to a listener of IPv%d', (address, family) => {
    const { host, client, server } = loopback(address, family);
    expect(client.send(text('there'))).toBe(5);
    expect(read(server)).toBe('there');
    expect(server.send(text('and back'))).toBe(8);
    expect(read(client)).toBe('and back');
    const mapped = family === 6 && !address.includes(':') ? `::ffff:${address}` : address;
    expect(server.localAddress).toBe(mapped);
    client.close();
    expect(read(server)).toBe('');
    server.close();
    expect(host.sockets().map((row) => row.state)).toEqual(['LISTEN', 'TIME-WAIT']);
    host.poll(SECOND + MINUTE + 1000);
    expect(host.sockets().map((row) => row.state)).toEqual(['LISTEN']);
    expect(host.packets.inUse).toBe(0);
    expect(host.memoryBytes).toBe(0);
  });

  it('what goes round is seen by whoever listens there', () => {
    const host = new Host({ name: 'one', addresses: ['10.0.0.1'], seed: 3 });
    host.at(SECOND);
    const flags: number[] = [];
    host.onLoopback = ({ bytes }) => flags.push(bytes[33]!);
    const client = host.socket(4);
    client.connect('10.0.0.1', 80);
    expect(flags).toEqual([Flag.syn, Flag.rst | Flag.ack]);
  });

  it('IPv4 comes to an IPv6 socket as a mapped address, both ways', () => {
    const { host, server } = loopback('10.0.0.1', 6);
    expect(server.remoteAddress).toBe('::ffff:10.0.0.1');
    const client = host.socket(6);
    expect(client.connect('::ffff:10.0.0.1', 80)).toBe(-Errno.EINPROGRESS);
    expect(client.state).toBe(State.established);
  });
});

describe('connect', () => {
  it.each([
    ['0.0.0.0', 4, '127.0.0.1'],
    ['::', 6, '::1'],
  ] as const)('to %s is to the host itself', (address, family, loop) => {
    const { client, server } = loopback(address, family);
    expect(client.remoteAddress).toBe(loop);
    expect(client.localAddress).toBe(loop);
    expect(server.localAddress).toBe(loop);
  });

  it('to 0.0.0.0 from a bound socket is to that address', () => {
    const host = new Host({ name: 'one', addresses: ['10.0.0.1'], seed: 3 });
    const socket = host.socket(4);
    socket.bind('10.0.0.1', 5000);
    expect(failure(socket.connect('0.0.0.0', 5000))).toBe('EINPROGRESS');
    expect(socket.remoteAddress).toBe('10.0.0.1');
    expect(socket.state).toBe(State.established);
  });

  it('after a connection that is over: EISCONN; or why it ended, where nobody asked before', () => {
    const { client, server } = loopback('127.0.0.1');
    expect(client.connect('127.0.0.1', 80)).toBe(0);
    server.abort();
    expect(client.state).toBe(State.closed);
    expect(failure(client.connect('127.0.0.1', 80))).toBe('EISCONN');
    const late = loopback('127.0.0.1');
    late.server.abort();
    expect(failure(late.client.connect('127.0.0.1', 80))).toBe('ECONNRESET');
    expect(failure(late.client.connect('127.0.0.1', 80))).toBe('EINPROGRESS');
  });

  it('twice: EALREADY, then its outcome, then EISCONN', () => {
    const pair = new TcpPair({ server: { profile: 'linux' }, client: { profile: 'linux' } });
    const listener = pair.server.socket(4);
    listener.bind('', 80);
    listener.listen(5);
    const socket = pair.client.socket(4);
    expect(failure(socket.connect('10.0.0.2', 80))).toBe('EINPROGRESS');
    expect(failure(socket.connect('10.0.0.2', 80))).toBe('EALREADY');
    expect(socket.poll() & Poll.out).toBe(0);
    pair.run(SECOND);
    expect(socket.poll() & Poll.out).toBe(Poll.out);
    expect(socket.connect('10.0.0.2', 80)).toBe(0);
    expect(failure(socket.connect('10.0.0.2', 80))).toBe('EISCONN');
    expect(failure(listener.connect('10.0.0.1', 80))).toBe('EISCONN');
  });

  it('is refused by an RST, told once, and may be tried again', () => {
    const pair = new TcpPair({ server: { profile: 'linux' }, client: { profile: 'linux' } });
    const socket = pair.client.socket(4);
    socket.connect('10.0.0.2', 80);
    pair.run(SECOND);
    expect(socket.poll()).toBe(Poll.in | Poll.out | Poll.err | Poll.hup | Poll.rdhup);
    expect(failure(socket.connect('10.0.0.2', 80))).toBe('ECONNREFUSED');
    expect(socket.poll()).toBe(Poll.out | Poll.hup);
    const listener = pair.server.socket(4);
    listener.bind('', 80);
    listener.listen(5);
    expect(failure(socket.connect('10.0.0.2', 80))).toBe('EINPROGRESS');
    pair.run(SECOND);
    expect(socket.state).toBe(State.established);
    expect(pair.client.inUse.length).toBe(1);
  });

  it('that failed: the end of file for who asked SO_ERROR, then as never connected', () => {
    const pair = new TcpPair({ server: { profile: 'linux' }, client: { profile: 'linux' } });
    const socket = pair.client.socket(4);
    socket.connect('10.0.0.2', 80);
    pair.run(SECOND);
    expect(socket.getOption(Option.error)).toBe(Errno.ECONNREFUSED);
    expect(socket.recv(new Uint8Array(1))).toBe(0);
    expect(failure(socket.connect('10.0.0.2', 80))).toBe('ECONNABORTED');
    expect(failure(socket.recv(new Uint8Array(1)))).toBe('ENOTCONN');
  });

  it('gives up after the SYNs of Linux: 1+1+1+1+1+2+4+8+16+32+64 s', () => {
    const pair = new TcpPair({ fate: () => true, client: { profile: 'linux' } });
    const socket = pair.client.socket(4);
    socket.connect('10.0.0.2', 80);
    pair.run(130.9 * SECOND);
    expect(socket.state).toBe(State.synSent);
    pair.run(0.2 * SECOND);
    expect(failure(socket.connect('10.0.0.2', 80))).toBe('ETIMEDOUT');
    expect(pair.trace).toHaveLength(11);
  });

  it.each([
    [3, 0, 'ENETUNREACH'],
    [3, 1, 'EHOSTUNREACH'],
    [3, 3, 'ECONNREFUSED'],
  ])('ICMP %d.%d: %s', (type, code, error) => {
    const bench = new TcpBench({ profile: 'linux' });
    const { socket, peer, syn } = bench.connecting();
    peer.icmp(type, code, syn);
    expect(failure(socket.connect('10.0.0.2', 80))).toBe(error);
  });

  it('needs a source address and a unicast destination', () => {
    const host = new Host({ name: 'h', addresses: ['10.0.0.1'], seed: 1 });
    expect(failure(host.socket(6).connect('fd00::2', 80))).toBe('ENETUNREACH');
    expect(failure(host.socket(4).connect('224.0.0.1', 80))).toBe('ENETUNREACH');
    expect(failure(host.socket(4).connect('fd00::2', 80))).toBe('EAFNOSUPPORT');
  });
});

describe('what arrives', () => {
  it('damaged headers and segments are dropped, the latter counted', () => {
    const bench = new TcpBench();
    bench.listen(80);
    const peer = bench.peer();
    const syn = peer.packet('S', 0);
    const wrong = syn.slice();
    wrong[30]! ^= 1;
    bench.arrive(wrong);
    const header = syn.slice();
    header[8]! ^= 1;
    bench.arrive(header);
    peer.quiet();
    expect(bench.host.counters).toMatchObject({ InCsumErrors: 1, InErrs: 1, InSegs: 1 });
    bench.arrive(syn);
    peer.expect('SA', 0, 1);
  });

  it('fragments are put together', () => {
    const bench = new TcpBench({ profile: 'linux' });
    const { socket, peer } = bench.accepted();
    for (const fragment of fragmentIp(peer.packet('A', 1, 1, { data: 1000 }), 256).reverse()) {
      bench.arrive(fragment);
    }
    expect(socket.recv(new Uint8Array(2000))).toBe(1000);
  });

  it('from outside, our own addresses and those of loopback are not believed', () => {
    const bench = new TcpBench();
    bench.listen(80);
    for (const address of ['10.0.0.1', '127.0.0.1', '127.3.2.1']) {
      const peer = bench.peer({ address });
      peer.send('S', 0);
      peer.quiet();
    }
    expect(bench.states()).toEqual(['LISTEN']);
    expect(bench.host.counters.InSegs).toBe(0);
  });

  it('nothing at all, other protocols and other addresses are passed over', () => {
    const bench = new TcpBench();
    bench.listen(80);
    bench.arrive(new Uint8Array(0));
    bench.arrive(Uint8Array.of(0x45));
    bench.arrive(new Uint8Array(60).fill(0x61));
    const packet = bench.peer().packet('S', 0);
    packet[19] = 99;
    bench.arrive(packet);
    expect(bench.host.counters.InSegs).toBe(0);
  });
});

describe('a host', () => {
  it('lists and tells probes only while they are not answered', () => {
    let isCut = false;
    const pair = new TcpPair({
      server: { profile: 'linux' },
      client: { profile: 'linux' },
      fate: () => isCut,
    });
    const listener = pair.server.socket(4);
    listener.bind('', 80);
    listener.listen(5);
    const socket = pair.client.socket(4);
    socket.setOption(Option.keepAlive, 1);
    socket.setOption(Option.keepAliveIdle, 10);
    socket.setOption(Option.keepAliveInterval, 10);
    socket.connect('10.0.0.2', 80);
    pair.run(11 * SECOND);
    const probes = (): number[] => [pair.client.sockets()[0]!.retransmits, socket.info().probes];
    expect(pair.client.counters.TCPKeepAlive).toBe(1);
    expect(probes()).toEqual([0, 0]);
    isCut = true;
    pair.run(10 * SECOND);
    expect(pair.client.counters.TCPKeepAlive).toBe(2);
    expect(probes()).toEqual([1, 1]);
  });

  it('counts what ended without a FIN by where it came from (RFC 4022)', () => {
    const { host, client, server } = loopback('127.0.0.1');
    expect([host.counters.EstabResets, host.counters.AttemptFails]).toEqual([0, 0]);
    // Both ends: who resets, and who is reset.
    client.abort();
    expect(server.state).toBe(State.closed);
    expect([host.counters.EstabResets, host.counters.AttemptFails]).toEqual([2, 0]);
    expect(failure(host.socket(4).connect('127.0.0.1', 81))).toBe('EINPROGRESS');
    expect(host.counters.AttemptFails).toBe(1);
    const nobody = host.socket(4);
    nobody.connect('10.9.9.9', 81);
    nobody.close();
    expect(host.counters.AttemptFails).toBe(2);
  });

  it('forgets everything when power fails, and resets what comes for it afterwards', () => {
    const pair = new TcpPair({ server: { profile: 'linux' }, client: { profile: 'linux' } });
    const { client, server } = pair.open();
    client.send(text('hello'));
    pair.server.crash();
    expect(server.closed).toBe(true);
    expect(failure(server.recv(new Uint8Array(1)))).toBe('EBADF');
    expect(pair.server.sockets()).toEqual([]);
    expect(pair.server.nextTimeout()).toBe(Number.POSITIVE_INFINITY);
    pair.run(SECOND);
    expect(failure(client.recv(new Uint8Array(1)))).toBe('ECONNRESET');
    const listener = pair.server.socket(4);
    expect(listener.bind('', 80)).toBe(0);
  });

  it('says how long a close with SO_LINGER would wait: until the FIN is acknowledged, or the time is over', () => {
    for (const lost of [false, true]) {
      const pair = new TcpPair({
        fate: (sent, fromClient) => lost && fromClient && (sent.flags & 1) !== 0,
        client: { profile: 'linux' },
        server: { profile: 'linux' },
      });
      const { client } = pair.open();
      client.setOption(Option.linger, 2);
      let events = 0;
      client.onEvent = () => events++;
      expect(client.close()).toBe(0);
      expect(client.lingering).toBe(true);
      const began = pair.now;
      pair.run(10 * SECOND, () => !client.lingering);
      expect(events).toBeGreaterThan(0);
      if (lost) expect(pair.now - began).toBe(2 * SECOND);
      else expect(pair.now - began).toBeLessThan(0.1 * SECOND);
      expect(pair.client.sockets()[0]!.state).toBe(lost ? 'FIN-WAIT-1' : 'FIN-WAIT-2');
    }
  });

  it('resets orphans beyond the limit', () => {
    const pair = new TcpPair({
      fate: (sent) => (sent.flags & 1) !== 0,
      client: { profile: 'linux', config: { maxOrphans: 1 } },
      server: { profile: 'linux' },
    });
    const { client } = pair.open();
    const second = pair.client.socket(4);
    second.connect('10.0.0.2', 80);
    pair.run(SECOND);
    client.close();
    expect(pair.client.orphanCount).toBe(1);
    second.close();
    pair.run(SECOND);
    expect(pair.client.counters.TCPAbortOnMemory).toBe(1);
    expect(pair.client.sockets().map((row) => row.state)).toEqual(['FIN-WAIT-1']);
  });

  it('keeps packets that a full sink refuses, in order', () => {
    const packets = new PacketPool();
    const host = new Host({ name: 'h', addresses: ['10.0.0.1'], seed: 1, packets });
    const ports: number[] = [];
    let room = 1;
    const sink = (packet: Packet): boolean => {
      if (room === 0) return false;
      room--;
      ports.push(packet.view.getUint16(22));
      packets.give(packet);
      return true;
    };
    host.output(sink);
    for (let port = 1; port <= 5; port++) host.socket(4).connect('10.0.0.2', port);
    expect(ports).toEqual([1]);
    room = 2;
    host.output(sink);
    expect(ports).toEqual([1, 2, 3]);
    room = 9;
    host.output(sink);
    expect(ports).toEqual([1, 2, 3, 4, 5]);
    expect(packets.inUse).toBe(0);
  });

  it('tells programs when it is done, never in between', () => {
    const { client, server } = loopback('127.0.0.1');
    const seen: string[] = [];
    server.onEvent = (socket) => {
      seen.push(`server ${read(socket)}`);
      if (seen.length < 4) socket.send(text(`echo ${seen.length}`));
    };
    client.onEvent = (socket) => {
      const got = read(socket);
      seen.push(`client ${got}`);
      if (got.startsWith('echo')) socket.send(text('more'));
    };
    client.send(text('one'));
    expect(seen).toEqual(['server one', 'client echo 1', 'server more', 'client echo 3', 'server more']);
  });

  it('has different ports and sequence numbers for different seeds, the same for the same', () => {
    const syns = [1, 1, 2].map((seed) => {
      const packets = new PacketPool();
      const host = new Host({ name: 'h', addresses: ['10.0.0.1'], seed, packets });
      let bytes = '';
      host.output((packet) => {
        bytes = String(packet.bytes.subarray(0, packet.length));
        packets.give(packet);
        return true;
      });
      host.socket(4).connect('10.0.0.2', 80);
      return bytes;
    });
    expect(syns[0]).toBe(syns[1]);
    expect(syns[0]).not.toBe(syns[2]);
  });

  it('prints its sockets as ss does', () => {
    const { host, client } = loopback('127.0.0.1');
    client.owner = 'curl';
    client.send(text('12345'));
    client.close();
    // The ACK of the FIN is delayed.
    host.poll(host.now + 50_000);
    const lines = formatSockets(host.sockets()).split('\n');
    expect(lines[0]).toMatch(/^State +Recv-Q +Send-Q +Local Address:Port +Peer Address:Port +Timer +Owner$/);
    expect(lines[1]).toMatch(/^LISTEN +0 +5 +0\.0\.0\.0:80 +0\.0\.0\.0:\*$/);
    expect(lines[2]).toMatch(
      /^FIN-WAIT-2 +0 +0 +127\.0\.0\.1:\d+ +127\.0\.0\.1:80 +\(timewait,1min0sec,0\)$/,
    );
    expect(lines[3]).toMatch(/^CLOSE-WAIT +5 +0 +127\.0\.0\.1:80 +127\.0\.0\.1:\d+$/);
  });
});

describe('many connections', () => {
  it('open, transfer and close, and leave nothing behind', () => {
    const pair = new TcpPair({ delayUs: 100, client: { profile: 'linux' }, server: { profile: 'linux' } });
    const listener = pair.server.socket(4);
    listener.bind('', 80);
    listener.listen(4096);
    const clients: Socket[] = [];
    for (let i = 0; i < 500; i++) {
      const socket = pair.client.socket(4);
      expect(socket.connect('10.0.0.2', 80)).toBe(-Errno.EINPROGRESS);
      clients.push(socket);
    }
    pair.run(SECOND);
    const servers: Socket[] = [];
    for (let socket = listener.accept(); typeof socket !== 'number'; socket = listener.accept()) {
      servers.push(socket);
    }
    expect(servers).toHaveLength(500);
    for (const socket of clients) expect(socket.send(text('x'))).toBe(1);
    pair.run(SECOND);
    for (const socket of servers) {
      expect(read(socket)).toBe('x');
      socket.close();
    }
    pair.run(SECOND);
    for (const socket of clients) socket.close();
    pair.run(2 * MINUTE);
    expect(pair.client.sockets()).toEqual([]);
    expect(pair.server.sockets().map((row) => row.state)).toEqual(['LISTEN']);
    for (const host of [pair.client, pair.server]) expect(host.memoryBytes).toBe(0);
    expect(pair.client.inUse.length).toBe(0);
    expect(pair.server.inUse.length).toBe(1);
  });
});
