import { type FastOpenTable, type Host, Poll, type Socket } from '../../host/index.ts';
import type { Flow } from '../run/flow.ts';
import type { Platform } from '../run/platform.ts';
import type { Settings } from '../run/settings.ts';
import type { Epoll } from './epoll.ts';
import type { Target } from './sockets.ts';
import type { Args } from './value.ts';

/** A descriptor of the script. */
export interface Descriptor {
  readonly fd: number;
  readonly socket: Socket;
  nonBlocking: boolean;
  /** TCP_INQ of Linux: recvmsg tells how much is left. */
  tellsUnread: boolean;
  /** A write or a poll found too little room: who waits for it is to be told (Linux SOCK_NOSPACE). */
  noSpace: boolean;
  /** TCP_FASTOPEN_CONNECT; and where the connect that was put off goes. */
  fastConnect: boolean;
  deferred: Target | null;
  /** How often there was news for who watches it, where somebody does. */
  wakes: number;
}

export function newDescriptor(fd: number, socket: Socket, nonBlocking: boolean): Descriptor {
  return {
    fd,
    socket,
    nonBlocking,
    tellsUnread: false,
    noSpace: false,
    fastConnect: false,
    deferred: null,
    wakes: 0,
  };
}

/** What poll tells of a descriptor; a connect that was put off lets write do it (Linux tcp_poll). */
export function readinessOf({ socket, deferred }: Descriptor): number {
  return deferred === null ? socket.poll() : Poll.out;
}

/** What calls work on. */
export interface CallWorld {
  readonly host: Host;
  /** None where the profile's system has none that is known here. */
  readonly fastOpen: FastOpenTable | null;
  readonly settings: Settings;
  readonly platform: Platform;
  readonly descriptors: Map<number, Descriptor>;
  /** What is open and no socket, by descriptor: a file's content. */
  readonly openFiles: Map<number, Uint8Array>;
  readonly epolls: Map<number, Epoll>;
  /** Files that commands of the script made, by path. */
  readonly files: Map<string, Uint8Array>;
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

/** Errors of calls about other descriptors than sockets. */
export const ENOENT = 2;
export const EEXIST = 17;

export function now(result: number): Attempt {
  return () => ({ value: result });
}
