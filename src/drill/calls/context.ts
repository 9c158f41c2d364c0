import type { Host, Socket } from '../../host/index.ts';
import type { Flow } from '../run/flow.ts';
import type { Platform } from '../run/platform.ts';
import type { Settings } from '../run/settings.ts';
import type { Args } from './value.ts';

/** A descriptor of the script. */
export interface Descriptor {
  readonly fd: number;
  readonly socket: Socket;
  nonBlocking: boolean;
}

/** What calls work on. */
export interface CallWorld {
  readonly host: Host;
  readonly settings: Settings;
  readonly platform: Platform;
  readonly descriptors: Map<number, Descriptor>;
  /** The connection that packets of the script belong to. */
  current: Flow | null;
  readonly flows: Flow[];
  /** A waiting call is to be tried again then, whatever else happens. */
  readonly wakeAt: (us: number) => void;
}

/** One call: `result` is 0 or more, or -errno. `check` says what is wrong with what it gave back beside. */
export interface Result {
  readonly value: number;
  readonly check?: () => string | null;
}

/** One more try of a call: null while it would wait. */
export type Attempt = () => Result | null;

/** `fd`: the descriptor that the script expects, for calls that make one. */
export type Call = (world: CallWorld, args: Args, expected: number) => Attempt;

export function now(result: number): Attempt {
  return () => ({ value: result });
}
