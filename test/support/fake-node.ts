import type { Packet, PacketPool } from '../../src/host/packet.ts';
import type { BareNetwork } from '../../src/link/bare-network.ts';
import type { Node } from '../../src/link/node.ts';
import {
  Decoder,
  encodeSegment,
  formatEndpoint,
  LinkType,
  type Segment,
  SegmentKind,
} from '../../src/wire/index.ts';

export interface Heard {
  readonly atUs: number;
  readonly bytes: Uint8Array;
}

/** A node without a TCP: sends what it is told, keeps what it hears, and may answer. */
export class FakeNode implements Node {
  readonly name: string;
  readonly heard: Heard[] = [];
  /** Answers to a packet that was heard. */
  answer: ((bytes: Uint8Array, now: number) => Uint8Array[]) | null = null;
  crashes: number = 0;
  now: number = 0;
  private readonly pool: PacketPool;
  private readonly queue: Packet[] = [];
  /** How many of the alarms, which are in order of time, have passed. */
  private polled: number = 0;
  private readonly alarms: { at: number; bytes: Uint8Array }[] = [];

  constructor(network: BareNetwork, name: string, address: string) {
    this.name = name;
    this.pool = network.packets;
    network.attach(this, [address]);
  }

  send(bytes: Uint8Array, change: Partial<Pick<Packet, 'segmentSize' | 'trusted'>> = {}): void {
    const packet = this.pool.take(bytes.length);
    packet.bytes.set(bytes);
    packet.length = bytes.length;
    Object.assign(packet, change);
    this.queue.push(packet);
  }

  /** Sends when polled at a time. */
  sendAt(at: number, bytes: Uint8Array): void {
    this.alarms.push({ at, bytes });
    if (at < (this.alarms.at(-2)?.at ?? at)) this.alarms.sort((a, b) => a.at - b.at);
  }

  inputPacket(now: number, packet: Packet): void {
    const bytes = packet.bytes.slice(0, packet.length);
    this.heard.push({ atUs: now, bytes });
    for (const reply of this.answer?.(bytes, now) ?? []) this.send(reply);
  }

  poll(now: number): void {
    while (this.nextTimeout() <= now) {
      this.send(this.alarms[this.polled++]!.bytes);
    }
  }

  nextTimeout(): number {
    return this.alarms[this.polled]?.at ?? Infinity;
  }

  output(sink: (packet: Packet) => boolean): void {
    while (this.queue.length > 0)
      if (sink(this.queue[0]!)) this.queue.shift();
      else return;
  }

  get waiting(): number {
    return this.queue.length;
  }

  at(now: number): void {
    this.now = now;
  }

  crash(): void {
    this.crashes++;
  }
}

/** A segment with an increasing sequence number, so that packets can be told apart. */
export function segment(
  source: string,
  destination: string,
  change: Partial<Parameters<typeof encodeSegment>[0]> = {},
): Uint8Array {
  return encodeSegment({
    source,
    destination,
    sourcePort: 1000,
    destinationPort: 80,
    flags: 0x10,
    dontFragment: true,
    ...change,
  });
}

/** One packet as text: `10.0.0.1:1000 > 10.0.0.2:80 A 5:7 1`, or an ICMP error. */
export function tell(bytes: Uint8Array): string {
  const s = decodeRaw(bytes);
  const ends = `${formatEndpoint(s.family, s.source, s.sourcePort)} > ${formatEndpoint(s.family, s.destination, s.destinationPort)}`;
  if (s.kind === SegmentKind.none) return 'none';
  if (s.kind === SegmentKind.icmpError)
    return `icmp ${s.icmpType}/${s.icmpCode} mtu ${s.icmpMtu} about ${ends}`;
  const flags = [...'FSRPAUEC'].filter((_, bit) => (s.flags & (1 << bit)) !== 0).join('');
  return `${ends} ${flags} ${s.seq >>> 0} ${s.ack >>> 0} ${s.payloadLength}`;
}

export function decodeRaw(bytes: Uint8Array): Segment {
  const decoder = new Decoder();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  decoder.decode(LinkType.raw, bytes, view, 0, bytes.length, bytes.length, 0);
  return decoder.segment;
}
