import type { Packet, PacketPool } from '../host/packet.ts';
import type { IpAddress } from '../wire/index.ts';
import type { Direction } from './direction.ts';
import type { EventQueue } from './event-queue.ts';
import { familyOf, hasWholeHeader, readDestination } from './header.ts';
import type { PacketTap } from './packet-tap.ts';
import type { Partitions } from './partition.ts';
import type { Routes } from './routing.ts';

/** What the parts of a network share. */
export interface World {
  readonly seed: number;
  readonly now: number;
  readonly events: EventQueue;
  readonly packets: PacketPool;
  readonly partitions: Partitions | null;
  /** Counts what happens at one instant, and throws where it does not end. */
  countEvent(name: string): void;
}

/** Where a link ends at a station. */
export class Port {
  readonly station: Station;
  /** `client:0`. */
  readonly name: string;
  /** Which of a box's sides the link is on; '' where there are none. */
  readonly side: string;
  /** The direction of the link that leaves here. */
  out!: Direction;
  taps: PacketTap[] | null = null;

  constructor(station: Station, side: string) {
    this.station = station;
    this.side = side;
    this.name = `${station.name}:${station.ports.length}`;
  }

  /** The port at the other end of the link. */
  get peer(): Port {
    return this.out.to;
  }

  /** Sends a packet out here; it is the link's from now on. */
  send(packet: Packet): void {
    if (this.taps !== null) this.#tap('out', packet);
    this.out.send(packet);
  }

  /** A packet comes in from the link. */
  arrive(packet: Packet): void {
    if (this.taps !== null) this.#tap('in', packet);
    this.station.receive(packet, this);
  }

  #tap(way: 'in' | 'out', packet: Packet): void {
    const now = this.station.world.now;
    for (const tap of this.taps!) tap.record(now, this, way, packet.bytes, packet.length);
  }
}

/** Anything that links connect: a host, a router or a box in between. */
export abstract class Station {
  readonly world: World;
  readonly name: string;
  readonly ports: Port[] = [];
  /** Whether its links are on an inside and an outside. */
  readonly isTwoSided: boolean = false;
  /** Its own addresses: where routes to it lead. */
  readonly addresses: IpAddress[] = [];
  /** Null: it knows the way to its neighbours only. */
  routes: Routes | null = null;
  readonly #destination: Int32Array = new Int32Array(4);

  constructor(world: World, name: string) {
    this.world = world;
    this.name = name;
  }

  /** A packet came in at `port`; whoever handles it passes it on or gives it back. */
  abstract receive(packet: Packet, port: Port): void;

  /** Whether traffic that comes in at `from` may leave at `to`: what routes can be computed through. */
  forwards(_from: Port, _to: Port): boolean {
    return false;
  }

  addPort(side: string): Port {
    const port = new Port(this, side);
    this.ports.push(port);
    return port;
  }

  /** Where a packet to an address leaves. */
  route(family: number, words: Int32Array): Port | null {
    if (this.routes !== null) return this.routes.find(family, words);
    return this.ports.find((port) => port.peer.station.owns(family, words)) ?? null;
  }

  owns(family: number, words: Int32Array): boolean {
    return this.addresses.some(
      (own) => own.family === family && own.words.every((word, i) => word === words[i]),
    );
  }

  routeOf(packet: Packet): Port | null {
    if (!hasWholeHeader(packet)) return null;
    readDestination(packet, this.#destination);
    return this.route(familyOf(packet), this.#destination);
  }
}

/** One side of a box, to connect a link to: `network.connect(client, nat.inside)`. */
export class Side {
  readonly station: Station;
  readonly name: string;

  constructor(station: Station, name: string) {
    this.station = station;
    this.name = name;
  }
}
