/** What happens when a time comes. */
export interface Handler {
  /** For the message about a livelock. */
  readonly name: string;
  fire(): void;
}

const INITIAL_SLOTS = 64;

/**
 * What is to happen, ordered by time and, at the same time, by the order in which it was planned. A binary heap of slots in
 * typed arrays: whoever may be due owns a slot and sets, moves or clears it; nothing is allocated for an event.
 */
export class EventQueue {
  #times: Float64Array = new Float64Array(INITIAL_SLOTS);
  #orders: Float64Array = new Float64Array(INITIAL_SLOTS);
  /** Where in the heap the slot stands, or -1. */
  #positions: Int32Array = new Int32Array(INITIAL_SLOTS).fill(-1);
  #heap: Int32Array = new Int32Array(INITIAL_SLOTS);
  readonly #handlers: (Handler | null)[] = [];
  readonly #unused: number[] = [];
  #count: number = 0;
  #planned: number = 0;

  /** Number of slots that are set. */
  get size(): number {
    return this.#count;
  }

  /** A rank among equal times: what asks first comes first. */
  nextOrder(): number {
    return this.#planned++;
  }

  /** A slot for `handler`, not set. */
  open(handler: Handler): number {
    const slot = this.#unused.pop() ?? this.#handlers.length;
    if (slot === this.#positions.length) this.#grow();
    this.#handlers[slot] = handler;
    this.#positions[slot] = -1;
    return slot;
  }

  close(slot: number): void {
    this.clear(slot);
    this.#handlers[slot] = null;
    this.#unused.push(slot);
  }

  /** Plans the slot's handler for `time`, in place of what was planned for it before. */
  set(slot: number, time: number, order: number = this.#planned++): void {
    this.#times[slot] = time;
    this.#orders[slot] = order;
    let position = this.#positions[slot]!;
    if (position < 0) position = this.#count++;
    this.#place(slot, position);
    this.#rise(position);
    this.#sink(this.#positions[slot]!);
  }

  clear(slot: number): void {
    const position = this.#positions[slot]!;
    if (position >= 0) this.#removeAt(position);
  }

  /** When the slot is due; Infinity: it is not set. */
  timeOf(slot: number): number {
    return this.#positions[slot]! < 0 ? Infinity : this.#times[slot]!;
  }

  /** When something is due next; Infinity: nothing is. */
  earliest(): number {
    return this.#count === 0 ? Infinity : this.#times[this.#heap[0]!]!;
  }

  /** Whether something with this time and order would come before all that is planned. */
  isFirst(time: number, order: number): boolean {
    if (this.#count === 0) return true;
    const top = this.#heap[0]!;
    const difference = time - this.#times[top]!;
    return difference < 0 || (difference === 0 && order < this.#orders[top]!);
  }

  /** Takes out what is due first. */
  pop(): Handler {
    const handler = this.#handlers[this.#heap[0]!]!;
    this.#removeAt(0);
    return handler;
  }

  #removeAt(position: number): void {
    this.#positions[this.#heap[position]!] = -1;
    const last = this.#heap[--this.#count]!;
    if (position === this.#count) return;
    this.#place(last, position);
    this.#rise(position);
    this.#sink(this.#positions[last]!);
  }

  #place(slot: number, position: number): void {
    this.#heap[position] = slot;
    this.#positions[slot] = position;
  }

  #before(a: number, b: number): boolean {
    const difference = this.#times[a]! - this.#times[b]!;
    return difference < 0 || (difference === 0 && this.#orders[a]! < this.#orders[b]!);
  }

  #rise(start: number): void {
    const slot = this.#heap[start]!;
    let position = start;
    while (position > 0) {
      const parent = (position - 1) >> 1;
      const other = this.#heap[parent]!;
      if (!this.#before(slot, other)) break;
      this.#place(other, position);
      position = parent;
    }
    this.#place(slot, position);
  }

  #sink(start: number): void {
    const slot = this.#heap[start]!;
    let position = start;
    for (;;) {
      let child = 2 * position + 1;
      if (child >= this.#count) break;
      if (child + 1 < this.#count && this.#before(this.#heap[child + 1]!, this.#heap[child]!)) child++;
      const other = this.#heap[child]!;
      if (!this.#before(other, slot)) break;
      this.#place(other, position);
      position = child;
    }
    this.#place(slot, position);
  }

  #grow(): void {
    const size = this.#positions.length * 2;
    const times = this.#times;
    const orders = this.#orders;
    const positions = this.#positions;
    const heap = this.#heap;
    this.#times = new Float64Array(size);
    this.#orders = new Float64Array(size);
    this.#positions = new Int32Array(size).fill(-1);
    this.#heap = new Int32Array(size);
    this.#times.set(times);
    this.#orders.set(orders);
    this.#positions.set(positions);
    this.#heap.set(heap);
  }
}
