/** Socket options, by the names of Linux without their prefix. Values are numbers, booleans as 0 and 1, unless noted. */
export const Option = {
  /** SO_REUSEADDR */
  reuseAddress: 0,
  /** SO_REUSEPORT */
  reusePort: 1,
  /** SO_KEEPALIVE */
  keepAlive: 2,
  /** TCP_KEEPIDLE, seconds */
  keepAliveIdle: 3,
  /** TCP_KEEPINTVL, seconds */
  keepAliveInterval: 4,
  /** TCP_KEEPCNT */
  keepAliveCount: 5,
  /** SO_LINGER: -1 off, otherwise seconds; 0 makes CLOSE an ABORT. */
  linger: 6,
  /** TCP_LINGER2, seconds; negative: FIN-WAIT-2 is skipped. */
  linger2: 7,
  /** TCP_NODELAY */
  noDelay: 8,
  /** TCP_CORK */
  cork: 9,
  /** TCP_QUICKACK */
  quickAck: 10,
  /** TCP_USER_TIMEOUT, milliseconds */
  userTimeout: 11,
  /** SO_SNDBUF, SO_RCVBUF, bytes */
  sendBuffer: 12,
  receiveBuffer: 13,
  /** TCP_MAXSEG */
  maxSegment: 14,
  /** IP_BIND_ADDRESS_NO_PORT */
  bindAddressNoPort: 15,
  /** IP_TTL, IPV6_UNICAST_HOPS */
  hopLimit: 16,
  /** IP_TOS, IPV6_TCLASS */
  trafficClass: 17,
  /** SO_OOBINLINE */
  oobInline: 18,
  /** SO_ERROR: read only, cleared by reading */
  error: 19,
  /** TCP_DEFER_ACCEPT, seconds */
  deferAccept: 20,
  /** TCP_CONGESTION: 0 reno, 1 cubic */
  congestion: 21,
  /** IPV6_V6ONLY */
  v6Only: 22,
  /** TCP_SYNCNT */
  synRetries: 23,
  /** TCP_WINDOW_CLAMP */
  windowClamp: 24,
  /** The user that owns the socket (SO_REUSEPORT is for one user's sockets). */
  user: 25,
  /** RFC 5482: the user timeout is told to the peer, and the peer's counts. */
  announceUserTimeout: 26,
  /** FreeBSD TCP_KEEPINIT: how long an active OPEN may take, seconds. */
  openTimeout: 27,
  /** FreeBSD TCP_NOOPT: no options. */
  noOptions: 28,
  /** TCP_NOTSENT_LOWAT, bytes; 0: as the host is configured. */
  notSentLowWater: 29,
} as const;
export type Option = (typeof Option)[keyof typeof Option];

/** Readiness, as Linux's poll(2) has it. */
export const Poll = {
  in: 0x001,
  pri: 0x002,
  out: 0x004,
  err: 0x008,
  hup: 0x010,
  rdhup: 0x2000,
} as const;
export type Poll = (typeof Poll)[keyof typeof Poll];

/** How `shutdown` shuts. */
export const Shut = { read: 0, write: 1, both: 2 } as const;
export type Shut = (typeof Shut)[keyof typeof Shut];

/** Flags of send and recv, as Linux numbers them. */
export const Message = { oob: 0x1, peek: 0x2, endOfRecord: 0x80, more: 0x8000 } as const;
export type Message = (typeof Message)[keyof typeof Message];

/** What `getsockopt(TCP_INFO)` tells, by its names. Times are microseconds. */
export interface TcpInfo {
  readonly state: number;
  readonly stateName: string;
  readonly retransmits: number;
  readonly probes: number;
  readonly backoff: number;
  readonly options: {
    readonly timestamps: boolean;
    readonly sack: boolean;
    readonly windowScale: boolean;
    readonly ecn: boolean;
  };
  readonly sndWscale: number;
  readonly rcvWscale: number;
  readonly rto: number;
  readonly sndMss: number;
  readonly rcvMss: number;
  readonly advmss: number;
  readonly pmtu: number;
  /** Bytes sent and not acknowledged. */
  readonly unacked: number;
  readonly sacked: number;
  readonly lost: number;
  readonly retrans: number;
  readonly lastDataSent: number;
  readonly lastDataRecv: number;
  readonly rtt: number;
  readonly rttvar: number;
  readonly minRtt: number;
  /** Bytes. */
  readonly sndSsthresh: number;
  readonly sndCwnd: number;
  readonly sndWnd: number;
  readonly notsentBytes: number;
  /** As Linux numbers them: 0 open, 1 disorder, 2 CWR, 3 recovery, 4 loss. */
  readonly caState: number;
  /** Duplicate ACKs that reordering may cause. */
  readonly reordering: number;
}
