import type { Packet } from '../host/packet.ts';
import { Flag, type IpAddress, parseAddress, type Segment, SegmentKind } from '../wire/index.ts';
import { sameWords } from './addresses.ts';
import { type BoxOptions, FlowBox, type Stray } from './box.ts';
import { endpoint, Flow, isBehindWindow, translate } from './flows.ts';
import type { Port, World } from './station.ts';

export interface BalancerOptions extends BoxOptions {
  /** The address and port that clients (outside) connect to. */
  readonly address: string;
  readonly port: number;
  /** Addresses of the servers (inside), taken in turn; each listens on `backendPort` (default `port`). */
  readonly backends: readonly string[];
  readonly backendPort?: number;
  /** Segments of clients that are no SYN and belong to no flow: dropped (default) or answered by RST. */
  readonly stray?: Stray;
  /**
   * Segments of servers that no window of the client can hold any more: translated as all others (default), left as they
   * are and passed on, as Linux's conntrack leaves what it calls INVALID, or dropped.
   */
  readonly invalid?: 'translate' | 'leave' | 'drop';
}

/** A load balancer on layer 4: gives each connection to a server by changing its destination. All else passes as it is. */
export class Balancer extends FlowBox {
  readonly counters: { opened: number; translated: number; stray: number; invalid: number } = {
    opened: 0,
    translated: 0,
    stray: 0,
    invalid: 0,
  };
  readonly #options: BalancerOptions;
  readonly #address: IpAddress;
  readonly #backends: readonly IpAddress[];
  #turn: number = 0;

  constructor(world: World, name: string, options: BalancerOptions) {
    super(world, name, options);
    this.#options = options;
    this.#address = known(options.address);
    this.#backends = options.backends.map(known);
    if (this.#backends.length === 0) throw new RangeError(`${name} has no backends`);
  }

  override forwards(from: Port, to: Port): boolean {
    return from.side !== to.side;
  }

  override receive(packet: Packet, port: Port): void {
    const { now } = this.world;
    const { segment } = this.reader;
    if (this.reader.read(packet, now) === SegmentKind.none) {
      this.passAcross(packet, port);
      return;
    }
    this.flows.expire(now);
    const isClient = port.side === 'outside';
    let flow = this.flows.find(segment, isClient);
    if (flow === null && isClient && this.#isForUs(segment)) {
      if (segment.kind !== SegmentKind.tcp || (segment.flags & (Flag.syn | Flag.ack)) !== Flag.syn) {
        this.counters.stray++;
        this.dropStray(packet, port, this.#options.stray ?? 'drop');
        return;
      }
      flow = this.#openFlow(segment);
    }
    if (flow !== null && this.#isInvalid(flow, segment, isClient)) {
      this.counters.invalid++;
      if (this.#options.invalid === 'leave') this.passAcross(packet, port);
      else this.world.packets.give(packet);
      return;
    }
    if (flow !== null) {
      this.counters.translated++;
      this.flows.track(flow, segment, isClient, now);
      translate(packet, segment, flow, isClient);
    }
    this.passAcross(packet, port);
    this.planExpiry();
  }

  #isInvalid(flow: Flow, segment: Segment, isClient: boolean): boolean {
    const { invalid = 'translate' } = this.#options;
    return (
      invalid !== 'translate' &&
      !isClient &&
      segment.kind === SegmentKind.tcp &&
      segment.payloadLength > 0 &&
      isBehindWindow(flow, segment)
    );
  }

  #isForUs(segment: Segment): boolean {
    if (segment.family !== this.#address.family) return false;
    return (
      segment.destinationPort === this.#options.port && sameWords(segment.destination, this.#address.words)
    );
  }

  #openFlow(segment: Segment): Flow {
    const backend = this.#backends[this.#turn]!;
    this.#turn = (this.#turn + 1) % this.#backends.length;
    const client = endpoint(segment.source, segment.sourcePort);
    const virtual = endpoint(segment.destination, segment.destinationPort);
    const server = endpoint(backend.words, this.#options.backendPort ?? this.#options.port);
    const flow = new Flow(segment.family, 'outside', client, virtual, client, server);
    this.counters.opened++;
    this.flows.add(flow, this.world.now);
    return flow;
  }
}

function known(text: string): IpAddress {
  const address = parseAddress(text);
  if (address === null) throw new TypeError(`not an IP address: ${text}`);
  return address;
}
