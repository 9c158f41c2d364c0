import { freebsd } from '../states/index.ts';
import { accurateEcn } from '../tcp/acc-ecn.ts';
import type { TcpConfig } from '../tcp/config.ts';
import { HybridSlowStart } from '../tcp/congestion/hystart.ts';
import { Errno } from '../tcp/errno.ts';
import type { IcmpErrors } from '../tcp/icmp-errors.ts';
import { packetizationSearch } from '../tcp/mtu-search.ts';
import { segmentedQueue } from '../tcp/send-queue.ts';
import { CookieJar } from './cookies.ts';
import type { KeyedHash } from './keyed-hash.ts';
import { type HostProfile, KIB, linuxHost, MIB, RFC_CONFIG, rfcHost, SECOND } from './profiles.ts';
import { growingMemory } from './receive-growth.ts';
import { measuredMemory } from './receive-memory.ts';

const { ECONNREFUSED, EHOSTUNREACH, ENOPROTOOPT } = Errno;

/** tcp_ctlinput, tcp6_ctlinput: what is hard ends SYN-SENT (tcp_drop_syn_sent). */
const FREEBSD_ICMP: IcmpErrors = {
  unreachable4: [
    EHOSTUNREACH,
    EHOSTUNREACH,
    -ECONNREFUSED,
    -ECONNREFUSED,
    0,
    EHOSTUNREACH,
    EHOSTUNREACH,
    EHOSTUNREACH,
    EHOSTUNREACH,
    -ECONNREFUSED,
    -ECONNREFUSED,
    EHOSTUNREACH,
    EHOSTUNREACH,
    -ECONNREFUSED,
    EHOSTUNREACH,
    EHOSTUNREACH,
  ],
  unreachable6: [EHOSTUNREACH, -ECONNREFUSED, EHOSTUNREACH, EHOSTUNREACH, -ECONNREFUSED],
  exceeded: [-EHOSTUNREACH, 0],
  parameter4: [ENOPROTOOPT],
  parameter6: [ENOPROTOOPT, -ECONNREFUSED, ENOPROTOOPT],
};

/** FreeBSD 14 with its defaults. */
const FREEBSD_CONFIG: TcpConfig = {
  ...RFC_CONFIG,
  openTimeoutUs: 75 * SECOND,
  synRetries: 11,
  ecnSynRetries: 1,
  keepSynDataUnacknowledged: true,
  listenDropsSynAck: true,
  timeWaitAnswersAll: true,
  repeatsFin: true,
  takesOldAckOfFin: true,
  resetOffersNothing: true,
  answersAsSocket: true,
  icmpErrors: FREEBSD_ICMP,
  quietIcmp: true,
  offersPathMtu6: true,
  sendBeforeOpen: true,
  keepSynData: false,
  synAckRetries: 3,
  ecn: 2,
  optionLayout: 'freebsd',
  congestion: 'cubic',
  appropriateByteCounting: 2,
  sendBufferBytes: 32 * KIB,
  maxSendBufferBytes: 2 * MIB,
  minRtoUs: 30_000,
  rtoSlackUs: 200_000,
  maxRtoUs: 64 * SECOND,
  retries2: 12,
  orphanRetries: 12,
  proportionalRateReduction: true,
  persistMinUs: 5 * SECOND,
  persistMaxUs: 60 * SECOND,
  receiveBufferBytes: 64 * KIB,
  maxReceiveBufferBytes: 2 * MIB,
  roundReceiveBuffer: true,
  windowSteps: false,
  acceptsWholeBuffer: true,
  countsSmallSegments: true,
  sackCoversFin: false,
  delayedAckMinUs: 40_000,
  delayedAckMaxUs: 40_000,
  keepAliveProbes: 8,
  mslUs: 30 * SECOND,
  finWait2Us: 60 * SECOND,
  maxTimeWait: 21_000,
  challengeAcksPerSecond: 100,
  maxBacklog: 128,
  ephemeralFrom: 10_000,
  ephemeralTo: 65_535,
};

export const freebsdHost: HostProfile = { name: 'freebsd', states: freebsd, config: FREEBSD_CONFIG };

const cookies = (hash: KeyedHash): CookieJar => new CookieJar(hash);

/** All profiles by name. A `Host` knows `rfc` and `linux` by itself: who needs no other need not carry it. */
export const HOST_PROFILES: Readonly<Record<'rfc' | 'linux' | 'freebsd', HostProfile>> = {
  rfc: { ...rfcHost, mtuSearch: packetizationSearch, receiveMemory: growingMemory, cookies },
  linux: {
    ...linuxHost,
    mtuSearch: packetizationSearch,
    sendQueue: segmentedQueue,
    accEcn: accurateEcn,
    receiveMemory: measuredMemory,
    cookies,
    slowStart: () => new HybridSlowStart().acked,
  },
  freebsd: { ...freebsdHost, mtuSearch: packetizationSearch, receiveMemory: growingMemory, cookies },
};
