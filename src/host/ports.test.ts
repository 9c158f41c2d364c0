import { describe, expect, it } from 'vitest';
import { TcpPair } from '../../test/support/tcp-pair.ts';
import { Errno } from '../tcp/errno.ts';
import { firstFreePort } from './ephemeral.ts';
import { Host, Option, Socket } from './index.ts';

const host = (): Host => new Host({ name: 'host', addresses: ['10.0.0.1', '10.0.0.3', 'fd00::1'], seed: 5 });

interface Wish {
  readonly address: string;
  readonly family?: 4 | 6;
  readonly reuseAddress?: boolean;
  readonly reusePort?: boolean;
  readonly user?: number;
  readonly listen?: boolean;
  readonly v6Only?: boolean;
}

function bound(on: Host, wish: Wish): number {
  const socket = on.socket(wish.family ?? 4);
  if (wish.reuseAddress) socket.setOption(Option.reuseAddress, 1);
  if (wish.reusePort) socket.setOption(Option.reusePort, 1);
  if (wish.user) socket.setOption(Option.user, wish.user);
  if (wish.v6Only) socket.setOption(Option.v6Only, 1);
  const result = socket.bind(wish.address, 80);
  if (result < 0 || !wish.listen) return result;
  return socket.listen(5);
}

describe('two sockets on one port', () => {
  const ANY = '0.0.0.0';
  const both = { reuseAddress: true };
  const share = { reusePort: true };

  // As inet_csk_bind_conflict of Linux decides; the second socket of each pair is judged.
  it.each<[string, Wish, Wish, boolean]>([
    ['plainly', { address: ANY }, { address: ANY }, false],
    ['on two addresses', { address: '10.0.0.1' }, { address: '10.0.0.3' }, true],
    ['any and one address', { address: ANY }, { address: '10.0.0.3' }, false],
    ['SO_REUSEADDR on both, none listens', { address: ANY, ...both }, { address: ANY, ...both }, true],
    ['SO_REUSEADDR on the new one only', { address: ANY }, { address: ANY, ...both }, false],
    ['SO_REUSEADDR on the old one only', { address: ANY, ...both }, { address: ANY }, false],
    [
      'SO_REUSEADDR, the old one listens',
      { address: ANY, ...both, listen: true },
      { address: ANY, ...both },
      false,
    ],
    [
      'SO_REUSEADDR, any listens, one address new',
      { address: ANY, ...both, listen: true },
      { address: '10.0.0.1', ...both },
      false,
    ],
    [
      'SO_REUSEPORT on both, both listen',
      { address: ANY, ...share, listen: true },
      { address: ANY, ...share, listen: true },
      true,
    ],
    ['SO_REUSEPORT on the new one only', { address: ANY, listen: true }, { address: ANY, ...share }, false],
    [
      'SO_REUSEPORT of two users',
      { address: ANY, ...share, user: 1 },
      { address: ANY, ...share, user: 2 },
      false,
    ],
    ['IPv6 any after IPv4 any', { address: ANY }, { address: '::', family: 6 }, false],
    [
      'IPv6 any for IPv6 only after IPv4 any',
      { address: ANY },
      { address: '::', family: 6, v6Only: true },
      true,
    ],
    ['IPv6 any after an IPv4 address', { address: '10.0.0.1' }, { address: '::', family: 6 }, false],
    ['an IPv6 address after IPv4 any', { address: ANY }, { address: 'fd00::1', family: 6 }, true],
    [
      'an IPv6 address after IPv6 any',
      { address: '::', family: 6, v6Only: true },
      { address: 'fd00::1', family: 6 },
      false,
    ],
  ])('%s', (_, first, second, allowed) => {
    const on = host();
    expect(bound(on, first)).toBe(0);
    expect(bound(on, second)).toBe(allowed ? 0 : -Errno.EADDRINUSE);
  });

  it('both bound with SO_REUSEADDR: only one may listen', () => {
    const on = host();
    const sockets = [on.socket(), on.socket()];
    for (const socket of sockets) {
      socket.setOption(Option.reuseAddress, 1);
      expect(socket.bind('', 80)).toBe(0);
    }
    expect(sockets[0]!.listen(5)).toBe(0);
    expect(sockets[1]!.listen(5)).toBe(-Errno.EADDRINUSE);
    sockets[0]!.close();
    expect(sockets[1]!.listen(5)).toBe(0);
  });

  it('the port is free once its holder closed', () => {
    const on = host();
    const socket = on.socket();
    expect(socket.bind('', 80)).toBe(0);
    socket.close();
    expect(bound(on, { address: ANY })).toBe(0);
  });

  it('an address that is not ours cannot be bound', () => {
    expect(host().socket().bind('10.9.9.9', 80)).toBe(-Errno.EADDRNOTAVAIL);
  });
});

