import type { Outline } from '../../src/explain/outline.ts';
import { endpointText } from '../app/format.ts';
import type { Levels } from './protocol.ts';

const STEPS = 240;

/** Stays of one kind: which server, from when to when in seconds; Infinity where it did not end. */
class Stays {
  private readonly servers: number[] = [];
  private readonly from: number[] = [];
  private readonly to: number[] = [];

  add(server: number, from: number, to: number): void {
    this.servers.push(server);
    this.from.push(from);
    this.to.push(to);
  }

  /** How many stays cover each sampled time. */
  sample(only: number | null, start: number, stepSeconds: number): number[] {
    const change = new Array<number>(STEPS + 2).fill(0);
    const place = (at: number): number =>
      Math.min(STEPS + 1, Math.max(0, Math.ceil((at - start) / stepSeconds)));
    for (let i = 0; i < this.from.length; i++) {
      if (only !== null && this.servers[i] !== only) continue;
      change[place(this.from[i]!)]!++;
      if (this.to[i] !== Number.POSITIVE_INFINITY) change[Math.min(STEPS + 1, place(this.to[i]!) + 1)]!--;
    }
    const levels: number[] = [];
    let level = 0;
    for (let i = 0; i <= STEPS; i++) {
      level += change[i]!;
      levels.push(level);
    }
    return levels;
  }
}

/** Connections open and ends in CLOSE-WAIT over time, from each connection's span and states. */
export class LevelKeeper {
  private readonly servers = new Map<string, number>();
  private readonly open = new Stays();
  private readonly closeWait = new Stays();

  add(o: Outline): void {
    const server = this.number(endpointText({ address: o.serverAddress, port: o.serverPort }));
    const still = o.closeKind === 'open' || o.closeKind === 'half-closed';
    const until = still ? Number.POSITIVE_INFINITY : o.endUs / 1e6;
    this.open.add(server, o.startUs / 1e6, until);
    for (const { closeWait } of [o.client, o.server])
      if (closeWait !== null)
        this.closeWait.add(
          server,
          closeWait.fromUs / 1e6,
          closeWait.untilUs < 0 ? until : closeWait.untilUs / 1e6,
        );
  }

  /** `server`: only that address and port. */
  levels(start: number, end: number, server: string | null): Levels {
    const only = server === null ? null : (this.servers.get(server) ?? -1);
    const stepSeconds = Math.max((end - start) / STEPS, 1e-6);
    return {
      start,
      stepSeconds,
      open: this.open.sample(only, start, stepSeconds),
      closeWait: this.closeWait.sample(only, start, stepSeconds),
    };
  }

  private number(server: string): number {
    let number = this.servers.get(server);
    if (number === undefined) {
      number = this.servers.size;
      this.servers.set(server, number);
    }
    return number;
  }
}
