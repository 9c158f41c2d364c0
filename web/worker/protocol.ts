import type { CaptureProblem } from '../../src/capture/index.ts';
import type { Group, Severity } from '../../src/explain/causes/cause.ts';
import type { PressureReport } from '../../src/explain/pressure/types.ts';
import type {
  ConnectionEnding,
  Finding,
  InputProblem,
  LadderStep,
  Summary,
} from '../../src/explain/types.ts';
import type { LabReport } from '../../src/lab/report.ts';
import type { AnyValues, Parameters } from '../../src/lab/values.ts';

/** What page and Worker say to each other. */

export type { CaptureProblem, LabReport };

/** A cause as the catalogue shows it. */
export interface CauseEntry {
  readonly id: string;
  readonly group: Group;
  readonly severity: Severity;
  readonly title: string;
  readonly summary: string;
  readonly recognise: string;
  readonly remedy: string;
  readonly wouldSettle: readonly string[];
  readonly references: readonly string[];
  readonly scenario: string | null;
}

export interface OpenRequest {
  readonly capture: Blob;
  /** The capture taken at the other end. */
  readonly peer: Blob | null;
  readonly mslSeconds: number;
}

export interface Progress {
  readonly bytes: number;
  readonly totalBytes: number;
  readonly packets: number;
  readonly connections: number;
  readonly seconds: number;
  readonly readingPeer: boolean;
}

/** One value for each connection; text stands once in `strings`. */
export interface Columns {
  readonly count: number;
  readonly strings: readonly string[];
  readonly flow: Uint32Array;
  readonly client: Uint32Array;
  readonly clientPort: Uint16Array;
  readonly server: Uint32Array;
  readonly serverPort: Uint16Array;
  /** Indices of `strings`. */
  readonly kind: Uint32Array;
  readonly cause: Uint32Array;
  readonly closer: Uint32Array;
  readonly packets: Uint32Array;
  readonly bytes: Float64Array;
  readonly start: Float64Array;
  readonly duration: Float64Array;
  readonly confidence: Float32Array;
}

export interface Opened {
  readonly summary: Summary;
  readonly findings: readonly Finding[];
  readonly columns: Columns;
  readonly problems: readonly InputProblem[];
  readonly cancelled: boolean;
  readonly seconds: number;
  readonly bytes: number;
  /** Connections that both captures have; null with one capture. */
  readonly common: number | null;
}

export type SortKey =
  | 'flow'
  | 'client'
  | 'server'
  | 'kind'
  | 'cause'
  | 'closer'
  | 'packets'
  | 'bytes'
  | 'start'
  | 'duration'
  | 'confidence';

export type GroupKey = 'cause' | 'client' | 'server' | 'kind';

export interface Query {
  readonly filter: string;
  readonly sort: SortKey;
  readonly descending: boolean;
  readonly group: GroupKey | null;
}

export interface GroupRow {
  readonly key: string;
  readonly count: number;
  /** The filter that lists its connections. */
  readonly filter: string;
}

/** What is wrong with a filter, and where. */
export interface FilterFault {
  readonly error: string;
  readonly at: number;
  readonly length: number;
}

export type QueryResult = { readonly order: Uint32Array; readonly groups: readonly GroupRow[] } | FilterFault;

/** Header fields that a ladder step has no room for; absolute numbers as on the wire. */
export interface RawFields {
  readonly seq: number;
  readonly ack: number;
  readonly hopLimit: number;
  readonly identification: number;
  readonly dontFragment: boolean;
  readonly ecn: number;
  readonly urgentPointer: number;
  readonly headerLength: number;
  readonly captured: number;
  readonly timestamps: readonly [value: number, echo: number] | null;
  readonly mss: number | null;
  readonly windowScale: number | null;
  readonly sackPermitted: boolean;
  readonly sack: readonly number[];
  readonly vlan: number | null;
  readonly tunnels: number;
}

/** `RawFields` of many packets, for `rawAt`. */
export interface RawTable {
  /** In order. */
  readonly packets: Uint32Array;
  readonly values: Float64Array;
  readonly sack: ReadonlyMap<number, readonly number[]>;
}

/** Every segment of one connection. */
export interface WholeLadder {
  readonly steps: readonly LadderStep[];
  readonly raw: RawTable;
  readonly omitted: number;
}

/** How many of something there were, sampled at equal steps. */
export interface Levels {
  readonly start: number;
  readonly stepSeconds: number;
  readonly open: readonly number[];
  readonly closeWait: readonly number[];
}

export interface ScenarioEntry {
  readonly name: string;
  readonly title: string;
  readonly story: string;
  readonly causes: readonly string[];
  readonly parameters: Parameters;
}

export interface LabRequest {
  readonly scenario: string;
  readonly values: AnyValues;
  readonly seed: number;
}

export interface LabResult {
  readonly report: LabReport;
  /** Virtual microseconds at which something happened, in order. */
  readonly moments: readonly number[];
  readonly seconds: number;
}

export interface SocketLine {
  readonly state: string;
  readonly recvQ: number;
  readonly sendQ: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly timer: string | null;
  readonly timerUs: number;
  readonly retransmits: number;
  readonly owner: string;
}

export interface HostSnapshot {
  readonly host: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly sockets: readonly SocketLine[];
  readonly counters: Readonly<Record<string, number>>;
}

export interface LabMoment {
  readonly atUs: number;
  readonly hosts: readonly HostSnapshot[];
}

/** An arrow of the state diagram with the events that take it. */
export interface DiagramEdge {
  readonly from: number;
  readonly to: number;
  readonly events: readonly {
    readonly event: string;
    readonly effects: readonly string[];
    readonly rule: string;
  }[];
}

export interface Diagram {
  readonly states: readonly string[];
  readonly edges: readonly DiagramEdge[];
}

export interface Calls {
  catalogue(): readonly CauseEntry[];
  open(request: OpenRequest): Opened;
  cancel(): void;
  query(query: Query): QueryResult;
  connection(flow: number): ConnectionEnding | null;
  ladder(flow: number): WholeLadder | null;
  extract(flow: number): Uint8Array | null;
  pressure(): PressureReport | null;
  levels(server: string | null): Levels | null;
  scenarios(): readonly ScenarioEntry[];
  labRun(request: LabRequest): LabResult;
  labAt(request: LabRequest, atUs: number): LabMoment;
  labCapture(request: LabRequest): Uint8Array | null;
  /** The scenario and values whose run `explain` names the cause for. */
  provokes(cause: string): { readonly scenario: string; readonly values: AnyValues } | null;
  diagram(profile: string): Diagram;
}

export type CallName = keyof Calls;

export interface CallMessage {
  readonly id: number;
  readonly call: CallName;
  readonly args: readonly unknown[];
}

export type ReplyMessage =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly failure: string; readonly code: string | null }
  | { readonly progress: Progress };
