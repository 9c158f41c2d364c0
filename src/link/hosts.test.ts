import { describe, expect, it } from 'vitest';
import { type Host, Option, Socket } from '../host/index.ts';
import { State } from '../states/index.ts';
import { Errno } from '../tcp/index.ts';
import { Network } from './network.ts';
import type { LinkOptions } from './options.ts';
import type { Tap } from './tap.ts';

const CLIENT = '10.0.0.1';
const SERVER = '10.0.0.2';

function pair(seed: number, options: LinkOptions): { network: Network; client: Host; server: Host } {
  const network = new Network({ seed });
  const client = network.host('client', { addresses: [CLIENT] });
  const server = network.host('server', { addresses: [SERVER] });
  network.connect(client, server, options);
  return { network, client, server };
}

/** The byte at each offset of a stream, so that nothing can be swapped unnoticed. */
function byteAt(offset: number): number {
  return (offset * 7 + (offset >> 8)) & 255;
}

/** Sends `length` bytes and closes; returns when the sender has handed over everything. */
function sendAll(socket: Socket, length: number): void {
  const chunk = new Uint8Array(8192);
  let sent = 0;
  const go = (): void => {
    while (sent < length) {
      const size = Math.min(chunk.length, length - sent);
      for (let i = 0; i < size; i++) chunk[i] = byteAt(sent + i);
      const taken = socket.sendFrom(chunk, 0, size, 0);
      if (taken < 0) {
        expect(-taken).toBe(Errno.EAGAIN);
        return;
      }
      sent += taken;
    }
    socket.onEvent = null;
    socket.close();
  };
  socket.onEvent = () => {
    if (socket.state === State.established) go();
  };
}

interface Sink {
  received: number;
  ended: boolean;
}

function receiveAll(server: Host, port: number): Sink {
  const sink: Sink = { received: 0, ended: false };
  const target = new Uint8Array(65536);
  const listener = server.socket();
  expect(listener.bind(SERVER, port)).toBe(0);
  expect(listener.listen(16)).toBe(0);
  listener.onEvent = () => {
    const accepted = listener.accept();
    if (!(accepted instanceof Socket)) return;
    const drain = (): void => {
      for (;;) {
        const got = accepted.recv(target);
        if (got < 0) return;
        if (got === 0) {
          sink.ended = true;
          accepted.onEvent = null;
          accepted.close();
          return;
        }
        for (let i = 0; i < got; i++)
          if (target[i] !== byteAt(sink.received + i)) throw new Error('wrong byte');
        sink.received += got;
      }
    };
    accepted.onEvent = drain;
    drain();
  };
  return sink;
}

function transfer(
  seed: number,
  length: number,
  options: LinkOptions,
): { tap: Tap; network: Network; hosts: Host[] } {
  const { network, client, server } = pair(seed, options);
  const tap = network.tap(client);
  const sink = receiveAll(server, 80);
  const socket = client.socket();
  sendAll(socket, length);
  expect(socket.connect(SERVER, 80)).toBe(-Errno.EINPROGRESS);
  expect(network.runUntil(() => sink.ended, 600e6)).toBe(true);
  expect(sink.received).toBe(length);
  return { tap, network, hosts: [client, server] };
}

const LOSSY: LinkOptions = {
  delayUs: 10_000,
  jitterUs: 2000,
  keepOrder: false,
  rateBps: 20e6,
  queuePackets: 50,
  loss: 0.02,
  duplicate: 0.01,
  reorder: 0.01,
  corrupt: 0.005,
};

describe('two hosts', () => {
  it('transfer a megabyte over a clean link', () => {
    const { network, hosts } = transfer(1, 1 << 20, { delayUs: 1000 });
    expect(network.now).toBeLessThan(5e6);
    expect(network.runIdle()).toBe(true);
    for (const host of hosts) expect(host.timeWaitCount).toBe(0);
    expect(network.packets.inUse).toBe(0);
  });

  it.each([1, 2, 3, 4, 5])(
    'transfer over a link that loses, duplicates, reorders and corrupts: seed %i',
    (seed) => {
      const { network, hosts } = transfer(seed, 300_000, LOSSY);
      expect(network.links[0]!.forward.counters.lost).toBeGreaterThan(0);
      expect(network.runIdle()).toBe(true);
      for (const host of hosts) expect(host.memoryBytes).toBe(0);
      expect(network.packets.inUse).toBe(0);
    },
  );

  it('repeat byte for byte from the seed', () => {
    const first = transfer(9, 100_000, LOSSY).tap.pcapng();
    expect(transfer(9, 100_000, LOSSY).tap.pcapng()).toEqual(first);
    expect(transfer(10, 100_000, LOSSY).tap.pcapng()).not.toEqual(first);
  });

  it('find the path MTU behind a router', () => {
    const network = new Network({ seed: 1 });
    const client = network.host('client', { addresses: [CLIENT] });
    const server = network.host('server', { addresses: [SERVER] });
    const router = network.router('r', { addresses: ['10.9.9.9'] });
    network.connect(client, router, { delayUs: 1000 });
    network.connect(router, server, { delayUs: 1000, mtu: 1300 });
    const sink = receiveAll(server, 80);
    const socket = client.socket();
    sendAll(socket, 100_000);
    socket.connect(SERVER, 80);
    expect(network.runUntil(() => sink.ended, 60e6)).toBe(true);
    expect(sink.received).toBe(100_000);
    expect(network.links[1]!.forward.counters.tooBig).toBeGreaterThan(0);
  });

  it('meet an RST where the peer crashed and came up again', () => {
    const { network, client, server } = pair(1, { delayUs: 1000 });
    receiveAll(server, 80);
    const socket = client.socket();
    socket.connect(SERVER, 80);
    network.run(1e6);
    expect(socket.state).toBe(State.established);
    network.crash(server, 1e6);
    network.run(3e6);
    socket.send(Uint8Array.of(1));
    network.run(4e6);
    expect(socket.getOption(Option.error)).toBe(Errno.ECONNRESET);
  });

  it('connect through a NAT', () => {
    const network = new Network({ seed: 1 });
    const client = network.host('client', { addresses: ['192.168.0.2'] });
    const server = network.host('server', { addresses: [SERVER] });
    const nat = network.nat('nat', { outside: ['198.51.100.1'] });
    network.connect(client, nat);
    network.connect(nat, server);
    const sink = receiveAll(server, 80);
    const socket = client.socket();
    sendAll(socket, 50_000);
    socket.connect(SERVER, 80);
    expect(network.runUntil(() => sink.ended, 60e6)).toBe(true);
    expect(sink.received).toBe(50_000);
    expect(nat.counters.opened).toBe(1);
  });
});
