import { Flag, OptionBit, type Segment } from '../wire/index.ts';
import type { Environment } from './environment.ts';
import type { Tcb } from './tcb.ts';

/** RFC 7323 2.3: a larger shift means 14. */
const MAX_SCALE = 14;
const MAX_UNSCALED = 65_535;

/** IP and TCP headers without options (RFC 6691 2). */
function headerBytes(tcb: Tcb): number {
  return tcb.family === 4 ? 40 : 60;
}

/** What we shall say in our SYN: the MSS that fits the link, the least window scale that can show the whole buffer. */
export function prepareOffer(tcb: Tcb): void {
  const most = tcb.pathMtu - headerBytes(tcb);
  tcb.advMss = tcb.maxSegOption > 0 && tcb.maxSegOption < most ? tcb.maxSegOption : most;
  tcb.rcvScale = tcb.config.windowScaling ? windowScale(tcb) : 0;
}

/** The scale that we offer, agreed to or not. */
export function windowScale(tcb: Tcb): number {
  const { limit } = tcb.receive;
  const { maxReceiveBufferBytes, windowShare } = tcb.config;
  // Linux tcp_select_initial_window: of a buffer of that size for good, only what can be offered counts.
  const space = tcb.receiveBufferFixed ? (limit * windowShare) >> 8 : Math.max(maxReceiveBufferBytes, limit);
  let scale = 0;
  for (let reach = MAX_UNSCALED; reach < space && scale < MAX_SCALE; reach *= 2) scale++;
  return scale;
}

/**
 * The peer's SYN or SYN-ACK has arrived: what both sides offered is agreed. What we offer or would agree to is the same
 * thing, so one function serves both ways of opening.
 */
export function takeOptions(env: Environment, tcb: Tcb, segment: Segment): void {
  const config = tcb.config;
  const kinds = segment.optionKinds;
  takeMss(tcb, segment);
  tcb.scalingOk = config.windowScaling && (kinds & OptionBit.windowScale) !== 0;
  tcb.sndScale = tcb.scalingOk ? Math.min(segment.windowScale, MAX_SCALE) : 0;
  if (!tcb.scalingOk) tcb.rcvScale = 0;
  tcb.sackOk = config.sack && (kinds & OptionBit.sackPermitted) !== 0;
  tcb.timestampsOk = config.timestamps && (kinds & OptionBit.timestamps) !== 0;
  if (tcb.timestampsOk) {
    tcb.tsRecent = segment.tsVal;
    tcb.tsRecentAt = env.now;
  }
  tcb.ecnOk = agreesToEcn(tcb, segment.flags);
  if (config.ecn > 2) env.accEcn?.negotiate(env, tcb, segment);
  if ((kinds & OptionBit.userTimeout) !== 0) takeUserTimeout(tcb, segment);
}

/** RFC 9293 3.7.1 (MUST-15, MUST-16), RFC 6691 2: options come out of the payload later, segment by segment. */
function takeMss(tcb: Tcb, segment: Segment): void {
  const config = tcb.config;
  const standard = tcb.family === 4 ? config.defaultMss4 : config.defaultMss6;
  const announced = (segment.optionKinds & OptionBit.mss) !== 0 && segment.mss > 0;
  tcb.peerMss = Math.max(announced ? segment.mss : standard, config.minMss);
  limitMss(tcb);
  if (config.roundReceiveBuffer) roundReceiveBuffer(tcb);
}

/** FreeBSD tcp_mss. */
function roundReceiveBuffer(tcb: Tcb): void {
  const { receive, sndMss } = tcb;
  if (receive.limit > sndMss) receive.limit = Math.ceil(receive.limit / sndMss) * sndMss;
}

/** SMSS is the least of what the peer takes, the path carries and the user wants. */
export function limitMss(tcb: Tcb): void {
  const path = Math.max(tcb.pathMtu - headerBytes(tcb), tcb.config.minMss);
  tcb.sndMss = Math.min(tcb.peerMss, path, tcb.maxSegOption > 0 ? tcb.maxSegOption : path);
  if (tcb.rcvMss > tcb.advMss) tcb.rcvMss = tcb.advMss;
}

/** RFC 3168 6.1.1: a SYN asks with ECE and CWR, a SYN-ACK agrees with ECE alone. */
export function agreesToEcn(tcb: Tcb, flags: number): boolean {
  const bits = flags & (Flag.ece | Flag.cwr);
  if ((flags & Flag.ack) !== 0) return tcb.config.ecn === 1 && bits === Flag.ece;
  return tcb.config.ecn !== 0 && bits === (Flag.ece | Flag.cwr);
}

/** RFC 5482 3.1: bit G, minutes instead of seconds. */
const IN_MINUTES = 0x8000;

/** RFC 5482 3.1: the peer tells how long it keeps unacknowledged text. It counts where the user asked for the option; 0 says nothing. */
export function takeUserTimeout(tcb: Tcb, segment: Segment): void {
  const time = segment.userTimeout & ~IN_MINUTES;
  if (!tcb.announceUserTimeout || time === 0) return;
  tcb.peerUserTimeoutUs = time * ((segment.userTimeout & IN_MINUTES) !== 0 ? 60_000_000 : 1_000_000);
}
