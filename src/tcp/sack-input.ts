import type { Segment } from '../wire/index.ts';
import { smss } from './congestion/window.ts';
import type { Environment } from './environment.ts';
import { segmentBytes } from './options-out.ts';
import { rackDelivered, rackDuplicate, rackReordering, settleReordering } from './rack.ts';
import { Recovery } from './recovery-state.ts';
import type { AckWork } from './recovery-work.ts';
import { timestampClock } from './rtt.ts';
import { Sent } from './scoreboard.ts';
import type { Tcb } from './tcb.ts';

/** RFC 2018 4, RFC 6675 5 (Update): enters the SACK blocks of an ACK. SND.UNA has moved already, the scoreboard not yet. */
export function sackArrives(env: Environment, tcb: Tcb, segment: Segment, work: AckWork): void {
  const blocks = segment.sack;
  const count = segment.sackCount;
  let first = 0;
  if (isDuplicateReport(segment)) {
    duplicateReported(env, tcb, blocks[0]!, blocks[1]!, work);
    first = 1;
  }
  for (let i = first; i < count; i++) enterBlock(env, tcb, blocks[2 * i]!, blocks[2 * i + 1]!, work);
  settleReordering(tcb, work);
  rememberBlocks(tcb, blocks, first, count);
}

/** RFC 2883 4: the first block lies below the ACK, or inside the second one. */
function isDuplicateReport(segment: Segment): boolean {
  const blocks = segment.sack;
  if (((blocks[0]! - segment.ack) | 0) < 0) return true;
  if (segment.sackCount < 2) return false;
  return ((blocks[1]! - blocks[3]!) | 0) <= 0 && ((blocks[0]! - blocks[2]!) | 0) >= 0;
}

function duplicateReported(env: Environment, tcb: Tcb, start: number, end: number, work: AckWork): void {
  const length = (end - start) | 0;
  // Only what was sent, and not longer ago than a window (RFC 2883 is a hint that anybody could forge).
  if (length <= 0 || ((end - tcb.sndNxt) | 0) > 0) return;
  if (((tcb.sndUna - start) | 0) > Math.max(tcb.maxSndWnd, 65_535) * 2) return;
  env.counters.TCPDSACKRecv++;
  work.dsack = true;
  if (tcb.tlpOutstanding && end === tcb.tlpEndSeq) work.dsackOfProbe = true;
  rackDuplicate(tcb);
  if (!tcb.undoPossible || tcb.undoRetransmits <= 0 || ((end - tcb.undoSeq) | 0) <= 0) return;
  tcb.undoRetransmits = Math.max(0, tcb.undoRetransmits - length);
}

function enterBlock(env: Environment, tcb: Tcb, start: number, end: number, work: AckWork): void {
  const sent = tcb.sent;
  if (sent.count === 0 || ((end - start) | 0) <= 0) return;
  // Old blocks and blocks of what was never sent say nothing.
  if (((start - tcb.sndUna) | 0) < 0 || ((end - tcb.sndNxt) | 0) > 0) return;
  const from = wholeSegments(tcb, knownUpTo(tcb, start, end), true);
  const to = wholeSegments(tcb, end, false);
  if (((to - from) | 0) <= 0) return;
  sent.splitAt(to);
  for (let i = Math.max(sent.splitAt(from), 0); i < sent.count; i++) {
    if (((sent.startOf(i) - to) | 0) >= 0) break;
    if ((sent.flagsOf(i) & Sent.sacked) === 0) sackEntry(env, tcb, i, work);
  }
}

/** An edge inside a segment, moved to the segment's end or beginning: a segment arrives wholly or not at all (Linux tcp_match_skb_to_sack). */
function wholeSegments(tcb: Tcb, edge: number, up: boolean): number {
  const sent = tcb.sent;
  const index = sent.find(edge);
  if (index < 0 || index === sent.count) return edge;
  const start = sent.startOf(index);
  const size = tcb.accEcn === null ? smss(tcb) : segmentBytes(tcb);
  const rest = ((edge - start) | 0) % size;
  if (rest === 0) return edge;
  if (!up) return (edge - rest) | 0;
  const next = (edge - rest + size) | 0;
  return ((next - sent.endOf(index)) | 0) > 0 ? sent.endOf(index) : next;
}

function sackEntry(env: Environment, tcb: Tcb, index: number, work: AckWork): void {
  const sent = tcb.sent;
  const flags = sent.flagsOf(index);
  const again = (flags & Sent.retransmitted) !== 0;
  const sentAt = sent.sentAtOf(index);
  const end = sent.endOf(index);
  const length = sent.lengthOf(index);
  // The echo is that of the last segment in order (RFC 7323 4.3), so it says nothing about one beyond a hole.
  rackDelivered(tcb, sentAt, sent.orderOf(index), again, false, env.now);
  rackReordering(tcb, sent.startOf(index), end, again, tcb.rackFack, work);
  if (!again) {
    if (work.sackedSentAt < 0) work.sackedSentAt = sentAt;
    if (tcb.recovery === Recovery.loss && ((end - tcb.recoverSeq) | 0) <= 0) work.originalAcked = true;
  }
  work.delivered += length;
  work.newlySacked += length;
  sent.markSacked(index);
}

/** The echoed timestamp is older than that transmission. */
export function echoIsBefore(tcb: Tcb, sentAt: number, work: AckWork): boolean {
  return work.hasEcho && ((work.tsEcr - timestampClock(tcb, sentAt)) | 0) < 0;
}

/** Where what the last ACK did not tell begins in a block. */
function knownUpTo(tcb: Tcb, start: number, end: number): number {
  const last = tcb.lastSack;
  for (let i = 0; i < tcb.lastSackCount; i++) {
    const knownStart = last[2 * i]!;
    const knownEnd = last[2 * i + 1]!;
    if (((start - knownStart) | 0) < 0 || ((start - knownEnd) | 0) > 0) continue;
    return ((end - knownEnd) | 0) > 0 ? knownEnd : end;
  }
  return start;
}

function rememberBlocks(tcb: Tcb, blocks: Int32Array, first: number, count: number): void {
  let n = 0;
  for (let i = first; i < count; i++) {
    const start = blocks[2 * i]!;
    const end = blocks[2 * i + 1]!;
    if (((end - start) | 0) <= 0 || ((start - tcb.sndUna) | 0) < 0 || ((end - tcb.sndNxt) | 0) > 0) continue;
    tcb.lastSack[2 * n] = start;
    tcb.lastSack[2 * n + 1] = end;
    n++;
  }
  tcb.lastSackCount = n;
}
