import { Flag, type Segment } from '../wire/index.ts';
import { acknowledgeText, finMayWait, measureSegments, startQuickAcks } from './ack-policy.ts';
import type { Environment } from './environment.ts';
import { isFastChild } from './fast-open.ts';
import { finIsNext } from './fin.ts';
import type { Tcb } from './tcb.ts';
import { receiveWindow } from './window.ts';

/** RFC 9293 3.10.7.4 (seventh): text inside the window goes to its place in the receive buffer. */
export function takeText(env: Environment, tcb: Tcb, segment: Segment): void {
  const receive = tcb.receive;
  const syn = segment.flags & Flag.syn ? 1 : 0;
  const start = (segment.seq + syn - tcb.rcvNxt) | 0;
  let length = segment.payloadLength;
  const fits = length <= ((tcb.rcvAdv - tcb.rcvNxt) | 0);
  if (start === 0 && fits && receive.append(segment.bytes, segment.payloadOffset, length)) {
    textMoved(env, tcb, segment, length, length);
    return;
  }
  const window = receiveWindow(tcb);
  if (start + length > window && !tcb.config.acceptsAsLinux) {
    // What does not fit is trimmed off; the ACK tells where the window ends.
    length = window - start;
    tcb.ackNow = true;
  }
  const hadGaps = receive.rangeCount > 0;
  const { limit } = receive;
  if (tcb.config.acceptsAsLinux && receive.readable === 0 && start + length > limit) {
    // Linux tcp_try_rmem_schedule: what comes to an empty buffer may be more than it holds.
    receive.limit = start + length;
    tcb.ackNow = true;
  }
  const moved = insert(env, tcb, segment, start, length);
  receive.limit = limit;
  if (moved < 0) return;
  reportOverlap(env, tcb, start);
  if (moved === 0) {
    measureSegments(env, tcb, length);
    takeOutOfOrder(env, tcb);
    return;
  }
  textMoved(env, tcb, segment, moved, length);
  if (((tcb.rcvAdv - tcb.rcvNxt) | 0) < 0) tcb.rcvAdv = tcb.rcvNxt;
  // RFC 5681 4.2: at once where a gap was filled, wholly or in part, so that the sender's recovery goes on.
  if (hadGaps) tcb.ackNow = true;
}

/** RCV.NXT moves over what came next, by `moved`; `length` octets of it this segment brought. */
function textMoved(env: Environment, tcb: Tcb, segment: Segment, moved: number, length: number): void {
  tcb.rcvNxt = (tcb.rcvNxt + moved) | 0;
  if (finMayWait(tcb) && finIsNext(tcb, segment)) tcb.pingpong = true;
  if (tcb.timestampsOk) env.receiveMemory?.measure(env, tcb, segment);
  acknowledgeText(env, tcb, length);
  env.wake(tcb, 0);
}

/** RFC 9293 3.10.7.2: text that came with a SYN is kept until ESTABLISHED; the SYN-ACK acknowledges it. */
export function keepSynText(env: Environment, tcb: Tcb, segment: Segment): void {
  const length = segment.payloadLength;
  const { keepSynData, keepSynDataUnacknowledged } = tcb.config;
  if (length === 0 || !(isFastChild(tcb) || keepSynData || (keepSynDataUnacknowledged && !tcb.passive)))
    return;
  const moved = insert(env, tcb, segment, 0, length);
  if (moved > 0) tcb.rcvNxt = (tcb.rcvNxt + moved) | 0;
}

/** RFC 5681 4.2: an ACK for each segment out of order, at once, is what fast retransmit counts. */
function takeOutOfOrder(env: Environment, tcb: Tcb): void {
  tcb.ackNow = true;
  if (tcb.receive.kept > 0) env.counters.TCPOFOQueue++;
}

/**
 * By how much RCV.NXT moves, or -1 where the host has no memory. All memory for received octets is asked for here; out of
 * order they are the first to go (RFC 2018 8).
 */
function insert(env: Environment, tcb: Tcb, segment: Segment, start: number, length: number): number {
  const receive = tcb.receive;
  const growth = receive.growthFor(start > 0 ? start : 0, start > 0 ? length : length + start);
  if (growth > 0 && !env.accountMemory(growth)) {
    refuse(env, tcb, start);
    return -1;
  }
  const before = receive.bytes;
  const moved = receive.insert(start, segment.bytes, segment.payloadOffset, length);
  // What was there already, or is one range too many, needs no memory after all.
  const unused = growth - (receive.bytes - before);
  if (unused !== 0) env.accountMemory(-unused);
  return moved;
}

function refuse(env: Environment, tcb: Tcb, start: number): void {
  if (start > 0) {
    env.counters.TCPOFODrop++;
    tcb.ackNow = true;
  } else env.counters.TCPMemoryPressures++;
}

/** RFC 2883 4: what the segment brought a second time, be it before RCV.NXT or among ranges out of order. */
function reportOverlap(env: Environment, tcb: Tcb, start: number): void {
  if (start < 0) reportDuplicate(env, tcb, (tcb.rcvNxt + start) | 0, tcb.rcvNxt);
  else if (tcb.receive.overlapEnd > 0) {
    const { overlapStart, overlapEnd } = tcb.receive;
    reportDuplicate(env, tcb, (tcb.rcvNxt + overlapStart) | 0, (tcb.rcvNxt + overlapEnd) | 0);
  }
}

/** A segment wholly before RCV.NXT, SYN and FIN counted: the ACK got lost, or the peer was too hasty. */
export function takeOldText(env: Environment, tcb: Tcb, segment: Segment): void {
  const control = (segment.flags & Flag.fin ? 1 : 0) + (segment.flags & Flag.syn ? 1 : 0);
  const length = segment.payloadLength + control;
  const start = (segment.seq - tcb.rcvNxt) | 0;
  if (length === 0 || start >= 0) return;
  env.counters.DelayedACKLost++;
  startQuickAcks(tcb);
  reportDuplicate(env, tcb, segment.seq, (segment.seq + length) | 0);
}

function reportDuplicate(env: Environment, tcb: Tcb, left: number, right: number): void {
  tcb.ackNow = true;
  if (!tcb.sackOk || !tcb.config.dsack) return;
  tcb.hasDsack = true;
  tcb.dsackLeft = left;
  tcb.dsackRight = right;
  if (((right - tcb.rcvNxt) | 0) <= 0) env.counters.TCPDSACKOldSent++;
  else env.counters.TCPDSACKOfoSent++;
}
