import type { DrillOutcome, DrillResult } from '../result.ts';
import { type Executable, type ExecuteOptions, execute, profileOf } from '../run/execute.ts';
import { platformOf } from '../run/platform.ts';
import { readSettings } from '../run/settings.ts';
import { MUTANT_KINDS, type MutantKind } from './change.ts';
import { applied, chosen, type Mutant, mutantsOf } from './mutants.ts';
import { reasonOf } from './reason.ts';

export interface KindCount {
  readonly kind: MutantKind;
  readonly mutants: number;
  readonly failed: number;
  /** Of those, mutants whose lines all hold: the host sent more or fewer packets beside them than in the script itself. */
  readonly byCount: number;
}

/** A changed script that passes all the same. */
export interface Survivor {
  readonly line: number;
  readonly column: number;
  /** The line as the script has it. */
  readonly text: string;
  readonly kind: MutantKind;
  readonly change: string;
  /** Why nothing contradicts it; null: not known. */
  readonly reason: string | null;
}

export interface MutationReport {
  readonly file: string;
  /** Of the script as it is. Only one that passes is changed. */
  readonly outcome: DrillOutcome;
  /** Changes that there are; `mutants` of them were run. */
  readonly possible: number;
  readonly mutants: number;
  readonly failed: number;
  /** Only kinds of change that occur. */
  readonly kinds: readonly KindCount[];
  readonly survivors: readonly Survivor[];
}

interface Tally {
  mutants: number;
  failed: number;
  byCount: number;
}

/** Runs the script, and if it passes, at most `most` of its mutants. */
export function runMutants(script: Executable, options: ExecuteOptions, most: number): MutationReport {
  const original = execute(script, { ...options, strict: false });
  const { file, outcome, timeUs } = original;
  if (outcome !== 'passed') return notMutated(file, outcome);
  const settings = readSettings(script.settings, platformOf(profileOf(options.profile)).tolerancePercent);
  const all = mutantsOf(script.steps, settings);
  const mutants = chosen(all, most, options.seed, file.slice(file.lastIndexOf('/') + 1));
  const tallies = new Map<MutantKind, Tally>();
  const survivors: Survivor[] = [];
  for (const mutant of mutants) {
    const steps = applied(script.steps, mutant);
    const result = execute({ ...script, steps }, { ...options, strict: false, untilUs: timeUs });
    const how = fate(result, original);
    count(tallies, mutant.kind, how);
    if (how === 'survived') survivors.push(survivorOf(mutant, script));
  }
  const kinds = MUTANT_KINDS.filter((kind) => tallies.has(kind)).map((kind) => ({
    kind,
    ...tallies.get(kind)!,
  }));
  const failed = mutants.length - survivors.length;
  return { file, outcome, possible: all.length, mutants: mutants.length, failed, kinds, survivors };
}

export function notMutated(file: string, outcome: DrillOutcome): MutationReport {
  return { file, outcome, possible: 0, mutants: 0, failed: 0, kinds: [], survivors: [] };
}

type Fate = 'failed' | 'failed by count' | 'survived';

/** What nobody asked for in the script itself may be there in the mutant, and nothing else. */
function fate(result: DrillResult, original: DrillResult): Fate {
  if (result.outcome !== 'passed') return 'failed';
  return result.leftOver.length === original.leftOver.length ? 'survived' : 'failed by count';
}

function count(tallies: Map<MutantKind, Tally>, kind: MutantKind, how: Fate): void {
  const tally = tallies.get(kind) ?? { mutants: 0, failed: 0, byCount: 0 };
  tally.mutants++;
  if (how !== 'survived') tally.failed++;
  if (how === 'failed by count') tally.byCount++;
  tallies.set(kind, tally);
}

function survivorOf(mutant: Mutant, script: Executable): Survivor {
  const { line, column, text } = script.steps[mutant.index]!;
  const { kind, change } = mutant;
  return { line, column, text, kind, change, reason: reasonOf(mutant, script.steps) };
}
