import type { HostProfile, TcpConfig } from '../host/index.ts';
import { type MutationReport, notMutated, runMutants } from './mutate/run.ts';
import { parseScript, ScriptError } from './parse/index.ts';
import type { DrillResult } from './result.ts';
import { type Executable, type ExecuteOptions, execute, type ProfileName, profileOf } from './run/execute.ts';
import { platformOf, readsStandard } from './run/platform.ts';

export { MUTANT_KINDS, type MutantKind } from './mutate/change.ts';
export type { KindCount, MutationReport, Survivor } from './mutate/run.ts';
export { reportLines } from './report.ts';
export type { DrillOutcome, DrillProblem, DrillResult } from './result.ts';
export type { ProfileName } from './run/execute.ts';
export type { Difference } from './run/verify.ts';

export interface DrillOptions {
  /** The script's name in messages. */
  readonly file?: string;
  /** Whose TCP it is: default `linux`. */
  readonly profile?: ProfileName | HostProfile;
  /** What differs from the profile's defaults; what the script sets goes before. */
  readonly config?: Partial<TcpConfig>;
  /** Symbols for `#ifdef`, and values of `$NAME`, beside those of the profile's system. */
  readonly defines?: Readonly<Record<string, string>>;
  /** Default 1. */
  readonly seed?: number;
  /** Virtual time at which a script is ended: default a day. */
  readonly maxTimeUs?: number;
  /** At the end no packet may be left that no line asked for. */
  readonly strict?: boolean;
  /** Every packet as it passes; `>`: the host sent it. */
  readonly onPacket?: ExecuteOptions['onPacket'];
}

const DAY_US = 86_400_000_000;

/**
 * Runs a packetdrill script on a host of ours, in virtual time: needs no kernel, no root and no waiting.
 *
 * @example
 * const result = drill(readFileSync('close.pkt', 'utf8'), { profile: 'linux' });
 * expect(reportLines(result).join('\n')).toBe('script: passed');
 */
export function drill(text: string, options: DrillOptions = {}): DrillResult {
  let script: Executable;
  try {
    script = readScript(text, options);
  } catch (error) {
    if (error instanceof ScriptError) return notRead(options.file ?? 'script', text, error);
    throw error;
  }
  return execute(script, executeOptions(options));
}

function executeOptions(options: DrillOptions): ExecuteOptions {
  const { file = 'script', profile = 'linux', seed = 1, maxTimeUs = DAY_US, strict = false } = options;
  const { config, onPacket } = options;
  return {
    file,
    profile,
    seed,
    maxTimeUs,
    strict,
    standard: readsStandard(platformOf(profileOf(profile)), options.defines ?? {}),
    ...(config === undefined ? {} : { config }),
    ...(onPacket === undefined ? {} : { onPacket }),
  };
}

/** Throws `ScriptError`. */
export function readScript(text: string, { profile = 'linux', defines = {} }: DrillOptions): Executable {
  const platform = platformOf(profileOf(profile));
  const own = readsStandard(platform, defines) ? [] : platform.defines;
  const known = new Map([
    ...own.map((name) => [name, ''] as const),
    ...Object.entries({ ...platform.values, ...defines }),
  ]);
  return parseScript(text, { system: platform.name, defines: known, family: 4 });
}

function notRead(file: string, text: string, { line, column, message, verdict }: ScriptError): DrillResult {
  return {
    file,
    outcome: verdict,
    problem: {
      line,
      column,
      text: text.split('\n')[line - 1] ?? '',
      message: verdict === 'unsupported' ? `not supported: ${message}` : message,
      expected: null,
      got: null,
      marks: null,
      differences: [],
      timeUs: 0,
      hostState: 'CLOSED',
      peerState: 'CLOSED',
      rule: null,
      sentByRule: false,
    },
    timeUs: 0,
    leftOver: [],
  };
}

export interface MutateOptions extends DrillOptions {
  /** At most so many changes, picked by the seed. Default: all. */
  readonly most?: number;
}

/**
 * Changes one expectation of a passing script a time: each change ought to make it fail. A mutant is run for as long as the script itself
 * lasted, and also fails where the host sent more or fewer packets beside those of the lines.
 *
 * @example
 * expect(mutate(readFileSync('close.pkt', 'utf8')).survivors).toEqual([]);
 */
export function mutate(text: string, options: MutateOptions = {}): MutationReport {
  const { most = Number.POSITIVE_INFINITY } = options;
  let script: Executable;
  try {
    script = readScript(text, options);
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error;
    return notMutated(options.file ?? 'script', error.verdict);
  }
  return runMutants(script, executeOptions(options), most);
}
