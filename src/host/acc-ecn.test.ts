import { describe, expect, it } from 'vitest';
import { type LinkOptions, Network } from '../link/index.ts';
import type { TcpConfig } from '../tcp/config.ts';
import { Flag, IpDecoder } from '../wire/index.ts';
import { HOST_PROFILES } from './freebsd.ts';
import { type Host, moreInfo, type Socket } from './index.ts';

const ACE = Flag.ae | Flag.cwr | Flag.ece;

interface Pair {
  readonly network: Network;
  readonly socket: Socket;
  readonly child: Socket;
  /** Flags AE, CWR, ECE and the ECN field of all segments as the server sees them. */
  readonly seen: { ace: number; ecn: number; length: number; fromClient: boolean }[];
}

/** A client and a server of profile linux with these values of tcp_ecn, connected. */
function pair(
  client: number,
  server: number,
  link: LinkOptions = {},
  more: Partial<TcpConfig> = {},
  seed: number = 5,
): Pair {
  const network = new Network({ seed });
  const host = (name: string, address: string, ecn: number): Host =>
    network.host(name, {
      addresses: [address],
      profile: HOST_PROFILES.linux,
      config: { ecn: ecn as TcpConfig['ecn'], ...more },
      superSegmentBytes: 65_535,
    });
  const a = host('client', '10.0.0.1', client);
  const b = host('server', '10.0.0.2', server);
  const seen: Pair['seen'] = [];
  const decoder = new IpDecoder();
  network.connect(a, b, { delayUs: 10_000, superSegments: 'cut', ...link });
  network.tap(b).onPacket = ({ bytes, way }) => {
    decoder.decode(bytes, new DataView(bytes.buffer), bytes.length, 0);
    const { flags, ecn, payloadLength: length } = decoder.segment;
    seen.push({ ace: flags & ACE, ecn, length, fromClient: way === 'in' });
  };
  const listener = b.socket(4);
  listener.bind('10.0.0.2', 80);
  listener.listen(8);
  const socket = a.socket(4);
  network.act(() => socket.connect('10.0.0.2', 80));
  network.run(100_000);
  return { network, socket, child: listener.accept() as Socket, seen };
}

function send({ network, socket, child }: Pair, bytes: number): void {
  const target = new Uint8Array(1 << 16);
  let sent = 0;
  let got = 0;
  for (let i = 0; i < 2000 && got < bytes; i++) {
    network.act(() => {
      const taken = sent < bytes ? socket.send(new Uint8Array(Math.min(20_000, bytes - sent))) : 0;
      if (taken > 0) sent += taken;
      const read = child.recv(target);
      if (read > 0) got += read;
    });
    network.run(network.now + 5_000);
  }
  expect(got).toBe(bytes);
  network.run(network.now + 500_000);
}

describe('Accurate ECN (RFC 9768)', () => {
  it('is asked for and agreed to, and both ends count the same marks', () => {
    const red = { minPackets: 8, maxPackets: 8, weight: 1 };
    const all = pair(3, 3, { rateBps: 20e6, red });
    expect(all.seen.slice(0, 3).map(({ ace }) => ace)).toEqual([ACE, Flag.cwr, Flag.cwr]);
    expect(all.seen.slice(0, 3).map(({ ecn }) => ecn)).toEqual([0, 0, 2]);
    send(all, 600_000);
    const there = moreInfo(all.child).accEcn!;
    const here = moreInfo(all.socket).accEcn!;
    expect(there.receivedCe).toBeGreaterThan(3);
    expect(here.deliveredCe).toBe(there.receivedCe);
    expect([...here.delivered]).toEqual([...there.received]);
    expect(there.received[2]! + there.received[3]!).toBe(600_000);
    expect(here.fail | there.fail).toBe(0);
  });

  it('reduces the window for marks, and needs no option for that', () => {
    const red = { minPackets: 8, maxPackets: 8, weight: 1 };
    const all = pair(3, 3, { rateBps: 20e6, red }, { ecnOption: 0 });
    send(all, 600_000);
    expect(moreInfo(all.child).accEcn!.receivedCe).toBeGreaterThan(3);
    expect(moreInfo(all.socket).accEcn!.deliveredCe).toBe(moreInfo(all.child).accEcn!.receivedCe);
    expect(moreInfo(all.socket).accEcn!.seen).toBe(0);
    expect(all.socket.info().sndSsthresh).toBeLessThan(0x7fffffff);
  });

  it.each([
    [3, 1, true],
    [3, 2, true],
    [3, 0, false],
    [4, 3, true],
    [1, 5, true],
    [2, 5, false],
    [5, 3, false],
  ])('tcp_ecn %i against %i falls back to RFC 3168 (%s) or none', (client, server, classic) => {
    const all = pair(client, server);
    send(all, 30_000);
    expect(moreInfo(all.socket).accEcn).toBeNull();
    expect(moreInfo(all.child).accEcn).toBeNull();
    expect(all.socket.info().options.ecn).toBe(classic);
    expect(all.child.info().options.ecn).toBe(classic);
    expect(all.seen.some(({ ecn }) => ecn === 2)).toBe(classic);
  });

  it.each([1, 2, 3, 4])(
    'over a link that loses, doubles and reorders, the octets counted agree: seed %i',
    (seed) => {
      const link: LinkOptions = {
        rateBps: 20e6,
        red: { minPackets: 6, maxPackets: 6, weight: 1 },
        loss: 0.01,
        duplicate: 0.01,
        reorder: 0.01,
      };
      const all = pair(3, 3, link, {}, seed);
      send(all, 400_000);
      const there = moreInfo(all.child).accEcn!;
      const here = moreInfo(all.socket).accEcn!;
      expect([...here.delivered]).toEqual([...there.received]);
      expect(there.received[2]! + there.received[3]!).toBeGreaterThanOrEqual(400_000);
      expect(Math.abs(here.deliveredCe - there.receivedCe) % 8).toBe(0);
    },
  );

  it('keeps CWR in all parts of a super-segment: it is a bit of the number', () => {
    const all = pair(3, 3);
    send(all, 60_000);
    const text = all.seen.filter(({ length, fromClient }) => length > 1000 && fromClient);
    expect(text.length).toBeGreaterThan(20);
    // No CE came to the client: 5 in every segment. The server's end is made to count two.
    expect(new Set(text.map(({ ace }) => ace))).toEqual(new Set([Flag.ae | Flag.ece]));
    (moreInfo(all.socket).accEcn as { receivedCe: number }).receivedCe = 2;
    all.seen.length = 0;
    send(all, 60_000);
    const later = all.seen.filter(({ length, fromClient }) => length > 1000 && fromClient);
    expect(new Set(later.map(({ ace }) => ace))).toEqual(new Set([ACE]));
  });

  it('is known again from the ACK of a SYN cookie', () => {
    const all = pair(3, 3, {}, { synCookies: 2 });
    send(all, 30_000);
    expect(all.child.tcb?.fromCookie).toBe(true);
    expect(moreInfo(all.child).accEcn).not.toBeNull();
    expect(moreInfo(all.child).accEcn!.received[2]).toBe(30_000);
  });
});
