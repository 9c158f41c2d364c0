import { CaptureParser, type Packet } from '../../src/capture/index.ts';
import { Explainer } from '../../src/explain/engine.ts';
import { PeerCapture } from '../../src/explain/peer/index.ts';
import type { ConnectionEnding, Finding } from '../../src/explain/types.ts';

export interface Label {
  readonly case: string;
  readonly variant: string;
  readonly cause: string;
  readonly group: string;
  readonly endpoints: Record<string, { addr: string; port: number } | undefined>;
  readonly captures: readonly { readonly file: string; readonly side: 'client' | 'server' }[];
  readonly active_closer: string | null;
  readonly close_kind: string;
  readonly rst_sender: string | null;
  readonly time_wait_on: string | null;
  readonly states: Record<'client' | 'server', readonly { readonly state: string }[]>;
  /** What is as right as the label, or invisible, when only that side's capture is read. */
  readonly view?: Partial<
    Record<'client' | 'server', { readonly as_right?: readonly string[]; readonly invisible?: boolean }>
  >;
}

export interface Wire {
  readonly same: Record<string, readonly string[] | undefined>;
  readonly invisible: readonly string[];
}

export interface Row {
  readonly file: string;
  readonly label: Label;
  readonly said: string | null;
  readonly alternatives: readonly string[];
  readonly result: 'first' | 'contained' | 'wrong' | 'undetermined';
  readonly closer: boolean;
  readonly kind: boolean;
  readonly rst: boolean;
  readonly timeWait: boolean;
  readonly states: boolean;
  readonly saw: string;
}

export interface ScoreReport {
  readonly rows: readonly Row[];
  readonly skipped: readonly string[];
}

export interface ScoreInput {
  readonly folder: string;
  readonly names: readonly string[];
  readonly read: (name: string) => Uint8Array;
  /** Only labels of these causes or groups; all where neither is given. */
  readonly causes?: readonly string[];
  readonly groups?: readonly string[];
  readonly peer?: boolean;
}

function isWanted(label: Label, { causes, groups }: ScoreInput): boolean {
  if (causes === undefined && groups === undefined) return true;
  return (causes?.includes(label.cause) ?? false) || (groups?.includes(label.group) ?? false);
}

export async function scoreFolder(input: ScoreInput): Promise<ScoreReport> {
  const wire = JSON.parse(new TextDecoder().decode(input.read('wire.json'))) as Wire;
  const rows: Row[] = [];
  const skipped: string[] = [];
  for (const name of [...input.names].sort()) {
    const label = JSON.parse(new TextDecoder().decode(input.read(`${name}.json`))) as Label;
    if (wire.invisible.includes(label.cause)) {
      skipped.push(name);
      continue;
    }
    if (!isWanted(label, input)) continue;
    for (const capture of label.captures) {
      const other = input.peer ? label.captures.find((c) => c.side !== capture.side) : undefined;
      const row = scoreCapture(
        label,
        capture.file,
        input.read(capture.file),
        wire,
        other && input.read(other.file),
      );
      if (row === null) skipped.push(capture.file);
      else rows.push(row);
    }
  }
  return { rows, skipped };
}

export interface Judged {
  readonly result: Row['result'];
  /** The connection of the label that fits it best, and all that are of it. */
  readonly shown: ConnectionEnding;
  readonly ours: readonly ConnectionEnding[];
}

/** What was told of one side's capture against its label; null where nothing of the run can show there. */
export function judgeTold(
  told: { readonly connections: readonly ConnectionEnding[]; readonly findings: readonly Finding[] },
  label: Label,
  file: string,
  wire: Wire,
): Judged | null {
  const ours = told.connections.filter((e) => isOurs(e, label));
  // A capture without one packet of the connection can show nothing of it.
  if (ours.length === 0) return null;
  const side = label.captures.find((x) => x.file === file)!.side;
  const view = label.view?.[side];
  if (view?.invisible) return null;
  const right = [label.cause, ...(wire.same[label.cause] ?? []), ...(view?.as_right ?? [])];
  const ranked = ours.map((e) => ({ e, result: judge(e.verdict.cause, e.verdict.alternatives, right) }));
  const order = ['first', 'contained', 'undetermined', 'wrong'] as const;
  ranked.sort((a, b) => order.indexOf(a.result) - order.indexOf(b.result));
  let best = ranked[0]!;
  const flows = new Set(ours.map((e) => e.flow));
  for (const f of told.findings) {
    if (!f.connections.some((flow) => flows.has(flow))) continue;
    const result = judge(f.cause, f.alternatives, right);
    if (order.indexOf(result) < order.indexOf(best.result)) best = { e: best.e, result };
  }
  return { result: best.result, shown: best.e, ours };
}

