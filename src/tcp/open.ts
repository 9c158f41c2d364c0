import { Event, State } from '../states/index.ts';
import { Flag, OptionBit, type Segment } from '../wire/index.ts';
import { segmentArrives } from './arrive.ts';
import { step } from './effects.ts';
import type { Environment } from './environment.ts';
import { limitMss, prepareOffer, takeOptions } from './negotiate.ts';
import type { Tcb } from './tcb.ts';
import { keepSynText } from './text.ts';

const MAX_UNSCALED = 65_535;

/** RFC 9293 3.10.1, active. The four-tuple, ISS and path MTU are filled in. */
export function openActive(env: Environment, tcb: Tcb): void {
  tcb.passive = false;
  tcb.openedSince = env.now;
  begin(env, tcb);
  env.counters.ActiveOpens++;
  step(env, tcb, Event.openActive, null);
}

/** RFC 9293 3.10.7.2 (third): a SYN came to a listener that has room for it. ISS and path MTU are filled in. */
export function openPassive(env: Environment, tcb: Tcb, segment: Segment): void {
  takeAddresses(tcb, segment);
  tcb.passive = true;
  begin(env, tcb);
  tcb.state = State.listen;
  takeSyn(env, tcb, segment);
  step(env, tcb, (segment.flags & Flag.fin) !== 0 ? Event.synFin : Event.syn, segment);
}

/**
 * The ACK of a SYN-ACK that was a SYN cookie (RFC 4987 3.6): what a control block in SYN-RECEIVED would hold is taken from
 * the segment. Options that the host found encoded in the cookie stand in the control block already.
 */
export function openFromCookie(env: Environment, tcb: Tcb, segment: Segment, mss: number): void {
  takeAddresses(tcb, segment);
  tcb.passive = true;
  tcb.fromCookie = true;
  tcb.iss = (segment.ack - 1) | 0;
  const offeredScale = tcb.scalingOk;
  begin(env, tcb);
  if (!offeredScale) tcb.rcvScale = 0;
  tcb.irs = (segment.seq - 1) | 0;
  tcb.rcvNxt = segment.seq;
  tcb.rcvUp = tcb.rcvNxt;
  // As the SYN would have left them: the ACK is newer, and its window counts.
  tcb.sndWl1 = tcb.irs;
  tcb.sndWl2 = tcb.iss;
  tcb.lastAckSent = tcb.rcvNxt;
  tcb.rcvAdv = (tcb.rcvNxt + Math.min(tcb.receive.limit, MAX_UNSCALED)) | 0;
  tcb.peerMss = mss;
  limitMss(tcb);
  if (tcb.timestampsOk && (segment.optionKinds & OptionBit.timestamps) !== 0) {
    tcb.tsRecent = segment.tsVal;
    tcb.tsRecentAt = env.now;
  }
  tcb.state = State.synReceived;
  segmentArrives(env, tcb, segment);
}

/** The send sequence variables before our SYN, and what it will offer. */
function begin(env: Environment, tcb: Tcb): void {
  tcb.sndUna = tcb.iss;
  tcb.sndNxt = (tcb.iss + 1) | 0;
  tcb.pushSeq = tcb.sndNxt;
  tcb.sndUp = tcb.iss;
  tcb.synAcked = false;
  tcb.lastArrivedAt = env.now;
  prepareOffer(tcb);
}

function takeAddresses(tcb: Tcb, segment: Segment): void {
  tcb.family = segment.family === 6 ? 6 : 4;
  tcb.local.set(segment.destination);
  tcb.remote.set(segment.source);
  tcb.localPort = segment.destinationPort;
  tcb.remotePort = segment.sourcePort;
}

/**
 * The SYN of the peer: its sequence number, options and window, which is never scaled (RFC 7323 2.2). The window that our
 * own SYN offered, if it left, begins behind it.
 */
export function takeSyn(env: Environment, tcb: Tcb, segment: Segment): void {
  const offered = (tcb.rcvAdv - tcb.rcvNxt) | 0;
  tcb.irs = segment.seq;
  tcb.rcvNxt = (segment.seq + 1) | 0;
  tcb.rcvAdv = (tcb.rcvNxt + offered) | 0;
  tcb.lastAckSent = tcb.rcvNxt;
  tcb.rcvUp = tcb.rcvNxt;
  takeOptions(env, tcb, segment);
  tcb.sndWnd = segment.window;
  tcb.maxSndWnd = segment.window;
  tcb.sndWl1 = segment.seq;
  tcb.sndWl2 = (segment.flags & Flag.ack) !== 0 ? segment.ack : tcb.sndUna;
  if ((segment.flags & Flag.ack) === 0) keepSynText(env, tcb, segment);
}
