import { linux, type Profile, rfc } from '../states/index.ts';
import type { TcpConfig } from '../tcp/config.ts';
import type { AccEcn, Environment, MtuSearch, ReceiveMemory, SendQueue } from '../tcp/environment.ts';
import { LINUX_ICMP } from '../tcp/icmp-errors.ts';
import type { Tcb } from '../tcp/tcb.ts';
import type { CookieJar } from './cookies.ts';
import type { KeyedHash } from './keyed-hash.ts';

/** A kind of host: which rows of the diagram it changes, and its defaults. */
export interface HostProfile {
  readonly name: string;
  readonly states: Profile;
  readonly config: TcpConfig;
  /** Path MTU discovery without ICMP (`Environment.mtuSearch`); none: with it alone. */
  readonly mtuSearch?: MtuSearch;
  /** Accurate ECN (`Environment.accEcn`); none: that of RFC 3168. */
  readonly accEcn?: AccEcn;
  /** How the send buffer is kept (`Environment.sendQueue`); none: as octets. */
  readonly sendQueue?: SendQueue;
  /** Makes SYN cookies; none: a full SYN queue takes no more. */
  readonly cookies?: (hash: KeyedHash) => CookieJar;
  /** How the receive buffer is measured (`Environment.receiveMemory`); none: as octets. */
  readonly receiveMemory?: ReceiveMemory;
  /** Makes what ends slow start before the queue overflows; none: loss does (`Environment.inSlowStart`). */
  readonly slowStart?: () => (env: Environment, tcb: Tcb) => void;
}

export const SECOND: number = 1_000_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
export const KIB: number = 1024;
export const MIB: number = 1024 * KIB;

/** What RFC 9293 and the documents it names recommend. */
export const RFC_CONFIG: TcpConfig = {
  openTimeoutUs: 0,
  synRetries: 7,
  synAckRetries: 5,
  synLinearTimeouts: 0,
  initialRtoUs: SECOND,
  windowScaling: true,
  timestamps: true,
  sack: true,
  dsack: true,
  ecn: 0,
  ecnOption: 2,
  ecnBeacon: 3,
  ecnSynRetries: 0,
  bareSynAfter: Number.POSITIVE_INFINITY,
  offersOptions: true,
  optionLayout: 'linux',
  timestampTickUs: 1000,
  timestampOffset: true,
  requireTimestamps: true,
  requireEcho: false,
  sendBeforeOpen: true,
  synAckRepeatsSyn: false,
  keepSynData: true,
  keepSynDataUnacknowledged: false,
  badAckSynUs: 0,
  shutdownWaits: false,
  listenDropsSynAck: false,

  initialWindowSegments: 10,
  synLossesToOneSegment: 1,
  congestion: 'reno',
  cubicUpdateUs: 0,
  slowStartAfterIdle: true,
  appropriateByteCounting: 2,
  minSuperSegments: 0,
  sendsAsLinux: false,
  notSentLowWater: Infinity,
  sendBufferBytes: 256 * KIB,
  maxSendBufferBytes: 4 * MIB,
  minRtoUs: SECOND,
  minRtoOnVariance: false,
  rtoSlackUs: 0,
  maxRtoUs: 60 * SECOND,
  retries1: 3,
  retries2: 12,
  retriesAsTime: false,
  orphanRetries: 12,
  rack: false,
  tailLossProbe: false,
  frto: false,
  proportionalRateReduction: false,
  dupThresh: 3,
  maxReordering: 3,
  reducesUnused: false,
  limitedTransmit: true,
  collapses: false,
  persistMinUs: 0,
  persistMaxUs: 60 * SECOND,
  probeWithOctet: true,

  receiveBufferBytes: 256 * KIB,
  maxReceiveBufferBytes: 4 * MIB,
  roundReceiveBuffer: false,
  windowSteps: true,
  acceptsWholeBuffer: false,
  windowShare: 256,
  initialReceiveSegments: 0,
  delayedAckMinUs: 200_000,
  delayedAckMaxUs: 200_000,
  delayFinAck: false,
  quickAcks: 0,
  countsSmallSegments: false,
  sackCoversFin: true,
  ackEverySegments: 2,
  maxReassemblyRanges: 4096,

  pollsUrgentOctet: false,
  acceptsAsLinux: false,
  wholeWindows: false,
  shrinkWindow: false,
  bufferFactor: 1,

  keepAliveIdleUs: 2 * HOUR,
  keepAliveIntervalUs: 75 * SECOND,
  keepAliveProbes: 9,
  keepAliveGarbage: false,

  mslUs: 2 * MINUTE,
  finWait2Us: 0,
  timeWaitExact: false,
  timeWaitAnswersAll: false,
  repeatsFin: false,
  takesOldAckOfFin: false,
  resetOffersNothing: false,
  answersAsSocket: false,
  finWait2Record: false,
  rfc1337: false,
  timeWaitReuse: 0,
  timeWaitReuseBound: false,
  timeWaitReuseDelayUs: SECOND,
  maxTimeWait: Infinity,
  maxOrphans: Infinity,

  steadyRequests: false,
  dropsSynFin: false,
  insecureReset: false,
  insecureSyn: false,
  icmpMayReset: true,
  icmpErrors: LINUX_ICMP,
  quietIcmp: false,
  lenientReset: false,
  challengeAcksPerSecond: 100,
  challengeAckIntervalUs: 0,
  synCookies: 1,
  maxSynBacklog: 4096,
  maxBacklog: 4096,
  abortOnOverflow: false,
  maxMemoryBytes: 256 * MIB,

  defaultMss4: 536,
  defaultMss6: 1220,
  minMss: 48,
  pathMtuDiscovery: true,
  offersPathMtu6: false,
  baseMss: 1024,
  mtuProbing: 0,
  hopLimit: 64,
  ephemeralFrom: 49_152,
  ephemeralTo: 65_535,
  ephemeralInPairs: false,
};

