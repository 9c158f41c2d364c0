import { PacketPool } from '../host/packet.ts';
import { type IpAddress, parseAddress } from '../wire/index.ts';
import { EventQueue, type Handler } from './event-queue.ts';
import type { Node } from './node.ts';
import { NodeStation } from './node-station.ts';
import type { LinkOptions } from './options.ts';
import { PacketTap, type TapOptions } from './packet-tap.ts';
import type { Partitions } from './partition.ts';
import { PlainLink } from './plain-link.ts';
import { Random } from './random.ts';
import { Port, Side, Station, type World } from './station.ts';

export interface NetworkOptions {
  /** All randomness of the run follows from it. */
  readonly seed: number;
  /** Virtual time at the start, default 0. */
  readonly startUs?: number;
  /** More events than this at one instant are taken for a livelock; default a million. */
  readonly maxEventsPerInstant?: number;
}

/** What `BareNetwork.at` planned. */
export interface Planned {
  /** Does nothing where it has happened already. */
  cancel(): void;
}

/** What a link can be connected to. */
export type End = Node | Station | Side;

type LinkKind<L> = new (world: World, name: string, a: Port, b: Port, options: LinkOptions) => L;

const DEFAULT_MAX_EVENTS = 1_000_000;
const DAY_US = 86_400e6;

/** Nodes and links in virtual time. Nothing waits: time jumps from one event to the next. */
export class BareNetwork implements World {
  readonly seed: number;
  readonly events: EventQueue = new EventQueue();
  readonly packets: PacketPool = new PacketPool();
  partitions: Partitions | null = null;
  readonly links: PlainLink[] = [];
  /** For scenarios: a stream that nothing else draws from. */
  readonly random: Random;
  /** Virtual microseconds. */
  now: number;
  readonly #maxEvents: number;
  #eventsAtInstant: number = 0;
  #instant: number = -1;
  readonly #stations: Map<string, Station> = new Map();
  readonly #nodes: Map<Node, NodeStation> = new Map();

  constructor(options: NetworkOptions) {
    this.seed = options.seed;
    this.now = options.startUs ?? 0;
    this.#maxEvents = options.maxEventsPerInstant ?? DEFAULT_MAX_EVENTS;
    this.random = new Random(options.seed, 'network');
  }

  /** Any node. */
  attach<N extends Node>(node: N, addresses: readonly string[] = []): N {
    const station = this.add(new NodeStation(this, node));
    this.#nodes.set(node, station);
    for (const address of addresses) this.addAddress(node, address);
    node.at?.(this.now);
    return node;
  }

  /** A box of the caller's own making. */
  add<S extends Station>(station: S): S {
    if (this.#stations.has(station.name)) throw new Error(`there is a ${station.name} already`);
    this.#stations.set(station.name, station);
    return station;
  }

  /** A box with addresses of its own. */
  addWith<S extends Station>(station: S, addresses: readonly string[]): S {
    this.add(station);
    for (const address of addresses) this.addAddress(station, address);
    return station;
  }

  /** One more address of a station, which the node itself must know too. A prefix length behind it is read over. */
  addAddress(end: End, addressText: string): void {
    const station = this.stationOf(end);
    const text = addressText.replace(/\/\d+$/, '');
    const address: IpAddress | null = parseAddress(text);
    if (address === null) throw new TypeError(`not an IP address: ${text}`);
    station.addresses.push(address);
  }

  /**
   * A link from `a` to `b`. Of a box with two sides, the first link is inside and the others outside unless `box.inside` or
   * `box.outside` says otherwise.
   */
  connect(a: End, b: End, options: LinkOptions = {}): PlainLink {
    return this.join(PlainLink, a, b, options);
  }

  protected join<L extends PlainLink>(Kind: LinkKind<L>, a: End, b: End, options: LinkOptions): L {
    const first = this.#portAt(a);
    const second = this.#portAt(b);
    const name = options.name ?? `${first.station.name}-${second.station.name}`;
    const same = this.links.filter((link) => link.name === name || link.name.startsWith(`${name}#`)).length;
    const link = new Kind(this, same === 0 ? name : `${name}#${same + 1}`, first, second, options);
    this.links.push(link);
    return link;
  }

  #portAt(end: End): Port {
    if (end instanceof Side) return end.station.addPort(end.name);
    const station = this.stationOf(end);
    return station.addPort(station.isTwoSided ? (station.ports.length === 0 ? 'inside' : 'outside') : '');
  }

