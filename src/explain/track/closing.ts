import { Acks, Event, FIN_TAKEN, State, Where } from '../../states/index.ts';
import { Flag, type Segment } from '../../wire/segment.ts';
import { CLIENT, type Connection, type End } from './connection.ts';
import { hopsOf } from './habits.ts';
import type { ResetRecord, TriggerRecord } from './records.ts';
import { noteMassClose, noteServerReset } from './servers.ts';
import { arrivalOfAck, arrivalOfFin, arrive, leaveHalfClosed, revert, stateOf, step } from './states.ts';
import { noteFin } from './traces.ts';

/** Nothing is going on any more on a connection that has been silent for so long. */
const QUIET_US = 100_000;

export function observeFin(c: Connection, s: Segment, direction: 0 | 1, packet: number, atUs: number): void {
  const from = direction === CLIENT ? c.client : c.server;
  const to = direction === CLIENT ? c.server : c.client;
  from.finLastAtUs = atUs;
  from.finLastPacket = packet;
  if (from.fins++ > 0) {
    // It repeats its FIN, so the ACK that seemed to end LAST-ACK never came (RFC 9293 3.6, trap of the lost last ACK).
    if (stateOf(from) === State.closed && from.history.at(-2)?.state === State.lastAck) revert(from);
    return;
  }
  if (from === c.server) leaveHalfClosed(c);
  from.finSeq = (s.seq + s.payloadLength) | 0;
  from.finAtUs = atUs;
  from.finPacket = packet;
  from.finAck = s.ack;
  noteFin(c, from, packet, atUs);
  from.idleBeforeFinUs = c.lastIdleUs;
  from.ownIdleBeforeFinUs = from.segments > 1 ? atUs - from.lastAtUs : 0;
  from.idSkippedBeforeFin =
    from.idStep === 2 && from.identifications >= 3 && from.identificationsRunning >= from.identifications - 1;
  const owed = (to.sndMax - s.ack) | 0;
  if (owed > 0 && to.lastDataAtUs >= 0) crossFin(to, owed);
  // Captured later, yet known to the sender of the one before: it was sent first.
  if (
    c.firstFinFrom >= 0 &&
    to.fins > 0 &&
    ((to.finAck - from.finSeq) | 0) > 0 &&
    ((from.finAck - to.finSeq) | 0) <= 0
  )
    c.firstFinFrom = direction;
  if (c.firstFinFrom < 0) {
    c.firstFinFrom = direction;
    const quiet = c.lastIdleUs > QUIET_US && from.bytes > 0;
    if (quiet && from === c.server && c.serverRecord !== null)
      noteMassClose(c.serverRecord, atUs, c.lastIdleUs);
  }
  // A FIN on a SYN's heels says that the handshake had ended, whatever the capture missed.
  step(from, Event.shutdownWrite, atUs, packet);
  if (to.fins === 0 && from.unansweredBytes > 0) from.unreadAtFin = from.unansweredBytes;
  // Its acknowledgement was captured before it.
  if (from.acked && ((from.sndUna - from.finSeq) | 0) === 1 && from.finAckedAtUs < 0) {
    from.finAckedAtUs = atUs;
    from.finAckedPacket = to.lastPacket;
    arrivalOfAck(c, to, from, from.sndUna, packet, atUs);
  }
}

/** Text of the other end that the FIN does not acknowledge: it was on its way when the FIN was sent. */
function crossFin(end: End, owed: number): void {
  end.bytesCrossingPeerFin += owed;
  end.firstDataAfterPeerFinAtUs = end.lastDataAtUs;
  end.firstDataAfterPeerFinPacket = end.lastDataPacket;
  end.firstDataAfterPeerFinLength = end.lastDataLength;
  end.firstDataAfterPeerFinPayload = end.lastDataPayload;
}

/** Kept apart from the rest: a hostile capture may hold any number of RSTs on one four-tuple. */
const MAX_RESETS = 16;

export function observeReset(
  c: Connection,
  s: Segment,
  direction: 0 | 1,
  packet: number,
  atUs: number,
): void {
  const from = direction === CLIENT ? c.client : c.server;
  const to = direction === CLIENT ? c.server : c.client;
  const record = describe(c, from, to, s, direction, packet, atUs);
  c.resetCount++;
  leaveHalfClosed(c);
  if (c.resets.length < MAX_RESETS) c.resets.push(record);
  from.resets++;
  if (hopsDiffer(from, s.hopLimit)) {
    receive(c, from, to, record, packet, atUs);
    return;
  }
  if (direction !== CLIENT && c.serverRecord !== null && from.history.length > 0) {
    noteServerReset(
      c.serverRecord,
      atUs,
      c.lastIdleUs,
      to.bytes === 0,
      from.bytes > 0 && c.firstFinFrom < 0 && c.resetCount === 1,
    );
  }
  if (direction === CLIENT && c.serverRecord !== null && from.bytes + to.bytes === 0 && c.resetCount === 1)
    c.serverRecord.emptyResets++;
  if (ownsSequence(from, s)) abort(c, from, to, s, direction, packet, atUs);
  receive(c, from, to, record, packet, atUs);
}

