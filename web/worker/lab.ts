import { LabRun, SCENARIOS, type Scenario, scenarioByName } from '../../src/lab/index.ts';
import { takeMoment } from '../../src/lab/tables.ts';
import type { AnyValues, Value } from '../../src/lab/values.ts';
import { CAPTURE_EPOCH_US } from '../../src/link/index.ts';
import type { HostSnapshot, LabMoment, LabReport, LabRequest, LabResult, ScenarioEntry } from './protocol.ts';
import { Turns } from './source.ts';

/** Virtual time run at once between looks at the clock. */
const SLICE_US = 250_000;
/** Moments offered to step through. */
const MOST_MOMENTS = 4_000;
const MOST_COMBINATIONS = 500;

export function scenarios(): readonly ScenarioEntry[] {
  return SCENARIOS.map(({ name, title, story, causes, parameters }) => ({
    name,
    title,
    story,
    causes,
    parameters,
  }));
}

function begin({ scenario: name, values, seed }: LabRequest): LabRun {
  const scenario = scenarioByName(name);
  if (scenario === undefined) throw new Error(`there is no scenario "${name}"`);
  return new LabRun(scenario, values, seed);
}

/** Runs to a time in turns, so that other messages are heard meanwhile. */
async function runTo(run: LabRun, us: number): Promise<void> {
  const turns = new Turns();
  let at = run.now;
  do {
    at = Math.min(us, at + SLICE_US);
    if (!run.runTo(at)) return;
    if (turns.due) await turns.breathe();
  } while (at < us);
}

export async function labRun(request: LabRequest): Promise<LabResult> {
  const startedAt = performance.now();
  const run = begin(request);
  await runTo(run, run.lab.limitUs);
  const report = run.finish();
  return { report, moments: momentsOf(report), seconds: (performance.now() - startedAt) / 1000 };
}

export async function labCapture(request: LabRequest): Promise<Uint8Array | null> {
  const run = begin(request);
  await runTo(run, run.lab.limitUs);
  run.finish();
  return run.taps()?.main.pcapng() ?? null;
}

/** When a packet left, a call began or ended, or something else happened. */
function momentsOf(report: LabReport): number[] {
  const times = new Set<number>([0]);
  const add = (seconds: number): void => {
    if (times.size < MOST_MOMENTS) times.add(Math.round(seconds * 1e6) - CAPTURE_EPOCH_US);
  };
  for (const { ladder, states } of report.connections) {
    for (const step of ladder) add(step.at);
    for (const step of [...states.client, ...states.server]) add(step.at);
  }
  for (const event of report.events) add(event.at);
  for (const table of report.tables) add(table.at);
  for (const { calls } of report.applications)
    for (const call of calls) {
      add(call.at);
      if (call.seconds !== null) add(call.at + call.seconds);
    }
  add(report.end);
  return [...times].sort((a, b) => a - b);
}

/** A run that stands at some time; what lies before it is reached by running it again. */
class Cursor {
  private key = '';
  private run: LabRun | null = null;

  async at(request: LabRequest, us: number): Promise<LabMoment> {
    const key = JSON.stringify(request);
    if (this.run === null || key !== this.key || us < this.run.now) {
      this.run = begin(request);
      this.key = key;
    }
    const { run } = this;
    await runTo(run, us);
    const { tables } = takeMoment(Math.max(us, run.now), '', run.lab.hosts);
    return {
      atUs: us,
      hosts: tables.map((table, i): HostSnapshot => {
        const counters = Object.entries({ ...run.lab.hosts[i]!.counters }) as [string, unknown][];
        const counted = counters.filter((entry): entry is [string, number] => isCount(entry[1]));
        return { ...table, counters: Object.fromEntries(counted) };
      }),
    };
  }
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && value !== 0;
}

const cursors: Map<string, Cursor> = new Map();

/** Both hosts' sockets and counters at a time of the run: by replay, as the same seed gives the same run. */
export function labAt(request: LabRequest, us: number): Promise<LabMoment> {
  const key = `${request.scenario} ${JSON.stringify(request.values)}`;
  let cursor = cursors.get(key);
  if (cursor === undefined) {
    if (cursors.size >= 2) cursors.delete(cursors.keys().next().value!);
    cursor = new Cursor();
    cursors.set(key, cursor);
  }
  return cursor.at(request, us);
}

/** The scenario and the fewest settings with which a cause is to be named. */
export function provokes(cause: string): { readonly scenario: string; readonly values: AnyValues } | null {
  for (const scenario of SCENARIOS) {
    if (!scenario.causes.includes(cause)) continue;
    for (const values of combinations(scenario)) {
      const all = Object.fromEntries(Object.entries(scenario.parameters).map(([key, p]) => [key, p.default]));
      if (scenario.expects({ ...all, ...values }).includes(cause)) return { scenario: scenario.name, values };
    }
    return { scenario: scenario.name, values: {} };
  }
  return null;
}

/** All settings of flags and choices, those that change least first. */
function combinations({ parameters }: Scenario): AnyValues[] {
  let found: Record<string, Value>[] = [{}];
  for (const [key, parameter] of Object.entries(parameters)) {
    const others: readonly Value[] =
      parameter.kind === 'flag'
        ? [!parameter.default]
        : parameter.kind === 'choice'
          ? parameter.choices.filter((word) => word !== parameter.default)
          : [];
    if (found.length * (others.length + 1) > MOST_COMBINATIONS) continue;
    found = found.flatMap((values) => [values, ...others.map((value) => ({ ...values, [key]: value }))]);
  }
  return found.sort((a, b) => Object.keys(a).length - Object.keys(b).length);
}
