import { STATE_NAMES } from '../../states/index.ts';
import type { ConnectionEnding, Endpoint } from '../types.ts';

/** What a field of the filter language holds; each kind has its own values and operators. */
export type FilterField = {
  readonly name: string;
  readonly describes: string;
} & (
  | { readonly kind: 'end'; readonly get: (e: ConnectionEnding) => readonly Endpoint[] }
  | { readonly kind: 'number'; readonly unit: Unit; readonly get: (e: ConnectionEnding) => readonly number[] }
  | {
      readonly kind: 'name';
      /** The only values there are; empty where any text may stand. */
      readonly values: readonly string[];
      readonly get: (e: ConnectionEnding) => readonly string[];
    }
);

export type Unit = 'count' | 'port' | 'bytes' | 'seconds' | 'share';

const ENDS = ['client', 'server', 'both', 'none'];
const KINDS = [
  'fin',
  'rst',
  'fin-then-rst',
  'refused',
  'refused-icmp',
  'connect-timeout',
  'abort-connect',
  'timeout',
  'half-closed',
  'open',
];
const FORMS = ['four-segments', 'three-segments', 'simultaneous', 'half-close', 'none'];
const ERRORS = ['EOF', 'ECONNRESET', 'ECONNREFUSED', 'ETIMEDOUT', 'EPIPE', 'EHOSTUNREACH', 'ENETUNREACH'];

const lastState = (e: ConnectionEnding, end: 'client' | 'server'): string[] => {
  const step = e.states[end].at(-1);
  return step === undefined ? [] : [step.state];
};
const present = <T>(...values: readonly (T | null)[]): T[] =>
  values.filter((value): value is T => value !== null);

/** Every field of the language, in the order in which help and docs show them. */
export const FILTER_FIELDS: readonly FilterField[] = [
  { name: 'host', kind: 'end', describes: 'address of either end', get: (e) => [e.client, e.server] },
  { name: 'client', kind: 'end', describes: 'address of the end that opened', get: (e) => [e.client] },
  { name: 'server', kind: 'end', describes: 'address of the other end', get: (e) => [e.server] },
  {
    name: 'port',
    kind: 'number',
    unit: 'port',
    describes: 'port of either end',
    get: (e) => [e.client.port, e.server.port],
  },
  {
    name: 'cause',
    kind: 'name',
    values: [],
    describes: 'first cause of the verdict; undetermined where there is none',
    get: (e) => [e.verdict.cause ?? 'undetermined'],
  },
  {
    name: 'fits',
    kind: 'name',
    values: [],
    describes: 'any cause that fits: the first one or an alternative',
    get: (e) => [e.verdict.cause ?? 'undetermined', ...e.verdict.alternatives],
  },
  {
    name: 'closer',
    kind: 'name',
    values: ENDS,
    describes: 'who closed first',
    get: (e) => [e.firstCloser ?? 'none'],
  },
  { name: 'kind', kind: 'name', values: KINDS, describes: 'how it ended', get: (e) => [e.closeKind] },
  {
    name: 'form',
    kind: 'name',
    values: FORMS,
    describes: 'how the orderly close went',
    get: (e) => [e.closeForm ?? 'none'],
  },
  {
    name: 'state',
    kind: 'name',
    values: STATE_NAMES,
    describes: 'state that either end was in at the end',
    get: (e) => [...lastState(e, 'client'), ...lastState(e, 'server')],
  },
  {
    name: 'client.state',
    kind: 'name',
    values: STATE_NAMES,
    describes: "the client's state at the end",
    get: (e) => lastState(e, 'client'),
  },
  {
    name: 'server.state',
    kind: 'name',
    values: STATE_NAMES,
    describes: "the server's state at the end",
    get: (e) => lastState(e, 'server'),
  },
  {
    name: 'rst',
    kind: 'name',
    values: ['client', 'server', 'middlebox', 'none'],
    describes: 'who sent the RST',
    get: (e) => [e.rstSender ?? 'none'],
  },
  {
    name: 'timewait',
    kind: 'name',
    values: ENDS,
    describes: 'which end holds TIME-WAIT',
    get: (e) => [e.timeWait ?? 'none'],
  },
  {
    name: 'sees',
    kind: 'name',
    values: ERRORS,
    describes: 'error that either application sees',
    get: (e) => present(e.ends.client.applicationSees, e.ends.server.applicationSees),
  },
  { name: 'flow', kind: 'number', unit: 'count', describes: 'flow number', get: (e) => [e.flow] },
  {
    name: 'packets',
    kind: 'number',
    unit: 'count',
    describes: 'packets of both ends',
    get: (e) => [e.packets],
  },
  {
    name: 'bytes',
    kind: 'number',
    unit: 'bytes',
    describes: 'payload bytes of both ends (k, M, G)',
    get: (e) => [e.ends.client.bytes + e.ends.server.bytes],
  },
  {
    name: 'retransmissions',
    kind: 'number',
    unit: 'count',
    describes: 'retransmitted segments of both ends',
    get: (e) => [e.ends.client.retransmissions + e.ends.server.retransmissions],
  },
  {
    name: 'duration',
    kind: 'number',
    unit: 'seconds',
    describes: 'first to last packet (us, ms, s, m, h)',
    get: (e) => [e.end - e.start],
  },
  {
    name: 'idle',
    kind: 'number',
    unit: 'seconds',
    describes: 'longest silence (us, ms, s, m, h)',
    get: (e) => [e.longestIdle],
  },
  {
    name: 'rtt',
    kind: 'number',
    unit: 'seconds',
    describes: 'smallest round trip seen (us, ms, s)',
    get: (e) => present(e.rtt),
  },
  {
    name: 'confidence',
    kind: 'number',
    unit: 'share',
    describes: 'confidence of the verdict, 0..1 or percent (80%)',
    get: (e) => [e.verdict.confidence],
  },
];
