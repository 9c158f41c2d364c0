import type { StateName } from '../host/index.ts';
import type { Difference } from './run/verify.ts';

/**
 * `failed`: the TCP did something else than the script has. `unsupported`: the script wants what cannot be tested here. `wrong`: the
 * script is not well formed, or makes no sense.
 */
export type DrillOutcome = 'passed' | 'failed' | 'unsupported' | 'wrong';

/** The first line that did not go well, and why. */
export interface DrillProblem {
  readonly line: number;
  readonly column: number;
  /** The line. */
  readonly text: string;
  readonly message: string;
  readonly expected: string | null;
  readonly got: string | null;
  /** To be put under `expected` and `got`: `^` where they differ. */
  readonly marks: string | null;
  /** Fields of a packet that were not as expected. */
  readonly differences: readonly Difference[];
  /** Virtual time, microseconds since the script began. */
  readonly timeUs: number;
  /** The host's end of the connection, and what the script's end would be, were it a TCP. */
  readonly hostState: string;
  readonly peerState: StateName;
  /** The rule of the state table that sent the packet, or where none was sent, the one that the host followed last. */
  readonly rule: string | null;
  readonly sentByRule: boolean;
}

export interface DrillResult {
  readonly file: string;
  readonly outcome: DrillOutcome;
  readonly problem: DrillProblem | null;
  /** Virtual time that passed, microseconds. */
  readonly timeUs: number;
  /** Packets that the host sent and no line of the script asked for, as a script would write them. */
  readonly leftOver: readonly string[];
}
