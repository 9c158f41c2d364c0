import { BOTH, type Outcome } from '../outcome.ts';
import type { Connection } from '../track/connection.ts';
import { CLIENT, SERVER } from '../track/connection.ts';
import type { Buckets } from './buckets.ts';
import { Waits } from './waits.ts';

/** Connections of one client address to one address and port of a server. */
export class Pair {
  readonly client: string;
  readonly server: string;
  readonly opened: Int32Array;
  readonly closed: Int32Array;
  readonly clientWaits: Waits;
  readonly serverWaits: Waits;

  connections: number = 0;
  failed: number = 0;
  firstUs: number = Infinity;
  lastStartUs: number = -Infinity;
  lifetimeUs: number = 0;
  ended: number = 0;
  lowestPort: number = 65_536;
  highestPort: number = 0;
  /** Client ports taken again before 2MSL were over, and the soonest. */
  reusedEarly: number = 0;
  soonestReuseUs: number = Infinity;

  constructor(client: string, server: string, buckets: Buckets) {
    this.client = client;
    this.server = server;
    this.opened = buckets.series();
    this.closed = buckets.series();
    this.clientWaits = new Waits(buckets);
    this.serverWaits = new Waits(buckets);
  }

  add(c: Connection, o: Outcome, twoMslUs: number, buckets: Buckets): void {
    const { port } = c.client;
    this.connections++;
    if (!o.established) this.failed++;
    if (port < this.lowestPort) this.lowestPort = port;
    if (port > this.highestPort) this.highestPort = port;
    if (!c.midstream) {
      buckets.bump(this.opened, c.startUs);
      this.firstUs = Math.min(this.firstUs, c.startUs);
      this.lastStartUs = Math.max(this.lastStartUs, c.startUs);
    }
    this.#end(c, o, buckets);
    this.#timeWait(c, o, twoMslUs, buckets);
    this.#reuse(c, twoMslUs);
  }

  #end(c: Connection, o: Outcome, buckets: Buckets): void {
    if (o.closeKind === 'open' || o.closeKind === 'half-closed') return;
    const atUs = c.closedAtUs >= 0 ? c.closedAtUs : c.lastUs;
    this.ended++;
    this.lifetimeUs += atUs - c.startUs;
    buckets.bump(this.closed, atUs);
  }

  #timeWait(c: Connection, o: Outcome, twoMslUs: number, buckets: Buckets): void {
    const untilUs = o.timeWaitUntilUs;
    const { timeWait } = o;
    if (timeWait === CLIENT || timeWait === BOTH)
      this.clientWaits.add(untilUs - twoMslUs, untilUs, c.replacedAtUs, buckets);
    if (timeWait === SERVER || timeWait === BOTH)
      this.serverWaits.add(untilUs - twoMslUs, untilUs, c.replacedAtUs, buckets);
  }

  #reuse(c: Connection, twoMslUs: number): void {
    const { previous } = c;
    if (previous === null || previous.closedAtUs < 0) return;
    const afterUs = c.startUs - previous.closedAtUs;
    if (afterUs < 0 || afterUs >= twoMslUs) return;
    this.reusedEarly++;
    this.soonestReuseUs = Math.min(this.soonestReuseUs, afterUs);
  }
}
