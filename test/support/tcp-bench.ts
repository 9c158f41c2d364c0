import { expect } from 'vitest';
import { Host, type HostOptions, type Packet, PacketPool, type Socket } from '../../src/host/index.ts';
import { sourceRoutes } from '../../src/host/source-route.ts';
import { errnoName } from '../../src/tcp/errno.ts';
import {
  Decoder,
  encodeIcmpError,
  encodeSegment,
  Flag,
  FragmentReassembler,
  LinkType,
  onesSum,
  Protocol,
  pseudoHeaderSum,
  readOptions,
  SegmentKind,
  type TcpOption,
  toAddress,
} from '../../src/wire/index.ts';

/*
 * A bench on which ONE host stands, in virtual time, as packetdrill has it: the test is the peer and the network. What the
 * peer sends and what is expected of the host are written with sequence numbers relative to the two SYNs.
 */

export const MS = 1_000;
export const SECOND = 1_000_000;
export const MINUTE: number = 60 * SECOND;
export const HOUR: number = 3600 * SECOND;

export const HOST4 = '10.0.0.1';
export const PEER4 = '10.0.0.2';
export const HOST6 = 'fd00::1';
export const PEER6 = 'fd00::2';

const START = 1_000 * SECOND;
const FLAG_LETTERS = 'FSRPAUEW';

/** `SA`, `FA`, `.` for none. Letters: F S R P A U E(CE) W (CWR). */
export function flagText(flags: number): string {
  const text = [...FLAG_LETTERS].filter((_, bit) => (flags & (1 << bit)) !== 0).join('');
  return text === '' ? '.' : [...'SFRPUEWA'].filter((letter) => text.includes(letter)).join('');
}

export function flagBits(text: string): number {
  let bits = 0;
  for (const letter of text) if (letter !== '.') bits |= 1 << FLAG_LETTERS.indexOf(letter);
  return bits;
}

/** What a call returned, or its error's name thrown. */
export function ok(result: number): number {
  if (result < 0) throw new Error(`the call failed with ${errnoName(result)}`);
  return result;
}

/** `ECONNRESET` of a call that must fail. */
export function failure(result: number | Socket): string {
  return typeof result === 'number' && result < 0 ? errnoName(result) : `no failure: ${String(result)}`;
}

/** Octets that tell where they stand: octet n of the stream is n modulo 251. */
export function pattern(length: number, from = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (from + i) % 251);
}

/** One segment that the host sent, decoded and copied; sequence numbers as on the wire (int32). */
export interface Sent {
  readonly at: number;
  readonly flags: number;
  readonly seq: number;
  readonly ack: number;
  readonly length: number;
  readonly window: number;
  readonly urgentPointer: number;
  readonly payload: Uint8Array;
  readonly options: readonly TcpOption[];
  readonly optionBytes: Uint8Array;
  readonly source: Int32Array;
  readonly destination: Int32Array;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly hopLimit: number;
  readonly dontFragment: boolean;
  /** The whole octet of DSCP and ECN. */
  readonly trafficClass: number;
  readonly checksumOk: boolean;
  readonly packet: Uint8Array;
}

export function option<K extends TcpOption['kind']>(
  sent: Sent,
  kind: K,
): Extract<TcpOption, { kind: K }> | undefined {
  return sent.options.find((one): one is Extract<TcpOption, { kind: K }> => one.kind === kind);
}

const decoder = new Decoder();

