import type { Packet } from '../host/packet.ts';
import { Flag, formatEndpoint, type IpAddress, type Segment, SegmentKind } from '../wire/index.ts';
import { hashWords } from './addresses.ts';
import { icmpError } from './answer.ts';
import { type BoxOptions, FlowBox, type Stray } from './box.ts';
import { endpoint, Flow, translate } from './flows.ts';
import type { Port, World } from './station.ts';

export interface NatOptions extends BoxOptions {
  /** The pool of addresses that connections get outside. */
  readonly outside: readonly string[];
  /** Ports of each address, both inclusive; default 1024 to 65535. */
  readonly portFrom?: number;
  readonly portTo?: number;
  /** Connections keep their port where it is free (default), or get the next one in turn. */
  readonly preservePorts?: boolean;
  /**
   * Segments from inside that are no SYN and belong to no flow: dropped (default), answered by RST as cloud gateways do, or
   * given a new flow as Linux's conntrack does.
   */
  readonly strayInside?: Stray | 'adopt';
  /** Segments from outside that belong to no flow. */
  readonly strayOutside?: Stray;
  /** What a connection gets when no port is left: nothing (default) or an ICMP host unreachable. */
  readonly exhausted?: 'drop' | 'icmp';
}

export interface NatCounters {
  translated: number;
  opened: number;
  /** New connections for which no port was left. */
  exhausted: number;
  strayInside: number;
  strayOutside: number;
  /** What is neither TCP nor an ICMP error about it. */
  unknown: number;
}

/**
 * A network address and port translator. A port may serve several connections as long as their remote endpoints differ
 * (address- and port-dependent mapping, RFC 4787 4.1), as in Linux and the large clouds.
 */
export class Nat extends FlowBox {
  readonly counters: NatCounters = {
    translated: 0,
    opened: 0,
    exhausted: 0,
    strayInside: 0,
    strayOutside: 0,
    unknown: 0,
  };
  readonly #options: NatOptions;
  readonly #portFrom: number;
  readonly #portCount: number;
  #cursor: number = 0;
  /** Ports in use by pool address and remote endpoint. */
  readonly #used: Map<string, number> = new Map();

  constructor(world: World, name: string, options: NatOptions) {
    super(world, name, options);
    this.#options = options;
    this.#portFrom = options.portFrom ?? 1024;
    this.#portCount = (options.portTo ?? 65_535) - this.#portFrom + 1;
    this.flows.onRemoved = (flow) => this.#countUse(flow, -1);
  }

  /** Nobody outside has a route to what is inside. */
  override forwards(from: Port, to: Port): boolean {
    return from.side === 'inside' || to.side === 'outside';
  }

  override receive(packet: Packet, port: Port): void {
    const { now } = this.world;
    const isInside = port.side === 'inside';
    const { segment } = this.reader;
    if (this.reader.read(packet, now) === SegmentKind.none) {
      this.counters.unknown++;
      this.world.packets.give(packet);
      return;
    }
    this.flows.expire(now);
    const known = this.flows.find(segment, isInside);
    if (known === null && isInside && this.#mayOpen(segment)) this.#openFlow(packet, segment, port);
    else if (known === null) this.#stray(packet, port, isInside);
    else this.#forward(packet, segment, known, port);
    this.planExpiry();
  }

  #mayOpen(segment: Segment): boolean {
    if (segment.kind !== SegmentKind.tcp) return false;
    const isSyn = (segment.flags & (Flag.syn | Flag.ack)) === Flag.syn;
    return isSyn || (this.#options.strayInside === 'adopt' && (segment.flags & Flag.rst) === 0);
  }

  #forward(packet: Packet, segment: Segment, flow: Flow, port: Port): void {
    const isInside = port.side === 'inside';
    this.counters.translated++;
    this.flows.track(flow, segment, isInside, this.world.now);
    translate(packet, segment, flow, isInside);
    this.passAcross(packet, port);
  }

  #openFlow(packet: Packet, segment: Segment, port: Port): void {
    const flow = this.#allocate(segment);
    if (flow === null) {
      this.counters.exhausted++;
      const { packets } = this.world;
      const error = this.#options.exhausted === 'icmp' ? icmpError(packets, this, packet, 'host') : null;
      packets.give(packet);
      if (error !== null) port.send(error);
      return;
    }
    this.counters.opened++;
    this.flows.add(flow, this.world.now);
    this.#countUse(flow, 1);
    this.#forward(packet, segment, flow, port);
  }

  #stray(packet: Packet, port: Port, isInside: boolean): void {
    const { strayInside = 'drop', strayOutside = 'drop' } = this.#options;
    if (isInside) this.counters.strayInside++;
    else this.counters.strayOutside++;
    const inside = strayInside === 'adopt' ? 'drop' : strayInside;
    this.dropStray(packet, port, isInside ? inside : strayOutside);
  }

  /** A host keeps to one address of the pool while that has ports (RFC 4787 REQ-2). */
  #allocate(segment: Segment): Flow | null {
    const pool = this.addresses.filter((address) => address.family === segment.family);
    if (pool.length === 0) return null;
    const first = (hashWords(segment.source) >>> 0) % pool.length;
    for (let i = 0; i < pool.length; i++) {
      const address = pool[(first + i) % pool.length]!;
      const port = this.#freePort(segment, address);
      if (port < 0) continue;
      const peer = endpoint(segment.destination, segment.destinationPort);
      const near = endpoint(segment.source, segment.sourcePort);
      return new Flow(segment.family, 'inside', near, peer, endpoint(address.words, port), peer);
    }
    return null;
  }

  #freePort(segment: Segment, address: IpAddress): number {
    const { destination, destinationPort, family, sourcePort } = segment;
    if ((this.#used.get(useKey(address, destination, destinationPort)) ?? 0) >= this.#portCount) return -1;
    const isFree = (port: number): boolean =>
      this.flows.findFar(family, address.words, port, destination, destinationPort) === null;
    const isInRange = sourcePort >= this.#portFrom && sourcePort < this.#portFrom + this.#portCount;
    if (this.#options.preservePorts !== false && isInRange && isFree(sourcePort)) return sourcePort;
    for (let i = 0; i < this.#portCount; i++) {
      const port = this.#portFrom + this.#cursor;
      this.#cursor = (this.#cursor + 1) % this.#portCount;
      if (isFree(port)) return port;
    }
    return -1;
  }

  #countUse(flow: Flow, change: number): void {
    const key = useKey(
      { family: flow.family as 4 | 6, words: flow.far.words },
      flow.farPeer.words,
      flow.farPeer.port,
    );
    const count = (this.#used.get(key) ?? 0) + change;
    if (count === 0) this.#used.delete(key);
    else this.#used.set(key, count);
  }
}

function useKey(address: IpAddress, remote: Int32Array, remotePort: number): string {
  const { family, words } = address;
  return `${formatEndpoint(family, words, 0)} ${formatEndpoint(family, remote, remotePort)}`;
}