function scoreCapture(
  label: Label,
  file: string,
  bytes: Uint8Array,
  wire: Wire,
  other?: Uint8Array,
): Row | null {
  const told = explainBytes(bytes, other);
  const judged = judgeTold(told, label, file, wire);
  if (judged === null) return null;
  const { result, shown, ours } = judged;
  const e = ours[0];
  return {
    file,
    label,
    said: shown?.verdict.cause ?? null,
    alternatives: shown?.verdict.alternatives ?? [],
    result,
    closer: ours.some((x) => matchesCloser(x, label)),
    kind: ours.some((x) => x.closeKind === expectedKind(label)),
    rst: ours.some((x) => matchesRst(x, label)),
    timeWait: ours.some((x) => x.timeWait === (label.time_wait_on ?? null)),
    states: statesAgree(ours, label),
    saw:
      e === undefined
        ? 'no such connection'
        : `kind=${e.closeKind} closer=${e.firstCloser} rst=${e.rstSender}/${e.rstForm} tw=${e.timeWait} C:${sequence(e, 'client')} S:${sequence(e, 'server')}`,
  };
}

function sequence(e: ConnectionEnding, end: 'client' | 'server'): string {
  return e.states[end].map((s) => s.state).join(',');
}

/** `other` is the capture of the same run at the other end. */
export function explainBytes(
  bytes: Uint8Array,
  other?: Uint8Array,
): { connections: ConnectionEnding[]; findings: Finding[] } {
  const second = other === undefined ? undefined : new PeerCapture();
  if (second !== undefined) {
    feed(other!, second);
    second.finish();
  }
  const connections: ConnectionEnding[] = [];
  const findings: Finding[] = [];
  const explainer = new Explainer({
    onConnection: (v) => connections.push(v.report()),
    onFinding: (f) => findings.push(f),
    ...(second && { second }),
  });
  feed(bytes, explainer);
  explainer.finish();
  connections.sort((a, b) => a.flow - b.flow);
  return { connections, findings };
}

function feed(bytes: Uint8Array, into: { packet(packet: Packet): void }): void {
  const parser = new CaptureParser();
  parser.push(bytes);
  parser.end();
  while (parser.next()) into.packet(parser.packet);
}

function isOurs(e: ConnectionEnding, label: Label): boolean {
  const { client, server, client_as_seen_by_server: nat, server_behind_nat: behind } = label.endpoints;
  const clients = [client, nat].filter((x) => x !== undefined);
  const servers = [server, behind].filter((x) => x !== undefined);
  return (
    (clients.some((x) => x.addr === e.client.address && x.port === e.client.port) &&
      servers.some((x) => x.addr === e.server.address && x.port === e.server.port)) ||
    (clients.some((x) => x.addr === e.server.address && x.port === e.server.port) &&
      servers.some((x) => x.addr === e.client.address && x.port === e.client.port))
  );
}

function judge(
  cause: string | null,
  alternatives: readonly string[],
  right: readonly string[],
): Row['result'] {
  if (cause !== null && right.includes(cause)) return 'first';
  if (alternatives.some((a) => right.includes(a))) return 'contained';
  return cause === null ? 'undetermined' : 'wrong';
}

const KINDS: Record<string, string> = {
  'half-closed-forever': 'half-closed',
  'fin-lost-then-rst': 'fin-then-rst',
  'local-failure': 'fin',
  none: 'open',
  'data-corruption': 'fin',
};

function expectedKind(label: Label): string {
  return KINDS[label.close_kind] ?? label.close_kind;
}

function matchesCloser(e: ConnectionEnding, label: Label): boolean {
  const closer = label.active_closer;
  if (closer === 'router') return e.firstCloser === null || e.closeKind === 'refused';
  if (closer === 'middlebox' || closer === null) return e.firstCloser === null;
  return e.firstCloser === closer;
}

function matchesRst(e: ConnectionEnding, label: Label): boolean {
  const sender = label.rst_sender;
  if (sender === 'router') return e.rstSender === 'middlebox' || e.rstSender === 'server';
  if (sender === 'server-firewall') return e.rstSender === 'server';
  return e.rstSender === (sender ?? null);
}

const STATE_NAMES: Record<string, string> = { CLOSE: 'CLOSED', gone: 'CLOSED', SYN_RECV: 'SYN-RECEIVED' };

/** Kernel's names to RFC 9293's; mini-sockets are the state they stand for, and their silent end is not on the wire. */
function labelStates(label: Label, end: 'client' | 'server'): string[] {
  const names: string[] = [];
  for (const { state } of label.states[end] ?? []) {
    const plain = state.replace('(tw)', '');
    const name = STATE_NAMES[plain] ?? plain.replace('FIN_WAIT', 'FIN-WAIT-').replaceAll('_', '-');
    if (names.at(-1) !== name) names.push(name);
  }
  return names;
}

function statesAgree(ours: readonly ConnectionEnding[], label: Label): boolean {
  return (['client', 'server'] as const).every((end) => {
    // Raw sockets have no states.
    if (label.states.client.length + label.states.server.length === 0) return true;
    const want = labelStates(label, end).join(' ');
    const all = ours.flatMap((e) => e.states[end].map((s) => s.state));
    const merged = all.filter((s, i) => all[i - 1] !== s).join(' ');
    if (endOfTimeWait(merged) === endOfTimeWait(want)) return true;
    return merged === want || ours.some((e) => e.states[end].map((s) => s.state).join(' ') === want);
  });
}

/** Whether TIME-WAIT has ended is the host's own affair: nothing on the wire tells. */
function endOfTimeWait(states: string): string {
  return states.replace(/TIME-WAIT CLOSED$/, 'TIME-WAIT');
}
