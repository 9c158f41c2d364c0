import type { Connection } from './connection.ts';

/** So many that have had their turn are dropped at a time. */
const DROP = 4096;

/** Closed connections in the order they closed. An object of it may serve another connection when its turn has come. */
export class ClosedQueue {
  /** Of those in the queue, the ones that are still followed. */
  kept: number = 0;
  private queue: Connection[] = [];
  private flows: number[] = [];
  private head = 0;

  push(c: Connection): void {
    this.queue.push(c);
    this.flows.push(c.flow);
    this.kept++;
  }

  /** The one that closed first of those that are still followed, or null. */
  first(): Connection | null {
    for (; this.head < this.queue.length; this.head++) {
      const c = this.queue[this.head]!;
      if (c.slot >= 0 && c.flow === this.flows[this.head]) {
        this.drop();
        return c;
      }
    }
    return null;
  }

  /** It was not closed after all. */
  remove(c: Connection): void {
    const at = this.queue.lastIndexOf(c);
    if (at < this.head) return;
    this.flows[at] = -1;
    this.kept--;
  }

  private drop(): void {
    if (this.head <= DROP || this.head * 2 <= this.queue.length) return;
    this.queue = this.queue.slice(this.head);
    this.flows = this.flows.slice(this.head);
    this.head = 0;
  }
}