  /** What the network knows of a node, or of the station a side belongs to. */
  stationOf(end: End): Station {
    if (end instanceof Station) return end;
    if (end instanceof Side) return end.station;
    const station = this.#nodes.get(end);
    if (station === undefined) throw new Error(`${end.name} is not on this network`);
    return station;
  }

  /** Calls `action` at a time, which may make calls on any node. */
  at(timeUs: number, action: () => void): Planned {
    if (!(timeUs >= this.now)) throw new RangeError(`${timeUs} µs is past: it is ${this.now} µs`);
    const slot = this.events.open({
      name: 'an action of at()',
      fire: () => {
        isOpen = false;
        this.events.close(slot);
        this.act(action);
      },
    });
    let isOpen = true;
    this.events.set(slot, Math.ceil(timeUs));
    return {
      cancel: () => {
        if (isOpen) this.events.close(slot);
        isOpen = false;
      },
    };
  }

  after(us: number, action: () => void): Planned {
    return this.at(this.now + us, action);
  }

  /** Makes calls on nodes now: they know the time before, and what they want to send or wait for is taken up after. */
  act(action: () => void): void {
    for (const station of this.#nodes.values()) station.sync();
    action();
    for (const station of this.#nodes.values()) station.settle();
  }

  /** Takes up what a node wants after calls on it that were made outside `act` and `at`. */
  settle(node: Node): void {
    const station = this.#nodes.get(node);
    if (station === undefined) throw new Error(`${node.name} is not on this network`);
    station.settle();
  }

  /** Does what is due next, be it later than now. False: nothing is. */
  step(): boolean {
    this.#settleAll();
    return this.#next(Infinity);
  }

  /** Runs until a time, which it then is. */
  run(untilUs: number): void {
    this.#settleAll();
    while (this.#next(untilUs));
    if (untilUs > this.now) this.now = untilUs;
    for (const station of this.#nodes.values()) station.sync();
  }

  /** Runs until nothing is pending, or until a time (default a day from now). Returns whether nothing is. */
  runIdle(limitUs: number = this.now + DAY_US): boolean {
    return this.runUntil(() => this.events.size === 0, limitUs);
  }

  /** Runs until a condition holds after an event, until nothing is pending, or until a time. Returns whether it holds. */
  runUntil(condition: () => boolean, limitUs: number): boolean {
    this.#settleAll();
    while (!condition()) {
      if (this.#next(limitUs)) continue;
      if (this.events.size > 0) this.now = Math.max(this.now, limitUs);
      break;
    }
    for (const station of this.#nodes.values()) station.sync();
    return condition();
  }

  #next(untilUs: number): boolean {
    const { events } = this;
    const time = events.earliest();
    if (time === Infinity || time > untilUs) return false;
    if (time > this.now) this.now = time;
    const handler: Handler = events.pop();
    this.countEvent(handler.name);
    handler.fire();
    return true;
  }

  #settleAll(): void {
    for (const station of this.#nodes.values()) station.settle();
  }

  countEvent(name: string): void {
    if (this.now !== this.#instant) {
      this.#instant = this.now;
      this.#eventsAtInstant = 0;
    }
    if (++this.#eventsAtInstant > this.#maxEvents) {
      throw new Error(
        `livelock: more than ${this.#maxEvents} events at ${this.now} µs, the last one at ${name} (seed ${this.seed})`,
      );
    }
  }

  /** Records what passes at a node or box (all its links), at a port, or at a link's first end. */
  tap(where: End | Port | PlainLink, options: TapOptions | string = {}): PacketTap {
    return new PacketTap(this.tapPorts(where), options);
  }

  protected tapPorts(where: End | Port | PlainLink): readonly Port[] {
    if (where instanceof Port) return [where];
    if (where instanceof PlainLink) return [where.a];
    const all = this.stationOf(where).ports;
    const ports = all.filter((port) => !(where instanceof Side) || port.side === where.name);
    if (ports.length === 0) throw new Error('a tap needs a link: connect first');
    return ports;
  }

  /** Power off and on again: all connections of the node are forgotten, and nobody is told. */
  crash(node: Node, rebootAfterUs: number = 0): void {
    const station = this.#nodes.get(node);
    if (station === undefined) throw new Error(`${node.name} is not on this network`);
    station.switchOff();
    if (rebootAfterUs <= 0) station.switchOn();
    else if (rebootAfterUs !== Infinity) this.after(rebootAfterUs, () => station.switchOn());
  }
}
