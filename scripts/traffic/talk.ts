import {
  encodeIcmpError,
  encodeSegment,
  Flag,
  type TcpFields,
  type TcpOption,
} from '../../src/wire/index.ts';
import type { Host } from './host.ts';

const { fin, syn, rst, psh, ack } = Flag;
export const FIN: number = fin;
export const SYN: number = syn;
export const RST: number = rst;
export const PSH: number = psh;
export const ACK: number = ack;

/** A segment as it passes the capture point. */
export interface SegmentPlan extends Required<Omit<TcpFields, 'urgentPointer'>> {
  /** Microseconds, in the clock of the talk. */
  readonly atUs: number;
  readonly from: Host;
  readonly to: Host;
  readonly identification: number;
}

/** Where a talk puts its packets. */
export interface TalkSink {
  segment(plan: SegmentPlan): void;
  /** Any other IP packet. */
  packet(atUs: number, from: Host, to: Host, packet: Uint8Array): void;
}

/** The plan as an IP packet. */
export function encodePlan(plan: SegmentPlan): Uint8Array {
  const { from, to } = plan;
  return encodeSegment({
    ...plan,
    source: from.ip,
    destination: to.ip,
    hopLimit: from.hopLimit,
    dontFragment: true,
  });
}

export interface TalkOptions {
  /** When it begins, microseconds. */
  readonly atUs: number;
  readonly client: Host;
  readonly clientPort: number;
  readonly server: Host;
  readonly serverPort: number;
  /** How long after a packet toward the server its answer passes the capture point. Default 20 ms. */
  readonly serverSideUs?: number;
  /** The same toward the client. Default 40 us: the capture is taken there. */
  readonly clientSideUs?: number;
  /** Default `modern`: MSS, SACK, timestamps and window scale; `plain`: MSS only. */
  readonly style?: 'modern' | 'plain';
  /** Makes the initial sequence numbers differ where a four-tuple comes again. */
  readonly incarnation?: number;
}

export interface SendOptions {
  readonly payload?: Uint8Array;
  readonly window?: number;
  /** Sequence numbers of the other end that had not arrived when this was sent. */
  readonly behind?: number;
  /** The other end does not have it (yet): lost behind the capture point, or out of order behind a lost one. */
  readonly lost?: boolean;
  /** Begins this many sequence numbers before the next new one, so it repeats what was sent. */
  readonly back?: number;
  /** Fills the last gap: everything that was sent so far has arrived. */
  readonly fills?: boolean;
}

/** One end of a conversation. */
class Side {
  readonly host: Host;
  readonly port: number;
  readonly clockOffset: number;
  window: number;
  /** Next sequence number to send, and what has arrived from the other end. */
  next: number;
  received: number = 0;
  echo: number = 0;

  constructor(host: Host, port: number, isn: number, window: number) {
    this.host = host;
    this.port = port;
    this.next = isn | 0;
    this.window = window;
    this.clockOffset = (isn ^ 0x3c5a7) & 0x3fffffff;
  }

  /** Timestamp clock: milliseconds from a start of its own. */
  clock(atUs: number): number {
    return (this.clockOffset + Math.floor(atUs / 1000)) | 0;
  }
}

const encoder = new TextEncoder();
const NO_BYTES = new Uint8Array(0);
const NO_OPTIONS: readonly TcpOption[] = [];
const NOP: TcpOption = { kind: 'nop' };
const MSS: TcpOption = { kind: 'mss', mss: 1460 };
const SACK_PERMITTED: TcpOption = { kind: 'sackPermitted' };
const WINDOW_SCALE: TcpOption = { kind: 'windowScale', shift: 7 };
/** In units of 128 bytes, once scaling is on. */
const SCALED_WINDOW = 502;

/** Text repeated to `length` bytes. */
export function text(words: string, length: number = words.length): Uint8Array {
  return encoder.encode(words.repeat(Math.ceil(length / words.length)).slice(0, length));
}

/** One TCP conversation, told packet by packet as a capture point sees it; numbers follow by themselves. */
export class Talk {
  readonly client: Side;
  readonly server: Side;
  /** Time of the next packet, microseconds. */
  atUs: number;
  private readonly sink: TalkSink;
  private readonly modern: boolean;
  private readonly serverSideUs: number;
  private readonly clientSideUs: number;

  constructor(sink: TalkSink, options: TalkOptions) {
    this.sink = sink;
    this.atUs = options.atUs;
    this.serverSideUs = options.serverSideUs ?? 20_000;
    this.clientSideUs = options.clientSideUs ?? 40;
    this.modern = options.style !== 'plain';
    const window = this.modern ? 64_240 : 5_840;
    const { clientPort, serverPort } = options;
    const isn =
      Math.imul(clientPort * 65_536 + serverPort, 0x9e3779b1) + (options.incarnation ?? 0) * 40_000_003;
    this.client = new Side(options.client, clientPort, isn, window);
    this.server = new Side(options.server, serverPort, Math.imul(isn, 0x85ebca6b), window);
  }

