import type { Packet } from '../../src/capture/index.ts';
import type { Outline } from '../../src/explain/outline.ts';
import { LabRun } from '../../src/lab/run.ts';
import type { Scenario } from '../../src/lab/scenario.ts';
import type { AnyValues } from '../../src/lab/values.ts';
import { DAMAGES, packetsOf, type Random, seeded, type Told as ToldOf, tellPackets } from './damage.ts';
import { drawValues } from './draws.ts';
import type { Row } from './score.ts';

export type Result = Row['result'];

/** What was told of one capture of one run. */
export interface Told {
  readonly result: Result;
  /** Named first, or what was named in its place; null: undetermined. */
  readonly cause: string | null;
  /** Causes in the verdict, 0 where it is undetermined. */
  readonly setSize: number;
}

export interface DamagedRow extends Told {
  readonly damage: string;
}

/** One run of a scenario. */
export interface Draw {
  readonly scenario: string;
  readonly seed: number;
  readonly values: AnyValues;
  readonly end: 'client' | 'server';
  readonly expected: readonly string[];
  /** The whole capture; null where nothing of it shows at either end. */
  readonly whole: Told | null;
  readonly damaged: readonly DamagedRow[];
}

type Verdicts = ToldOf<Outline>;

/** The runs of one scenario, one after the other; the same numbers give the same runs. */
export function* drawScenario(scenario: Scenario, draws: number, seed: number): Generator<Draw> {
  for (let turn = 0; turn < draws; turn++) {
    const random = seeded(hash(`${scenario.name} ${seed} ${turn}`));
    yield drawOnce(scenario, turn, random);
  }
}

function drawOnce(scenario: Scenario, turn: number, random: Random): Draw {
  const values = drawValues(scenario, turn, random);
  const seed = 1 + Math.floor(random() * 1e6);
  const [end, other] = random() < 0.5 ? (['client', 'server'] as const) : (['server', 'client'] as const);
  // Where nothing of it shows at one end, the capture is taken at the other.
  const shows = expectedAt(scenario, values, end).length > 0;
  return scoreRun(scenario, values, seed, shows ? end : other, random);
}

function expectedAt(scenario: Scenario, values: AnyValues, end: 'client' | 'server'): readonly string[] {
  return scenario.expectsAt?.(values, end) ?? scenario.expects(values);
}

/** One run, captured at one end; `random` is for the damages. */
export function scoreRun(
  scenario: Scenario,
  values: AnyValues,
  seed: number,
  end: 'client' | 'server',
  random: Random,
): Draw {
  const run = new LabRun(scenario, values, seed);
  run.runTo(run.lab.limitUs);
  const expected = expectedAt(scenario, run.values, end);
  const draw = { scenario: scenario.name, seed, values, end, expected } as const;
  const { watched, usePeer, mslUs } = run.lab;
  if (watched === null || expected.length === 0) return { ...draw, whole: null, damaged: [] };
  const [near, far] =
    end === 'client' ? [watched.clientTap, watched.serverTap] : [watched.serverTap, watched.clientTap];
  const packets = packetsOf(near.pcapng());
  const other = usePeer ? packetsOf(far.pcapng()) : null;
  const tell = (left: readonly Packet[]): Verdicts =>
    tellPackets(left, { mslUs, other }, (view) => view.outline());
  const whole = tell(packets);
  if (whole.connections.length === 0) return { ...draw, whole: null, damaged: [] };
  const targets = targetsOf(whole, expected);
  const damaged: DamagedRow[] = [];
  for (const damage of DAMAGES) {
    const left = tell(damage.apply(packets, random));
    const connections = left.connections.filter((c) => targets.some((target) => isOf(c, target)));
    if (connections.length === 0) continue;
    damaged.push({ damage: damage.name, ...judge({ ...left, connections }, expected) });
  }
  return { ...draw, whole: judge(whole, expected), damaged };
}

/** The connections of a run that what was provoked is about: those that show it, or all where none does. */
function targetsOf({ connections, findings }: Verdicts, expected: readonly string[]): readonly Outline[] {
  const isRight = (cause: string | null, others: readonly string[]): boolean =>
    expected.some((id) => id === cause || others.includes(id));
  const found = new Set(
    findings.flatMap((one) => (isRight(one.cause, one.alternatives) ? one.connections : [])),
  );
  const shown = connections.filter(
    ({ flow, cause, alternatives }) => found.has(flow) || isRight(cause, alternatives),
  );
  return shown.length > 0 ? shown : connections;
}

/** The same connection in a damaged capture: whichever end it takes for the client there. */
function isOf(c: Outline, target: Outline): boolean {
  const [client, server] = endsOf(target);
  const [one, other] = endsOf(c);
  const isSame = (one === client && other === server) || (one === server && other === client);
  return isSame && c.startUs <= target.endUs && c.endUs >= target.startUs;
}

function endsOf(c: Outline): readonly [string, string] {
  return [`${c.clientAddress}:${c.clientPort}`, `${c.serverAddress}:${c.serverPort}`];
}

function judge({ connections, findings }: Verdicts, expected: readonly string[]): Told {
  const sets = [
    ...connections.map(({ cause, alternatives }) => ({ cause, others: alternatives })),
    ...findings.map(({ cause, alternatives }) => ({ cause, others: alternatives })),
  ];
  for (const { cause, others } of sets)
    if (cause !== null && expected.includes(cause))
      return { result: 'first', cause, setSize: 1 + others.length };
  for (const { cause, others } of sets)
    if (others.some((id) => expected.includes(id)))
      return { result: 'contained', cause, setSize: (cause === null ? 0 : 1) + others.length };
  const told = sets.find(({ cause }) => cause !== null);
  if (told === undefined) return { result: 'undetermined', cause: null, setSize: 0 };
  return { result: 'wrong', cause: told.cause, setSize: 1 + told.others.length };
}

function hash(text: string): number {
  let sum = 0;
  for (const c of text) sum = (Math.imul(sum, 31) + c.charCodeAt(0)) | 0;
  return sum;
}
