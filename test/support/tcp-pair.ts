import { Host, type HostOptions, type Packet, PacketPool, type Socket } from '../../src/host/index.ts';
import { decodeSent, flagText, HOST4, ok, PEER4, pattern, type Sent } from './tcp-bench.ts';

/*
 * Two hosts and a wire between them in virtual time, for tests in which both ends must be a whole TCP. The wire has one delay,
 * and a hook that says what becomes of a packet.
 */

/** What becomes of a packet: true drops it, a number delays it by so many microseconds more. */
export type Fate = boolean | number;

export interface PairOptions {
  readonly delayUs?: number;
  readonly seed?: number;
  /** Probability of loss in either direction. */
  readonly loss?: number;
  readonly fate?: (sent: Sent, fromClient: boolean) => Fate;
  readonly client?: Partial<HostOptions>;
  readonly server?: Partial<HostOptions>;
}

interface Flying {
  readonly at: number;
  readonly order: number;
  readonly to: Host;
  readonly bytes: Uint8Array;
}

/** A small generator of its own, so that a seed means the same for ever (mulberry32). */
function random(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

export class TcpPair {
  readonly client: Host;
  readonly server: Host;
  now = 1_000_000_000;
  /** All segments in the order of sending, lost ones included. */
  readonly trace: { readonly sent: Sent; readonly fromClient: boolean; readonly lost: boolean }[] = [];
  readonly #flying: Flying[] = [];
  readonly #options: PairOptions;
  readonly #random: () => number;
  readonly #pool = new PacketPool();
  #order = 0;

  constructor(options: PairOptions = {}) {
    this.#options = options;
    this.#random = random(options.seed ?? 1);
    this.client = new Host({
      name: 'client',
      profile: 'rfc',
      addresses: [HOST4],
      seed: 1,
      packets: this.#pool,
      ...options.client,
    });
    this.server = new Host({
      name: 'server',
      profile: 'rfc',
      addresses: [PEER4],
      seed: 2,
      packets: this.#pool,
      ...options.server,
    });
    this.client.at(this.now);
    this.server.at(this.now);
  }

  drain(): void {
    this.#drain(this.client, true);
    this.#drain(this.server, false);
  }

  #drain(host: Host, fromClient: boolean): void {
    host.output((packet: Packet) => {
      this.#launch(packet.bytes.slice(0, packet.length), fromClient);
      this.#pool.give(packet);
      return true;
    });
  }

  #launch(bytes: Uint8Array, fromClient: boolean): void {
    const sent = decodeSent(bytes, this.now);
    if (sent === null) return;
    const fate = this.#options.fate?.(sent, fromClient) ?? false;
    const lost = fate === true || this.#random() < (this.#options.loss ?? 0);
    this.trace.push({ sent, fromClient, lost });
    if (lost) return;
    const extra = typeof fate === 'number' ? fate : 0;
    this.#flying.push({
      at: this.now + (this.#options.delayUs ?? 10_000) + extra,
      order: this.#order++,
      to: fromClient ? this.server : this.client,
      bytes,
    });
  }

  /** One arrival or timer; false where nothing is left to happen before the limit. */
  step(limit: number): boolean {
    this.drain();
    this.#flying.sort((a, b) => a.at - b.at || a.order - b.order);
    const packet = this.#flying[0];
    const arrival = packet?.at ?? Number.POSITIVE_INFINITY;
    const timer = Math.min(this.client.nextTimeout(), this.server.nextTimeout());
    const next = Math.min(arrival, timer);
    if (next > limit) return false;
    this.now = Math.max(this.now, next);
    this.client.poll(this.now);
    this.server.poll(this.now);
    if (packet !== undefined && arrival <= this.now) {
      this.#flying.shift();
      packet.to.input(this.now, packet.bytes);
    }
    this.drain();
    return true;
  }

  /** Lets time pass until the condition holds; false where it did not within the limit. */
  run(limitUs: number, until: () => boolean = () => false): boolean {
    const limit = this.now + limitUs;
    while (!until()) {
      if (this.step(limit)) continue;
      this.now = limit;
      this.client.poll(limit);
      this.server.poll(limit);
      this.drain();
      return until();
    }
    return true;
  }

  /** A connection from the client to port 80 of the server. */
  open(prepare: (socket: Socket) => void = () => {}): { client: Socket; server: Socket; listener: Socket } {
    const listener = this.server.socket(4);
    ok(listener.bind('0.0.0.0', 80));
    ok(listener.listen(16));
    const client = this.client.socket(4);
    prepare(client);
    client.connect(PEER4, 80);
    let server: Socket | number = -1;
    this.run(300_000_000, () => {
      server = listener.accept();
      return typeof server !== 'number';
    });
    if (typeof server === 'number') throw new Error('no connection was made');
    return { client, server, listener };
  }

  /** Sends so many octets of `pattern` from one socket to the other and returns what arrived. */
  transfer(from: Socket, to: Socket, length: number, limitUs = 3_600_000_000): Uint8Array {
    const data = pattern(length);
    const got = new Uint8Array(length);
    let written = 0;
    let read = 0;
    this.run(limitUs, () => {
      if (written < length) written += Math.max(0, from.send(data.subarray(written)));
      for (;;) {
        const n = to.recv(got.subarray(read));
        if (n <= 0) break;
        read += n;
        if (read === length) break;
      }
      return read === length;
    });
    return got.subarray(0, read);
  }

  /** The trace as text, sequence numbers relative to each side's SYN. */
  texts(): string[] {
    const iss = { client: 0, server: 0 };
    return this.trace.map(({ sent, fromClient, lost }) => {
      if (sent.flags & 2) iss[fromClient ? 'client' : 'server'] = sent.seq;
      const seq = (sent.seq - iss[fromClient ? 'client' : 'server']) | 0;
      const ack = (sent.ack - iss[fromClient ? 'server' : 'client']) | 0;
      return `${fromClient ? '>' : '<'} ${flagText(sent.flags & ~8)} ${seq}(${sent.length}) ack ${ack}${lost ? ' lost' : ''}`;
    });
  }
}
