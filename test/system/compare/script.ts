/**
 * Scripts of socket calls for two hosts, client and server, run by `run_kernel.py` on Linux and by `run-hosts.ts` on
 * our own. Each step is made at its planned time and never waits. Numbers are relative: a segment that a script injects
 * counts from the initial sequence numbers of the flow it pretends to be part of.
 */

export type End = 'client' | 'server';

export type OptionName =
  | 'reuseAddress'
  | 'reusePort'
  | 'keepAlive'
  | 'keepAliveIdle'
  | 'keepAliveInterval'
  | 'keepAliveCount'
  | 'linger'
  | 'linger2'
  | 'noDelay'
  | 'cork'
  | 'quickAck'
  | 'userTimeout'
  | 'deferAccept'
  | 'sendBuffer'
  | 'receiveBuffer'
  | 'oobInline'
  | 'maxSegment'
  | 'bindAddressNoPort';

export type MessageFlag = 'oob' | 'more' | 'peek';

/** What a filter in front of an end drops. */
export type Match = 'none' | 'all' | 'fin' | 'syn' | 'syn-ack' | 'bare-ack' | 'data' | 'rst';

/** Settings of both hosts, under their names in `net.ipv4`. */
export type Sysctl = Readonly<Record<string, number | string>>;

/** A segment that the end did not make itself, sent in its name. */
export interface Injected {
  /** Letters of `FSRPAUEC`. */
  readonly flags: string;
  /** From the end's ISS. */
  readonly seq: number;
  /** From the other's ISS. */
  readonly ack?: number;
  readonly bytes?: number;
  readonly window?: number;
  readonly ports?: readonly [number, number];
  readonly mss?: number;
  /** A timestamp so much older than the end's last. */
  readonly tsAge?: number;
}

export type Call =
  | { readonly call: 'socket'; readonly socket: string }
  | {
      readonly call: 'set';
      readonly socket: string;
      readonly option: OptionName;
      readonly value: number | null;
    }
  | { readonly call: 'get'; readonly socket: string; readonly option: OptionName }
  | { readonly call: 'bind'; readonly socket: string; readonly port: number; readonly any?: boolean }
  | { readonly call: 'listen'; readonly socket: string; readonly backlog: number }
  | { readonly call: 'connect'; readonly socket: string; readonly port: number; readonly address?: string }
  | { readonly call: 'accept'; readonly socket: string; readonly as: string }
  | {
      readonly call: 'send';
      readonly socket: string;
      readonly bytes: number;
      readonly flags?: readonly MessageFlag[];
    }
  | {
      readonly call: 'recv';
      readonly socket: string;
      readonly bytes: number;
      readonly flags?: readonly MessageFlag[];
    }
  | { readonly call: 'shutdown'; readonly socket: string; readonly how: 'read' | 'write' | 'both' }
  | { readonly call: 'close'; readonly socket: string; readonly lingers?: boolean }
  | { readonly call: 'disconnect'; readonly socket: string }
  | { readonly call: 'error'; readonly socket: string }
  | { readonly call: 'poll'; readonly socket: string }
  | { readonly call: 'unread'; readonly socket: string }
  | { readonly call: 'unacked'; readonly socket: string }
  | { readonly call: 'states' }
  | { readonly call: 'counters'; readonly names: readonly string[] }
  | { readonly call: 'wait' }
  | { readonly call: 'sysctl'; readonly values: Sysctl }
  | { readonly call: 'drop'; readonly match: Match }
  | { readonly call: 'hold' }
  | { readonly call: 'release' }
  | ({ readonly call: 'inject'; readonly ports: readonly [number, number] } & Omit<Injected, 'ports'>)
  | {
      readonly call: 'icmp';
      readonly ports: readonly [number, number];
      readonly type: number;
      readonly code: number;
      readonly mtu?: number;
    };

export type Step = Call & { readonly end: End; readonly waitMs: number };

export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly family?: 4 | 6;
  readonly sysctl?: Sysctl;
  readonly steps: readonly Step[];
}

/** What a runner returns for each step: a number of bytes, `ok`, `EOF`, an error's name, or what was asked for. */
export type StepResult = string | number;

/** Between a step and the next, unless a script says otherwise: long enough for both ends to act on it. */
const SETTLE_MS = 10;

export const CLIENT_PORT = 40000;
export const SERVER_PORT = 8080;

/** One end's calls. */
export class Actor {
  readonly #end: End;

  constructor(end: End) {
    this.#end = end;
  }

  socket(socket: string): Step {
    return this.#step({ call: 'socket', socket });
  }

