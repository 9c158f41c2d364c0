import { describe, expect, it } from 'vitest';
import { HOST_PROFILES, type Host, linuxHost, type Socket } from '../../src/host/index.ts';
import { measuredMemory } from '../../src/host/receive-memory.ts';
import { type Link, type LinkOptions, Network } from '../../src/link/index.ts';

const SECOND = 1_000_000;

interface Transfer {
  readonly client: Host;
  readonly link: Link;
  /** From the first octet to the last. */
  readonly mbps: number;
}

/** One connection sends `bytes` as fast as it may. */
function transfer(
  name: 'linux' | 'hystart' | 'freebsd' | 'rfc',
  bytes: number,
  options: LinkOptions,
  meanwhile: (network: Network, link: Link) => void = () => {},
): Transfer {
  const network = new Network({ seed: 1 });
  // Without hybrid slow start, unless it is what is looked at.
  const profile =
    name === 'linux'
      ? { ...linuxHost, receiveMemory: measuredMemory }
      : HOST_PROFILES[name === 'hystart' ? 'linux' : name];
  const config = { maxSendBufferBytes: 8 << 20, maxReceiveBufferBytes: 16 << 20 };
  const client = network.host('client', { profile, config, addresses: ['10.0.0.1'] });
  const server = network.host('server', { profile, config, addresses: ['10.0.0.2'] });
  const link = network.connect(client, server, options);
  const listener = server.socket();
  listener.bind('', 80);
  listener.listen();
  const socket = client.socket();
  socket.connect('10.0.0.2', 80);
  network.run(2 * SECOND);
  const accepted = listener.accept() as Socket;
  const chunk = new Uint8Array(65_536);
  const target = new Uint8Array(1 << 18);
  let sent = 0;
  let received = 0;
  const write = (): void => {
    while (sent < bytes) {
      const taken = socket.sendFrom(chunk, 0, Math.min(chunk.length, bytes - sent));
      if (taken <= 0) return;
      sent += taken;
    }
  };
  socket.onEvent = write;
  accepted.onEvent = () => {
    for (let n = accepted.recv(target); n > 0; n = accepted.recv(target)) received += n;
  };
  meanwhile(network, link);
  network.act(write);
  const from = network.now;
  expect(network.runUntil(() => received >= bytes, from + 60 * SECOND)).toBe(true);
  return { client, link, mbps: (bytes * 8) / (network.now - from) };
}

describe('a long path with a deep queue', () => {
  // Slow start overflows it: half of a window of 2000 segments is lost, one here and one there.
  const path = { delayUs: 25_000, rateBps: 100e6, queuePackets: 1000 };

  it.each(['linux', 'rfc'] as const)('%s fills it, and repeats what was lost only', (profile) => {
    const { client, link, mbps } = transfer(profile, 40e6, path);
    const { overflowed } = link.forward.counters;
    expect(overflowed).toBeGreaterThan(300);
    // A receiver that discards what it reported by SACK, or an RTO that runs out in the queue, would cost more.
    expect(client.counters.RetransSegs).toBe(overflowed);
    expect(client.counters.TCPTimeouts).toBe(0);
    expect(client.counters.TCPDSACKRecv).toBe(0);
    expect(mbps).toBeGreaterThan(80);
  });
});

describe('hybrid slow start (Linux CUBIC)', () => {
  it('ends before a deep queue overflows, and the path is full all the same', () => {
    const path = { delayUs: 25_000, rateBps: 100e6, queuePackets: 1000 };
    const { client, link, mbps } = transfer('hystart', 40e6, path);
    expect(link.forward.counters.overflowed).toBe(0);
    expect(client.counters.RetransSegs).toBe(0);
    expect(mbps).toBeGreaterThan(80);
  });
});

describe('a short path', () => {
  it('FreeBSD waits for a delayed ACK longer than the round trip (rexmit_slop)', () => {
    const { client } = transfer('freebsd', 2e6 + 1, { delayUs: 1000 });
    expect(client.counters.TCPTimeouts).toBe(0);
    expect(client.counters.RetransSegs).toBe(0);
  });
});

describe('a path that becomes fifty times longer', () => {
  it.each(['linux', 'rfc', 'freebsd'] as const)('%s: the window of who only receives follows', (profile) => {
    const longer = (network: Network, link: Link): void => {
      network.after(SECOND, () => link.configure({ delayUs: 500_000 }));
    };
    const { mbps } = transfer(profile, 20e6, { delayUs: 10_000, rateBps: 20e6 }, longer);
    expect(mbps).toBeGreaterThan(8);
  });
});
