import type { Case } from './causes/cause.ts';
import { isRound } from './causes/signs/closing.ts';
import { formatDuration } from './text.ts';

const MAX_KEPT = 256;
const WORTH_TELLING = 3;
/** No idle timer is set shorter. */
const SHORTEST_US = 500_000;
/** One timer ends connections this close together: its own grain, and what round trips add. */
const GRAIN_US = 100_000;
const GRAIN = 0.02;

/** Causes that a timer of silence is behind: the close that met a request, the flow that a box forgot. */
const TIMED: ReadonlySet<string> = new Set([
  'keepalive-race',
  'lb-idle-timeout',
  'stale-pooled-connection',
  'nat-idle-drop',
  'nat-idle-reset',
]);

/** How long the connections of a group had been silent when they ended: one timer shows as many times that are equal. */
export class Silences {
  private readonly kept: number[] = [];

  add(cause: string, k: Case): void {
    if (!TIMED.has(cause) || this.kept.length >= MAX_KEPT) return;
    const us = silenceBefore(k);
    if (us >= SHORTEST_US) this.kept.push(us);
  }

  /** A sentence, or nothing where they say nothing. */
  words(): string {
    if (this.kept.length < WORTH_TELLING) return '';
    const sorted = [...this.kept].sort((a, b) => a - b);
    const [from, to] = densest(sorted);
    const all = `Silent for ${formatDuration(sorted[0]!)} to ${formatDuration(sorted.at(-1)!)} before.`;
    const count = to - from + 1;
    if (count < WORTH_TELLING || 2 * count < sorted.length) return ` ${all}`;
    const middle = sorted[from + (count >> 1)]!;
    const round = isRound(middle) ? ', a round time as timers have' : '';
    return ` ${count} of ${sorted.length} had been silent for about ${formatDuration(middle)} before${round}: look for an idle timer of that length.`;
  }
}

/** The silence that a timer may have ended: before the first FIN, or before the text that nothing knew any more. */
function silenceBefore(k: Case): number {
  if (k.closer !== null) return k.closer.idleBeforeFinUs;
  return Math.max(k.client.idleBeforeFlightUs, k.server.idleBeforeFlightUs);
}

/** First and last index of the largest run of times that one timer explains. */
function densest(sorted: readonly number[]): readonly [number, number] {
  let best: readonly [number, number] = [0, 0];
  let from = 0;
  for (let to = 0; to < sorted.length; to++) {
    while (sorted[to]! - sorted[from]! > Math.max(GRAIN_US, GRAIN * sorted[to]!)) from++;
    if (to - from > best[1] - best[0]) best = [from, to];
  }
  return best;
}
