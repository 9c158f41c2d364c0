import { Packet } from '../../src/capture/index.ts';
import { Explainer, type ExplainerOptions } from '../../src/explain/engine.ts';
import type { ConnectionEnding, Finding } from '../../src/explain/types.ts';
import { encodeIcmpError, encodeSegment, Flag, type TcpOption } from '../../src/wire/index.ts';

const RAW = 101;
const FLAGS: Readonly<Record<string, number>> = {
  SYN: Flag.syn,
  FIN: Flag.fin,
  RST: Flag.rst,
  PSH: Flag.psh,
  ACK: Flag.ack,
};

interface Side {
  readonly address: string;
  readonly port: number;
  readonly isn: number;
  readonly ttl: number;
  next: number;
  id: number;
}

export interface Told {
  readonly connections: readonly ConnectionEnding[];
  readonly findings: readonly Finding[];
  /** The first connection. */
  readonly first: ConnectionEnding;
  /** `cause` and alternatives of the first connection. */
  readonly causes: readonly string[];
}

export interface TraceOptions extends ExplainerOptions {
  readonly timestamps?: boolean;
  /** Hops the client's and server's packets have taken when captured. */
  readonly clientHops?: number;
  readonly serverHops?: number;
  readonly startUs?: number;
}

/**
 * Runs the engine on a conversation written down line by line: `+MS C|S FLAG... [LENGTH] [key=value...]`. Sequence and
 * acknowledgement numbers, IP IDs and timestamps follow by themselves; keys change them: `seq=-1` and `ack=+5` relative
 * to the right ones, `win=`, `ttl=`, `id=`, `nots`, `text=`, `port=` (another client port, a fresh connection), `isn=`,
 * `on=` (back to the connection of that client port),
 * `server=` (another server address from the same client port; each pair of ends keeps its own numbers),
 * `again` (repeat the sender's last segment), `lost` (sent, but not seen by the other end). `ICMP TYPE/CODE` quotes the
 * last segment of the client. `#` begins a comment.
 */
export function tell(text: string, options: TraceOptions = {}): Told {
  return tellPackets(packetsOf(text, options), options);
}

export function tellPackets(packets: readonly TracePacket[], options: TraceOptions = {}): Told {
  const connections: ConnectionEnding[] = [];
  const findings: Finding[] = [];
  const explainer = new Explainer({
    ...options,
    onConnection: (view) => {
      connections.push(view.report());
      options.onConnection?.(view);
    },
    onFinding: (finding) => findings.push(finding),
  });
  for (const { atUs, bytes, number } of packets) {
    const packet = new Packet();
    packet.number = number;
    packet.timeUs = atUs;
    packet.linkType = RAW;
    packet.bytes = bytes;
    packet.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    packet.capturedLength = bytes.length;
    packet.originalLength = bytes.length;
    explainer.packet(packet);
  }
  explainer.finish();
  connections.sort((a, b) => a.flow - b.flow);
  const first = connections[0]!;
  return {
    connections,
    findings,
    first,
    causes:
      first.verdict.cause === null
        ? first.verdict.alternatives
        : [first.verdict.cause, ...first.verdict.alternatives],
  };
}

export interface TracePacket {
  readonly number: number;
  readonly atUs: number;
  readonly bytes: Uint8Array;
}

