import type { Settings } from '../run/settings.ts';
import type { Step, StepTime } from '../run/steps.ts';

export const MUTANT_KINDS = [
  'flag',
  'sequence number',
  'acknowledgment number',
  'payload length',
  'window',
  'urgent pointer',
  'option',
  'IP field',
  'time',
  'dropped packet',
  'extra packet',
  'return value',
  'errno',
  'value',
  'assertion',
] as const;

/** Which expectation a mutant has otherwise. */
export type MutantKind = (typeof MUTANT_KINDS)[number];

export interface Change {
  readonly kind: MutantKind;
  /** What was changed: `win 65535 -> 65536`. */
  readonly change: string;
  /** What stands in the place of the step. */
  readonly instead: readonly Step[];
}

/** How far a time is moved to be beyond the tolerance, which itself grows with the time. */
export function beyondTolerance(time: StepTime, { tolerance }: Settings): number {
  const share = tolerance.percent / 100;
  return Math.ceil(2 * Math.max(tolerance.us, (share * time.us) / (1 - share)) + 10_000);
}
