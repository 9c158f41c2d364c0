import { describe, expect, it } from 'vitest';
import { HOST_PROFILES, type Host, type Socket } from '../src/host/index.ts';
import { type Link, Network } from '../src/link/index.ts';
import { Decoder, encodeSegment, Flag, LinkType } from '../src/wire/index.ts';
import { randomFrom } from './support/schedules.ts';

const CLIENT = '10.0.0.1';
const SERVER = '10.0.0.2';
const SECOND = 1_000_000;
const PROFILES = ['linux', 'rfc', 'freebsd'] as const;

interface World {
  readonly network: Network;
  readonly link: Link;
  readonly client: Host;
  readonly server: Host;
  readonly listener: Socket;
}

function world(name: (typeof PROFILES)[number], config: object = {}): World {
  const profile = HOST_PROFILES[name];
  const network = new Network({ seed: 7 });
  const client = network.host('client', { profile, addresses: [CLIENT] });
  const server = network.host('server', { profile, addresses: [SERVER], config });
  const link = network.connect(client, server, { delayUs: 1000 });
  const listener = server.socket(4);
  listener.bind(SERVER, 80);
  listener.listen(128);
  return { network, link, client, server, listener };
}

/** A new connection, or null where it does not come about within `withinUs`. */
function connect(w: World, withinUs: number): [client: Socket, server: Socket] | null {
  const client = w.client.socket(4);
  client.connect(SERVER, 80);
  const until = w.network.now + withinUs;
  while (w.network.now < until) {
    w.network.run(w.network.now + 1000);
    const server = w.listener.accept();
    if (typeof server !== 'number') return [client, server];
  }
  return null;
}

/** Sends `length` octets and returns whether exactly they arrive. */
function carries(w: World, from: Socket, to: Socket, length: number): boolean {
  const sent = Uint8Array.from({ length }, (_, i) => (i * 7) & 255);
  const got = new Uint8Array(length + 1);
  let written = 0;
  let read = 0;
  const until = w.network.now + 60 * SECOND;
  while (read < length && w.network.now < until) {
    if (written < length) written += Math.max(0, from.sendFrom(sent, written, length - written));
    w.network.run(w.network.now + 1000);
    for (let n = to.recvInto(got, read, got.length - read); n > 0; ) {
      read += n;
      n = to.recvInto(got, read, got.length - read);
    }
  }
  return read === length && sent.every((octet, i) => octet === got[i]);
}

/** What the server awaits, as its last segment says it. */
class Ears {
  /** The server's SND.NXT, RCV.NXT and window. */
  seq = 0;
  ack = 0;

  constructor(link: Link) {
    const decoder = new Decoder();
    link.backward.gate.add((packet) => {
      decoder.decode(LinkType.raw, packet.bytes, packet.view, 0, packet.length, packet.length, 0);
      const { segment } = decoder;
      this.seq =
        (segment.seq + segment.payloadLength + ((segment.flags & (Flag.syn | Flag.fin)) !== 0 ? 1 : 0)) | 0;
      this.ack = segment.ack;
      return 'pass';
    });
  }
}

interface Forged {
  readonly seq: number;
  readonly ack: number;
  readonly flags: number;
  readonly payload: number;
}

function forge(clientPort: number, { seq, ack, flags, payload }: Forged): Uint8Array {
  return encodeSegment({
    source: CLIENT,
    destination: SERVER,
    sourcePort: clientPort,
    destinationPort: 80,
    seq,
    ack,
    flags,
    window: 1000,
    payload: new Uint8Array(payload).fill(0x58),
  });
}

