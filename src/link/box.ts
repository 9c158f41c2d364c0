import type { Packet } from '../host/packet.ts';
import { resetAnswer } from './answer.ts';
import type { Handler } from './event-queue.ts';
import { type Flow, FlowTable, type FlowTimeouts, flowResets } from './flows.ts';
import { Reader } from './header.ts';
import { type Port, Side, Station, type World } from './station.ts';

/** What becomes of packets that belong to no flow: nothing, or an RST. */
export type Stray = 'drop' | 'reset';

export interface BoxOptions extends FlowTimeouts {
  /** Whether a flow that was idle for too long ends unnoticed (default) or with an RST to both ends. */
  readonly onIdle?: 'silent' | 'reset';
}

/** A box with two sides that remembers the flows through it. */
export abstract class FlowBox extends Station implements Handler {
  override readonly isTwoSided: boolean = true;
  readonly flows: FlowTable;
  readonly inside: Side = new Side(this, 'inside');
  readonly outside: Side = new Side(this, 'outside');
  protected readonly reader: Reader = new Reader();
  readonly #resetsIdle: boolean;
  readonly #slot: number;

  constructor(world: World, name: string, options: BoxOptions) {
    super(world, name);
    this.flows = new FlowTable(options);
    this.#resetsIdle = options.onIdle === 'reset';
    this.#slot = world.events.open(this);
    if (this.#resetsIdle) this.flows.onExpired = (flow) => this.#resetBoth(flow);
  }

  /** Time to look for idle flows. */
  fire(): void {
    this.flows.expire(this.world.now);
    this.planExpiry();
  }

  /** After the flows changed: an RST at the time a flow expires needs an alarm, forgetting it does not. */
  protected planExpiry(): void {
    if (!this.#resetsIdle) return;
    const next = this.flows.nextIdle();
    // The oldest flow only gets younger, so an alarm that is early finds nothing and is set anew.
    if (next < this.world.events.timeOf(this.#slot)) this.world.events.set(this.#slot, next);
  }

  /** The port of `side` towards the packet's destination; a side with one port needs no route. */
  #portOf(side: string, packet: Packet): Port | null {
    let only: Port | null = null;
    for (const port of this.ports) {
      if (port.side !== side) continue;
      if (only !== null) return this.#routeOn(side, packet);
      only = port;
    }
    return only;
  }

  #routeOn(side: string, packet: Packet): Port | null {
    const port = this.routeOf(packet);
    return port !== null && port.side === side ? port : null;
  }

  /** Passes a packet on, or drops it where there is no way. */
  #pass(packet: Packet, port: Port | null): void {
    if (port === null) this.world.packets.give(packet);
    else port.send(packet);
  }

  /** Passes a packet that came in at `port` on to the other side. */
  protected passAcross(packet: Packet, port: Port): void {
    this.#pass(packet, this.#portOf(otherSide(port.side), packet));
  }

  /** Answers a packet with an RST, or not, and drops it; `reader` has just read it. */
  protected dropStray(packet: Packet, port: Port, stray: Stray): void {
    const { packets } = this.world;
    const reset = stray === 'reset' ? resetAnswer(packets, this.reader.segment) : null;
    packets.give(packet);
    if (reset !== null) port.send(reset);
  }

  #resetBoth(flow: Flow): void {
    const [near, far] = flowResets(this.world.packets, flow);
    this.#pass(near, this.#portOf(flow.nearSide, near));
    this.#pass(far, this.#portOf(otherSide(flow.nearSide), far));
  }
}

export function otherSide(side: string): string {
  return side === 'inside' ? 'outside' : 'inside';
}
