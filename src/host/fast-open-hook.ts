import type { FastOpen, FastOpenState } from '../tcp/fast-open.ts';
import type { Segment } from '../wire/index.ts';
import type { Connection } from './connection.ts';
import type { Listener } from './listener.ts';

/** What a host asks of its Fast Open beside what its TCP does. */
export interface HostFastOpen extends FastOpen {
  /** connect is about to send its SYN. */
  prepare(tcb: Connection): void;
  /** A SYN has come to a listener: null where it has nothing to do with Fast Open. */
  request(listener: Listener, segment: Segment): FastOpenState | null;
  /** A child was made: it is accepted before its handshake is over. */
  childBegins(tcb: Connection, listener: Listener): void;
}