/** A pair whose server listens on port 80 and whose client has few ports. */
function fewPorts(config: Parameters<Host['setConfig']>[0] = {}): TcpPair {
  const pair = new TcpPair({
    delayUs: 100,
    client: { profile: 'linux', config: { ephemeralFrom: 40_000, ephemeralTo: 40_009, ...config } },
    server: { profile: 'linux' },
  });
  const listener = pair.server.socket(4);
  listener.bind('', 80);
  listener.listen(100);
  return pair;
}

describe('ephemeral ports (RFC 6056)', () => {
  it('bind finds each once, whatever is taken, and shares them between addresses', () => {
    const full = new Host({
      name: 'host',
      addresses: ['10.0.0.1', '10.0.0.3', '10.0.0.5'],
      seed: 5,
      config: { ephemeralFrom: 40_001, ephemeralTo: 40_400 },
    });
    const bindAll = (address: string): { ports: Set<number>; error: number } => {
      const ports = new Set<number>();
      for (;;) {
        const socket = full.socket();
        const error = socket.bind(address, 0);
        if (error < 0) return { ports, error };
        ports.add(socket.localPort);
      }
    };
    for (const address of ['10.0.0.1', '10.0.0.3']) {
      const { ports, error } = bindAll(address);
      expect([ports.size, Math.min(...ports), Math.max(...ports)]).toEqual([400, 40_001, 40_400]);
      expect(error).toBe(-Errno.EADDRINUSE);
    }
    expect(bindAll('0.0.0.0').ports.size).toBe(0);
    expect(bindAll('10.0.0.5').ports.size).toBe(400);
  });

  it('each is used once for a destination, then there is none', () => {
    const pair = fewPorts();
    const ports = new Set<number>();
    for (let i = 0; i < 10; i++) {
      const socket = pair.client.socket(4);
      expect(socket.connect('10.0.0.2', 80)).toBe(-Errno.EINPROGRESS);
      ports.add(socket.localPort);
    }
    expect([...ports].sort()).toEqual(Array.from({ length: 10 }, (_, i) => 40_000 + i));
    expect(pair.client.socket(4).connect('10.0.0.2', 80)).toBe(-Errno.EADDRNOTAVAIL);
    // Another destination has them all again.
    expect(pair.client.socket(4).connect('10.0.0.2', 81)).toBe(-Errno.EINPROGRESS);
  });

  it.each([
    [40_002, true, 2],
    [40_002, false, 3],
    [40_000, true, 1],
  ])('up to %d, in pairs %s: connect and bind choose among %d', (ephemeralTo, ephemeralInPairs, count) => {
    for (const binds of [false, true]) {
      const { client } = fewPorts({ ephemeralTo, ephemeralInPairs });
      const results = Array.from({ length: 4 }, () => {
        const socket = client.socket(4);
        return binds ? socket.bind('', 0) : socket.connect('10.0.0.2', 80);
      });
      const good = binds ? 0 : -Errno.EINPROGRESS;
      const bad = binds ? -Errno.EADDRINUSE : -Errno.EADDRNOTAVAIL;
      expect(results).toEqual(Array.from(results, (_, i) => (i < count ? good : bad)));
    }
  });

  it('connect takes those of one parity first, bind those of the other', () => {
    const pair = fewPorts();
    for (let i = 0; i < 5; i++) {
      const socket = pair.client.socket(4);
      socket.connect('10.0.0.2', 80);
      expect(socket.localPort % 2).toBe(0);
      const other = pair.client.socket(4);
      expect(other.bind('', 0)).toBe(0);
      expect(other.localPort % 2).toBe(1);
    }
    expect(pair.client.socket(4).bind('', 0)).toBe(-Errno.EADDRINUSE);
  });

  it('a port that bind named is not taken by connect', () => {
    const pair = fewPorts();
    const named = pair.client.socket(4);
    expect(named.bind('', 40_004)).toBe(0);
    const ports = new Set<number>();
    for (let i = 0; i < 9; i++) {
      const socket = pair.client.socket(4);
      socket.connect('10.0.0.2', 80);
      ports.add(socket.localPort);
    }
    expect(ports.size).toBe(9);
    expect(ports.has(40_004)).toBe(false);
    expect(pair.client.socket(4).connect('10.0.0.2', 80)).toBe(-Errno.EADDRNOTAVAIL);
  });

  it('a search in vain is not repeated, until a port is free or the range is another', () => {
    const pair = new TcpPair({
      delayUs: 100,
      client: { profile: 'linux', config: { ephemeralFrom: 40_000, ephemeralTo: 40_063 } },
    });
    const connect = (): Socket | number => {
      const socket = pair.client.socket(4);
      const result = socket.connect('10.0.0.2', 80);
      return result === -Errno.EINPROGRESS ? socket : result;
    };
    const open = Array.from({ length: 64 }, connect) as Socket[];
    expect(new Set(open.map((socket) => socket.localPort)).size).toBe(64);
    expect([connect(), connect()]).toEqual([-Errno.EADDRNOTAVAIL, -Errno.EADDRNOTAVAIL]);
    const port = open[17]!.localPort;
    open[17]!.abort();
    expect((connect() as Socket).localPort).toBe(port);
    expect(connect()).toBe(-Errno.EADDRNOTAVAIL);
    pair.client.setConfig({ ephemeralTo: 40_065 });
    expect([40_064, 40_065]).toContain((connect() as Socket).localPort);
  });

  it('a port that connect chose cannot be bound, and is free again when the connect failed', () => {
    const pair = fewPorts();
    const socket = pair.client.socket(4);
    socket.connect('10.0.0.2', 81);
    const port = socket.localPort;
    expect(pair.client.socket(4).bind('', port)).toBe(-Errno.EADDRINUSE);
    pair.run(1_000_000);
    expect(socket.connect('10.0.0.2', 81)).toBe(-Errno.ECONNREFUSED);
    expect(pair.client.socket(4).bind('', port)).toBe(0);
  });

  it('bind to an address alone takes a port, unless IP_BIND_ADDRESS_NO_PORT leaves that to connect', () => {
    const pair = fewPorts();
    const early = pair.client.socket(4);
    expect(early.bind('10.0.0.1', 0)).toBe(0);
    expect(early.localPort).toBeGreaterThanOrEqual(40_000);
    const late = pair.client.socket(4);
    late.setOption(Option.bindAddressNoPort, 1);
    expect(late.bind('10.0.0.1', 0)).toBe(0);
    expect(late.localPort).toBe(0);
    late.connect('10.0.0.2', 80);
    expect(late.localPort).toBeGreaterThanOrEqual(40_000);
    expect(late.localAddress).toBe('10.0.0.1');
  });

  it('a bound socket of each destination shares the port with SO_REUSEADDR, but not the four-tuple', () => {
    const pair = fewPorts();
    const sockets = [80, 81, 80].map(() => {
      const socket = pair.client.socket(4);
      socket.setOption(Option.reuseAddress, 1);
      expect(socket.bind('', 5000)).toBe(0);
      return socket;
    });
    expect(sockets[0]!.connect('10.0.0.2', 80)).toBe(-Errno.EINPROGRESS);
    expect(sockets[1]!.connect('10.0.0.2', 81)).toBe(-Errno.EINPROGRESS);
    expect(sockets[2]!.connect('10.0.0.2', 80)).toBe(-Errno.EADDRNOTAVAIL);
  });

  it('the bits of ports in use agree with a search one by one', () => {
    const used = new Int32Array(2048);
    const named = new Int32Array(2048);
    const taken = (port: number): boolean =>
      ((used[port >> 5]! | named[port >> 5]!) & (1 << (port & 31))) !== 0;
    let state = 12_345;
    for (let n = 0; n < 60_000; n++) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) | 0;
      const port = (state >>> 8) & 0xffff;
      (n & 7 ? used : named)[port >> 5]! |= 1 << (port & 31);
    }
    for (let from = 1; from < 65_536; from += 1009) {
      for (const parity of [0, 1]) {
        const to = Math.min(65_535, from + 700);
        let expected = -1;
        for (let port = to; port >= from; port--) if ((port & 1) === parity && !taken(port)) expected = port;
        expect(firstFreePort(used, named, from, to, parity)).toBe(expected);
      }
    }
  });
});

describe('SO_REUSEPORT', () => {
  it('spreads connections over the listeners', () => {
    const pair = new TcpPair({ delayUs: 100, client: { profile: 'linux' }, server: { profile: 'linux' } });
    const listeners = Array.from({ length: 4 }, () => {
      const socket = pair.server.socket(4);
      socket.setOption(Option.reusePort, 1);
      expect(socket.bind('', 80)).toBe(0);
      expect(socket.listen(200)).toBe(0);
      return socket;
    });
    for (let i = 0; i < 200; i++) pair.client.socket(4).connect('10.0.0.2', 80);
    pair.run(1_000_000);
    const shares = listeners.map((listener) => {
      let count = 0;
      while (listener.accept() instanceof Socket) count++;
      return count;
    });
    expect(shares.reduce((sum, share) => sum + share, 0)).toBe(200);
    for (const share of shares) expect(share).toBeGreaterThan(20);
  });
});
