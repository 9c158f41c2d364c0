import type { ConnectionEnding, LadderStep } from '../explain/types.ts';
import type { Ladder } from './ladder.ts';

/** A ladder of a block has at most this many arrows. */
export const MAX_STEPS = 14;
/** Ordinary packets are shown only this near to a decisive one (or to the end, where none is decisive). */
const NEAR = 3;

/** The ladder reduced to what tells the story: decisive packets, those that open, close or change a state, and their neighbours. */
export function folded(ending: Pick<ConnectionEnding, 'client' | 'server' | 'ladder'>): Ladder {
  const { client, server, ladder } = ending;
  if (ladder.length <= MAX_STEPS) return { client, server, ladder };
  const kept = mostTelling(ladder);
  const steps: LadderStep[] = [];
  let skipped = 0;
  for (const [index, step] of ladder.entries()) {
    if (kept.has(index)) {
      steps.push({ ...step, skipped: skipped + step.skipped });
      skipped = 0;
    } else {
      skipped += step.skipped + 1;
    }
  }
  return { client, server, ladder: steps, after: { packets: skipped, at: ladder.at(-1)!.at } };
}

function mostTelling(ladder: readonly LadderStep[]): ReadonlySet<number> {
  const toDecisive = distances(ladder);
  const order = ladder
    .map((step, index) => ({
      index,
      rank: rank(step, ladder[index - 1], toDecisive[index]!),
      near: toDecisive[index]!,
    }))
    .filter(({ rank, near }) => rank > 0 || near <= NEAR)
    .sort((a, b) => b.rank - a.rank || a.near - b.near || b.index - a.index);
  return new Set(order.slice(0, MAX_STEPS).map(({ index }) => index));
}

function rank(step: LadderStep, before: LadderStep | undefined, toDecisive: number): number {
  if (step.decisive) return 4;
  const opensOrCloses = /SYN|FIN|RST|ICMP/.test(step.flags) && !step.notes.includes('retransmission');
  const changes = before?.clientState !== step.clientState || before?.serverState !== step.serverState;
  if (opensOrCloses || changes) return 3;
  if (toDecisive === 1) return 2;
  return step.notes.length > 0 ? 1 : 0;
}

/** For each step, how many steps away the nearest decisive one is; with none, how far the end is. */
function distances(ladder: readonly LadderStep[]): number[] {
  const fromEnd = ladder.map((_, index) => ladder.length - index);
  if (!ladder.some((step) => step.decisive)) return fromEnd;
  const away = ladder.map(() => Number.POSITIVE_INFINITY);
  let last = Number.POSITIVE_INFINITY;
  for (let i = 0; i < ladder.length; i++) {
    last = ladder[i]!.decisive ? 0 : last + 1;
    away[i] = Math.min(away[i]!, last);
  }
  last = Number.POSITIVE_INFINITY;
  for (let i = ladder.length - 1; i >= 0; i--) {
    last = ladder[i]!.decisive ? 0 : last + 1;
    away[i] = Math.min(away[i]!, last);
  }
  return away;
}
