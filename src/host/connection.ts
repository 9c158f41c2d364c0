import type { TcpConfig } from '../tcp/config.ts';
import { Tcb } from '../tcp/tcb.ts';
import type { Destination } from './ephemeral.ts';
import type { Listener } from './listener.ts';
import type { PortGroup } from './ports.ts';
import type { Socket } from './socket.ts';

/** In which queue of its listener a connection waits. */
export const Queue = { none: 0, syn: 1, accept: 2 } as const;
export type Queue = (typeof Queue)[keyof typeof Queue];

/** A control block with what its host knows about it. Hosts use them again, so `recycle` names every field. */
export class Connection extends Tcb {
  /** The host's number for it, which it keeps through all its lives. */
  readonly id: number;

  socket: Socket | null = null;
  /** The socket that was closed and still waits, as SO_LINGER says. */
  lingerer: Socket | null = null;
  /** Where it waits to be accepted. */
  listener: Listener | null = null;
  queue: Queue = Queue.none;

  // Demultiplexing.
  hash: number = 0;
  hashNext: Connection | null = null;
  hashed: boolean = false;
  /** The local address, by its number in the host's book. */
  localIndex: number = -1;

  // The local port: in a group where bind or listen named it, otherwise chosen by connect.
  group: PortGroup | null = null;
  autoPort: boolean = false;
  /** `bind` named the port: it stays taken until the socket is closed, not just the connection. */
  portLocked: boolean = false;
  destination: Destination | null = null;
  reuseAddress: boolean = false;
  reusePort: boolean = false;
  user: number = 0;

  /** The handshake was over once. */
  wasOpen: boolean = false;
  /** The control block is deleted, or a TIME-WAIT record has taken its place. */
  gone: boolean = false;
  goesToTimeWait: boolean = false;
  /** It waits to be dealt with at the end of what is being processed. */
  ending: boolean = false;
  isCountedOrphan: boolean = false;
  isTimeWaitBucket: boolean = false;
  /** Place in the host's list of connections in use, or -1. */
  place: number = -1;
  /** Identification field of the next IPv4 packet. */
  ipId: number = 0;
  /** Hops of an IPv4 source route, and whether the application asked for it. */
  route: Int32Array | null = null;
  routeChosen: boolean = false;
  deferAcceptUs: number = 0;
  /** When it was made. */
  openedAt: number = 0;
  /** `tcb.iss` stays above an old incarnation that was in TIME-WAIT. */
  issChosen: boolean = false;

  constructor(config: TcpConfig, id: number) {
    super(config);
    this.id = id;
  }
}