/** A copy of a packet as a segment, or null where it is none. */
export function decodeSent(bytes: Uint8Array, at: number): Sent | null {
  const packet = bytes.slice();
  const view = new DataView(packet.buffer);
  const kind = decoder.decode(LinkType.raw, packet, view, 0, packet.length, packet.length, at);
  if (kind !== SegmentKind.tcp) return null;
  const s = decoder.segment;
  const tcpLength = s.headerLength + s.payloadLength;
  const pseudo = pseudoHeaderSum(s.source, s.destination, Protocol.tcp, tcpLength);
  return {
    at,
    flags: s.flags & 0xff,
    seq: s.seq,
    ack: s.ack,
    length: s.payloadLength,
    window: s.window,
    urgentPointer: s.urgentPointer,
    payload: packet.slice(s.payloadOffset, s.payloadOffset + s.payloadLength),
    options: [...readOptions(packet, s.headerOffset + 20, s.headerLength - 20)],
    optionBytes: packet.slice(s.headerOffset + 20, s.headerOffset + s.headerLength),
    source: s.source.slice(),
    destination: s.destination.slice(),
    sourcePort: s.sourcePort,
    destinationPort: s.destinationPort,
    hopLimit: s.hopLimit,
    dontFragment: s.dontFragment,
    trafficClass: s.family === 4 ? packet[1]! : ((packet[0]! << 4) | (packet[1]! >> 4)) & 0xff,
    checksumOk: onesSum(view, s.headerOffset, tcpLength, pseudo) === 0xffff,
    packet,
  };
}

/** What the peer may say beyond flags and numbers. */
export interface Extra {
  /** Text, octets, or a number of octets of `pattern` at their place in the stream. */
  readonly data?: string | Uint8Array | number;
  /** As in the header; default `Peer.window`. */
  readonly win?: number;
  readonly urgent?: number;
  /** All options of the segment; default: a timestamp where it was agreed on. */
  readonly options?: readonly TcpOption[];
  /** Edges relative to the host's SYN, as SACK blocks behind the other options. */
  readonly sack?: readonly (readonly [left: number, right: number])[];
  readonly tsVal?: number;
  readonly tsEcr?: number;
  readonly ecn?: number;
  readonly hopLimit?: number;
  readonly ip4Options?: Uint8Array;
  /** Changes the packet before it arrives. */
  readonly damage?: (packet: Uint8Array) => void;
}

export interface PeerOptions {
  readonly address?: string;
  readonly port?: number;
  readonly hostAddress?: string;
  readonly hostPort?: number;
  /** The peer's initial sequence number. */
  readonly iss?: number;
  readonly window?: number;
  /** Of the peer's SYN; null: no option. Default 1460 for IPv4, 1440 for IPv6. */
  readonly mss?: number | null;
  readonly sack?: boolean;
  readonly timestamps?: boolean;
  readonly scale?: number;
  /** Flags and options of the SYN in full, where the others do not do. */
  readonly synOptions?: readonly TcpOption[];
}

/** The other end of one four-tuple. */
export class Peer {
  readonly bench: TcpBench;
  readonly address: string;
  readonly hostAddress: string;
  readonly port: number;
  hostPort: number;
  readonly iss: number;
  /** The host's initial sequence number, as soon as its SYN was seen. */
  hostIss = 0;
  window: number;
  readonly synOptions: readonly TcpOption[];
  timestamps = false;
  /** TSval of the last segment of the host. */
  hostTs = 0;
  tsOffset = 5_000;
  readonly queue: Sent[] = [];
  /** All that the host ever sent to this peer. */
  readonly all: Sent[] = [];

  constructor(bench: TcpBench, options: PeerOptions) {
    this.bench = bench;
    const isSix = (options.address ?? PEER4).includes(':');
    this.address = options.address ?? PEER4;
    this.hostAddress = options.hostAddress ?? (isSix ? HOST6 : HOST4);
    this.port = options.port ?? 40_000;
    this.hostPort = options.hostPort ?? 80;
    this.iss = options.iss ?? 1_000_000;
    this.window = options.window ?? 0xffff;
    this.timestamps = options.timestamps ?? false;
    const mss = options.mss === undefined ? (isSix ? 1440 : 1460) : options.mss;
    this.synOptions = options.synOptions ?? [
      ...(mss === null ? [] : [{ kind: 'mss', mss } as const]),
      ...(options.sack === true ? [{ kind: 'sackPermitted' } as const] : []),
      ...(options.scale === undefined ? [] : [{ kind: 'windowScale', shift: options.scale } as const]),
    ];
  }

