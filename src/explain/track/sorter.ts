import type { Segment } from '../../wire/segment.ts';
import type { Connection } from './connection.ts';
import { forgetHeld, type Held, type HeldQueue, heldCopy } from './held.ts';
import { firstSent, isEarly } from './order.ts';

/** Queues of a capturing host hold packets back for no longer. */
export const DISORDER_US: number = 2_000;
/** So many packets of a capture all wait, and so many more for each disorder found: one among many packets is the path's. */
const PROBATION = 4_096;
const SUSPICION = 256;
/** Beyond these, the first go on before their time. */
const MAX_WAITING = 8_192;
const MAX_QUEUE = 128;

/** Where segments go when they have waited: returns the slot of the connection that took it. */
export interface Destination {
  readonly connectionAt: (slot: number) => Connection | null;
  readonly take: (held: Held, outOfOrder: boolean) => number;
}

/**
 * Captures of several queues or cores may hold packets out of order. A segment that comes too early waits for the one it
 * needs, 2 ms by the clock of the capture, with all that follow it on its connection; then they go on in the order in
 * which they must have been on the wire. In a capture that has shown disorder every segment waits.
 */
export class Sorter {
  /** Nothing has to go on before the capture has come this far. */
  dueUs: number = Number.POSITIVE_INFINITY;
  private readonly queues = new Map<number, HeldQueue>();
  private line: Held[] = [];
  private head = 0;
  private seen = 0;
  private suspiciousUntil = PROBATION;
  private readonly destination: Destination;

  constructor(destination: Destination) {
    this.destination = destination;
  }

  /** True where the segment has to wait; `slot` is -1 where the flow is not known yet. */
  mustWait(c: Connection | null, slot: number, s: Segment, reversed: boolean): boolean {
    this.seen++;
    if (this.seen < this.suspiciousUntil) return true;
    if (this.queues.size > 0 && this.queues.has(slot)) return true;
    return c !== null && isEarly(c, s, reversed);
  }

  /** True where segments of that flow wait. */
  isWaiting(slot: number): boolean {
    return this.queues.has(slot);
  }

  wait(s: Segment, slot: number, reversed: boolean, packet: number, atUs: number, nowUs: number): void {
    let queue = this.queues.get(slot);
    if (queue === undefined) {
      queue = { slot, waiting: [] };
      this.queues.set(slot, queue);
    }
    const held = heldCopy(s, packet, atUs, Math.max(atUs, nowUs) + DISORDER_US, reversed, queue);
    if (insertByTime(queue.waiting, held)) this.suspect();
    this.line.push(held);
    if (held.untilUs < this.dueUs) this.dueUs = held.untilUs;
    if (queue.waiting.length > MAX_QUEUE) this.release(queue);
    if (this.line.length - this.head > MAX_WAITING) this.advance(this.line[this.head]!.untilUs + 1);
  }

  /** Lets all go on that have waited long enough. */
  advance(nowUs: number): void {
    while (this.head < this.line.length) {
      const held = this.line[this.head]!;
      if (held.queue !== null) {
        if (held.untilUs >= nowUs) {
          this.dueUs = held.untilUs;
          if (this.head > MAX_WAITING) this.line = this.line.slice(this.head);
          if (this.head > MAX_WAITING) this.head = 0;
          return;
        }
        this.release(held.queue);
        continue;
      }
      forgetHeld(held);
      this.head++;
    }
    this.line.length = 0;
    this.head = 0;
    this.dueUs = Number.POSITIVE_INFINITY;
  }

  /** The connection at that slot is given out; what waits will find another one. */
  leave(slot: number): void {
    const queue = this.queues.get(slot);
    if (queue === undefined) return;
    this.queues.delete(slot);
    queue.slot = -1;
  }

  private suspect(): void {
    this.suspiciousUntil = Math.max(this.suspiciousUntil, this.seen) + SUSPICION;
  }

  private release(queue: HeldQueue): void {
    const { waiting } = queue;
    const c = queue.slot < 0 ? null : this.destination.connectionAt(queue.slot);
    const at = waiting.length > 1 ? firstSent(waiting, c) : 0;
    const held = waiting[at]!;
    waiting.splice(at, 1);
    held.queue = null;
    if (at > 0) this.suspect();
    if (waiting.length === 0) this.leave(queue.slot);
    const slot = this.destination.take(held, at > 0);
    if (waiting.length > 0 && slot >= 0 && slot !== queue.slot && !this.queues.has(slot)) {
      this.leave(queue.slot);
      queue.slot = slot;
      this.queues.set(slot, queue);
    }
  }
}

/** True where it went before others: clocks of the queues may differ by as much as the queues hold back; what is further off was not taken by one clock. */
function insertByTime(waiting: Held[], held: Held): boolean {
  let at = waiting.length;
  while (at > 0 && waiting[at - 1]!.atUs > held.atUs && waiting[at - 1]!.atUs - held.atUs <= DISORDER_US)
    at--;
  if (at === waiting.length) {
    waiting.push(held);
    return false;
  }
  waiting.splice(at, 0, held);
  return true;
}
