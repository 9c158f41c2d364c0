import type { Tap } from '../link/index.ts';
import type { Lab, Watched } from './lab.ts';
import { seconds, type TrueLadder, trueLadders } from './ladder.ts';
import type { CallRecord } from './process.ts';
import type { Scenario } from './scenario.ts';
import type { TableRow } from './tables.ts';
import type { StateTrace } from './trace.ts';
import type { AnyValues } from './values.ts';
import { explainTaps, type LabVerdict } from './verdict.ts';

/** What one run of a scenario showed. Times are seconds since the epoch, as in `explain`; durations are seconds. */
export interface LabReport {
  readonly type: 'lab';
  readonly scenario: string;
  readonly title: string;
  readonly story: string;
  readonly seed: number;
  readonly values: AnyValues;
  readonly start: number;
  readonly end: number;
  readonly hosts: readonly { readonly name: string; readonly addresses: readonly string[] }[];
  /** What happened that no call shows. */
  readonly events: readonly { readonly at: number; readonly text: string }[];
  readonly connections: readonly TrueLadder[];
  readonly applications: readonly ApplicationReport[];
  readonly tables: readonly TableReport[];
  /** Counters of each host that are not 0, named as in /proc/net/netstat. */
  readonly counters: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly facts: readonly {
    readonly name: string;
    readonly value: number | string | boolean | null;
    readonly unit: string;
    readonly text: string;
  }[];
  readonly verdict: LabVerdict | null;
}

export interface ApplicationReport {
  readonly host: string;
  readonly process: string;
  readonly calls: readonly {
    readonly at: number;
    /** null: it still waits. */
    readonly seconds: number | null;
    readonly descriptor: number;
    readonly call: string;
    readonly result: number | null;
    readonly error: string | null;
    readonly shows: string;
  }[];
}

export interface TableReport {
  readonly at: number;
  readonly title: string;
  readonly host: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly sockets: readonly TableRow[];
}

const MOST_LADDERS = 8;

export function buildReport(
  scenario: Scenario,
  values: AnyValues,
  lab: Lab,
  trace: StateTrace | null,
): LabReport {
  return {
    type: 'lab',
    scenario: scenario.name,
    title: scenario.title,
    story: scenario.story,
    seed: lab.seed,
    values,
    start: seconds(0),
    end: seconds(lab.now),
    hosts: lab.hosts.map((host) => ({ name: host.name, addresses: lab.addresses.get(host)! })),
    events: lab.events.map(({ atUs, text }) => ({ at: seconds(atUs), text })),
    connections: ladders(lab, trace),
    applications: applications(lab),
    tables: lab.moments.flatMap(({ atUs, title, tables }) =>
      tables.map((table) => ({ at: seconds(atUs), title, ...table })),
    ),
    counters: Object.fromEntries(lab.hosts.map((host) => [host.name, nonZero({ ...host.counters })])),
    facts: lab.facts,
    verdict: verdict(scenario, values, lab),
  };
}

function ladders(lab: Lab, trace: StateTrace | null): readonly TrueLadder[] {
  if (lab.watched === null || trace === null) return [];
  return trueLadders(lab.watched, mainTap(lab.watched, lab), trace, MOST_LADDERS);
}

function mainTap({ clientTap, serverTap }: Watched, lab: Lab): Tap {
  return lab.captureAt === 'client' ? clientTap : serverTap;
}

function verdict(scenario: Scenario, values: AnyValues, lab: Lab): LabVerdict | null {
  if (lab.watched === null) return null;
  const main = mainTap(lab.watched, lab);
  const { clientTap, serverTap } = lab.watched;
  const peer = main === clientTap ? serverTap : clientTap;
  return explainTaps(main, lab.usePeer ? peer : null, lab.mslUs, scenario.expects(values));
}

function applications({ applications: { calls } }: Lab): ApplicationReport[] {
  const programs = new Map<string, { host: string; process: string; calls: CallRecord[] }>();
  for (const call of calls) {
    const key = `${call.host} ${call.process}`;
    let program = programs.get(key);
    if (program === undefined) {
      program = { host: call.host, process: call.process, calls: [] };
      programs.set(key, program);
    }
    program.calls.push(call);
  }
  return [...programs.values()].map((program) => ({
    ...program,
    calls: program.calls.map((call) => ({
      at: seconds(call.startUs),
      seconds: call.endUs < 0 ? null : (call.endUs - call.startUs) / 1e6,
      descriptor: call.descriptor,
      call: call.call,
      result: call.endUs < 0 ? null : call.result,
      error: call.error,
      shows: call.endUs < 0 ? 'still waits' : call.shows,
    })),
  }));
}

function nonZero(counters: Record<string, unknown>): Record<string, number> {
  const shown: Record<string, number> = {};
  for (const [name, value] of Object.entries(counters))
    if (typeof value === 'number' && value !== 0) shown[name] = value;
  return shown;
}
