import type { ProfileName } from '../drill/index.ts';
import type { ConnectionEnding, End } from '../explain/types.ts';
import { type Compared, compareEndings } from './compare.ts';
import { type Plan, planOf, Unplayable } from './plan.ts';
import { type Play, play } from './play.ts';
import { scriptOf } from './script.ts';

export type { Compared } from './compare.ts';

/** A connection played again on our TCP. */
export interface Reproduction {
  readonly flow: number;
  /** The end that our TCP played; the script sends what the other one sent. */
  readonly end: End;
  /** A packetdrill script, with what our TCP sent as expected; null where the connection cannot be played. */
  readonly script: string | null;
  readonly compared: readonly Compared[];
  /** True where the ending is the same in every respect. */
  readonly same: boolean;
  /** Why not, where it is not. */
  readonly reason: string | null;
}

export interface ReproduceOptions {
  /** Default: the end that the ending hangs on, or the other one where that does not come out the same. */
  readonly end?: End;
  readonly profile?: ProfileName;
  /** When the capture ended, seconds since the epoch: silence until then says something. */
  readonly captureEnd?: number | null;
  /** Name of the capture, for the script's head. */
  readonly name?: string;
}

/**
 * Turns an observed connection into a packetdrill script that runs on our TCP (`lastack drill`, or packetdrill on a kernel), and says whether it
 * ends the same way: who closed, how, through which states, with which form of RST.
 */
export function reproduce(ending: ConnectionEnding, options: ReproduceOptions = {}): Reproduction {
  const ends: readonly End[] = options.end === undefined ? endsByWeight(ending) : [options.end];
  const tries = ends.map((end) => reproduceEnd(ending, end, options));
  return tries.find(({ same }) => same) ?? tries.find(({ script }) => script !== null) ?? tries[0]!;
}

/** Whose doing it was goes first. */
function endsByWeight({ rstSender, firstCloser }: ConnectionEnding): readonly End[] {
  const first = rstSender === 'client' || rstSender === 'server' ? rstSender : firstCloser;
  return first === 'server' ? ['server', 'client'] : ['client', 'server'];
}

function reproduceEnd(ending: ConnectionEnding, end: End, options: ReproduceOptions): Reproduction {
  const { profile = 'linux', name = 'capture' } = options;
  const silentUntilUs = Math.round(((options.captureEnd ?? ending.end) - ending.start) * 1e6);
  let plan: Plan;
  try {
    plan = planOf(ending, end, silentUntilUs);
  } catch (error) {
    if (!(error instanceof Unplayable)) throw error;
    return { flow: ending.flow, end, script: null, compared: [], same: false, reason: error.message };
  }
  const title = [
    `Connection ${ending.flow} of ${name}, its ${end} played by the TCP under test: ${ending.verdict.cause ?? 'undetermined'}.`,
    'Written by lastack reproduce.',
  ];
  const first = play(scriptOf(plan, null, title), profile, 'inputs', silentUntilUs);
  if (first.result.outcome !== 'passed')
    return { flow: ending.flow, end, script: null, compared: [], same: false, reason: problemOf(first) };
  const script = scriptOf(plan, first.sent, title);
  const compared = compareEndings(ending, first.ending);
  const differs = compared.filter(({ same }) => !same);
  const second = play(script, profile, 'script', silentUntilUs);
  const reason =
    differs.length > 0
      ? `another ending: ${differs.map(({ what, observed, reproduced }) => `${what} ${observed}, here ${reproduced}`).join('; ')}`
      : second.result.outcome === 'passed'
        ? null
        : `the script does not run twice the same way: ${problemOf(second)}`;
  return { flow: ending.flow, end, script, compared, same: reason === null, reason };
}

function problemOf({ result }: Play): string {
  const { problem } = result;
  return problem === null
    ? result.outcome
    : `line ${problem.line} (${problem.text.trim()}): ${problem.message}`;
}