  /** A packet of the peer with these flags and relative numbers; where `ack` is left out, there is no meaning in it. */
  packet(flags: string, seq: number, ack = 0, extra: Extra = {}): Uint8Array {
    const isSyn = flags.includes('S');
    const packet = encodeSegment({
      source: this.address,
      destination: this.hostAddress,
      sourcePort: this.port,
      destinationPort: this.hostPort,
      seq: (this.iss + seq) | 0,
      ack: flags.includes('A') || ack !== 0 ? (this.hostIss + ack) | 0 : 0,
      flags: flagBits(flags),
      window: extra.win ?? this.window,
      urgentPointer: extra.urgent ?? 0,
      options: extra.options ?? this.#options(isSyn, flags.includes('A'), extra),
      payload: this.#payload(seq + (isSyn ? 1 : 0), extra.data),
      hopLimit: extra.hopLimit ?? 64,
      ecn: extra.ecn ?? 0,
      ...(extra.ip4Options === undefined ? {} : { ip4Options: extra.ip4Options }),
    });
    extra.damage?.(packet);
    return packet;
  }

  #payload(seq: number, data: Extra['data']): Uint8Array {
    if (data === undefined) return new Uint8Array(0);
    if (typeof data === 'number') return pattern(data, seq - 1);
    return typeof data === 'string' ? new TextEncoder().encode(data) : data;
  }

  #options(isSyn: boolean, isAck: boolean, extra: Extra): readonly TcpOption[] {
    const options: TcpOption[] = isSyn ? [...this.synOptions] : [];
    if (this.timestamps) {
      const value = extra.tsVal ?? this.tsNow();
      const echo = extra.tsEcr ?? (isAck ? this.hostTs : 0);
      options.push({ kind: 'nop' }, { kind: 'nop' }, { kind: 'timestamps', value, echo });
    }
    if (extra.sack !== undefined) {
      const blocks = extra.sack.map(([left, right]) => ({
        left: (this.hostIss + left) | 0,
        right: (this.hostIss + right) | 0,
      }));
      options.push({ kind: 'nop' }, { kind: 'nop' }, { kind: 'sack', blocks });
    }
    return options;
  }

  /** The peer's timestamp clock: milliseconds. */
  tsNow(): number {
    return (this.tsOffset + Math.floor(this.bench.now / 1000)) | 0;
  }

  send(flags: string, seq: number, ack = 0, extra: Extra = {}): void {
    this.bench.arrive(this.packet(flags, seq, ack, extra));
  }

  /** An ICMP error about a segment that the host sent. */
  icmp(type: number, code: number, about: Sent, mtu = 0, from: string = this.address): void {
    const packet = encodeIcmpError({
      source: from,
      destination: this.hostAddress,
      type,
      code,
      quoted: about.packet,
      mtu,
    });
    this.bench.arrive(packet);
  }

  rel(seq: number): number {
    return (seq - this.hostIss) | 0;
  }

  relAck(ack: number): number {
    return (ack - this.iss) | 0;
  }

  /** `SA 0:0(0) ack 1`. */
  text(sent: Sent): string {
    const seq = this.rel(sent.seq);
    const ack = (sent.flags & Flag.ack) === 0 ? '' : ` ack ${this.relAck(sent.ack)}`;
    return `${flagText(sent.flags)} ${seq}:${seq + sent.length}(${sent.length})${ack}`;
  }

  /** All that waits, as text, PSH left out. Empties the queue. */
  texts(): string[] {
    this.bench.drain();
    return this.queue.splice(0).map((sent) => this.text({ ...sent, flags: sent.flags & ~Flag.psh }));
  }

  /** The next segment that the host has sent. */
  next(): Sent {
    this.bench.drain();
    const sent = this.queue.shift();
    if (sent === undefined) throw new Error('the host sent nothing');
    return sent;
  }

  /** The next segment, for which time may pass. */
  wait(limitUs: number = MINUTE): Sent {
    this.bench.runUntil(() => this.queue.length > 0, limitUs);
    return this.next();
  }

  /** The host has sent this and it is next; PSH counts only where it is named. */
  expect(flags: string, seq: number, ack?: number, length = 0): Sent {
    return this.#check(this.next(), flags, seq, ack, length);
  }

  /** As `expect`, but time may pass. */
  expectWithin(limitUs: number, flags: string, seq: number, ack?: number, length = 0): Sent {
    return this.#check(this.wait(limitUs), flags, seq, ack, length);
  }

  #check(sent: Sent, flags: string, seq: number, ack: number | undefined, length: number): Sent {
    const mask = flags.includes('P') ? 0xff : 0xff & ~Flag.psh;
    const wanted = `${flagText(flagBits(flags))} ${seq}:${seq + length}(${length})${ack === undefined ? '' : ` ack ${ack}`}`;
    const got = { ...sent, flags: sent.flags & mask };
    const text = ack === undefined ? this.text(got).replace(/ ack .*/, '') : this.text(got);
    expect(text).toBe(wanted);
    return sent;
  }

  /** Nothing waits. */
  quiet(): void {
    expect(this.texts()).toEqual([]);
  }

  /** Nothing waits, and nothing comes for so long. */
  quietFor(us: number): void {
    this.bench.advance(us);
    this.quiet();
  }

  take(sent: Sent): void {
    if ((sent.flags & Flag.syn) !== 0) this.hostIss = sent.seq;
    const ts = option(sent, 'timestamps');
    if (ts !== undefined) this.hostTs = ts.value;
    this.queue.push(sent);
    this.all.push(sent);
  }
}

