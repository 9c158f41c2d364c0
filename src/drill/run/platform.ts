import type { HostProfile } from '../../host/index.ts';

/** How the system whose TCP is imitated differs where a script sees it, beside TCP itself. */
export interface Platform {
  readonly name: 'linux' | 'freebsd';
  /** Symbols that `#ifdef` knows. */
  readonly defines: readonly string[];
  readonly constants: {
    readonly AF_INET: number;
    readonly AF_INET6: number;
    readonly O_NONBLOCK: number;
  };
  /** What SO_SNDBUF and SO_RCVBUF tell, for each octet asked for (socket(7)). */
  readonly bufferFactor: number;
  readonly acceptInheritsNonBlocking: boolean;
  /** Tolerance of time in percent of the time since the event before. */
  readonly tolerancePercent: number;
  /** Payload that one packet may carry where the driver cuts it up (TSO); 0: none does. */
  readonly superSegmentBytes: number;
  /** Close waits as SO_LINGER says whether the descriptor waits or not. */
  readonly lingersAlways: boolean;
  /** Socket options that may be set and change nothing that shows. */
  readonly inertOptions: ReadonlySet<string>;
}

const linux: Platform = {
  name: 'linux',
  defines: ['Linux', 'linux'],
  constants: { AF_INET: 2, AF_INET6: 10, O_NONBLOCK: 0x800 },
  bufferFactor: 2,
  acceptInheritsNonBlocking: false,
  tolerancePercent: 12.5,
  superSegmentBytes: 65_160,
  lingersAlways: true,
  inertOptions: new Set(['SO_PRIORITY', 'SO_BUSY_POLL', 'SO_DEBUG', 'IP_RECVTOS', 'IP_FREEBIND']),
};

const freebsd: Platform = {
  name: 'freebsd',
  defines: ['FreeBSD'],
  constants: { AF_INET: 2, AF_INET6: 28, O_NONBLOCK: 4 },
  bufferFactor: 1,
  acceptInheritsNonBlocking: true,
  tolerancePercent: 5,
  superSegmentBytes: 0,
  lingersAlways: false,
  inertOptions: new Set(['SO_DEBUG', 'SO_NOSIGPIPE']),
};

/** A profile of one's own is taken for Linux's kind, and so is RFC 9293 itself. */
export function platformOf(profile: HostProfile): Platform {
  return profile.name === 'freebsd' ? freebsd : linux;
}
