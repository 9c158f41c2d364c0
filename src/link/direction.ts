import type { Packet } from '../host/packet.ts';
import type { Handler } from './event-queue.ts';
import { Flight } from './flight.ts';
import { Reader, wireLength } from './header.ts';
import { type LossModel, lossModel } from './loss.ts';
import type { PathOptions } from './options.ts';
import { TransmitQueue } from './queue.ts';
import { Random } from './random.ts';
import type { Port, World } from './station.ts';

const DEFAULT_DELAY_US = 50;
const DEFAULT_QUEUE_PACKETS = 1000;
const DEFAULT_REORDER_US = 1000;

/** What became of the packets of one direction. */
export interface DirectionCounters {
  /** Entered, duplicates and injected packets apart. */
  sent: number;
  delivered: number;
  lost: number;
  /** Dropped by a full queue or by RED. */
  overflowed: number;
  filtered: number;
  marked: number;
  duplicated: number;
  reordered: number;
  corrupted: number;
  tooBig: number;
  /** Dropped because the link was down. */
  down: number;
}

/** One direction of a link: a queue, a line, and what befalls packets on it. What is larger than the MTU disappears, super-segments stay whole. */
export class Direction implements Handler {
  readonly world: World;
  readonly name: string;
  readonly from: Port;
  readonly to: Port;
  readonly counters: DirectionCounters = {
    sent: 0,
    delivered: 0,
    lost: 0,
    overflowed: 0,
    filtered: 0,
    marked: 0,
    duplicated: 0,
    reordered: 0,
    corrupted: 0,
    tooBig: 0,
    down: 0,
  };
  #options: PathOptions = {};
  readonly #flight: Flight = new Flight();
  readonly #slot: number;
  readonly #reader: Reader = new Reader();
  /** A stream for each kind of chance, so that one more kind changes nothing of the others. */
  readonly #jitterRandom: Random;
  readonly #reorderRandom: Random;
  readonly #duplicateRandom: Random;
  readonly #corruptRandom: Random;
  readonly #lossRandom: Random;

  #isDown: boolean = false;
  protected delayUs: number = DEFAULT_DELAY_US;
  #jitterUs: number = 0;
  #keepOrder: boolean = true;
  #mtu: number = Infinity;
  #reorder: number = 0;
  #duplicate: number = 0;
  #corrupt: number = 0;
  #loss: LossModel | null = null;
  #queue: TransmitQueue | null = null;
  #lastArrival: number = 0;
  #waiting: Handler | null = null;
  #waitSlot: number = -1;

  constructor(world: World, name: string, from: Port, to: Port, options: PathOptions) {
    this.world = world;
    this.name = name;
    this.from = from;
    this.to = to;
    this.#slot = world.events.open(this);
    this.#jitterRandom = this.stream('jitter');
    this.#reorderRandom = this.stream('reorder');
    this.#duplicateRandom = this.stream('duplicate');
    this.#corruptRandom = this.stream('corrupt');
    this.#lossRandom = this.stream('loss');
    this.configure(options);
  }