/** The packets of a conversation as raw IP packets. */
export function packetsOf(text: string, options: TraceOptions = {}): TracePacket[] {
  const packets: TracePacket[] = [];
  const writer = new Writer(options);
  let atUs = options.startUs ?? 1_700_000_000_000_000;
  for (const line of text.split('\n')) {
    const words = line.replace(/#.*/, '').trim().split(/\s+/);
    if (words[0] === '') continue;
    atUs += Math.round(Number(words[0]) * 1000);
    packets.push({ number: packets.length + 1, atUs, bytes: writer.line(words.slice(1), atUs) });
  }
  return packets;
}

const SERVER = '198.51.100.2';

class Writer {
  private readonly options: TraceOptions;
  private client: Side;
  private server: Side;
  private last: Uint8Array = new Uint8Array(0);
  private readonly pairs = new Map<string, readonly [Side, Side]>();
  private readonly lastOf = new Map<Side, { flags: number; length: number; seq: number }>();

  constructor(options: TraceOptions) {
    this.options = options;
    this.client = side('192.0.2.1', 50_000, 1_000_000, 64 - (options.clientHops ?? 0));
    this.server = side(SERVER, 8080, 9_000_000, 64 - (options.serverHops ?? 0));
  }

  line(words: readonly string[], atUs: number): Uint8Array {
    const keys = new Map(words.filter((w) => w.includes('=')).map((w) => w.split('=') as [string, string]));
    const has = (word: string): boolean => words.includes(word);
    if (words[0] === 'ICMP') return this.icmp(words[1]!, keys);
    const port = keys.get('port');
    if (port !== undefined && Number(port) !== this.client.port) this.fresh(Number(port));
    const server = keys.get('server') ?? SERVER;
    const on = Number(keys.get('on') ?? this.client.port);
    if (server !== this.server.address || on !== this.client.port) this.turnTo(on, server);
    const from = words[0] === 'C' ? this.client : this.server;
    const to = from === this.client ? this.server : this.client;
    const isn = keys.get('isn');
    if (isn !== undefined) {
      from.next = Number(isn);
    }
    let flags = words.reduce((all, w) => all | (FLAGS[w] ?? 0), 0);
    let length = Number(words.find((w) => /^\d+$/.test(w)) ?? 0);
    let seq = from.next;
    const again = this.lastOf.get(from);
    if (has('again') && again !== undefined) ({ flags, length, seq } = again);
    else {
      seq += Number(keys.get('seq') ?? 0);
      const takes =
        (flags & Flag.rst) !== 0 || keys.has('seq') || has('forged')
          ? 0
          : length + (flags & Flag.syn ? 1 : 0) + (flags & Flag.fin ? 1 : 0);
      from.next += takes;
      this.lastOf.set(from, { flags, length, seq });
    }
    const ack = keys.has('absack') ? Number(keys.get('absack')) : to.next + Number(keys.get('ack') ?? 0);
    const payload = new Uint8Array(length).fill(0x61);
    const text = keys.get('text');
    if (text !== undefined) payload.set(new TextEncoder().encode(text).subarray(0, length));
    from.id = (from.id + 1) & 0xffff;
    this.last = encodeSegment({
      source: from.address,
      destination: to.address,
      hopLimit: Number(keys.get('ttl') ?? from.ttl),
      identification: Number(
        keys.get('id') ?? ((flags & Flag.rst) !== 0 && (flags & Flag.ack) === 0 ? 0 : from.id),
      ),
      sourcePort: from.port,
      destinationPort: to.port,
      seq: seq | 0,
      ack: (flags & Flag.ack) !== 0 ? ack | 0 : 0,
      flags,
      window: Number(
        keys.get('win') ??
          ((flags & Flag.syn) !== 0 ? 64240 : (flags & Flag.rst) !== 0 && (flags & Flag.ack) === 0 ? 0 : 501),
      ),
      options: this.optionsOf(flags, has('nots') || has('bare'), has('bare'), atUs, keys),
      payload,
    });
    return this.last;
  }

  private optionsOf(
    flags: number,
    noTimestamps: boolean,
    bare: boolean,
    atUs: number,
    keys: ReadonlyMap<string, string>,
  ): TcpOption[] {
    const out: TcpOption[] = [];
    const syn = (flags & Flag.syn) !== 0;
    if (syn) out.push({ kind: 'mss', mss: 1460 });
    if (syn && !bare) out.push({ kind: 'windowScale', shift: 7 }, { kind: 'sackPermitted' });
    const plainReset = (flags & Flag.rst) !== 0 && (flags & Flag.ack) === 0;
    if (!noTimestamps && !plainReset && this.options.timestamps !== false) {
      out.push({
        kind: 'timestamps',
        value: (Math.floor(atUs / 1000) + Number(keys.get('ts') ?? 0)) | 0,
        echo: 1,
      });
    }
    return out;
  }

  private icmp(what: string, keys: ReadonlyMap<string, string>): Uint8Array {
    const [type, code] = what.split('/').map(Number);
    return encodeIcmpError({
      source: keys.get('from') ?? '203.0.113.9',
      destination: this.client.address,
      type: type!,
      code: code!,
      mtu: Number(keys.get('mtu') ?? 0),
      quoted: this.last,
    });
  }

  private turnTo(port: number, address: string): void {
    this.keep();
    const { client, server } = this;
    const known = this.pairs.get(`${port} ${address}`);
    if (known !== undefined) [this.client, this.server] = known;
    else {
      this.client = side(client.address, port, client.isn + 50_000_000, client.ttl);
      this.server = side(address, server.port, server.isn + 70_000_000, server.ttl);
    }
  }

  private keep(): void {
    this.pairs.set(`${this.client.port} ${this.server.address}`, [this.client, this.server]);
  }

  private fresh(port: number): void {
    this.keep();
    this.client = side(this.client.address, port, 1_000_000 + port * 7919, this.client.ttl);
    this.server = side(this.server.address, this.server.port, 9_000_000 + port * 104_729, this.server.ttl);
  }
}

function side(address: string, port: number, isn: number, ttl: number): Side {
  return { address, port, isn, ttl, next: isn, id: port & 0xfff };
}

/** A handshake as seen at the client, `rtt` ms. */
export function handshake(rtt: number = 20): string {
  return `0 C SYN\n${rtt} S SYN ACK\n0.05 C ACK\n`;
}

/** A handshake and one request with its answer. */
export function exchange(rtt: number = 20): string {
  return `${handshake(rtt)}0.1 C PSH ACK 40\n${rtt} S ACK\n0.1 S PSH ACK 120\n0.05 C ACK\n`;
}