/** The end gave the connection up, and had not got further than what had reached it by then. */
function abort(
  c: Connection,
  from: End,
  to: End,
  s: Segment,
  direction: 0 | 1,
  packet: number,
  atUs: number,
): void {
  const wayThereAndBack = direction === CLIENT ? c.ackRttUs : c.synRttUs;
  const last = from.history.at(-1);
  if (
    last !== undefined &&
    last.packet === to.lastPacket &&
    from.fins > 0 &&
    atUs - last.atUs < 0.8 * wayThereAndBack
  )
    revert(from);
  // It acknowledges less than the FIN: that was still on its way.
  const met = to.fins === 0 || (s.flags & Flag.ack) === 0 || ((s.ack - to.finSeq) | 0) > 0;
  if (!met && stateOf(from) === State.closeWait) revert(from);
  // No ACK flag: no full socket stood behind it, so the handshake never ended there (tcp_abort_on_overflow).
  const untouched = from.bytes === 0 && (!to.acked || ((to.sndUna - to.firstSeq) | 0) <= 1);
  if (
    (s.flags & Flag.ack) === 0 &&
    untouched &&
    from.initialState === State.listen &&
    stateOf(from) === State.established
  )
    revert(from);
  step(from, Event.abort, atUs, packet);
}

/** True where an RST's number lies in what its sender sent: otherwise it only answers something that is not ours. */
function ownsSequence(from: End, s: Segment): boolean {
  if (!from.seqKnown) return false;
  return ((s.seq - from.firstSeq) | 0) >= 0 && ((s.seq - from.sndMax) | 0) <= 0;
}

/** The RST arrives at the other end, whose number decides what it means there (RFC 5961 3.2). */
function receive(c: Connection, from: End, to: End, r: ResetRecord, packet: number, atUs: number): void {
  if (to.history.length === 0) return;
  const where = whereOf(r, from, to);
  if (where === Where.ahead) c.challengedResets++;
  // The FIN went before the RST, so in order it was taken first.
  if (where === Where.exact && from.fins === 1) arrivalOfFin(to, from.finLastAtUs, from.finLastPacket);
  arrive(to, r.flags, where, r.ack === to.sndMax ? Acks.plain : Acks.unsent, atUs, packet);
  if (where === Where.exact && stateOf(to) === State.closed && c.resetAcceptedAtUs < 0)
    c.resetAcceptedAtUs = atUs;
}

function whereOf(r: ResetRecord, from: End, to: End): number {
  if (isExact(r, from.segments)) return Where.exact;
  if (r.seqAfterAcked === null) return Where.unknown;
  if (r.seqAfterAcked < 0) return Where.before;
  return r.seqAfterAcked < to.window && r.seqAfterSent !== 0 ? Where.ahead : Where.beyond;
}

/**
 * The number counts: RCV.NXT (RFC 5961 3.2), where text in flight is taken to arrive before it; after a FIN Linux
 * takes RCV.NXT - 1 too, as stacks that forget to count the FIN send it (tcp_reset_check).
 */
export function isExact(r: ResetRecord, senderSegments: number): boolean {
  if (r.seqAfterAcked === 0 || (senderSegments > 1 && r.seqAfterSent === 0)) return true;
  return r.seqAfterAcked === -1 && (FIN_TAKEN & (1 << r.receiverState)) !== 0;
}

function hopsDiffer(from: End, hopLimit: number): boolean {
  return from.hopLimit >= 0 && hopsOf(from.hopLimit) !== hopsOf(hopLimit);
}

function describe(
  c: Connection,
  from: End,
  to: End,
  s: Segment,
  direction: 0 | 1,
  packet: number,
  atUs: number,
): ResetRecord {
  return {
    packet,
    atUs,
    from: direction,
    flags: s.flags,
    seq: s.seq,
    ack: s.ack,
    window: s.window,
    hopLimit: s.hopLimit,
    identification: s.identification,
    length: s.payloadLength,
    seqAfterSent: from.seqKnown ? (s.seq - from.sndMax) | 0 : 0,
    seqAfterAcked: to.ackKnown ? (s.seq - to.rcvNxt) | 0 : null,
    trigger: triggerOf(to, s),
    senderState: stateOf(from),
    receiverState: stateOf(to),
    idleUs: c.lastIdleUs,
    senderUnread: unreadBy(from, to, s),
    senderWindow: from.rawWindow,
    senderUnacked: from.acked ? Math.max(0, (from.sndMax - from.sndUna) | 0) : 0,
    senderProbes: from.keepaliveRun,
    sinceSenderUs: from.segments > 1 ? atUs - from.lastAtUs : -1,
    sinceReceiverUs: to.segments > 0 ? atUs - to.lastAtUs : -1,
  };
}

/**
 * Bytes that had come to the sender since it last sent any: by the numbers of its last text and of the RST where both have
 * them, as those do not depend on the order of capture.
 */
function unreadBy(from: End, to: End, s: Segment): number {
  if ((s.flags & Flag.ack) === 0 || from.lastDataAtUs < 0 || to.fins > 0) return from.unansweredBytes;
  const since = (s.ack - from.lastDataAck) | 0;
  return since >= 0 && since <= to.bytes ? since : from.unansweredBytes;
}

/** What the RST may answer: the last segment, or the last text if that has the RST's number as its ACK (form B). */
function triggerOf(to: End, s: Segment): TriggerRecord | null {
  if (to.segments === 0) return null;
  const answersText =
    to.lastAckField !== s.seq &&
    to.lastDataAtUs >= 0 &&
    to.lastDataAck === s.seq &&
    (s.flags & Flag.ack) === 0;
  if (answersText) {
    return {
      packet: to.lastDataPacket,
      atUs: to.lastDataAtUs,
      flags: to.lastDataFlags,
      seq: to.lastDataSeq,
      ack: to.lastDataAck,
      length: to.lastDataLength,
    };
  }
  return {
    packet: to.lastPacket,
    atUs: to.lastAtUs,
    flags: to.lastFlags,
    seq: to.lastSeq,
    ack: to.lastAckField,
    length: to.lastLength,
  };
}
