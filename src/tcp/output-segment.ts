import { Flag } from '../wire/index.ts';
import { markAck } from './ecn.ts';
import type { Environment } from './environment.ts';
import { writeOptions } from './options-out.ts';
import type { Outgoing } from './outgoing.ts';
import { OFF, type Tcb, Timer } from './tcb.ts';
import { offerWindow } from './window.ts';

/** The largest distance that the urgent pointer can tell. */
const FARTHEST_URGENT = 0xffff;

/** A segment without text: fields that differ are set by the caller, `finish` does the rest. */
export function begin(env: Environment, tcb: Tcb, seq: number, flags: number): Outgoing {
  const out = env.out;
  out.seq = seq;
  out.flags = flags;
  out.ack = (flags & Flag.ack) !== 0 ? tcb.rcvNxt : 0;
  out.window = 0;
  out.urgentPointer = 0;
  out.optionKinds = 0;
  out.sackCount = 0;
  out.payloadOffset = 0;
  out.payloadLength = 0;
  out.segmentSize = 0;
  out.garbage = false;
  out.ecn = 0;
  return out;
}

/** Window, options and urgent pointer of a segment with ACK after the handshake; then it leaves. */
export function finish(env: Environment, tcb: Tcb, out: Outgoing): void {
  const isMute = (out.flags & Flag.rst) !== 0 && tcb.config.resetOffersNothing;
  out.window = isMute ? 0 : offerWindow(env, tcb);
  writeOptions(env, tcb, out);
  if (tcb.ecnOk) markAck(tcb, out);
  tcb.accEcn?.mark(env, tcb, out);
  if (tcb.urgentQueued) writeUrgent(tcb, out);
  acknowledged(tcb);
  env.transmit(tcb, out);
}

/** RFC 9293 3.8.5, RFC 6093: SND.UP is the sequence number behind the urgent octet. */
function writeUrgent(tcb: Tcb, out: Outgoing): void {
  const ahead = (tcb.sndUp - out.seq) | 0;
  if (ahead <= 0) return;
  out.flags |= Flag.urg;
  out.urgentPointer = ahead < FARTHEST_URGENT ? ahead : FARTHEST_URGENT;
}

/** A segment acknowledges all that came: no ACK is due any more. */
export function acknowledged(tcb: Tcb): void {
  if (tcb.quickAcksLeft > 0 && tcb.ackPendingSegments > 0) tcb.quickAcksLeft--;
  tcb.ackNow = false;
  tcb.ackPendingSegments = 0;
  tcb.ackPendingBytes = 0;
  tcb.hasDsack = false;
  tcb.lastAckSent = tcb.rcvNxt;
  tcb.timers[Timer.delayedAck] = OFF;
}

/**
 * The sequence number of a segment without text: SND.NXT, but no farther than the window that the peer may have shrunk, or the
 * peer would find the segment unacceptable (RFC 9293 3.8.6.1; Linux tcp_acceptable_seq).
 */
function emptySeq(tcb: Tcb): number {
  if (!tcb.synAcked) return tcb.sndNxt;
  const edge = (tcb.sndUna + tcb.sndWnd) | 0;
  return ((tcb.sndNxt - edge) | 0) > 0 ? edge : tcb.sndNxt;
}

/** An ACK without text, at once. */
export function sendAckNow(env: Environment, tcb: Tcb): void {
  if (tcb.config.repeatsFin && tcb.finSent && !tcb.finAcked)
    sendEmpty(env, tcb, tcb.finSeq, Flag.fin | Flag.ack);
  else sendBareAck(env, tcb);
}

export function sendBareAck(env: Environment, tcb: Tcb): void {
  sendEmpty(env, tcb, emptySeq(tcb), Flag.ack);
}

function sendEmpty(env: Environment, tcb: Tcb, seq: number, flags: number): void {
  const out = begin(env, tcb, seq, flags);
  env.counters.OutSegs++;
  finish(env, tcb, out);
}

/** An RST of our own accord: SEG.SEQ = SND.NXT where that is in the window; with ACK, as everybody sends it (RFC 9293 3.10.5, RFC 5961 3.2). */
export function sendReset(env: Environment, tcb: Tcb): void {
  const out = begin(env, tcb, emptySeq(tcb), Flag.rst | Flag.ack);
  env.counters.OutRsts++;
  env.counters.OutSegs++;
  finish(env, tcb, out);
}

/** An ACK that the peer has to answer, for it lies below its window: keepalive, window probe without text (RFC 9293 3.8.4). */
export function sendOldSegment(env: Environment, tcb: Tcb, garbage: boolean): void {
  const out = begin(env, tcb, (tcb.sndUna - 1) | 0, Flag.ack);
  if (garbage) {
    out.garbage = true;
    out.payloadLength = 1;
  }
  env.counters.OutSegs++;
  finish(env, tcb, out);
}

/** RFC 9293 3.8.5: the peer learns of urgent data although its window is closed. */
export function sendUrgentNotice(env: Environment, tcb: Tcb): void {
  env.counters.OutSegs++;
  finish(env, tcb, begin(env, tcb, tcb.sndUna, Flag.ack));
}
