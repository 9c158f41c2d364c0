import type { Packet } from '../capture/packet.ts';
import type { Cause } from '../explain/causes/cause.ts';
import type { CloseKind, ConnectionEnding, End, Finding, InputProblem, Summary } from '../explain/types.ts';

/** What the commands need of the engine. Valid only during the call that hands it over. */
export interface EndedConnection {
  readonly flow: number;
  readonly causeId: string | null;
  readonly closeKind: CloseKind;
  readonly firstCloser: End | 'both' | null;
  readonly rstSender: End | 'middlebox' | null;
  readonly confidence: number;
  readonly clientAddress: string;
  /** `address:port`, IPv6 in brackets. */
  readonly serverEndpoint: string;
  /** The whole object: dear, so only for what is printed or filtered. */
  report(): ConnectionEnding;
}

export interface EngineOptions {
  /** Maximum segment lifetime, microseconds; the engine's own default where null. */
  readonly mslUs: number | null;
  /** Path of a second capture of the same traffic, or null. */
  readonly peer: string | null;
  /** Ends reading of the second capture. */
  readonly signal: AbortSignal;
  /** Told what is wrong with the second capture. */
  readonly onNotice: (message: string) => void;
  /** Flows whose ladder is wanted whole. */
  readonly fullLadder: { has(flow: number): boolean };
  readonly onConnection: (connection: EndedConnection) => void;
  readonly onFinding: (finding: Finding) => void;
}

export interface Engine {
  packet(packet: Packet): void;
  problem(problem: InputProblem): void;
  /** End of input: everything still open is given out. */
  finish(partial: boolean): void;
  summary(): Summary;
}

export type CreateEngine = (options: EngineOptions) => Promise<Engine>;

export type { Severity } from '../explain/causes/cause.ts';

/** What is printed of a cause. */
export type CatalogueEntry = Omit<Cause, 'kinds' | 'fit' | 'implies' | 'story' | 'evidence' | 'usual'>;
