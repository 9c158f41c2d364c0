const NONE = -1;

/** Links of wheel entries, in chunks so that growing never copies. */
const CHUNK_BITS = 12;
const CHUNK_MASK = (1 << CHUNK_BITS) - 1;

/** Who knows the deadlines: the wheel keeps none. */
export interface Deadlines {
  /** Infinity: none any more; the wheel then drops the entry. */
  deadlineOf(id: number): number;
  dropped(id: number): void;
}

/**
 * A timing wheel (Varghese and Lauck 1987) of numbered things, 8 bytes each. Insertion and removal take constant time. It is lazy: a
 * deadline that moved back is seen only when the slot of the old one comes up, so a timer that is set again with every
 * segment costs nothing. What lies beyond the last slot waits there and is put further on when its turn comes.
 */
export class Wheel {
  readonly #deadlines: Deadlines;
  readonly #tickUs: number;
  readonly #mask: number;
  readonly #heads: Int32Array;
  readonly #filled: Int32Array;
  /** Each entry: next, previous; the first of a slot has `-2 - slot` for previous. */
  readonly #links: Int32Array[] = [];
  #tick = 0;
  #count = 0;
  #scan = NONE;
  #next = Infinity;
  #nextKnown = true;

  /**
   * Deadlines are exact whatever a tick is, for a slot only says where to look; short ones are for many entries at once, all of a slot
   * being looked at when one of them is due. `slots` is a power of two.
   */
  constructor(deadlines: Deadlines, tickUs: number = 16_384, slots: number = 4096) {
    this.#deadlines = deadlines;
    this.#tickUs = tickUs;
    this.#mask = slots - 1;
    this.#heads = new Int32Array(slots).fill(NONE);
    this.#filled = new Int32Array(slots / 32);
  }

  get size(): number {
    return this.#count;
  }

  get bytes(): number {
    return (this.#links.length << CHUNK_BITS) * 8 + this.#heads.byteLength + this.#filled.byteLength;
  }

  /** Puts `id`, which is not in the wheel, where `deadline` belongs. */
  insert(id: number, deadline: number, now: number): void {
    if (this.#count === 0) this.#tick = Math.floor(now / this.#tickUs);
    this.#count++;
    this.#link(id, deadline);
    if (deadline < this.#next) this.#next = deadline;
  }

  remove(id: number): void {
    this.#unlink(id);
    this.#count--;
    if (this.#count === 0) {
      this.#next = Infinity;
      this.#nextKnown = true;
    }
  }

  /** Takes out one whose deadline is `now` or earlier; NONE (-1) where there is none left. */
  popDue(now: number): number {
    if (now < this.#next || this.#count === 0) return NONE;
    const last = Math.floor(now / this.#tickUs);
    this.#nextKnown = false;
    for (;;) {
      const id = this.#popFromSlot(now);
      if (id !== NONE) return id;
      if (this.#tick >= last || this.#count === 0) break;
      this.#tick = Math.min(last, this.#nextFilled(this.#tick + 1));
    }
    this.#next = this.#earliest();
    this.#nextKnown = true;
    return NONE;
  }

  /** The earliest deadline, or Infinity. */
  next(): number {
    if (!this.#nextKnown) {
      this.#next = this.#earliest();
      this.#nextKnown = true;
    }
    return this.#next;
  }

  clear(): void {
    this.#heads.fill(NONE);
    this.#filled.fill(0);
    this.#count = 0;
    this.#scan = NONE;
    this.#next = Infinity;
    this.#nextKnown = true;
  }

  #popFromSlot(now: number): number {
    const slot = this.#tick & this.#mask;
    let id = this.#scan !== NONE ? this.#scan : this.#heads[slot]!;
    while (id !== NONE) {
      const next = this.#links[id >> CHUNK_BITS]![(id & CHUNK_MASK) * 2]!;
      const deadline = this.#deadlines.deadlineOf(id);
      if (deadline <= now) {
        this.#scan = next;
        this.remove(id);
        return id;
      }
      this.#relink(id, deadline);
      id = next;
    }
    this.#scan = NONE;
    return NONE;
  }

  /** Moves an entry whose deadline is not in the slot that it lies in; drops it where it has none any more. */
  #relink(id: number, deadline: number): void {
    if (deadline === Infinity) {
      this.remove(id);
      this.#deadlines.dropped(id);
      return;
    }
    if (Math.floor(deadline / this.#tickUs) === this.#tick) return;
    this.#unlink(id);
    this.#link(id, deadline);
  }

  #earliest(): number {
    let tick = this.#nextFilled(this.#tick);
    while (tick !== Infinity) {
      const first = this.#earliestIn(tick);
      if (first !== Infinity) return first;
      tick = this.#nextFilled(tick + 1);
    }
    return Infinity;
  }

  #earliestIn(tick: number): number {
    let first = Infinity;
    let id = this.#heads[tick & this.#mask]!;
    while (id !== NONE) {
      const next = this.#links[id >> CHUNK_BITS]![(id & CHUNK_MASK) * 2]!;
      const deadline = this.#deadlines.deadlineOf(id);
      if (deadline === Infinity) {
        this.remove(id);
        this.#deadlines.dropped(id);
      } else if (Math.min(Math.floor(deadline / this.#tickUs), this.#tick + this.#mask) > tick) {
        this.#unlink(id);
        this.#link(id, deadline);
      } else if (deadline < first) {
        first = deadline;
      }
      id = next;
    }
    return first;
  }

  /** The first tick from `from` on, within one turn, whose slot holds something; or Infinity. */
  #nextFilled(from: number): number {
    const end = this.#tick + this.#mask + 1;
    let tick = from;
    while (tick < end) {
      const slot = tick & this.#mask;
      const rest = this.#filled[slot >> 5]! >>> (slot & 31);
      if (rest !== 0) {
        const found = tick + (31 - Math.clz32(rest & -rest));
        return found < end ? found : Infinity;
      }
      tick += 32 - (slot & 31);
    }
    return Infinity;
  }

  #link(id: number, deadline: number): void {
    while (id >> CHUNK_BITS >= this.#links.length) this.#links.push(new Int32Array(2 << CHUNK_BITS));
    const due = Math.floor(deadline / this.#tickUs);
    const tick =
      due < this.#tick ? this.#tick : due > this.#tick + this.#mask ? this.#tick + this.#mask : due;
    const slot = tick & this.#mask;
    const links = this.#links[id >> CHUNK_BITS]!;
    const at = (id & CHUNK_MASK) * 2;
    const head = this.#heads[slot]!;
    links[at] = head;
    links[at + 1] = -2 - slot;
    this.#heads[slot] = id;
    if (head === NONE) this.#filled[slot >> 5]! |= 1 << (slot & 31);
    else this.#links[head >> CHUNK_BITS]![(head & CHUNK_MASK) * 2 + 1] = id;
  }

  #unlink(id: number): void {
    const links = this.#links[id >> CHUNK_BITS]!;
    const at = (id & CHUNK_MASK) * 2;
    const next = links[at]!;
    const previous = links[at + 1]!;
    if (id === this.#scan) this.#scan = next;
    if (next !== NONE) this.#links[next >> CHUNK_BITS]![(next & CHUNK_MASK) * 2 + 1] = previous;
    if (previous >= 0) {
      this.#links[previous >> CHUNK_BITS]![(previous & CHUNK_MASK) * 2] = next;
      return;
    }
    const slot = -2 - previous;
    this.#heads[slot] = next;
    if (next === NONE) this.#filled[slot >> 5]! &= ~(1 << (slot & 31));
  }
}