describe.each(PROFILES)('blind attacks (RFC 5961), profile %s', (profile) => {
  it.each([
    ['RST in the window', Flag.rst, 0],
    ['RST with ACK in the window', Flag.rst | Flag.ack, 0],
    ['SYN in the window', Flag.syn, 0],
    ['SYN-ACK in the window', Flag.syn | Flag.ack, 0],
    ['data with an ACK of what was never sent', Flag.ack, 100],
    ['FIN with an ACK of what was never sent', Flag.ack | Flag.fin, 0],
    ['data without ACK', 0, 100],
  ])('%s', (_name, flags, payload) => {
    const w = world(profile);
    const ears = new Ears(w.link);
    const [client, server] = connect(w, SECOND)!;
    const random = randomFrom(1);
    for (let n = 0; n < 1000; n++) {
      const seq = (ears.ack + 1 + Math.floor(random() * 10_000)) | 0;
      const ack = (ears.seq + 1 + Math.floor(random() * 1e9)) | 0;
      w.link.inject(forge(client.localPort, { seq, ack, flags, payload }));
      if (n % 100 === 0) w.network.run(w.network.now + 50_000);
    }
    w.network.run(w.network.now + SECOND);
    expect(server.poll() & 1).toBe(0);
    expect(carries(w, client, server, 50_000)).toBe(true);
    expect(carries(w, server, client, 50_000)).toBe(true);
  });

  it('100,000 segments with sequence numbers from anywhere, while data flows', () => {
    const w = world(profile);
    const [client, server] = connect(w, SECOND)!;
    const ears = new Ears(w.link);
    const random = randomFrom(2);
    const number = (): number => Math.floor(random() * 2 ** 32) | 0;
    const flagSets = [Flag.rst, Flag.syn, Flag.ack, Flag.fin | Flag.ack, Flag.rst | Flag.ack];
    const strike = (left: number): void => {
      for (let i = 0; i < 100; i++) {
        const seq = number();
        // What lies at the window by chance is no blind attack.
        if ((seq - ears.ack + 1_000_000) >>> 0 < 16_000_000) continue;
        const flags = flagSets[Math.floor(random() * flagSets.length)]!;
        const payload = random() < 0.5 ? 0 : 10;
        w.link.inject(forge(client.localPort, { seq, ack: number(), flags, payload }));
      }
      if (left > 0) w.network.after(1000, () => strike(left - 1));
    };
    strike(1000);
    expect(carries(w, client, server, 400_000)).toBe(true);
    w.network.run(w.network.now + 2 * SECOND);
    expect(carries(w, server, client, 100_000)).toBe(true);
  });

  it('challenge ACKs are limited', () => {
    const w = world(profile);
    const [client] = connect(w, SECOND)!;
    const ears = new Ears(w.link);
    w.network.run(w.network.now + SECOND);
    let answers = 0;
    w.link.backward.gate.add(() => {
      answers++;
      return 'pass';
    });
    for (let n = 0; n < 100_000; n++)
      w.link.inject(
        forge(client.localPort, { seq: ears.ack + 5, ack: ears.seq, flags: Flag.syn, payload: 0 }),
      );
    w.network.run(w.network.now + SECOND);
    expect(answers).toBeGreaterThan(0);
    expect(answers).toBeLessThanOrEqual(2000);
  });
});

describe('SYN flood', () => {
  it.each([1, 2] as const)(
    '100,000 SYN/s leave old and new connections working (cookies %i)',
    (synCookies) => {
      const w = world('linux', { synCookies });
      const [client, server] = connect(w, SECOND)!;
      const random = randomFrom(3);
      const flood = (left: number): void => {
        for (let i = 0; i < 100; i++) {
          w.link.inject(
            encodeSegment({
              source: `11.${i}.${left & 255}.${left >> 8}`,
              destination: SERVER,
              sourcePort: 1024 + Math.floor(random() * 60_000),
              destinationPort: 80,
              seq: Math.floor(random() * 2 ** 32) | 0,
              ack: 0,
              flags: Flag.syn,
              window: 64_000,
            }),
          );
        }
        if (left > 0) w.network.after(1000, () => flood(left - 1));
      };
      flood(2000);
      let fresh = 0;
      for (let n = 0; n < 10; n++) {
        expect(carries(w, client, server, 1000)).toBe(true);
        const pair = connect(w, 5 * SECOND);
        if (pair !== null && carries(w, pair[0], pair[1], 1000)) fresh++;
      }
      expect(fresh).toBe(10);
      expect(w.server.memoryBytes).toBeLessThan(16 << 20);
    },
  );
});
