import type { Packet } from '../host/packet.ts';
import {
  encodeSegment,
  Flag,
  formatAddress,
  type Segment,
  SegmentKind,
  writeTcpChecksum,
} from '../wire/index.ts';
import { FlowBox } from './box.ts';
import { endpoint, Flow } from './flows.ts';
import { packetFrom } from './header.ts';
import type { Port, World } from './station.ts';

export interface SynProxyOptions {
  /** What it offers both ends; default 1460. */
  readonly mss?: number;
  /** Of the segments that it writes itself; default 64. */
  readonly hopLimit?: number;
}

/** What one connection through the proxy is about: its numbers towards the client are not those of the server. */
class ProxiedFlow extends Flow {
  /** The number the client was answered with, and the client's own first. */
  cookie: number = 0;
  clientFirst: number = 0;
  /** The server's number minus what the client sees; null until the server has answered. */
  offset: number | null = null;
  /** The client has acknowledged the cookie. */
  isReal: boolean = false;
}

const SYN_ACK = Flag.syn | Flag.ack;

/**
 * A SYN proxy, as Linux's SYNPROXY or a scrubbing service: it answers a client's SYN itself, with a window of 0 and no other option
 * than an MSS, and asks the server only when the client has acknowledged that. From then on it moves the server's sequence numbers to those that the
 * client was told. Clients are outside.
 */
export class SynProxy extends FlowBox {
  readonly counters: { answered: number; opened: number; refused: number } = {
    answered: 0,
    opened: 0,
    refused: 0,
  };
  readonly #mss: number;
  readonly #hopLimit: number;
  #salt: number = 0x2545f491;

  constructor(world: World, name: string, options: SynProxyOptions = {}) {
    super(world, name, {});
    this.#mss = options.mss ?? 1_460;
    this.#hopLimit = options.hopLimit ?? 64;
  }

  override forwards(from: Port, to: Port): boolean {
    return from.side !== to.side;
  }

  override receive(packet: Packet, port: Port): void {
    const { segment } = this.reader;
    if (this.reader.read(packet, this.world.now) !== SegmentKind.tcp) {
      this.passAcross(packet, port);
      return;
    }
    this.flows.expire(this.world.now);
    if (port.side === 'outside') this.#fromClient(packet, segment, port);
    else this.#fromServer(packet, segment, port);
  }

  #fromClient(packet: Packet, segment: Segment, port: Port): void {
    const flow = this.flows.find(segment, true) as ProxiedFlow | null;
    const isSyn = (segment.flags & SYN_ACK) === Flag.syn;
    if (isSyn && (flow === null || !flow.isReal)) {
      this.#answer(flow ?? this.#remember(segment), segment, port);
      this.world.packets.give(packet);
    } else if (flow === null || (!flow.isReal && !this.#isProof(flow, segment))) {
      this.counters.refused++;
      this.dropStray(packet, port, 'reset');
    } else if (flow.offset === null) {
      if (!flow.isReal) this.#ask(flow, segment, port);
      flow.isReal = true;
      this.world.packets.give(packet);
    } else {
      this.flows.track(flow, segment, true, this.world.now);
      moveNumber(packet, segment, ACK_AT, flow.offset);
      this.passAcross(packet, port);
    }
  }

  #fromServer(packet: Packet, segment: Segment, port: Port): void {
    const flow = this.flows.find(segment, false) as ProxiedFlow | null;
    if (flow === null) {
      this.passAcross(packet, port);
      return;
    }
    if (flow.offset === null && (segment.flags & SYN_ACK) === SYN_ACK)
      this.#join(packet, flow, segment, port);
    else {
      // Before the server has answered, an RST of it is the answer to the client.
      const offset = flow.offset ?? (segment.seq - flow.cookie - 1) | 0;
      this.flows.track(flow, segment, false, this.world.now);
      moveNumber(packet, segment, SEQ_AT, -offset);
      this.passAcross(packet, port);
    }
  }

  #remember(segment: Segment): ProxiedFlow {
    const client = endpoint(segment.source, segment.sourcePort);
    const server = endpoint(segment.destination, segment.destinationPort);
    const flow = new ProxiedFlow(segment.family, 'outside', client, server, client, server);
    this.#salt = (Math.imul(this.#salt, 0x9e3779b1) ^ segment.seq) | 0;
    flow.cookie = this.#salt;
    this.flows.add(flow, this.world.now);
    return flow;
  }

  #isProof(flow: ProxiedFlow, segment: Segment): boolean {
    return (segment.flags & SYN_ACK) === Flag.ack && segment.ack === ((flow.cookie + 1) | 0);
  }

  /** To the client, in the server's name. */
  #answer(flow: ProxiedFlow, segment: Segment, port: Port): void {
    this.counters.answered++;
    flow.clientFirst = segment.seq;
    const options = [{ kind: 'mss', mss: this.#mss }] as const;
    port.send(
      this.#segment(flow.nearPeer, flow.near, flow, {
        seq: flow.cookie,
        ack: (segment.seq + 1) | 0,
        flags: SYN_ACK,
        options,
      }),
    );
  }

  /** To the server, in the client's name. */
  #ask(flow: ProxiedFlow, segment: Segment, port: Port): void {
    this.counters.opened++;
    const options = [{ kind: 'mss', mss: this.#mss }] as const;
    const { window } = segment;
    const syn = { seq: flow.clientFirst, ack: 0, flags: Flag.syn, window, options };
    this.passAcross(this.#segment(flow.near, flow.nearPeer, flow, syn), port);
  }

  /** The server's SYN-ACK: acknowledged here; to the client it is news of the window. */
  #join(packet: Packet, flow: ProxiedFlow, segment: Segment, port: Port): void {
    flow.offset = (segment.seq - flow.cookie) | 0;
    const { ack, seq, window } = segment;
    this.world.packets.give(packet);
    const next = (seq + 1) | 0;
    port.send(
      this.#segment(flow.near, flow.nearPeer, flow, { seq: ack, ack: next, flags: Flag.ack, window }),
    );
    const update = { seq: (flow.cookie + 1) | 0, ack, flags: Flag.ack, window };
    this.passAcross(this.#segment(flow.nearPeer, flow.near, flow, update), port);
  }

  #segment(
    from: { readonly words: Int32Array; readonly port: number },
    to: { readonly words: Int32Array; readonly port: number },
    { family }: Flow,
    fields: Omit<
      Parameters<typeof encodeSegment>[0],
      'source' | 'destination' | 'sourcePort' | 'destinationPort'
    >,
  ): Packet {
    const bytes = encodeSegment({
      ...fields,
      source: formatAddress(family, from.words),
      destination: formatAddress(family, to.words),
      sourcePort: from.port,
      destinationPort: to.port,
      hopLimit: this.#hopLimit,
    });
    return packetFrom(this.world.packets, bytes);
  }
}

/** Where the numbers stand in a TCP header. */
const SEQ_AT = 4;
const ACK_AT = 8;

function moveNumber(packet: Packet, segment: Segment, at: number, by: number): void {
  const { flags, headerOffset } = segment;
  if (at === ACK_AT && (flags & Flag.ack) === 0) return;
  const { view } = packet;
  view.setInt32(headerOffset + at, view.getInt32(headerOffset + at) + by);
  view.setUint16(headerOffset + 16, 0);
  const length = segment.headerLength + segment.payloadLength;
  writeTcpChecksum(view, headerOffset, length, segment.source, segment.destination);
}