/** Linux 6.x with the sysctl values that it starts with. */
const LINUX_CONFIG: TcpConfig = {
  ...RFC_CONFIG,
  synRetries: 6,
  synLinearTimeouts: 4,
  requireTimestamps: false,
  requireEcho: true,
  sendBeforeOpen: false,
  synAckRepeatsSyn: true,
  badAckSynUs: 8000,
  shutdownWaits: true,
  pollsUrgentOctet: true,
  acceptsAsLinux: true,
  collapses: true,
  wholeWindows: true,
  bufferFactor: 2,
  keepSynData: false,
  synLossesToOneSegment: 2,
  ecn: 2,
  congestion: 'cubic',
  cubicUpdateUs: 31_251,
  appropriateByteCounting: Infinity,
  minSuperSegments: 2,
  sendsAsLinux: true,
  sendBufferBytes: 85 * KIB,
  minRtoUs: 200_000,
  minRtoOnVariance: true,
  retriesAsTime: true,
  probeWithOctet: false,
  steadyRequests: true,
  lenientReset: true,
  maxRtoUs: 120 * SECOND,
  retries2: 15,
  orphanRetries: 8,
  rack: true,
  tailLossProbe: true,
  frto: true,
  proportionalRateReduction: true,
  maxReordering: 300,
  reducesUnused: true,
  persistMaxUs: 120 * SECOND,
  receiveBufferBytes: 131_072,
  maxReceiveBufferBytes: 6 * MIB,
  windowShare: 128,
  initialReceiveSegments: Infinity,
  delayedAckMinUs: 40_000,
  delayFinAck: true,
  quickAcks: 16,
  mslUs: 30 * SECOND,
  finWait2Us: 60 * SECOND,
  timeWaitExact: true,
  finWait2Record: true,
  timeWaitReuse: 2,
  timeWaitReuseBound: true,
  maxTimeWait: 131_072,
  maxOrphans: 131_072,
  challengeAcksPerSecond: Infinity,
  challengeAckIntervalUs: 500_000,
  ephemeralFrom: 32_768,
  ephemeralTo: 60_999,
  ephemeralInPairs: true,
};

export const rfcHost: HostProfile = { name: 'rfc', states: rfc, config: RFC_CONFIG };
export const linuxHost: HostProfile = { name: 'linux', states: linux, config: LINUX_CONFIG };