  /** Changes what is named; packets on their way keep their times. */
  configure(options: PathOptions): void {
    const all = { ...this.#options, ...options };
    this.#options = all;
    this.#isDown = all.down ?? false;
    this.delayUs = all.delayUs ?? DEFAULT_DELAY_US;
    this.#jitterUs = all.jitterUs ?? 0;
    this.#keepOrder = all.keepOrder ?? true;
    this.#mtu = all.mtu ?? Infinity;
    this.#reorder = all.reorder ?? 0;
    this.#duplicate = all.duplicate ?? 0;
    this.#corrupt = all.corrupt ?? 0;
    if ('loss' in options) this.#loss = lossModel(all.loss ?? 0, this.#lossRandom);
    this.#configureQueue(all);
  }

  #configureQueue(options: PathOptions): void {
    const { rateBps = Infinity, queuePackets = DEFAULT_QUEUE_PACKETS, queueBytes = Infinity } = options;
    if (rateBps === Infinity) this.#queue = null;
    else if (this.#queue === null) this.#queue = new TransmitQueue(rateBps, queuePackets, queueBytes);
    else {
      this.#queue.rateBps = rateBps;
      this.#queue.maxPackets = queuePackets;
      this.#queue.maxBytes = queueBytes;
    }
  }

  get isUp(): boolean {
    return !this.#isDown;
  }

  /** Packets that are on their way or queued. */
  get inFlight(): number {
    return this.#flight.length;
  }

  /** A packet enters from the sending station. */
  send(packet: Packet): void {
    this.counters.sent++;
    this.enter(packet);
  }

  protected enter(packet: Packet): void {
    this.carry(packet, 0);
  }

  /** Behind the filters: takes the packet to the other end, `extraUs` later than the link would. */
  carry(packet: Packet, extraUs: number): void {
    if (this.#isDown) {
      this.counters.down++;
      this.world.packets.give(packet);
    } else if (packet.length > this.#mtu && wireLength(packet) > this.#mtu)
      this.carryTooBig(packet, extraUs, this.#options);
    else this.transmit(packet, extraUs);
  }

  protected transmit(packet: Packet, extraUs: number): void {
    const { now, packets } = this.world;
    let departure = now;
    if (this.#queue !== null) {
      if (!this.admits(this.#queue, packet, now)) {
        this.counters.overflowed++;
        packets.give(packet);
        return;
      }
      departure = this.#queue.enter(now, packet.length);
    }
    if (this.#loss?.next() === true) {
      this.counters.lost++;
      packets.give(packet);
      return;
    }
    if (this.#corrupt > 0 && this.#corruptRandom.chance(this.#corrupt)) this.#damage(packet);
    const arrival = this.#arrivalOf(departure, extraUs);
    if (this.#duplicate > 0 && this.#duplicateRandom.chance(this.#duplicate)) {
      this.counters.duplicated++;
      const copy = packets.copy(packet);
      this.fly(packet, arrival);
      this.fly(copy, arrival + (this.#options.duplicateAfterUs ?? 0));
    } else this.fly(packet, arrival);
  }

  /** Whether a packet may enter the queue. */
  protected admits(queue: TransmitQueue, packet: Packet, now: number): boolean {
    return queue.hasRoom(now, packet.length);
  }

  #arrivalOf(departure: number, extraUs: number): number {
    let arrival = departure + this.delayUs;
    if (this.#jitterUs > 0) arrival += this.#jitterRandom.below(this.#jitterUs + 1);
    arrival = Math.ceil(arrival);
    if (this.#reorder > 0 && this.#reorderRandom.chance(this.#reorder)) {
      this.counters.reordered++;
      return arrival + (this.#options.reorderByUs ?? DEFAULT_REORDER_US) + extraUs;
    }
    if (extraUs > 0) return arrival + extraUs;
    if (this.#keepOrder && arrival < this.#lastArrival) return this.#lastArrival;
    this.#lastArrival = arrival;
    return arrival;
  }

  /** Takes a packet to the other end, to arrive then. */
  fly(packet: Packet, arrival: number): void {
    const { events } = this.world;
    const order = events.nextOrder();
    if (this.#flight.insert(arrival, order, packet)) events.set(this.#slot, arrival, order);
  }

  /** The packet that arrives first has arrived, and with it those that arrive before anything else happens. */
  fire(): void {
    const { world } = this;
    const flight = this.#flight;
    const { events } = world;
    do {
      world.countEvent(this.name);
      this.#deliver(flight.shift());
    } while (flight.length > 0 && flight.time <= world.now && events.isFirst(flight.time, flight.order));
    if (flight.length > 0) events.set(this.#slot, flight.time, flight.order);
    else events.clear(this.#slot);
  }

  #deliver(packet: Packet): void {
    const { world } = this;
    // What was on the line when it was cut is lost too.
    if (this.#isDown) {
      this.counters.down++;
      world.packets.give(packet);
    } else if (world.partitions?.separates(packet, this.to, world.now) === true) world.packets.give(packet);
    else {
      this.counters.delivered++;
      this.to.arrive(packet);
    }
  }

  #damage(packet: Packet): void {
    this.counters.corrupted++;
    if (packet.trusted) this.#reader.fillChecksum(packet, this.world.now);
    const bits = packet.length * 8;
    for (let i = this.#options.corruptBits ?? 1; i > 0; i--) {
      const bit = this.#corruptRandom.below(bits);
      packet.bytes[bit >> 3] = packet.bytes[bit >> 3]! ^ (1 << (bit & 7));
    }
  }

  /** A packet larger than the MTU. */
  protected carryTooBig(packet: Packet, _extraUs: number, _options: PathOptions): void {
    this.counters.tooBig++;
    this.world.packets.give(packet);
  }

  /** Whether the sender is to wait until there is room for a packet; then `waiter` is called when there may be. */
  refuses(packet: Packet, waiter: Handler): boolean {
    const { world } = this;
    const queue = this.#queue;
    if (queue === null || this.#options.whenFull !== 'wait' || queue.hasRoom(world.now, packet.length))
      return false;
    if (this.#waitSlot < 0) {
      this.#waitSlot = world.events.open({ name: this.name, fire: () => this.#waiting?.fire() });
    }
    this.#waiting = waiter;
    const room = Math.ceil(queue.nextDeparture(world.now));
    if (world.events.timeOf(this.#waitSlot) > room) world.events.set(this.#waitSlot, room);
    return true;
  }

  protected stream(kind: string): Random {
    return new Random(this.world.seed, `${this.name}/${kind}`);
  }
}
