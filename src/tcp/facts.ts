import { Acks, Event, type EventSet, type Facts, Known, State, Where } from '../states/index.ts';
import { Flag, OptionBit, type Segment } from '../wire/index.ts';
import type { Environment } from './environment.ts';
import { isFastChild } from './fast-open.ts';
import { endOf } from './fin.ts';
import { timestampClock } from './rtt.ts';
import type { Tcb } from './tcb.ts';
import { receiveWindow } from './window.ts';

const SYN_RST = Flag.syn | Flag.rst;
const SYN_FIN_RST = Flag.syn | Flag.fin | Flag.rst;

/** RFC 7323 5.5: TS.Recent older than this says nothing any more. */
const TS_RECENT_LIFETIME_US = 24 * 86_400 * 1_000_000;

/**
 * Header prediction (RFC 7323 5.4): the events of the segment that nearly every one is, the next in order on an open connection, without
 * asking for each fact. 0: it is another.
 */
export function predicted(tcb: Tcb, segment: Segment): EventSet {
  if (tcb.state !== State.established || (segment.flags & ~Flag.psh) !== Flag.ack) return 0;
  if (segment.seq !== tcb.rcvNxt || tcb.finArrivedEarly) return 0;
  if (((segment.ack - tcb.sndNxt) | 0) > 0) return 0;
  const { payloadLength, optionKinds } = segment;
  const acks = (segment.ack - tcb.sndUna) | 0;
  if (acks < 0 && !takesTextFirst(tcb, segment)) return 0;
  if ((optionKinds & OptionBit.timestamps) !== 0 && ((segment.tsVal - tcb.tsRecent) | 0) < 0) return 0;
  if (payloadLength === 0) return 1 << Event.ack;
  if (payloadLength > ((tcb.rcvAdv - tcb.rcvNxt) | 0)) return 0;
  return (1 << (isTooOld(tcb, acks) ? Event.ackTooOld : Event.ack)) | (1 << Event.data);
}

/** Linux tcp_rcv_established: the text of a predicted segment is taken before its ACK is looked at. */
function takesTextFirst(tcb: Tcb, segment: Segment): boolean {
  if (!tcb.config.acceptsAsLinux || segment.payloadLength === 0 || tcb.receive.rangeCount > 0) return false;
  return segment.window << tcb.sndScale === tcb.sndWnd;
}

/** All that `classify` may ask of a segment, exactly as the control block knows it (RFC 9293 3.10.7.3, 3.10.7.4). */
export function factsOf(env: Environment, tcb: Tcb, segment: Segment, facts: Facts): void {
  const state = tcb.state;
  facts.flags = segment.flags;
  facts.queuedFin = Known.no;
  facts.readerGone = tcb.orphan || tcb.readShut ? Known.yes : Known.no;
  facts.passive = tcb.passive && !isFastChild(tcb) ? Known.yes : Known.no;
  facts.newer = Known.no;
  facts.listening = Known.no;
  facts.room = Known.yes;
  if (state === State.synSent) {
    facts.where = Where.exact;
    facts.acks = echoesAnother(env, tcb, segment) ? Acks.unsent : acksInHandshake(tcb, segment);
    facts.pawsFailed = Known.no;
    facts.hasData = segment.payloadLength > 0;
    return;
  }
  place(env, tcb, segment, facts);
  facts.acks = state === State.synReceived ? acksInHandshake(tcb, segment) : acksLater(tcb, segment);
  facts.pawsFailed = isOld(env, tcb, segment) ? Known.yes : Known.no;
  if (state === State.synReceived && facts.passive === Known.yes && !env.hasAcceptRoom(tcb))
    facts.room = Known.no;
  const isBefore = facts.where === Where.before && (segment.flags & SYN_RST) !== Flag.syn;
  if (isBefore && countsAgain(tcb, segment, facts.acks)) {
    facts.where = Where.overlap;
    facts.flags &= ~Flag.fin;
  }
  if (isRecord(tcb)) placeForRecord(facts);
}

