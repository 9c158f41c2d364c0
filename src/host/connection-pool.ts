import type { TcpConfig } from '../tcp/config.ts';
import { settleTimes } from '../tcp/shapes.ts';
import { configure, nextDeadline, OFF } from '../tcp/tcb.ts';
import { Connection } from './connection.ts';
import { recycle } from './recycle.ts';
import { type Deadlines, Wheel } from './wheel.ts';

/** Spare connections that are kept for use. */
const MAX_SPARE = 1024;

/**
 * Settles the shapes of all connections, and is kept: with the last object of a shape the engine forgets the shape, and the code
 * compiled for it.
 */
let sample: Connection | null = null;

/** The connections of a host: those in use, spare ones to use again, and when the timers of each are due. */
export class ConnectionPool implements Deadlines {
  readonly inUse: Connection[] = [];
  readonly #config: TcpConfig;
  readonly #wheel: Wheel = new Wheel(this);
  readonly #byId: (Connection | null)[] = [];
  readonly #freeIds: number[] = [];
  readonly #spare: Connection[] = [];

  constructor(config: TcpConfig) {
    this.#config = config;
    if (sample !== null) return;
    sample = new Connection(config, 0);
    settleTimes(sample);
  }

  take(): Connection {
    let tcb = this.#spare.pop();
    if (tcb === undefined) {
      const id = this.#freeIds.pop() ?? this.#byId.length;
      tcb = new Connection(this.#config, id);
      this.#byId[id] = tcb;
    }
    // What it was made with may have been configured anew since.
    configure(tcb, this.#config);
    tcb.place = this.inUse.length;
    this.inUse.push(tcb);
    return tcb;
  }

  give(tcb: Connection): void {
    if (tcb.wheelAt !== OFF) this.#wheel.remove(tcb.id);
    const last = this.inUse.pop()!;
    if (last !== tcb) {
      this.inUse[tcb.place] = last;
      last.place = tcb.place;
    }
    recycle(tcb);
    if (this.#spare.length < MAX_SPARE) {
      this.#spare.push(tcb);
      return;
    }
    this.#byId[tcb.id] = null;
    this.#freeIds.push(tcb.id);
  }

  /** The connection's timers changed. Only an earlier deadline moves it; a later one is seen when the old one comes. */
  schedule(tcb: Connection, now: number): void {
    const deadline = nextDeadline(tcb);
    if (deadline >= tcb.wheelAt) return;
    if (tcb.wheelAt !== OFF) this.#wheel.remove(tcb.id);
    tcb.wheelAt = deadline;
    this.#wheel.insert(tcb.id, deadline, now);
  }

  /** A connection with a timer that is due, or null. */
  popDue(now: number): Connection | null {
    const id = this.#wheel.popDue(now);
    if (id === -1) return null;
    const tcb = this.#byId[id]!;
    tcb.wheelAt = OFF;
    return tcb;
  }

  nextDeadline(): number {
    return this.#wheel.next();
  }

  deadlineOf(id: number): number {
    const tcb = this.#byId[id]!;
    const deadline = nextDeadline(tcb);
    tcb.wheelAt = deadline;
    return deadline;
  }

  dropped(id: number): void {
    this.#byId[id]!.wheelAt = OFF;
  }
}
