import { describe, expect, it } from 'vitest';
import { decodeRaw, FakeNode, segment, tell } from '../../test/support/fake-node.ts';
import { ChecksumState, Flag, verifyTcpChecksum } from '../wire/index.ts';
import { type Balancer, type BalancerOptions, Network } from './index.ts';

const CLIENT = '203.0.113.9';
const VIRTUAL = '198.51.100.80';

function build(change: Partial<BalancerOptions> = {}): {
  network: Network;
  client: FakeNode;
  servers: FakeNode[];
  balancer: Balancer;
} {
  const network = new Network({ seed: 1 });
  const client = new FakeNode(network, 'client', CLIENT);
  const addresses = ['10.0.0.1', '10.0.0.2'];
  const servers = addresses.map((address, i) => new FakeNode(network, `s${i}`, address));
  const balancer = network.balancer('lb', {
    address: VIRTUAL,
    port: 80,
    backends: addresses,
    backendPort: 8080,
    ...change,
  });
  network.connect(client, balancer.outside);
  for (const [i, server] of servers.entries()) {
    network.connect(balancer.inside, server);
    server.answer = (bytes) => {
      const { destinationPort, flags, seq, sourcePort } = decodeRaw(bytes);
      if ((flags & Flag.syn) === 0) return [];
      const ends = { sourcePort: destinationPort, destinationPort: sourcePort };
      return [
        segment(addresses[i]!, CLIENT, { ...ends, flags: Flag.syn | Flag.ack, seq: 900, ack: seq + 1 }),
      ];
    };
  }
  return { network, client, servers, balancer };
}

function said(node: FakeNode): string[] {
  return node.heard.map(({ bytes }) => tell(bytes));
}

describe('a load balancer', () => {
  it('gives connections to servers in turn and hides the servers', () => {
    const { network, client, servers } = build();
    for (const sourcePort of [1, 2, 3])
      client.send(segment(CLIENT, VIRTUAL, { sourcePort, flags: Flag.syn }));
    client.send(segment(CLIENT, VIRTUAL, { sourcePort: 2, seq: 1, ack: 901 }));
    network.runIdle();
    expect(said(servers[0]!)).toEqual([1, 3].map((port) => `${CLIENT}:${port} > 10.0.0.1:8080 S 0 0 0`));
    expect(said(servers[1]!)).toEqual([
      `${CLIENT}:2 > 10.0.0.2:8080 S 0 0 0`,
      `${CLIENT}:2 > 10.0.0.2:8080 A 1 901 0`,
    ]);
    expect(said(client)).toEqual([1, 2, 3].map((port) => `${VIRTUAL}:80 > ${CLIENT}:${port} SA 900 1 0`));
    for (const { bytes } of [client, ...servers].flatMap(({ heard }) => heard)) {
      expect(verifyTcpChecksum(decodeRaw(bytes))).toBe(ChecksumState.good);
    }
    expect(network.packets.inUse).toBe(0);
  });

  it('answers a connection that it has forgotten as it is told', () => {
    const { network, client, servers } = build({ idleUs: 60e6, stray: 'reset' });
    client.sendAt(0, segment(CLIENT, VIRTUAL, { flags: Flag.syn }));
    client.sendAt(1000, segment(CLIENT, VIRTUAL, { seq: 1, ack: 901 }));
    client.sendAt(70e6, segment(CLIENT, VIRTUAL, { seq: 1, ack: 901, payload: Uint8Array.of(1) }));
    network.runIdle();
    expect(servers[0]!.heard.length).toBe(2);
    expect(said(client).at(-1)).toBe(`${VIRTUAL}:80 > ${CLIENT}:1000 R 901 0 0`);
  });

  it('tells both ends where it ends idle connections by RST', () => {
    const { network, client, servers } = build({ idleUs: 60e6, onIdle: 'reset' });
    client.sendAt(0, segment(CLIENT, VIRTUAL, { flags: Flag.syn }));
    client.sendAt(1000, segment(CLIENT, VIRTUAL, { seq: 1, ack: 901 }));
    network.runIdle();
    expect(said(client).at(-1)).toBe(`${VIRTUAL}:80 > ${CLIENT}:1000 RA 901 1 0`);
    expect(said(servers[0]!).at(-1)).toBe(`${CLIENT}:1000 > 10.0.0.1:8080 RA 1 901 0`);
    expect(network.packets.inUse).toBe(0);
  });

  it.each([
    ['translate', [`${VIRTUAL}:80 > ${CLIENT}:1000 A 901 2 100`]],
    ['leave', [`10.0.0.1:8080 > ${CLIENT}:1000 A 901 2 100`]],
    ['drop', []],
  ] as const)('%s: what lies behind the window of the client', (invalid, late) => {
    const { network, client, servers, balancer } = build({ invalid });
    client.sendAt(0, segment(CLIENT, VIRTUAL, { flags: Flag.syn, window: 1_000 }));
    client.sendAt(1_000, segment(CLIENT, VIRTUAL, { seq: 1, ack: 901, window: 1_000 }));
    const ends = { sourcePort: 8080, destinationPort: 1000, ack: 2 };
    const send = (atUs: number, seq: number): void => {
      servers[0]!.sendAt(atUs, segment('10.0.0.1', CLIENT, { ...ends, seq, payload: new Uint8Array(100) }));
    };
    for (let i = 0; i < 12; i++) send(2_000 + i, 901 + 100 * i);
    // Within the window before the newest it is an ordinary retransmission.
    send(3_000, 1_101);
    send(4_000, 901);
    network.runIdle();
    expect(said(client).slice(13)).toEqual([`${VIRTUAL}:80 > ${CLIENT}:1000 A 1101 2 100`, ...late]);
    expect(balancer.counters.invalid).toBe(invalid === 'translate' ? 0 : 1);
    expect(network.packets.inUse).toBe(0);
  });
});