/**
 * The segment lies before RCV.NXT, but its ACK is to count. FreeBSD tcp_do_segment trims text and FIN off and goes on; Linux
 * tcp_sequence takes what ends at the last ACK sent, or later.
 */
function countsAgain(tcb: Tcb, segment: Segment, acks: number): boolean {
  if (!tcb.config.takesOldAckOfFin)
    return isOpenToLinux(tcb) && ((endOf(segment) - tcb.lastAckSent) | 0) >= 0;
  if (acks !== Acks.fin || tcb.finAcked || (segment.flags & Flag.rst) !== 0) return false;
  tcb.ackNow = true;
  return true;
}

/** After close, `finWait2Record`: what is known of the connection is RCV.NXT, SND.NXT and the window. */
export function isRecord(tcb: Tcb): boolean {
  return tcb.orphan && tcb.state === State.finWait2 && tcb.config.finWait2Record;
}

/**
 * Linux tcp_timewait_state_process in FIN-WAIT-2: acknowledgment numbers are not looked at, an RST counts anywhere in the window, and
 * a SYN there, or a FIN ahead of a gap, is data after close.
 */
function placeForRecord(facts: Facts): void {
  facts.acks = Acks.fin;
  const where = facts.where;
  if (where === Where.before || where === Where.beyond) return;
  if ((facts.flags & Flag.rst) !== 0) facts.where = Where.exact;
  else if ((facts.flags & Flag.syn) !== 0) {
    facts.flags = (facts.flags & ~Flag.syn) | Flag.ack;
    facts.hasData = true;
  } else if ((facts.flags & Flag.fin) !== 0 && where === Where.ahead) facts.hasData = true;
}

/** RFC 9293 3.10.7.3 (first), 3.10.7.4 (fifth, SYN-RECEIVED): SND.UNA < SEG.ACK =< SND.NXT. */
export function acksInHandshake(tcb: Tcb, segment: Segment): number {
  // Of a child of Fast Open our SYN counts as acknowledged.
  if (((segment.ack - tcb.sndUna) | 0) < (tcb.synAcked ? 0 : 1)) return Acks.below;
  return ((segment.ack - tcb.sndNxt) | 0) > 0 ? Acks.unsent : Acks.plain;
}

/** Linux tcp_rcv_synsent_state_process: a timestamp that no SYN of ours had is as bad as such an ACK. */
function echoesAnother(env: Environment, tcb: Tcb, segment: Segment): boolean {
  const { tsEcr } = segment;
  if (tsEcr === 0 || !tcb.config.timestamps || !tcb.config.requireEcho) return false;
  const first = timestampClock(tcb, tcb.firstSentAt);
  return (tsEcr - first) >>> 0 > (timestampClock(tcb, env.now) - first) >>> 0;
}

/** RFC 5961 5.2: an ACK so far before SND.UNA. */
function isTooOld(tcb: Tcb, advance: number): boolean {
  return advance < -(tcb.config.acceptsAsLinux ? Math.min(tcb.maxSndWnd, tcb.bytesAcked) : tcb.maxSndWnd);
}

/** RFC 9293 3.10.7.4 (fifth) in the range of RFC 5961 5.2. */
function acksLater(tcb: Tcb, segment: Segment): number {
  const ack = segment.ack;
  if (((ack - tcb.sndNxt) | 0) > 0) return Acks.unsent;
  if (isTooOld(tcb, (ack - tcb.sndUna) | 0)) return Acks.below;
  return tcb.finSent && ((ack - tcb.finSeq) | 0) > 0 ? Acks.fin : Acks.plain;
}

/**
 * RFC 9293 3.10.7.4 (first): where the segment lies against [RCV.NXT, right edge offered), and whether it brings data
 * that fits. A SYN is placed by itself: what follows it is looked at once its own place is known.
 */