  /** Lets time pass. */
  wait(us: number): this {
    this.atUs += us;
    return this;
  }

  /** Until the server's answer to the last packet passes. */
  awaitServer(): this {
    return this.wait(this.serverSideUs);
  }

  /** Until the client's answer to the last packet passes. */
  awaitClient(): this {
    return this.wait(this.clientSideUs);
  }

  /** The client sends. */
  c(flags: number, options: SendOptions = {}): this {
    return this.send(this.client, this.server, flags, options);
  }

  /** The server sends. */
  s(flags: number, options: SendOptions = {}): this {
    return this.send(this.server, this.client, flags, options);
  }

  handshake(): this {
    this.c(SYN)
      .awaitServer()
      .s(SYN | ACK);
    if (this.modern) this.client.window = this.server.window = SCALED_WINDOW;
    return this.awaitClient().c(ACK);
  }

  /** The client asks, the server acknowledges and answers `thinkUs` later, the client acknowledges. */
  exchange(request: Uint8Array, response: Uint8Array, thinkUs: number = 1_500): this {
    this.wait(150).c(PSH | ACK, { payload: request });
    this.awaitServer().s(ACK);
    this.wait(thinkUs).s(PSH | ACK, { payload: response });
    return this.awaitClient().c(ACK);
  }

  /** A host that has no such socket: takes its number from the ACK of what it answers. */
  resetWithoutSocket(from: 'client' | 'server', seq: number): this {
    const [sender, receiver] = from === 'client' ? [this.client, this.server] : [this.server, this.client];
    return this.emit(sender, receiver, RST, seq, 0, 0, NO_OPTIONS, NO_BYTES, 0);
  }

  /** What a closed port answers to a SYN. */
  refuse(): this {
    const { server, client } = this;
    return this.emit(server, client, RST | ACK, 0, client.next, 0, NO_OPTIONS, NO_BYTES, 0);
  }

  /** The SYN once more. */
  repeatSyn(): this {
    return this.c(SYN, { back: 1 });
  }

  /** An ICMP error from a router or host about the SYN that the client sent last. */
  icmpAboutSyn(from: Host, type: number, code: number): this {
    const { client, server } = this;
    const quoted = encodeSegment({
      source: client.host.ip,
      destination: server.host.ip,
      identification: client.host.nextId(),
      sourcePort: client.port,
      destinationPort: server.port,
      seq: (client.next - 1) | 0,
      flags: SYN,
      window: client.window,
      options: this.options(client, SYN, false),
    });
    const packet = encodeIcmpError({
      source: from.ip,
      destination: client.host.ip,
      hopLimit: from.hopLimit,
      identification: from.nextId(),
      type,
      code,
      quoted,
    });
    this.sink.packet(this.atUs, from, client.host, packet);
    return this;
  }

  private send(from: Side, to: Side, flags: number, options: SendOptions): this {
    const payload = options.payload ?? NO_BYTES;
    const seq = (from.next - (options.back ?? 0)) | 0;
    const end = (seq + payload.length + (flags & SYN ? 1 : 0) + (flags & FIN ? 1 : 0)) | 0;
    if (((end - from.next) | 0) > 0) from.next = end;
    if (options.fills === true) to.received = from.next;
    else if ((flags & SYN) !== 0 || (options.lost !== true && ((end - to.received) | 0) > 0))
      to.received = end;
    const acks = (flags & ACK) !== 0;
    const tcpOptions = this.options(from, flags, acks);
    if (options.lost !== true) to.echo = from.clock(this.atUs);
    const number = acks ? (from.received - (options.behind ?? 0)) | 0 : 0;
    const window = options.window ?? from.window;
    return this.emit(from, to, flags, seq, number, window, tcpOptions, payload, from.host.nextId());
  }

  private options(from: Side, flags: number, echoes: boolean): readonly TcpOption[] {
    if (!this.modern) return (flags & SYN) !== 0 ? [MSS] : NO_OPTIONS;
    const stamps: TcpOption = {
      kind: 'timestamps',
      value: from.clock(this.atUs),
      echo: echoes ? from.echo : 0,
    };
    return (flags & SYN) === 0 ? [NOP, NOP, stamps] : [MSS, SACK_PERMITTED, stamps, NOP, WINDOW_SCALE];
  }

  private emit(
    from: Side,
    to: Side,
    flags: number,
    seq: number,
    ackNumber: number,
    window: number,
    options: readonly TcpOption[],
    payload: Uint8Array,
    identification: number,
  ): this {
    this.sink.segment({
      atUs: this.atUs,
      from: from.host,
      to: to.host,
      sourcePort: from.port,
      destinationPort: to.port,
      identification,
      seq,
      ack: ackNumber,
      flags,
      window,
      options,
      payload,
    });
    return this;
  }
}
