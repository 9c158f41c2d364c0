import type { Packet } from '../host/packet.ts';
import type { Handler } from './event-queue.ts';
import type { Node } from './node.ts';
import { type Port, Station, type World } from './station.ts';

/** A node on the network: hands it packets and time, takes its output, and knows when it wants to be polled. */
export class NodeStation extends Station implements Handler {
  readonly node: Node;
  readonly #slot: number;
  /** What the slot is set to. */
  #plannedAt: number = Infinity;
  #isOn: boolean = true;
  /** The node is being called, and asked afterwards when it wants to be polled. */
  #isBusy: boolean = false;
  /** Packets that came while it was off, or that it had no way for. */
  dropped: number = 0;
  readonly #sink: (packet: Packet) => boolean;

  constructor(world: World, node: Node) {
    super(world, node.name);
    this.node = node;
    this.#slot = world.events.open(this);
    this.#sink = (packet) => this.#send(packet);
  }

  override receive(packet: Packet, _port: Port): void {
    const { world } = this;
    if (!this.#isOn) {
      this.dropped++;
      world.packets.give(packet);
      return;
    }
    this.#isBusy = true;
    this.node.inputPacket(world.now, packet);
    world.packets.give(packet);
    this.settle();
  }

  fire(): void {
    this.#plannedAt = Infinity;
    if (!this.#isOn) return;
    this.#isBusy = true;
    if (this.node.nextTimeout() <= this.world.now) this.node.poll(this.world.now);
    this.settle();
  }

  /** Tells the node the time before calls are made on it. */
  sync(): void {
    if (this.#isOn) this.node.at?.(this.world.now);
  }

  /** After anything that may have made the node want to send or wait. */
  settle(): void {
    if (!this.#isOn) return;
    this.#isBusy = true;
    this.node.output(this.#sink);
    this.#isBusy = false;
    const { events, now } = this.world;
    const next = this.node.nextTimeout();
    if (next === this.#plannedAt) return;
    if (next === Infinity) {
      this.#plannedAt = next;
      events.clear(this.#slot);
    } else this.#planAt(next > now ? Math.ceil(next) : now);
  }

  #planAt(time: number): void {
    this.#plannedAt = time;
    this.world.events.set(this.#slot, time);
  }

  #send(packet: Packet): boolean {
    // Somebody called the node from elsewhere: it may want to be polled at another time than before.
    if (!this.#isBusy) this.#planAt(this.world.now);
    const port = this.ports.length === 1 ? this.ports[0]! : this.routeOf(packet);
    if (port === null) {
      this.dropped++;
      this.world.packets.give(packet);
      return true;
    }
    if (port.out.refuses(packet, this)) return false;
    port.send(packet);
    return true;
  }

  /** Power off: what the node knew of its connections is gone, nothing is sent and nothing heard. */
  switchOff(): void {
    this.node.crash?.();
    this.#isOn = false;
    this.#plannedAt = Infinity;
    this.world.events.clear(this.#slot);
    this.node.output((packet) => {
      this.world.packets.give(packet);
      return true;
    });
  }

  switchOn(): void {
    this.#isOn = true;
    this.sync();
    this.settle();
  }
}