function place(env: Environment, tcb: Tcb, segment: Segment, facts: Facts): void {
  const isSyn = (segment.flags & Flag.syn) !== 0;
  const start = (segment.seq - tcb.rcvNxt) | 0;
  let window = receiveWindow(tcb);
  const fin = (segment.flags & Flag.fin) !== 0 ? 1 : 0;
  const payload = segment.payloadLength;
  const length = isSyn ? 1 : payload + fin;
  const end = start + payload;
  if (end > window && start <= window && window > 0 && tcb.config.acceptsAsLinux) {
    // Linux tcp_sequence: as a whole, where nothing waits to be read; otherwise not at all.
    window = tcb.receive.readable === 0 ? end + 1 : -1;
  }
  facts.where = window < 0 ? Where.beyond : whereIs(start, length, window);
  if (facts.where === Where.beyond && (segment.flags & Flag.rst) === 0) env.counters.BeyondWindow++;
  facts.hasData = !isSyn && payload > 0 && end > 0 && start < window && window > 0;
  if (fin !== 0 && !isSyn && end >= window) finBeyond(tcb, facts, start === 0 && payload === 0);
  if ((segment.flags & SYN_FIN_RST) === Flag.rst) placeReset(tcb, segment, facts);
  else if (tcb.finArrivedEarly && facts.hasData) facts.queuedFin = queuedFin(tcb, start, payload, window);
}

/** Neither a request that waits nor what is kept of a connection after close, which Linux asks other questions (tcp_check_req, tcp_timewait_state_process). */
export function isOpenToLinux(tcb: Tcb): boolean {
  if (!tcb.config.acceptsAsLinux || isRecord(tcb) || tcb.state === State.timeWait) return false;
  return tcb.state !== State.synReceived || !tcb.passive || isFastChild(tcb);
}

/** A FIN beyond the window is trimmed off, and comes again; one by itself that is next is taken, and told at once (Linux tcp_data_queue). */
function finBeyond(tcb: Tcb, facts: Facts, isBareNext: boolean): void {
  if (tcb.config.acceptsAsLinux && isBareNext) tcb.ackNow = true;
  else facts.flags &= ~Flag.fin;
}

function whereIs(start: number, length: number, window: number): number {
  if (start === 0) return Where.exact;
  if (start < 0) {
    // An empty segment before RCV.NXT is unacceptable; so is one that ends at RCV.NXT.
    return start + length > 0 ? Where.overlap : Where.before;
  }
  return start < window ? Where.ahead : Where.beyond;
}

/** `lenientReset`: two more places at which the peer may honestly believe RCV.NXT to be. */
function placeReset(tcb: Tcb, segment: Segment, facts: Facts): void {
  if (facts.where === Where.exact || !tcb.config.lenientReset) return;
  if (tcb.finTaken && segment.seq === ((tcb.rcvNxt - 1) | 0)) facts.where = Where.exact;
  else if (tcb.sackOk && isSackEdge(tcb, (segment.seq - tcb.rcvNxt) | 0)) facts.where = Where.exact;
}

function isSackEdge(tcb: Tcb, offset: number): boolean {
  return offset > 0 && offset === tcb.receive.highest;
}

/** Whether the text closes the last gap before a FIN that came early. */
function queuedFin(tcb: Tcb, start: number, payload: number, window: number): number {
  if (start > 0) return Known.no;
  const end = Math.min(start + payload, window);
  const fin = (tcb.finArrivedSeq - tcb.rcvNxt) | 0;
  return end >= fin || tcb.receive.holds(end, fin) ? Known.yes : Known.no;
}

/** RFC 7323 5.3 (R1). */
function isOld(env: Environment, tcb: Tcb, segment: Segment): boolean {
  if (!tcb.timestampsOk || (segment.optionKinds & OptionBit.timestamps) === 0) return false;
  if (((segment.tsVal - tcb.tsRecent) | 0) >= 0) return false;
  return env.now - tcb.tsRecentAt < TS_RECENT_LIFETIME_US;
}
