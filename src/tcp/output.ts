import { State, SYNCHRONISED } from '../states/index.ts';
import { Flag } from '../wire/index.ts';
import { markNewText } from './ecn.ts';
import type { Environment } from './environment.ts';
import { armKeepAlive } from './keep-alive.ts';
import { shortMayGo } from './nagle.ts';
import { segmentBytes } from './options-out.ts';
import { retransmitLost, sendAgain } from './output-again.ts';
import { begin, finish, sendAckNow } from './output-segment.ts';
import { pacedBytes } from './pace.ts';
import { armPersist } from './persist.ts';
import { armTimers, Probe, Recovery, segmentSent, sendAllowance, windowAfterIdle } from './recovery.ts';
import { bytesToEnd } from './segment-ends.ts';
import { OFF, type Tcb, Timer } from './tcb.ts';
import { stopTimer } from './timers.ts';
import { armUserTimeout } from './user-timeout.ts';

export { sendAckNow, sendReset } from './output-segment.ts';
export { sendSyn, sendSynAck } from './output-syn.ts';
export { sendProbe } from './persist.ts';

/** States in which text and FIN of ours may leave, once our SYN is acknowledged. */
const SENDING = SYNCHRONISED & ~(1 << State.timeWait);

/**
 * Sends what may go now: first what recovery wants again, then new text, then the FIN, and an ACK by itself if one is due and nothing
 * else carried it (RFC 9293 3.8). Every entry into this folder ends with it.
 */
export function output(env: Environment, tcb: Tcb): void {
  if (!tcb.synAcked || tcb.state === State.synReceived) {
    sendEarly(env, tcb);
    return;
  }
  const before = tcb.sndNxt;
  if (((1 << tcb.state) & SENDING) !== 0 && !rests(tcb)) {
    if (tcb.octetOut) settleOctet(tcb);
    // An ACK of our SYN and of a FIN that went with it.
    if (tcb.sndUna === tcb.sndNxt && tcb.sent.count > 0) tcb.sent.dropBelow(tcb.sndUna);
    if (mayBeLost(tcb)) retransmitLost(env, tcb);
    if (!tcb.finSent && (tcb.finQueued || tcb.send.length > 0)) sendNew(env, tcb, false);
    if (tcb.ackNow) sendAckNow(env, tcb);
    armTimers(env, tcb, tcb.sndNxt !== before);
    if (tcb.octetOut) onlyPersist(tcb);
    armPersist(env, tcb);
    armUserTimeout(env, tcb);
  } else if (tcb.ackNow) sendAckNow(env, tcb);
  if (tcb.keepAlive) armKeepAlive(env, tcb);
  env.watch?.(env, tcb, tcb.sndNxt !== before);
}

/** Something outstanding may have to go again; not where nothing unusual has happened. */
function mayBeLost(tcb: Tcb): boolean {
  const isUsual = tcb.recovery === Recovery.open && tcb.probe === Probe.none && tcb.sent.lostBytes === 0;
  return !isUsual && tcb.sent.count > 0 && !tcb.octetOut;
}

/** Nothing of ours waits, is outstanding or timed: the connection only receives. */
function rests(tcb: Tcb): boolean {
  const timers = tcb.timers;
  return (
    tcb.send.length === 0 &&
    tcb.sent.count === 0 &&
    !tcb.finQueued &&
    timers[Timer.retransmit] === OFF &&
    timers[Timer.tailLoss] === OFF &&
    timers[Timer.persist] === OFF &&
    timers[Timer.userTimeout] === OFF
  );
}

/**
 * CLOSE in SYN-RECEIVED, and nothing was to be sent: the FIN does not wait for ESTABLISHED (RFC 9293 3.10.4). Its retransmission does,
 * for until then the SYN-ACK is repeated. A child of Fast Open sends what it has (RFC 7413 4.2.2).
 */
function sendEarly(env: Environment, tcb: Tcb): void {
  if (tcb.synAcked && !tcb.finSent) sendNew(env, tcb, false);
  const mayClose = tcb.finQueued && !tcb.finSent && tcb.send.length === 0 && tcb.sndWnd > 0;
  if (mayClose && ((1 << tcb.state) & SENDING) !== 0) sendText(env, tcb, 0, 0, 1, tcb.sndMss);
  if (tcb.ackNow) sendAckNow(env, tcb);
}

/** The probe's octet was taken, or the window opened without it: then it goes again at once, and as any other (RFC 9293 3.8.6.1). */
function settleOctet(tcb: Tcb): void {
  if (tcb.sndUna === tcb.sndNxt) tcb.octetOut = false;
  else if (tcb.sndWnd > 0) {
    tcb.octetOut = false;
    tcb.sent.markLost(0);
  }
}

/** An octet that the peer could not take is not lost to congestion. */
function onlyPersist(tcb: Tcb): void {
  stopTimer(tcb, Timer.retransmit);
  stopTimer(tcb, Timer.tailLoss);
  stopTimer(tcb, Timer.reorder);
}

/** One octet of sequence space beyond a closed window, text or FIN, and the same again until it is taken. */
export function sendWindowOctet(env: Environment, tcb: Tcb): void {
  if (tcb.octetOut) {
    sendAgain(env, tcb, tcb.sndUna, 1, 1);
    return;
  }
  tcb.octetOut = true;
  const queued = tcb.send.length;
  sendText(env, tcb, queued > 0 ? 1 : 0, queued, 1, segmentBytes(tcb));
}

/** The window is not closed but too small for what waits, and nothing makes it larger: what fits goes (RFC 9293 3.8.6.2.1, rule 4). */
export function sendRegardless(env: Environment, tcb: Tcb): void {
  tcb.pushSeq = (tcb.sndUna + tcb.send.length) | 0;
  sendNew(env, tcb, true);
}

