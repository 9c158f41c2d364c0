import { NOBODY, type Who } from '../outcome.ts';
import { CLIENT, SERVER } from '../track/connection.ts';
import type { Pair } from './match.ts';

export interface Alignment {
  /** The other capture's clock minus this one's, microseconds. */
  readonly aheadUs: number;
  /** Which end this capture is nearer to than the other one; `NOBODY` where nothing tells. */
  readonly at: Who;
  /** Where only one direction was matched, the way cannot be told from the clocks. */
  readonly bothWays: boolean;
}

/** Below this two captures of one host's clock cannot be told apart. */
const CLOCK_TICK_US = 2;

/**
 * The clocks' difference as NTP has it (RFC 5905 section 8): toward the other capture a packet's time between is the
 * offset plus the way, back it is the offset minus the way, so the smallest of each bound it from both sides.
 */
export function alignClocks(pairs: readonly Pair[]): Alignment | null {
  const [up, down] = [between(pairs, CLIENT), between(pairs, SERVER)];
  const byHops = nearerByHops(pairs);
  if (up.length === 0 || down.length === 0) {
    const one = up.length > 0 ? up : down;
    if (one.length === 0) return null;
    return { aheadUs: one[one.length >> 1]!, at: byHops, bothWays: false };
  }
  const spread = up[up.length >> 1]! - down[down.length >> 1]!;
  const byTime = Math.abs(spread) < CLOCK_TICK_US ? NOBODY : spread > 0 ? CLIENT : SERVER;
  const at = byHops === NOBODY ? byTime : byHops;
  const aheadUs = at === SERVER ? (up.at(-1)! + down[0]!) / 2 : (up[0]! + down.at(-1)!) / 2;
  return { aheadUs: Math.round(aheadUs), at, bothWays: true };
}

function between(pairs: readonly Pair[], direction: number): number[] {
  return pairs
    .filter((p) => p.here.direction === direction)
    .map((p) => p.there.atUs - p.here.atUs)
    .sort((a, b) => a - b);
}

/** Each router takes one from TTL: the same packet has more left where it has come less far. */
function nearerByHops(pairs: readonly Pair[]): Who {
  let votes = 0;
  for (const { here, there } of pairs) {
    const lost = here.hopLimit - there.hopLimit;
    if (lost !== 0) votes += lost > 0 === (here.direction === CLIENT) ? 1 : -1;
  }
  return votes === 0 ? NOBODY : votes > 0 ? CLIENT : SERVER;
}
