import type { Packet, PacketPool } from './packet.ts';

/** Packets in order: a ring that doubles when it is full. */
export class PacketQueue {
  #ring: (Packet | null)[] = new Array<Packet | null>(64).fill(null);
  #head = 0;
  #count = 0;

  get length(): number {
    return this.#count;
  }

  push(packet: Packet): void {
    if (this.#count === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.#count) & (this.#ring.length - 1)] = packet;
    this.#count++;
  }

  unshift(packet: Packet): void {
    if (this.#count === this.#ring.length) this.#grow();
    this.#head = (this.#head - 1) & (this.#ring.length - 1);
    this.#ring[this.#head] = packet;
    this.#count++;
  }

  shift(): Packet | null {
    if (this.#count === 0) return null;
    const packet = this.#ring[this.#head]!;
    this.#ring[this.#head] = null;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.#count--;
    return packet;
  }

  clear(pool: PacketPool): void {
    for (let packet = this.shift(); packet !== null; packet = this.shift()) pool.give(packet);
  }

  #grow(): void {
    const old = this.#ring;
    this.#ring = new Array<Packet | null>(old.length * 2).fill(null);
    for (let i = 0; i < this.#count; i++) this.#ring[i] = old[(this.#head + i) & (old.length - 1)]!;
    this.#head = 0;
  }
}