/** New text as far as windows, Nagle's algorithm and SWS avoidance allow, and the FIN behind it. */
function sendNew(env: Environment, tcb: Tcb, regardless: boolean): void {
  const edge = (tcb.sndUna + tcb.sndWnd) | 0;
  if (((edge - tcb.sndNxt) | 0) <= 0) return;
  const search = tcb.config.mtuProbing > 0 ? env.mtuSearch : null;
  const textEnd = (tcb.sndUna + tcb.send.length) | 0;
  if (textEnd === tcb.sndNxt && !tcb.finQueued && search === null) return;
  windowAfterIdle(env, tcb);
  search?.prepare(env, tcb);
  const mss = segmentBytes(tcb);
  let allowance = sendAllowance(tcb);
  for (let queued = (textEnd - tcb.sndNxt) | 0; queued > 0; queued = (textEnd - tcb.sndNxt) | 0) {
    const usable = (edge - tcb.sndNxt) | 0;
    if (usable <= 0) return;
    const probed = search === null ? 0 : search.probe(tcb, queued, usable, allowance);
    const record = tcb.segmentEnds === null ? queued : bytesToEnd(tcb, queued);
    const isTail = record === queued;
    const length =
      probed > 0 ? probed : nextLength(env, tcb, record, usable, allowance, mss, regardless, isTail);
    if (length === 0) return;
    sendText(env, tcb, length, queued, usable, probed > 0 ? probed : mss);
    allowance -= length;
    if (regardless) break;
  }
  if (tcb.finQueued && !tcb.finSent && tcb.sndNxt === textEnd && ((edge - tcb.sndNxt) | 0) > 0) {
    if (tcb.config.sendsAsLinux && allowance < mss) return;
    sendText(env, tcb, 0, 0, 1, mss);
  }
}

/** Octets of the next segment or super-segment; 0: nothing may go now. */
function nextLength(
  env: Environment,
  tcb: Tcb,
  queued: number,
  usable: number,
  allowance: number,
  mss: number,
  regardless: boolean,
  isTail: boolean,
): number {
  const length = queued < usable ? queued : usable;
  if (length < mss) {
    if (regardless) return length;
    const outstanding = tcb.sndNxt !== tcb.sndUna;
    const isHeld = (isTail || length < queued) && !shortMayGo(tcb, length, queued, outstanding);
    if (tcb.probe === Probe.none && isHeld) return 0;
    return length <= allowance ? length : 0;
  }
  if (allowance < mss) return 0;
  const limit = superLimit(env, tcb, mss);
  let most = length < allowance ? length : allowance;
  if (most > limit) most = limit;
  if (most === mss) return mss;
  const rest = most % mss;
  // Only whole segments but for the last of all that waits.
  if (rest === 0 || (most === queued && (!isTail || shortMayGo(tcb, rest, rest, true)))) return most;
  return most - rest;
}

/** What belongs to one segment only, CWR and the urgent pointer, keeps super-segments away. */
function superLimit(env: Environment, tcb: Tcb, mss: number): number {
  if (tcb.urgentQueued || (tcb.ecnOk && tcb.cwrQueued)) return mss;
  const most = env.superSegmentBytes;
  if (most <= mss) return mss;
  return tcb.config.minSuperSegments > 0 ? Math.min(most, pacedBytes(tcb, mss, most)) : most;
}

/** One segment of new text from SND.NXT on; the FIN rides on the last one where the window has room for it. */
function sendText(
  env: Environment,
  tcb: Tcb,
  length: number,
  queued: number,
  usable: number,
  mss: number,
): void {
  const seq = tcb.sndNxt;
  const isLast = length === queued;
  const fin = isLast && tcb.finQueued && length < usable ? 1 : 0;
  const out = begin(env, tcb, seq, Flag.ack);
  if (fin === 1) out.flags |= Flag.fin;
  let pushes = false;
  if (length > 0) {
    const toPush = (tcb.pushSeq - seq) | 0;
    // RFC 9293 3.9.1.2 (MUST-61): the last of what waits, but for Linux where more was announced, and the end of the last SEND.
    pushes = (isLast && !tcb.config.sendsAsLinux) || (toPush > 0 && toPush <= length);
    if (tcb.segmentEnds?.[0] === ((seq + length) | 0)) pushes = true;
    if (pushes || (length > mss && tcb.config.sendsAsLinux)) out.flags |= Flag.psh;
    out.payloadOffset = (seq - tcb.sndUna) | 0;
    out.payloadLength = length;
    if (length > mss) out.segmentSize = mss;
    if (tcb.ecnOk) markNewText(tcb, out);
    noteText(env, tcb, seq, length, mss);
  }
  finish(env, tcb, out);
  // RFC 5482 3.1: the announcement need not be reliable.
  if (length > 0) tcb.announceUserTimeout = false;
  if (fin === 1) {
    tcb.finSent = true;
    tcb.finSeq = (seq + length) | 0;
  }
  tcb.sndNxt = (seq + length + fin) | 0;
  segmentSent(env, tcb, seq, length + fin, false);
  if (pushes) tcb.sent.markPushed();
}

function noteText(env: Environment, tcb: Tcb, seq: number, length: number, mss: number): void {
  const segments = length > mss ? Math.ceil(length / mss) : 1;
  env.counters.OutSegs += segments;
  env.counters.TCPOrigDataSent += segments;
  if (length !== mss && length % mss !== 0) tcb.shortSeq = (seq + length) | 0;
  // An answer within the delay of an ACK: both sides talk in turns (Linux tcp_event_data_sent).
  if (tcb.lastDataAt > 0 && env.now - tcb.lastDataAt < tcb.ackTimeoutUs) tcb.pingpong = true;
}
