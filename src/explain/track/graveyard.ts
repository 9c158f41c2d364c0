import type { Connection } from './connection.ts';
import type { PreviousIncarnation } from './records.ts';
import { stateOf } from './states.ts';

/** What a buried connection may still be asked. */
export const Buried = { no: 0, closed: 1, idle: 2 } as const;

/**
 * What is left of connections that were given out before their 2MSL were over, or while still open, because too many
 * were followed at once: a few numbers a slot, so that late segments and a new incarnation are still known for what
 * they are.
 */
export class Graveyard {
  private kind = new Uint8Array(1024);
  private flow = new Int32Array(1024);
  private states = new Uint8Array(1024);
  private clientSndMax = new Int32Array(1024);
  private times = new Float64Array(2048);
  private order: number[] = [];
  private head = 0;
  /** Slots in use. */
  size = 0;

  bury(c: Connection, kind: number): void {
    const slot = c.slot;
    while (slot >= this.kind.length) this.grow();
    this.kind[slot] = kind;
    this.flow[slot] = c.flow;
    this.states[slot] = stateOf(c.client) | (stateOf(c.server) << 4);
    this.clientSndMax[slot] = c.client.sndMax;
    this.times[slot * 2] = c.lastUs;
    this.times[slot * 2 + 1] = c.closedAtUs;
    this.order.push(slot, c.flow);
    this.size++;
  }

  kindOf(slot: number): number {
    return slot < this.kind.length ? this.kind[slot]! : Buried.no;
  }

  /** What the next incarnation wants to know of the one buried in the slot. */
  exhume(slot: number): PreviousIncarnation {
    const states = this.states[slot]!;
    this.release(slot);
    return {
      flow: this.flow[slot]!,
      endedUs: this.times[slot * 2]!,
      clientState: states & 15,
      serverState: states >> 4,
      clientSndMax: this.clientSndMax[slot]!,
      closedAtUs: this.times[slot * 2 + 1]!,
    };
  }

  /** The slot buried longest, if that was before `beforeUs` or more than `keep` are buried; else -1. It is freed. */
  oldest(beforeUs: number, keep: number): number {
    while (this.head < this.order.length) {
      const slot = this.order[this.head]!;
      const current = this.kind[slot] !== Buried.no && this.flow[slot] === this.order[this.head + 1];
      const due = this.kind[slot] === Buried.closed && this.times[slot * 2]! < beforeUs;
      if (current && !due && this.size <= keep) return -1;
      this.head += 2;
      this.compact();
      if (!current) continue;
      this.release(slot);
      return slot;
    }
    return -1;
  }

  private release(slot: number): void {
    this.kind[slot] = Buried.no;
    this.size--;
  }

  private compact(): void {
    if (this.head < 65_536 || this.head * 2 < this.order.length) return;
    this.order = this.order.slice(this.head);
    this.head = 0;
  }

  private grow(): void {
    const length = this.kind.length * 2;
    const copy = <T extends Uint8Array | Int32Array | Float64Array>(to: T, from: T): T => {
      to.set(from);
      return to;
    };
    this.kind = copy(new Uint8Array(length), this.kind);
    this.flow = copy(new Int32Array(length), this.flow);
    this.states = copy(new Uint8Array(length), this.states);
    this.clientSndMax = copy(new Int32Array(length), this.clientSndMax);
    this.times = copy(new Float64Array(length * 2), this.times);
  }
}
