import { Flag, OptionBit, type Segment } from '../wire/index.ts';
import { ecnArrives } from './ecn.ts';
import type { Environment } from './environment.ts';
import { takeUserTimeout } from './negotiate.ts';
import { acknowledge, acknowledgeLate, transferBegins } from './recovery.ts';
import type { Tcb } from './tcb.ts';

/** RFC 9293 3.10.7.4 (fifth): an ACK in the acceptable range; everything that it says about what we sent. */
export function takeAck(env: Environment, tcb: Tcb, segment: Segment): void {
  tcb.lastArrivedAt = env.now;
  if (tcb.timestampsOk) updateTsRecent(env, tcb, segment);
  if (tcb.ecnOk) ecnArrives(env, tcb, segment);
  if ((segment.optionKinds & OptionBit.userTimeout) !== 0) takeUserTimeout(tcb, segment);
  const advance = (segment.ack - tcb.sndUna) | 0;
  if (advance < 0) {
    acknowledgeLate(env, tcb, segment);
    return;
  }
  // Something got through: what ICMP said meanwhile is out of date (Linux tcp_ack).
  tcb.softError = 0;
  const priorWindow = tcb.sndWnd;
  updateWindow(tcb, segment);
  const isOfSyn = !tcb.synAcked;
  const octets = advance > 0 ? moveUna(env, tcb, segment.ack, advance) : 0;
  acknowledge(env, tcb, segment, advance, tcb.sndWnd !== priorWindow);
  if (isOfSyn) {
    transferBegins(env, tcb);
    // Linux: TCP_INFO counts from the handshake on.
    tcb.lastDataAt = env.now;
  }
  if (octets > 0) {
    growSendBuffer(env, tcb);
    env.wake(tcb, 0);
  }
}

/**
 * RFC 7323 4.3: the echo is that of the segment which moved the window last, so that delayed ACKs lengthen the measure. PAWS
 * has passed, so TSval is not older, or TS.Recent says nothing any more (5.5).
 */
function updateTsRecent(env: Environment, tcb: Tcb, segment: Segment): void {
  if ((segment.optionKinds & OptionBit.timestamps) === 0) return;
  if (((segment.seq - tcb.lastAckSent) | 0) > 0) return;
  tcb.tsRecent = segment.tsVal;
  tcb.tsRecentAt = env.now;
}

/** The window of an older segment says nothing (SND.WL1, SND.WL2). A SYN's window is not scaled (RFC 7323 2.2). */
function updateWindow(tcb: Tcb, segment: Segment): void {
  const newer = (segment.seq - tcb.sndWl1) | 0;
  if (newer < 0 || (newer === 0 && ((segment.ack - tcb.sndWl2) | 0) < 0)) return;
  const scale = (segment.flags & Flag.syn) !== 0 ? 0 : tcb.sndScale;
  tcb.sndWnd = segment.window << scale;
  tcb.sndWl1 = segment.seq;
  tcb.sndWl2 = segment.ack;
  if (tcb.sndWnd > tcb.maxSndWnd) tcb.maxSndWnd = tcb.sndWnd;
}

/** SND.UNA moves over our SYN, octets of the send buffer, our FIN; returns how many octets. */
function moveUna(env: Environment, tcb: Tcb, ack: number, advance: number): number {
  let octets = advance;
  if (!tcb.synAcked) {
    tcb.synAcked = true;
    octets--;
    if (tcb.passive) tcb.bytesAcked--;
  }
  if (tcb.finSent && !tcb.finAcked && ((ack - tcb.finSeq) | 0) > 0) {
    tcb.finAcked = true;
    octets--;
  }
  tcb.sndUna = ack;
  tcb.bytesAcked += advance;
  if (tcb.urgentQueued && ((ack - tcb.sndUp) | 0) >= 0) tcb.urgentQueued = false;
  if (octets === 0) return 0;
  const send = tcb.send;
  const before = send.bytes;
  send.drop(octets);
  if (send.bytes !== before) env.accountMemory(send.bytes - before);
  return octets;
}

/**
 * Room for what is in flight and as much again, so that the user's next SEND is there when the window opens; where cwnd is full, more would not
 * help (Linux tcp_sndbuf_expand, tcp_should_expand_sndbuf).
 */
function growSendBuffer(env: Environment, tcb: Tcb): void {
  const most = tcb.config.maxSendBufferBytes;
  if (tcb.sendBufferFixed || tcb.send.limit >= most || tcb.sent.pipe >= tcb.cwnd) return;
  const wanted = (2 * tcb.cwnd * (env.sendQueue?.memoryOfSegment(tcb) ?? tcb.sndMss)) / tcb.sndMss;
  if (wanted > tcb.send.limit) tcb.send.limit = Math.min(wanted, most);
}

/**
 * RFC 9293 3.10.7.4 (sixth), 3.8.5: the urgent octet is the one before SEG.SEQ + SEG.UP, as RFC 6093 found all hosts to
 * have it. A pointer that does not go beyond RCV.UP is old.
 */
export function takeUrgent(env: Environment, tcb: Tcb, segment: Segment): void {
  const up = (segment.seq + Math.max(segment.urgentPointer, 1)) | 0;
  const octet = (up - 1 - tcb.rcvNxt) | 0;
  if (octet < 0 || (tcb.urgentArrived && ((up - tcb.rcvUp) | 0) <= 0)) return;
  tcb.rcvUp = up;
  tcb.urgentArrived = true;
  const before = tcb.receive.bytes;
  tcb.receive.markUrgent(octet, tcb.urgentInline);
  if (tcb.receive.bytes !== before) env.accountMemory(tcb.receive.bytes - before);
  env.wake(tcb, 0);
}