export type BenchOptions = Partial<HostOptions>;

export class TcpBench {
  readonly host: Host;
  readonly pool: PacketPool = new PacketPool();
  now: number = START;
  readonly peers: Peer[] = [];
  /** Segments to nobody the test knows. */
  readonly strays: Sent[] = [];
  /** Packets that are no TCP segments. */
  readonly others: Uint8Array[] = [];

  constructor(options: BenchOptions = {}) {
    this.host = new Host({
      sourceRoutes,
      name: 'host',
      profile: 'rfc',
      addresses: [HOST4, HOST6],
      seed: 1,
      packets: this.pool,
      fragments: new FragmentReassembler(),
      ...options,
    });
    this.host.at(this.now);
  }

  peer(options: PeerOptions = {}): Peer {
    const peer = new Peer(this, options);
    this.peers.push(peer);
    return peer;
  }

  arrive(packet: Uint8Array): void {
    this.drain();
    this.host.input(this.now, packet);
    this.drain();
  }

  /** Takes what the host has to send. */
  drain(): void {
    this.host.output((packet: Packet) => {
      const bytes = packet.bytes.subarray(0, packet.length);
      const sent = decodeSent(bytes, this.now);
      if (sent === null) this.others.push(bytes.slice());
      else this.#route(sent);
      this.pool.give(packet);
      return true;
    });
  }

