import type { HostProfile, TcpConfig } from '../host/index.ts';
import { parseScript, ScriptError } from './parse/index.ts';
import type { DrillResult } from './result.ts';
import { type Executable, type ExecuteOptions, execute, type ProfileName, profileOf } from './run/execute.ts';
import { mutants } from './run/mutate.ts';
import { platformOf } from './run/platform.ts';
import { readSettings } from './run/settings.ts';

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
  const { file = 'script', profile = 'linux', seed = 1, maxTimeUs = DAY_US, strict = false } = options;
  let script: Executable;
  try {
    script = readScript(text, options);
  } catch (error) {
    if (error instanceof ScriptError) return notRead(file, text, error);
    throw error;
  }
  return execute(script, {
    file,
    profile,
    seed,
    maxTimeUs,
    strict,
    ...(options.config === undefined ? {} : { config: options.config }),
    ...(options.onPacket === undefined ? {} : { onPacket: options.onPacket }),
  });
}

/** Throws `ScriptError`. */
export function readScript(text: string, { profile = 'linux', defines = {} }: DrillOptions): Executable {
  const platform = platformOf(profileOf(profile));
  const known = new Map([...platform.defines.map((name) => [name, ''] as const), ...Object.entries(defines)]);
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
      differences: [],
      timeUs: 0,
      hostState: 'CLOSED',
      peerState: 'CLOSED',
      rule: null,
    },
    timeUs: 0,
    leftOver: [],
  };
}

export interface MutationReport {
  readonly mutants: number;
  /** Changed scripts that pass all the same. */
  readonly survivors: readonly { readonly line: number; readonly change: string }[];
}

/**
 * Changes one expectation of a passing script a time: each change ought to make it fail. Where nothing is left over at the end of the
 * script, nothing may be at the end of a mutant.
 */
export function mutate(text: string, options: DrillOptions = {}): MutationReport {
  const { file = 'script', profile = 'linux', seed = 1, maxTimeUs = DAY_US } = options;
  const script = readScript(text, options);
  const run = (steps: Executable['steps'], strict: boolean): DrillResult =>
    execute({ ...script, steps }, { file, profile, seed, maxTimeUs, strict });
  const original = run(script.steps, false);
  const settings = readSettings(script.settings, platformOf(profileOf(profile)).tolerancePercent);
  const survivors: { line: number; change: string }[] = [];
  let count = 0;
  for (const { line, change, steps } of mutants(script.steps, settings)) {
    count++;
    const result = run(steps, original.leftOver.length === 0);
    if (result.outcome === 'passed' && result.leftOver.length === original.leftOver.length) {
      survivors.push({ line, change });
    }
  }
  return { mutants: count, survivors };
}
