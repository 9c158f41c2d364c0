import type { Packet } from '../host/packet.ts';

const INITIAL_PLACES = 16;

/**
 * Packets on their way, by time of arrival and, at the same time, by rank. A ring that stays sorted: in a path that keeps the
 * order a packet goes to the end, one that overtakes moves past those it overtakes.
 */
export class Flight {
  #times: Float64Array = new Float64Array(INITIAL_PLACES);
  #orders: Float64Array = new Float64Array(INITIAL_PLACES);
  #packets: (Packet | null)[] = new Array<Packet | null>(INITIAL_PLACES).fill(null);
  #head: number = 0;
  #count: number = 0;

  get length(): number {
    return this.#count;
  }

  /** Of the packet that arrives first; there must be one. */
  get time(): number {
    return this.#times[this.#head]!;
  }

  get order(): number {
    return this.#orders[this.#head]!;
  }

  /** Returns whether the packet is now the one that arrives first. */
  insert(time: number, order: number, packet: Packet): boolean {
    if (this.#count === this.#times.length) this.#grow();
    const mask = this.#times.length - 1;
    let i = this.#count++;
    for (; i > 0; i--) {
      const previous = (this.#head + i - 1) & mask;
      if (this.#times[previous]! <= time) break;
      const place = (this.#head + i) & mask;
      this.#times[place] = this.#times[previous]!;
      this.#orders[place] = this.#orders[previous]!;
      this.#packets[place] = this.#packets[previous]!;
    }
    const place = (this.#head + i) & mask;
    this.#times[place] = time;
    this.#orders[place] = order;
    this.#packets[place] = packet;
    return i === 0;
  }

  /** Takes out the packet that arrives first. */
  shift(): Packet {
    const packet = this.#packets[this.#head]!;
    this.#packets[this.#head] = null;
    this.#head = (this.#head + 1) & (this.#times.length - 1);
    this.#count--;
    return packet;
  }

  #grow(): void {
    const times = this.#times;
    const orders = this.#orders;
    const packets = this.#packets;
    const head = this.#head;
    const count = this.#count;
    const size = times.length * 2;
    const mask = times.length - 1;
    this.#times = new Float64Array(size);
    this.#orders = new Float64Array(size);
    this.#packets = new Array<Packet | null>(size).fill(null);
    for (let i = 0; i < count; i++) {
      const from = (head + i) & mask;
      this.#times[i] = times[from]!;
      this.#orders[i] = orders[from]!;
      this.#packets[i] = packets[from]!;
    }
    this.#head = 0;
  }
}
