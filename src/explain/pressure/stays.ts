import { State } from '../../states/index.ts';
import { formatAddress, formatEndpoint } from '../../wire/index.ts';
import { CLIENT, type Connection } from '../track/connection.ts';
import type { StayReport } from './types.ts';

const MAX_PLACES = 1_024;

const WATCHED: readonly (readonly [StayReport['state'], number])[] = [
  ['CLOSE-WAIT', State.closeWait],
  ['FIN-WAIT-2', State.finWait2],
];

interface Stay {
  readonly state: StayReport['state'];
  readonly where: string;
  left: number;
  longestUs: number;
  still: number;
  oldestSinceUs: number;
}

/** How long ends stay in the two states that wait for an application: CLOSE-WAIT for its own, FIN-WAIT-2 for the peer's. */
export class Stays {
  readonly #stays: Map<string, Stay> = new Map();

  add(c: Connection, isOver: boolean): void {
    for (const who of [CLIENT, 1 - CLIENT]) {
      const { history } = c.end(who);
      for (const [name, state] of WATCHED) {
        const at = history.findIndex((entry) => entry.state === state);
        if (at < 0) continue;
        const stay = this.#stay(c, who, name);
        if (stay === null) continue;
        const sinceUs = history[at]!.atUs;
        const leftUs = history[at + 1]?.atUs ?? (isOver ? c.lastUs : -1);
        if (leftUs >= 0) {
          stay.left++;
          stay.longestUs = Math.max(stay.longestUs, leftUs - sinceUs);
        } else {
          stay.still++;
          stay.oldestSinceUs = Math.min(stay.oldestSinceUs, sinceUs);
        }
      }
    }
  }

  reports(endUs: number): StayReport[] {
    return [...this.#stays.values()]
      .map(({ state, where, left, longestUs, still, oldestSinceUs }) => ({
        state,
        where,
        still,
        oldestSeconds: still === 0 ? null : (endUs - oldestSinceUs) / 1e6,
        left,
        longestSeconds: left === 0 ? null : longestUs / 1e6,
      }))
      .sort((a, b) => b.still - a.still || (b.longestSeconds ?? 0) - (a.longestSeconds ?? 0));
  }

  #stay(c: Connection, who: number, state: StayReport['state']): Stay | null {
    const { address, port } = c.end(who);
    const where = who === CLIENT ? formatAddress(c.family, address) : formatEndpoint(c.family, address, port);
    const key = `${state} ${where}`;
    const known = this.#stays.get(key);
    if (known !== undefined) return known;
    if (this.#stays.size >= MAX_PLACES) return null;
    const stay = { state, where, left: 0, longestUs: 0, still: 0, oldestSinceUs: Infinity };
    this.#stays.set(key, stay);
    return stay;
  }
}
