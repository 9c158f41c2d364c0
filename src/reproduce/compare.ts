import type { ConnectionEnding, End, StateStep } from '../explain/types.ts';

/** One thing in which two endings may differ. */
export interface Compared {
  readonly what: 'closer' | 'kind' | 'RST sender' | 'RST form' | 'client states' | 'server states';
  readonly observed: string;
  readonly reproduced: string;
  readonly same: boolean;
}

/** How a connection ended, as observed and as reproduced. */
export function compareEndings(observed: ConnectionEnding, reproduced: ConnectionEnding | null): Compared[] {
  const pairs: readonly (readonly [Compared['what'], (e: ConnectionEnding) => string])[] = [
    ['closer', (e) => e.firstCloser ?? 'nobody'],
    ['kind', (e) => e.closeKind],
    // Whoever injects an RST does so in the name of an end.
    ['RST sender', (e) => (e.rstSender === 'middlebox' ? namedEnd(e) : (e.rstSender ?? 'nobody'))],
    ['RST form', (e) => e.rstForm ?? 'none'],
    ['client states', (e) => statesOf(e, 'client')],
    ['server states', (e) => statesOf(e, 'server')],
  ];
  return pairs.map(([what, get]) => {
    const before = get(observed);
    const after = reproduced === null ? 'nothing was sent' : get(reproduced);
    return { what, observed: before, reproduced: after, same: before === after };
  });
}

/** The end in whose name an injected RST came: the one that it did not close. */
function namedEnd(e: ConnectionEnding): string {
  const reset = e.ladder.find((step) => step.from === 'middlebox' && step.flags.includes('RST'));
  return reset?.clientState === 'CLOSED' ? 'server' : 'client';
}

/** From ESTABLISHED on where the capture does not have the beginning. */
function statesOf(e: ConnectionEnding, end: End): string {
  const states = e.states[end]
    .map((step: StateStep) => step.state)
    .filter((state, i, all) => state !== all[i - 1]);
  return states.join(' ');
}
