import { HOST_PROFILES, type HostProfile, keepTimeWait, type TcpConfig } from '../../host/index.ts';
import { Complaint } from '../calls/value.ts';
import type { DrillProblem, DrillResult } from '../result.ts';
import { platformOf } from './platform.ts';
import { Runner, StepProblem } from './runner.ts';
import { readSettings, type SettingText } from './settings.ts';
import type { Place, Step } from './steps.ts';
import { World } from './world.ts';

/** A script, read: what `run` needs of it. */
export interface Executable {
  readonly settings: readonly SettingText[];
  readonly steps: readonly Step[];
}

export type ProfileName = keyof typeof HOST_PROFILES;

export interface ExecuteOptions {
  readonly file: string;
  readonly profile: ProfileName | HostProfile;
  /** What differs from the profile's defaults; the script's own settings go before. */
  readonly config?: Partial<TcpConfig>;
  readonly seed: number;
  readonly maxTimeUs: number;
  /** A packet that nobody asked for is a failure even where no further packet is expected. */
  readonly strict: boolean;
  /** The script is read as what the standards ask for, where the system does otherwise. */
  readonly standard: boolean;
  /** Time goes on after the last line until then. */
  readonly untilUs?: number;
  /** Every packet as it passes; `>`: the host sent it. */
  readonly onPacket?: (direction: '<' | '>', bytes: Uint8Array, timeUs: number) => void;
}

export function profileOf(profile: ProfileName | HostProfile): HostProfile {
  return typeof profile === 'string' ? HOST_PROFILES[profile] : profile;
}

/** Runs a script on a host of its own. */
export function execute(script: Executable, options: ExecuteOptions): DrillResult {
  const profile = profileOf(options.profile);
  const nowhere: Place = { line: 1, column: 1, text: '' };
  let world: World | null = null;
  let runner: Runner | null = null;
  try {
    const settings = readSettings(script.settings, platformOf(profile).tolerancePercent);
    world = new World(settings, {
      profile,
      config: options.config ?? {},
      seed: options.seed,
      maxTimeUs: options.maxTimeUs,
    });
    if (options.standard) keepTimeWait(world.host);
    world.onPacket = options.onPacket ?? null;
    runner = new Runner(world, script.steps);
    runner.run();
    if (options.untilUs !== undefined) world.advance(options.untilUs);
  } catch (error) {
    if (error instanceof StepProblem) {
      return ended(
        options,
        world,
        problemOf(error.step, error.complaint, error, world, runner),
        error.complaint,
      );
    }
    if (error instanceof Complaint) {
      return ended(options, world, problemOf(error.place ?? nowhere, error, null, world, runner), error);
    }
    throw error;
  }
  return finished(options, script, world, runner);
}

function finished(options: ExecuteOptions, script: Executable, world: World, runner: Runner): DrillResult {
  const left = world.leftOver();
  if (!options.strict || left.length === 0) return ended(options, world, null, null);
  const complaint = new Complaint(
    'failed',
    'the host sent packets that the script does not have',
    'no more packets',
    left.join('\n'),
  );
  const last = script.steps[script.steps.length - 1]!;
  return ended(options, world, problemOf(last, complaint, null, world, runner), complaint);
}

function ended(
  { file }: ExecuteOptions,
  world: World | null,
  problem: DrillProblem | null,
  complaint: Complaint | null,
): DrillResult {
  return {
    file,
    outcome: complaint === null ? 'passed' : complaint.verdict,
    problem,
    timeUs: world?.now ?? 0,
    leftOver: world === null ? [] : world.leftOver(),
  };
}

function problemOf(
  place: Place,
  complaint: Complaint,
  problem: StepProblem | null,
  world: World | null,
  runner: Runner | null,
): DrillProblem {
  return {
    line: place.line,
    column: place.column,
    text: place.text,
    message: complaint.message,
    expected: complaint.expected,
    got: complaint.got,
    marks: complaint.marks,
    differences: problem?.differences ?? [],
    timeUs: world?.now ?? 0,
    hostState: world?.stateOf(world.current) ?? 'CLOSED',
    peerState: runner?.peer.state ?? 'CLOSED',
    rule: world?.ruleOf(problem?.live?.cell ?? world.host.lastCell) ?? null,
    sentByRule: problem?.live != null,
  };
}
