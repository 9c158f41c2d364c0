import type { RedOptions } from './options.ts';
import type { Random } from './random.ts';

const INITIAL_PLACES = 64;

/**
 * A queue before a line of a given rate. Departures are known when a packet enters, so nothing moves while time passes: what
 * has left is forgotten at the next look. The packet on the line counts as queued until its last bit has left.
 */
export class TransmitQueue {
  rateBps: number;
  maxPackets: number;
  maxBytes: number;
  packets: number = 0;
  bytes: number = 0;
  #departures: Float64Array = new Float64Array(INITIAL_PLACES);
  #sizes: Float64Array = new Float64Array(INITIAL_PLACES);
  #head: number = 0;
  #freeAt: number = 0;

  constructor(rateBps: number, maxPackets: number, maxBytes: number) {
    this.rateBps = rateBps;
    this.maxPackets = maxPackets;
    this.maxBytes = maxBytes;
  }

  /** Whether a packet may enter. An empty queue takes one of any size. */
  hasRoom(now: number, length: number): boolean {
    this.#forget(now);
    if (this.packets === 0) return true;
    return this.packets < this.maxPackets && this.bytes + length <= this.maxBytes;
  }

  /** Puts a packet in the queue and returns when its last bit leaves, in fractions of a microsecond. */
  enter(now: number, length: number): number {
    if (this.packets === this.#departures.length) this.#grow();
    const start = this.#freeAt > now ? this.#freeAt : now;
    const departure = start + (length * 8_000_000) / this.rateBps;
    const place = (this.#head + this.packets++) & (this.#departures.length - 1);
    this.#departures[place] = departure;
    this.#sizes[place] = length;
    this.bytes += length;
    this.#freeAt = departure;
    return departure;
  }

  /** When the packet on the line has left; `now` where the queue is empty. */
  nextDeparture(now: number): number {
    this.#forget(now);
    return this.packets === 0 ? now : this.#departures[this.#head]!;
  }

  #forget(now: number): void {
    while (this.packets > 0 && this.#departures[this.#head]! <= now) {
      this.bytes -= this.#sizes[this.#head]!;
      this.#head = (this.#head + 1) & (this.#departures.length - 1);
      this.packets--;
    }
  }

  #grow(): void {
    const { packets } = this;
    const departures = this.#departures;
    const sizes = this.#sizes;
    const head = this.#head;
    const mask = departures.length - 1;
    this.#departures = new Float64Array(2 * departures.length);
    this.#sizes = new Float64Array(2 * sizes.length);
    for (let i = 0; i < packets; i++) {
      this.#departures[i] = departures[(head + i) & mask]!;
      this.#sizes[i] = sizes[(head + i) & mask]!;
    }
    this.#head = 0;
  }
}

/** Random early detection: whether a packet that enters is to be marked (or dropped). */
export class Red {
  readonly ecn: boolean;
  readonly #options: RedOptions;
  readonly #random: Random;
  #average: number = 0;

  constructor(options: RedOptions, random: Random) {
    this.#options = options;
    this.#random = random;
    this.ecn = options.ecn ?? true;
  }

  notices(queuedPackets: number): boolean {
    const { minPackets, maxPackets, probability = 0.1, weight = 0.002 } = this.#options;
    this.#average += (queuedPackets - this.#average) * weight;
    if (this.#average < minPackets) return false;
    if (this.#average >= maxPackets) return true;
    return this.#random.chance((probability * (this.#average - minPackets)) / (maxPackets - minPackets));
  }
}
