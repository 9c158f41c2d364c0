import { describe, expect, it } from 'vitest';
import { decodeRaw, FakeNode, segment, tell } from '../../test/support/fake-node.ts';
import { ChecksumState, Flag, verifyTcpChecksum } from '../wire/index.ts';
import { Network, type SynProxy } from './index.ts';

const CLIENT = '203.0.113.9';
const SERVER = '10.0.0.1';
const SERVER_FIRST = 900;

function build(): { network: Network; client: FakeNode; server: FakeNode; proxy: SynProxy } {
  const network = new Network({ seed: 1 });
  const client = new FakeNode(network, 'client', CLIENT);
  const server = new FakeNode(network, 'server', SERVER);
  const proxy = network.synProxy('proxy', { mss: 1_200 });
  network.connect(client, proxy.outside);
  network.connect(proxy.inside, server);
  return { network, client, server, proxy };
}

function said(node: FakeNode): string[] {
  return node.heard.map(({ bytes }) => tell(bytes));
}

const SYN = segment(CLIENT, SERVER, { seq: 50, flags: Flag.syn, window: 8_000 });

describe('a SYN proxy', () => {
  it('answers a SYN itself and asks nobody', () => {
    const { network, client, server, proxy } = build();
    client.send(SYN);
    network.runIdle();
    const answer = decodeRaw(client.heard[0]!.bytes);
    expect(answer).toMatchObject({ flags: Flag.syn | Flag.ack, ack: 51, window: 0, mss: 1_200 });
    expect(server.heard).toEqual([]);
    expect(proxy.counters).toEqual({ answered: 1, opened: 0, refused: 0 });
  });

  it('asks the server once the client is real, and shifts the numbers of the server from then on', () => {
    const { network, client, server } = build();
    server.answer = (bytes) => {
      const { flags, seq, sourcePort, payloadLength } = decodeRaw(bytes);
      const ends = { sourcePort: 80, destinationPort: sourcePort };
      if ((flags & Flag.syn) !== 0)
        return [
          segment(SERVER, CLIENT, {
            ...ends,
            flags: Flag.syn | Flag.ack,
            seq: SERVER_FIRST,
            ack: seq + 1,
            window: 5_000,
          }),
        ];
      if (payloadLength === 0) return [];
      return [segment(SERVER, CLIENT, { ...ends, seq: SERVER_FIRST + 1, ack: seq + payloadLength })];
    };
    let cookie = 0;
    client.answer = (bytes) => {
      const { flags, seq, window } = decodeRaw(bytes);
      if ((flags & Flag.syn) !== 0) {
        cookie = seq;
        return [segment(CLIENT, SERVER, { seq: 51, ack: seq + 1, window: 8_000 })];
      }
      if (window === 0) return [];
      return [segment(CLIENT, SERVER, { seq: 51, ack: cookie + 1, payload: Uint8Array.of(1, 2) })];
    };
    client.send(SYN);
    network.runIdle();
    const ends = `${CLIENT}:1000 > ${SERVER}:80`;
    expect(said(server)).toEqual([`${ends} S 50 0 0`, `${ends} A 51 901 0`, `${ends} A 51 901 2`]);
    const first = (cookie + 1) >>> 0;
    expect(said(client).slice(1)).toEqual([
      `${SERVER}:80 > ${CLIENT}:1000 A ${first} 51 0`,
      `${SERVER}:80 > ${CLIENT}:1000 A ${first} 53 0`,
    ]);
    for (const { bytes } of [...client.heard, ...server.heard])
      expect(verifyTcpChecksum(decodeRaw(bytes))).toBe(ChecksumState.good);
    expect(network.packets.inUse).toBe(0);
  });

  it('passes on the refusal of a server, at the number that the client expects', () => {
    const { network, client, server } = build();
    server.answer = (bytes) => {
      const { seq } = decodeRaw(bytes);
      return [
        segment(SERVER, CLIENT, {
          sourcePort: 80,
          destinationPort: 1000,
          flags: Flag.rst | Flag.ack,
          ack: seq + 1,
        }),
      ];
    };
    let cookie = 0;
    client.answer = (bytes) => {
      const { flags, seq } = decodeRaw(bytes);
      if ((flags & Flag.syn) === 0) return [];
      cookie = seq;
      return [segment(CLIENT, SERVER, { seq: 51, ack: seq + 1 })];
    };
    client.send(SYN);
    network.runIdle();
    expect(said(client).at(-1)).toBe(`${SERVER}:80 > ${CLIENT}:1000 RA ${(cookie + 1) >>> 0} 51 0`);
  });

  it('refuses an ACK that proves nothing', () => {
    const { network, client, server, proxy } = build();
    client.send(segment(CLIENT, SERVER, { seq: 51, ack: 777 }));
    network.runIdle();
    expect(said(client)).toEqual([`${SERVER}:80 > ${CLIENT}:1000 R 777 0 0`]);
    expect(server.heard).toEqual([]);
    expect(proxy.counters.refused).toBe(1);
  });
});