  #route(sent: Sent): void {
    const peer = this.peers.findLast(
      (one) =>
        one.port === sent.destinationPort &&
        one.hostPort === sent.sourcePort &&
        String(toAddress(one.address).words) === String(sent.destination),
    );
    if (peer === undefined) this.strays.push(sent);
    else peer.take(sent);
  }

  advance(us: number): void {
    this.runUntil(() => false, us, true);
  }

  /** Runs the clock until the condition holds; after `limitUs` it gives up, and complains unless `quietly`. */
  runUntil(condition: () => boolean, limitUs: number, quietly = false): void {
    const limit = this.now + limitUs;
    let polls = 0;
    this.drain();
    while (!condition()) {
      const next = this.host.nextTimeout();
      polls = next > this.now ? 0 : polls + 1;
      if (polls > 1000) throw new Error('the host asks to be polled again and again');
      if (next > limit) {
        this.now = limit;
        this.host.poll(limit);
        this.drain();
        if (!quietly && !condition()) throw new Error(`nothing happened within ${limitUs / 1000} ms`);
        return;
      }
      this.now = Math.max(this.now, next);
      this.host.poll(this.now);
      this.drain();
    }
  }

  listen(port = 80, address = '0.0.0.0', backlog = 128): Socket {
    const socket = this.host.socket(address.includes(':') ? 6 : 4);
    ok(socket.bind(address, port));
    ok(socket.listen(backlog));
    return socket;
  }

  accept(listener: Socket): Socket {
    const socket = listener.accept();
    if (typeof socket === 'number') throw new Error(`accept failed with ${errnoName(socket)}`);
    return socket;
  }

  /** A connection that the peer opened, in ESTABLISHED; the next sequence number is 1 on both sides. */
  accepted(options: PeerOptions = {}): Connection {
    const isSix = options.address?.includes(':') === true;
    const listener = this.listen(options.hostPort ?? 80, isSix ? '::' : '0.0.0.0');
    const peer = this.peer(options);
    return { listener, ...this.handshake(listener, peer) };
  }

  handshake(listener: Socket, peer: Peer): { peer: Peer; socket: Socket } {
    const agreed = peer.timestamps;
    peer.send('S', 0);
    const synAck = peer.expect('SA', 0, 1);
    peer.timestamps = agreed && option(synAck, 'timestamps') !== undefined;
    peer.send('A', 1, 1);
    peer.quiet();
    return { peer, socket: this.accept(listener) };
  }

  /** An active OPEN to the peer: the SYN has been sent and taken. */
  connecting(options: PeerOptions = {}, prepare: (socket: Socket) => void = () => {}): Connecting {
    const isSix = options.address?.includes(':') === true;
    const socket = this.host.socket(isSix ? 6 : 4);
    const peer = this.peer({ port: 80, hostPort: 50_000, ...options });
    prepare(socket);
    ok(socket.bind(peer.hostAddress, peer.hostPort));
    expect(failure(socket.connect(peer.address, peer.port))).toBe('EINPROGRESS');
    const syn = peer.expect('S', 0);
    return { socket, peer, syn };
  }

  /** An active OPEN that succeeded. */
  connected(options: PeerOptions = {}, prepare: (socket: Socket) => void = () => {}): Connecting {
    const opening = this.connecting(options, prepare);
    opening.peer.send('SA', 0, 1);
    opening.peer.expect('A', 1, 1);
    return opening;
  }

  /** Text that can be read now, `EOF`, or the error's name. */
  read(socket: Socket, limit: number = 1 << 20, flags: number = 0): string {
    const target = new Uint8Array(limit);
    const got = socket.recv(target, flags);
    if (got < 0) return errnoName(got);
    return got === 0 ? 'EOF' : new TextDecoder().decode(target.subarray(0, got));
  }

  /** Octets that can be read now; throws where there is an error. */
  readBytes(socket: Socket, limit: number = 1 << 20): Uint8Array {
    const target = new Uint8Array(limit);
    return target.slice(0, ok(socket.recv(target)));
  }

  write(socket: Socket, data: string | Uint8Array | number, flags = 0): number {
    const bytes =
      typeof data === 'string'
        ? new TextEncoder().encode(data)
        : typeof data === 'number'
          ? pattern(data)
          : data;
    return ok(socket.send(bytes, flags));
  }

  /** States of all sockets of the host, as `ss` names them, sorted. */
  states(): string[] {
    return this.host
      .sockets()
      .map((row) => row.state as string)
      .sort();
  }
}

export interface Connecting {
  readonly socket: Socket;
  readonly peer: Peer;
  readonly syn: Sent;
}

export interface Connection {
  readonly listener: Socket;
  readonly socket: Socket;
  readonly peer: Peer;
}
