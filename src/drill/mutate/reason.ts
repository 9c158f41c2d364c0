import type { Step } from '../run/steps.ts';
import type { Mutant } from './mutants.ts';

const NOT_YET_DUE =
  'the packet comes some time after the line before it: without it the script goes on before it is due';

/** Why a change may go unnoticed, where that is known. */
export function reasonOf({ kind, index }: Mutant, steps: readonly Step[]): string | null {
  if (kind !== 'dropped packet') return null;
  const { time } = steps[index]!;
  const waits = time.kind !== 'relative' || time.us > 0 || time.endUs !== null;
  return waits ? NOT_YET_DUE : null;
}
