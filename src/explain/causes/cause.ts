import type { Outcome, ResetFacts } from '../outcome.ts';
import type { PeerFacts } from '../peer/facts.ts';
import type { Connection, End } from '../track/connection.ts';
import type { CloseKind } from '../types.ts';

export type Group =
  | 'orderly'
  | 'app-abort'
  | 'app-bug'
  | 'connect'
  | 'peer-gone'
  | 'peer-stuck'
  | 'middlebox'
  | 'path'
  | 'resources'
  | 'time-wait'
  | 'field';

/** How much a cause matters to who runs the service: nothing is wrong, worth knowing, a fault to mend, data or service lost. */
export type Severity = 'ok' | 'note' | 'warning' | 'error';

/** What one connection with a cause of each severity counts when causes are ranked. */
export const SEVERITY_WEIGHT: Readonly<Record<Severity, number>> = {
  ok: 0.001,
  note: 1,
  warning: 10,
  error: 20,
};

/** A connection that is over, with what was derived from it once, for all causes to look at. */
export interface Case {
  readonly c: Connection;
  readonly o: Outcome;
  readonly client: End;
  readonly server: End;
  /** The RST that ended it (or the first one), with its claimed sender and receiver; null without RST. */
  readonly reset: ResetFacts | null;
  readonly sender: End | null;
  readonly receiver: End | null;
  /** The end that sent the first FIN and the other one; null without FIN. */
  readonly closer: End | null;
  readonly passive: End | null;
  /** The end that sent the first data (asks), or null where none did. */
  readonly opener: End | null;
  /** What a second capture of the same connection adds; null without one. */
  readonly peer: PeerFacts | null;
}

export type AddEvidence = (packet: number, atUs: number, shows: string) => void;

/** One cause of the catalogue. To add a cause: one file here, one page in docs/causes/, one scenario. */
export interface Cause {
  /** Public name, as in `lastack causes ID`. */
  readonly id: string;
  readonly group: Group;
  readonly severity: Severity;
  /** A short phrase: `the client closed with SO_LINGER 0`. */
  readonly title: string;
  /** What happens, one or two sentences. */
  readonly summary: string;
  /** How it is told from its neighbours. */
  readonly recognise: string;
  /** What to change, with its price. */
  readonly remedy: string;
  /** What would tell it from its alternatives. */
  readonly wouldSettle: readonly string[];
  /** RFC sections, papers, kernel functions, public threads. */
  readonly references: readonly string[];
  /** Name of the scenario that provokes it, or null while there is none. */
  readonly scenario: string | null;
  /** Close kinds it can show as; empty where no packet shows it. */
  readonly kinds: readonly CloseKind[];
  /** The usual course of things: whatever else fits comes before it. */
  readonly usual?: true;
  /** It cannot be without something odd (`isOdd`): most connections have nothing of that, and then it is not asked. */
  readonly needsOddity?: true;
  /** How well it fits what was seen: 0 excluded, 1 fits in every point. Pure; called once a connection. */
  readonly fit: (k: Case) => number;
  /**
   * Above 0 where it may have happened at the far end without a packet of it here: then it stands beside an ordinary close,
   * or beside a connection that only stays silent, the higher before the lower. Never first.
   */
  readonly unseen?: (k: Case) => number;
  /**
   * Above 0 where it may be it although only one direction was captured, and what the other end did cannot be known: then it
   * stands beside what fits, the higher before the lower. Never first.
   */
  readonly halfSeen?: (k: Case) => number;
  /** States that the verdict implies and the wire does not show; called once, if it is the verdict. */
  readonly implies?: (k: Case) => void;
  /** The story with real numbers, two or three sentences; without it the report tells the ending only. */
  readonly story?: (k: Case) => string;
  /** The packets it stands on. */
  readonly evidence?: (k: Case, add: AddEvidence) => void;
}

/** For causes that leave nothing on the wire of one connection. */
export function neverFits(): number {
  return 0;
}
