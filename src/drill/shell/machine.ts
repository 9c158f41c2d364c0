import type { FastOpenTable, Host, SocketRow, TcpConfig } from '../../host/index.ts';

/** What commands of a script work on: the host under test, as its own shell would see it. */
export interface Machine {
  readonly host: Host;
  readonly fastOpen: FastOpenTable | null;
  /** Files that commands made, by path. */
  readonly files: Map<string, Uint8Array>;
  /** Sockets the script holds, which programs list as its own: TIME-WAIT included while the descriptor is open. */
  readonly owned: () => readonly SocketRow[];
  readonly configure: (changes: Partial<TcpConfig>) => void;
  /** Settings as they were when the script began. */
  readonly restore: () => void;
  /** Ends what is in the given state, without a word to the peer. */
  readonly drop: (state: string) => number;
  readonly sleep: (us: number) => void;
  /** Counters since nstat was last asked. */
  readonly counterDeltas: () => readonly (readonly [name: string, delta: number])[];
}

/** How a command ended: its exit status and its output, or that it is none we know. */
export type Ended =
  | { readonly status: number; readonly lines: readonly string[] }
  | { readonly unsupported: string };

export type Command = (args: readonly string[], input: readonly string[], machine: Machine) => Ended;

export function ended(status: number, lines: readonly string[] = []): Ended {
  return { status, lines };
}

export const DONE: Ended = ended(0);
