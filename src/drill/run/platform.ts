import type { HostProfile } from '../../host/index.ts';

/** How the system whose TCP is imitated differs where a script sees it, beside TCP itself. */
export interface Platform {
  readonly name: 'linux' | 'freebsd';
  /** Symbols that `#ifdef` knows. */
  readonly defines: readonly string[];
  /** What runners of the system's suite define (google's run_all.py, ksft_runner.sh); the cookies belong to the key of defaults.sh. */
  readonly values: Readonly<Record<string, string>>;
  readonly constants: {
    readonly AF_INET: number;
    readonly AF_INET6: number;
    readonly O_NONBLOCK: number;
  };
  readonly acceptInheritsNonBlocking: boolean;
  /** Tolerance of time in percent of the time since the event before. */
  readonly tolerancePercent: number;
  /** Payload that one packet may carry where the driver cuts it up (TSO); 0: none does. */
  readonly superSegmentBytes: number;
  /** Close waits as SO_LINGER says whether the descriptor waits or not. */
  readonly lingersAlways: boolean;
  /** Socket options that may be set and change nothing that shows. */
  readonly inertOptions: ReadonlySet<string>;
  /** Where it is defined, scripts have what the standards ask for and the system does otherwise; its own symbols are not defined then. */
  readonly standardSymbol: string | null;
}

const linux: Platform = {
  name: 'linux',
  defines: ['Linux', 'linux'],
  values: {
    TFO_COOKIE: '3021b9d889017eeb',
    TFO_COOKIE_ZERO: 'b7c12350a90dc8f5',
    CODE: 'host_unreachable',
    CMSG_LEVEL_IP: 'SOL_IP',
    CMSG_TYPE_RECVERR: 'IP_RECVERR',
  },
  constants: { AF_INET: 2, AF_INET6: 10, O_NONBLOCK: 0x800 },
  acceptInheritsNonBlocking: false,
  tolerancePercent: 12.5,
  superSegmentBytes: 65_160,
  lingersAlways: true,
  inertOptions: new Set([
    'SO_PRIORITY',
    'SO_BUSY_POLL',
    'SO_DEBUG',
    'IP_RECVTOS',
    'IP_FREEBIND',
    'SO_ZEROCOPY',
    'SO_MARK',
  ]),
  standardSymbol: null,
};

const freebsd: Platform = {
  name: 'freebsd',
  defines: ['FreeBSD'],
  values: {},
  constants: { AF_INET: 2, AF_INET6: 28, O_NONBLOCK: 4 },
  acceptInheritsNonBlocking: true,
  tolerancePercent: 5,
  superSegmentBytes: 0,
  lingersAlways: false,
  inertOptions: new Set(['SO_DEBUG', 'SO_NOSIGPIPE']),
  standardSymbol: 'STANDARD',
};

/** Whether scripts are read as what the standards ask for: `-D STANDARD`. */
export function readsStandard(
  { standardSymbol }: Platform,
  defines: Readonly<Record<string, string>>,
): boolean {
  return standardSymbol !== null && Object.hasOwn(defines, standardSymbol);
}

/** A profile of one's own is taken for Linux's kind, and so is RFC 9293 itself. */
export function platformOf(profile: HostProfile): Platform {
  return profile.name === 'freebsd' ? freebsd : linux;
}
