import { Random } from '../../link/index.ts';
import type { Settings } from '../run/settings.ts';
import type { CodeStep, Step } from '../run/steps.ts';
import { callChanges } from './call-changes.ts';
import type { Change } from './change.ts';
import { packetChanges } from './packet-changes.ts';

/** A script with one expectation changed: what runs it must fail. */
export interface Mutant extends Change {
  /** Which step was changed. */
  readonly index: number;
}

/** Every single change of an expectation, in the order of the lines. */
export function mutantsOf(steps: readonly Step[], settings: Settings): Mutant[] {
  return steps.flatMap((step, index) =>
    changesOf(step, settings).map((change): Mutant => ({ ...change, index })),
  );
}

function changesOf(step: Step, settings: Settings): Change[] {
  if (step.kind === 'outbound') return packetChanges(step, settings);
  if (step.kind === 'code') return codeChanges(step);
  return step.kind === 'call' ? callChanges(step, settings) : [];
}

function codeChanges(step: CodeStep): Change[] {
  return Array.from({ length: step.code.asserts }, (_, assert) => ({
    kind: 'assertion',
    change: `the opposite of assertion ${assert + 1}`,
    instead: [{ ...step, code: step.code.denying(assert) }],
  }));
}

/** The steps of the mutant. */
export function applied(steps: readonly Step[], { index, instead }: Mutant): readonly Step[] {
  return [...steps.slice(0, index), ...instead, ...steps.slice(index + 1)];
}

/** At most so many of them, in their order; which ones is up to the seed and the script's name. */
export function chosen(
  mutants: readonly Mutant[],
  most: number,
  seed: number,
  name: string,
): readonly Mutant[] {
  if (mutants.length <= most) return mutants;
  const random = new Random(seed, `mutants of ${name}`);
  return mutants.filter((_mutant, i) => {
    const isTaken = random.below(mutants.length - i) < most;
    if (isTaken) most--;
    return isTaken;
  });
}