  set(socket: string, option: OptionName, value: number | null): Step {
    return this.#step({ call: 'set', socket, option, value });
  }

  get(socket: string, option: OptionName): Step {
    return this.#step({ call: 'get', socket, option });
  }

  bind(socket: string, port: number): Step {
    return this.#step({ call: 'bind', socket, port });
  }

  bindAny(socket: string, port: number): Step {
    return this.#step({ call: 'bind', socket, port, any: true });
  }

  listen(socket: string, backlog: number = 8): Step {
    return this.#step({ call: 'listen', socket, backlog });
  }

  connect(socket: string, port: number, address?: string): Step {
    return this.#step({ call: 'connect', socket, port, ...(address === undefined ? {} : { address }) });
  }

  accept(socket: string, as: string): Step {
    return this.#step({ call: 'accept', socket, as });
  }

  send(socket: string, bytes: number, ...flags: MessageFlag[]): Step {
    return this.#step({ call: 'send', socket, bytes, flags });
  }

  recv(socket: string, bytes: number = 65536, ...flags: MessageFlag[]): Step {
    return this.#step({ call: 'recv', socket, bytes, flags });
  }

  shutdown(socket: string, how: 'read' | 'write' | 'both'): Step {
    return this.#step({ call: 'shutdown', socket, how });
  }

  close(socket: string): Step {
    return this.#step({ call: 'close', socket });
  }

  /** A close that waits, as SO_LINGER makes it. */
  closeLingering(socket: string): Step {
    return this.#step({ call: 'close', socket, lingers: true });
  }

  disconnect(socket: string): Step {
    return this.#step({ call: 'disconnect', socket });
  }

  error(socket: string): Step {
    return this.#step({ call: 'error', socket });
  }

  poll(socket: string): Step {
    return this.#step({ call: 'poll', socket });
  }

  unread(socket: string): Step {
    return this.#step({ call: 'unread', socket });
  }

  unacked(socket: string): Step {
    return this.#step({ call: 'unacked', socket });
  }

  states(): Step {
    return this.#step({ call: 'states' });
  }

  counters(...names: string[]): Step {
    return this.#step({ call: 'counters', names });
  }

  wait(waitMs: number): Step {
    return { ...this.#step({ call: 'wait' }), waitMs };
  }

  sysctl(values: Sysctl): Step {
    return this.#step({ call: 'sysctl', values });
  }

  /** What arrives here from now on is lost, if it matches. */
  drop(match: Match): Step {
    return this.#step({ call: 'drop', match });
  }

  /** What this end sends from now on waits, until `release`. */
  hold(): Step {
    return this.#step({ call: 'hold' });
  }

  release(): Step {
    return this.#step({ call: 'release' });
  }

  inject(segment: Injected): Step {
    const own = this.#end === 'client' ? CLIENT_PORT : SERVER_PORT;
    const other = this.#end === 'client' ? SERVER_PORT : CLIENT_PORT;
    return this.#step({ call: 'inject', ...segment, ports: segment.ports ?? [own, other] });
  }

  icmp(type: number, code: number, mtu: number = 0): Step {
    const ports: [number, number] =
      this.#end === 'client' ? [CLIENT_PORT, SERVER_PORT] : [SERVER_PORT, CLIENT_PORT];
    return this.#step({ call: 'icmp', ports, type, code, mtu });
  }

  #step(call: Call): Step {
    return { ...call, end: this.#end, waitMs: SETTLE_MS };
  }
}

export const client: Actor = new Actor('client');
export const server: Actor = new Actor('server');

/** The same step with another pause after it. */
export function waiting(step: Step, waitMs: number): Step {
  return { ...step, waitMs };
}

/** A listener `l`. */
export function listening(backlog: number = 8): Step[] {
  return [
    server.socket('l'),
    server.set('l', 'reuseAddress', 1),
    server.bind('l', SERVER_PORT),
    server.listen('l', backlog),
  ];
}

/** A client's socket, bound. */
export function clientSocket(socket: string = 'c', port: number = CLIENT_PORT): Step[] {
  return [client.socket(socket), client.set(socket, 'reuseAddress', 1), client.bind(socket, port)];
}

/** A connection between `c` at the client and `s` at the server. */
export function connected(): Step[] {
  return [...listening(), ...clientSocket(), client.connect('c', SERVER_PORT), server.accept('l', 's')];
}

/** A request and its answer. */
export function exchanged(): Step[] {
  return [client.send('c', 100), server.recv('s'), server.send('s', 200), client.recv('c')];
}
