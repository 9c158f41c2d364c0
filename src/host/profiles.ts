import { freebsd, linux, type Profile, rfc } from '../states/index.ts';
import type { TcpConfig } from '../tcp/config.ts';

/** A kind of host: which rows of the diagram it changes, and its defaults. */
export interface HostProfile {
  readonly name: string;
  readonly states: Profile;
  readonly config: TcpConfig;
}

const SECOND = 1_000_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const KIB = 1024;
const MIB = 1024 * KIB;

/** What RFC 9293 and the documents it names recommend. */
const RFC_CONFIG: TcpConfig = {
  synRetries: 7,
  synAckRetries: 5,
  initialRtoUs: SECOND,
  windowScaling: true,
  timestamps: true,
  sack: true,
  dsack: true,
  ecn: 0,
  optionLayout: 'linux',
  timestampTickUs: 1000,
  timestampOffset: true,
  requireTimestamps: true,
  sendBeforeOpen: true,
  keepSynData: true,

  initialWindowSegments: 10,
  synLossesToOneSegment: 1,
  congestion: 'reno',
  slowStartAfterIdle: true,
  appropriateByteCounting: 2,
  sendBufferBytes: 256 * KIB,
  maxSendBufferBytes: 4 * MIB,
  minRtoUs: SECOND,
  minRtoOnVariance: false,
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
  limitedTransmit: true,
  persistMinUs: 0,
  persistMaxUs: 60 * SECOND,
  probeWithOctet: true,
  minshall: false,

  receiveBufferBytes: 256 * KIB,
  maxReceiveBufferBytes: 4 * MIB,
  windowShare: 256,
  initialReceiveSegments: 0,
  delayedAckMinUs: 200_000,
  delayedAckMaxUs: 200_000,
  quickAcks: 0,
  ackEverySegments: 2,
  maxReassemblyRanges: 256,

  keepAliveIdleUs: 2 * HOUR,
  keepAliveIntervalUs: 75 * SECOND,
  keepAliveProbes: 9,
  keepAliveGarbage: false,

  mslUs: 2 * MINUTE,
  finWait2Us: 0,
  rfc1337: false,
  timeWaitReuse: 0,
  timeWaitReuseDelayUs: SECOND,
  maxTimeWait: Number.POSITIVE_INFINITY,
  maxOrphans: Number.POSITIVE_INFINITY,

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
  mtuProbing: 0,
  hopLimit: 64,
  ephemeralFrom: 49_152,
  ephemeralTo: 65_535,
};

/** Linux 6.x with the sysctl values that it starts with. */
const LINUX_CONFIG: TcpConfig = {
  ...RFC_CONFIG,
  synRetries: 6,
  requireTimestamps: false,
  sendBeforeOpen: false,
  keepSynData: false,
  synLossesToOneSegment: 2,
  ecn: 2,
  congestion: 'cubic',
  appropriateByteCounting: Number.POSITIVE_INFINITY,
  sendBufferBytes: 85 * KIB,
  minRtoUs: 200_000,
  minRtoOnVariance: true,
  retriesAsTime: true,
  probeWithOctet: false,
  minshall: true,
  lenientReset: true,
  maxRtoUs: 120 * SECOND,
  retries2: 15,
  orphanRetries: 8,
  rack: true,
  tailLossProbe: true,
  frto: true,
  proportionalRateReduction: true,
  limitedTransmit: false,
  persistMinUs: 0,
  persistMaxUs: 120 * SECOND,
  receiveBufferBytes: 131_072,
  maxReceiveBufferBytes: 6 * MIB,
  windowShare: 128,
  initialReceiveSegments: 45,
  delayedAckMinUs: 40_000,
  delayedAckMaxUs: 200_000,
  quickAcks: 16,
  mslUs: 30 * SECOND,
  finWait2Us: 60 * SECOND,
  timeWaitReuse: 2,
  maxTimeWait: 131_072,
  maxOrphans: 131_072,
  challengeAcksPerSecond: Number.POSITIVE_INFINITY,
  challengeAckIntervalUs: 500_000,
  ephemeralFrom: 32_768,
  ephemeralTo: 60_999,
};

/** FreeBSD 14 with its defaults. */
const FREEBSD_CONFIG: TcpConfig = {
  ...RFC_CONFIG,
  synRetries: 11,
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
  maxRtoUs: 64 * SECOND,
  retries2: 12,
  orphanRetries: 12,
  proportionalRateReduction: true,
  persistMinUs: 5 * SECOND,
  persistMaxUs: 60 * SECOND,
  receiveBufferBytes: 64 * KIB,
  maxReceiveBufferBytes: 2 * MIB,
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

export const rfcHost: HostProfile = { name: 'rfc', states: rfc, config: RFC_CONFIG };
export const linuxHost: HostProfile = { name: 'linux', states: linux, config: LINUX_CONFIG };
export const freebsdHost: HostProfile = { name: 'freebsd', states: freebsd, config: FREEBSD_CONFIG };

export const HOST_PROFILES: Readonly<Record<'rfc' | 'linux' | 'freebsd', HostProfile>> = {
  rfc: rfcHost,
  linux: linuxHost,
  freebsd: freebsdHost,
};
