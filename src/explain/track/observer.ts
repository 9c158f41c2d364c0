import { State } from '../../states/index.ts';
import { Flag, OptionBit, type Segment } from '../../wire/segment.ts';
import { observeFin, observeReset } from './closing.ts';
import { CLIENT, type Connection, type End } from './connection.ts';
import { isBeforeSyn, isForeign, isStale, learnHabits } from './habits.ts';
import { type LogArena, Note } from './log.ts';
import { observeSyn } from './opening.ts';
import { arrivalOfAck, stateOf } from './states.ts';
import {
  noteAckBelow,
  noteAckBeyond,
  noteAgain,
  noteDuplicateAck,
  noteFarOut,
  noteHole,
  noteTextBeforeSyn,
  roundTripUs,
  tracesOf,
} from './traces.ts';

const NOTHING_BUT_ACK: number = Flag.ack | Flag.psh | Flag.ece | Flag.cwr | Flag.ae | Flag.urg;
/** Copies of one packet (mirror port, several interfaces) follow each other this fast. */
const COPY_WITHIN_US = 2_000;
/** No host sends the same again so soon; a router's second interface shows it (`tcpdump -i any`). */
const COPY_WITHOUT_ID_US = 200;
/** Queues of a capturing host hold packets back for no longer. */
const REORDERED_US = 5_000;
/** A segment this far beyond what was seen is not a gap in the capture but another sequence space. */
const MAX_GAP = 1 << 26;
/** No host takes longer between two parts of one message, but for the round trip. */
const PAUSE_US = 20_000;

/**
 * Steps a connection by one segment that passed the capture point. Everything a verdict needs is kept in the
 * connection, so that no segment is looked at twice.
 */
export class Observer {
  readonly arena: LogArena;

  constructor(arena: LogArena) {
    this.arena = arena;
  }

  observe(c: Connection, s: Segment, direction: 0 | 1, packet: number, atUs: number): void {
    const from = direction === CLIENT ? c.client : c.server;
    const to = direction === CLIENT ? c.server : c.client;
    const flags = s.flags;
    if (isCopy(from, s, atUs)) {
      c.duplicates++;
      c.packets++;
      c.lastPacket = packet;
      return;
    }
    touch(c, from, packet, atUs);
    let notes = (s.optionKinds & OptionBit.timestamps) !== 0 ? Note.timestamps : 0;
    if (s.sackCount > 0) notes |= Note.sack;

    if ((flags & Flag.rst) !== 0) {
      notes |= Note.notable;
      observeReset(c, s, direction, packet, atUs);
    } else if (isBadAnswer(from, to, s)) {
      // An answer to the SYN that is none (RFC 9293 3.10.7.3, first): nothing can be learned from its numbers.
      if (c.badAnswers++ === 0) {
        c.badAnswerPacket = packet;
        c.badAnswerAtUs = atUs;
      }
      rememberLast(from, s, packet, atUs);
      this.append(c, s, direction, packet, atUs, notes | Note.foreign | Note.notable);
      return;
    } else if (isForeign(from, to, s)) {
      notes |= Note.foreign | Note.notable;
      if (c.foreign++ === 0) {
        c.foreignPacket = packet;
        c.foreignAtUs = atUs;
      }
      if ((flags & Flag.ack) !== 0 && ((s.ack - to.sndMax) | 0) > 0) c.foreignAckOfUnsent++;
      // An impostor's segment says nothing about the end it claims to come from.
      this.append(c, s, direction, packet, atUs, notes);
      return;
    } else if (isStale(from, s)) {
      notes |= Note.outOfOrder | Note.notable;
      if (isBeforeSyn(from, s)) noteTextBeforeSyn(c);
      if (c.pawsDrops++ === 0) {
        c.pawsPacket = packet;
        c.pawsAtUs = atUs;
      }
      this.append(c, s, direction, packet, atUs, notes);
      return;
    } else {
      learnHabits(from, to, s, atUs);
      if (from.resets > 0) from.lastLiveAtUs = atUs;
      if ((flags & Flag.syn) !== 0) {
        notes |= Note.notable | observeSyn(c, s, direction, packet, atUs);
      } else {
        notes |= observeText(c, from, to, s, packet, atUs);
        if ((flags & Flag.fin) !== 0) {
          notes |= Note.notable;
          observeFin(c, s, direction, packet, atUs);
        }
      }
    }
    rememberLast(from, s, packet, atUs);
    this.append(c, s, direction, packet, atUs, notes);
  }

  private append(
    c: Connection,
    s: Segment,
    direction: 0 | 1,
    packet: number,
    atUs: number,
    notes: number,
  ): void {
    this.arena.append(
      c.log,
      packet,
      atUs,
      direction,
      s.flags,
      notes,
      s.seq,
      s.ack,
      s.payloadLength,
      s.window,
      s.hopLimit,
      s.identification,
      s.tsVal,
      firstBytes(s),
      s.sackCount > 0 ? s.sack[1]! : 0,
    );
  }
}

/** An answer to the SYN that acknowledges something else; one that acknowledges it was only captured before the SYN-ACK. */
function isBadAnswer(from: End, to: End, s: Segment): boolean {
  if (from.syns > 0 || to.syns === 0 || (s.flags & Flag.syn) !== 0 || stateOf(to) !== State.synSent)
    return false;
  // It went on, so it had its SYN-ACK: the capture did not.
  if (to.segments > to.syns + to.resets) return false;
  return (s.flags & Flag.ack) === 0 || s.ack !== to.sndMax;
}

function rememberLast(from: End, s: Segment, packet: number, atUs: number): void {
  from.lastAtUs = atUs;
  from.lastPacket = packet;
  from.lastFlags = s.flags;
  from.lastSeq = s.seq;
  from.lastAckField = s.ack;
  from.lastLength = s.payloadLength;
  from.lastIdentification = s.identification;
}

function touch(c: Connection, from: End, packet: number, atUs: number): void {
  const idle = atUs - c.lastUs;
  if (idle > c.longestIdleUs) c.longestIdleUs = idle;
  if (idle > 0) {
    c.lastIdleUs = idle;
    c.lastUs = atUs;
  }
  c.packets++;
  c.lastPacket = packet;
  from.segments++;
}

function isCopy(from: End, s: Segment, atUs: number): boolean {
  if (from.lastSeq !== s.seq || from.segments === 0 || from.lastFlags !== s.flags) return false;
  if (from.lastAckField !== s.ack || from.lastLength !== s.payloadLength) return false;
  if (atUs - from.lastAtUs > COPY_WITHIN_US) return false;
  if (s.identification > 0) return from.lastIdentification === s.identification;
  // Without an IP ID, equal pure ACKs are duplicate ACKs, not copies, and of two RSTs each may answer a segment.
  const isUnique = s.payloadLength > 0 || (s.flags & (Flag.syn | Flag.fin)) !== 0;
  return isUnique && (s.flags & Flag.rst) === 0 && atUs - from.lastAtUs < COPY_WITHOUT_ID_US;
}

function firstBytes(s: Segment): number {
  if (s.payloadCaptured < 4) return 0;
  const { bytes, payloadOffset: at } = s;
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

/** Sequence, acknowledgement, window and text of a segment without SYN and RST; returns the log notes. */
function observeText(c: Connection, from: End, to: End, s: Segment, packet: number, atUs: number): number {
  const length = s.payloadLength;
  let notes = 0;
  if (!from.seqKnown) {
    from.seqKnown = true;
    from.firstSeq = s.seq;
    from.sndMax = s.seq;
  }
  if ((s.flags & Flag.ack) !== 0) notes |= observeAck(c, from, to, s, packet, atUs);
  const fin = s.flags & Flag.fin;
  if (length > 0 || fin !== 0) notes |= observeData(c, from, to, s, packet, atUs);
  else notes |= observeProbe(c, from, to, s, packet, atUs);
  return notes | observeWindow(from, to, s, packet, atUs);
}

function observeData(c: Connection, from: End, to: End, s: Segment, packet: number, atUs: number): number {
  const length = s.payloadLength;
  const fin = s.flags & Flag.fin;
  const end = (s.seq + length + fin) | 0;
  const advance = (end - from.sndMax) | 0;
  const ahead = (s.seq - from.sndMax) | 0;
  if (advance <= 0) {
    noteAgain(c, from, to, s, packet, atUs);
    if (length <= 1 && fin === 0 && ahead === -1 && isAllAcked(from))
      return noteProbe(from, to, packet, atUs);
    return fin !== 0 && length === 0 ? 0 : noteRetransmission(c, from, to, s, packet, atUs);
  }
  let notes = 0;
  if (ahead > 0) {
    if (ahead > MAX_GAP) return noteFarOut(c, from, packet, atUs);
    c.gaps++;
    notes |= Note.gapBefore;
    noteHole(c, from, s, packet, atUs);
    openHole(from, s.seq, atUs);
  }
  const allAcked = isAllAcked(from);
  from.sndMax = end;
  const fresh = Math.min(length, advance - fin);
  if (fresh > 0) {
    if (allAcked) newFlight(c, from, to);
    newText(c, from, to, s, fresh, packet, atUs);
  }
  if (from.timedAtUs < 0) {
    from.timedAtUs = atUs;
    from.timedSeq = end;
  }
  return notes;
}

function newFlight(c: Connection, from: End, to: End): void {
  const silentUs = c.lastIdleUs;
  from.idleBeforeFlightUs = silentUs;
  if (silentUs < PAUSE_US || from.lastDataAtUs <= to.lastDataAtUs) return;
  if (silentUs > 1.5 * roundTripUs(c)) from.afterthoughts++;
}

/** Only the other direction was captured: what this end sent is known by its acknowledgements alone. */
function unseenText(from: End, to: End, length: number, atUs: number): void {
  if (to.firstDataAtUs < 0) {
    to.firstDataAtUs = atUs;
  }
  if (to.lastDataAtUs < from.lastDataAtUs || to.turns === 0) {
    to.turns++;
    to.turnAtUs = atUs;
  }
  to.bytes += length;
  to.lastDataAtUs = atUs;
  to.unansweredBytes = 0;
  from.unansweredBytes += length;
}

function newText(
  c: Connection,
  from: End,
  to: End,
  s: Segment,
  fresh: number,
  packet: number,
  atUs: number,
): void {
  from.bytes += fresh;
  if (from.firstDataAtUs < 0) {
    from.firstDataAtUs = atUs;
    from.firstDataPayload = firstBytes(s);
    if (from === c.server) firstServed(c, s, atUs);
    from.firstDataAck = s.ack;
  }
  if (from.lastDataAtUs < 0 || to.lastDataAtUs > from.lastDataAtUs) {
    from.turns++;
    from.turnAtUs = atUs;
    from.turnBytes = 0;
    from.afterthoughts = 0;
  }
  from.turnBytes += fresh;
  from.lastDataAtUs = atUs;
  from.lastDataPacket = packet;
  from.lastDataLength = s.payloadLength;
  from.lastDataPayload = firstBytes(s);
  from.lastDataFlags = s.flags;
  from.lastDataSeq = s.seq;
  from.lastDataAck = s.ack;
  from.unansweredBytes = 0;
  to.unansweredBytes += fresh;
  if (to.fins > 0) textAfterFin(from, to, s, fresh, packet, atUs);
}

/** Text sent although the other end had sent FIN: after this end acknowledged it, or crossing it on the way. */
function textAfterFin(from: End, to: End, s: Segment, fresh: number, packet: number, atUs: number): void {
  // By what it acknowledges, not by what was captured first.
  if ((s.flags & Flag.ack) !== 0 && ((s.ack - to.finSeq) | 0) > 0) from.bytesAfterPeerFin += fresh;
  else from.bytesCrossingPeerFin += fresh;
  if (from.firstDataAfterPeerFinAtUs >= 0) return;
  from.firstDataAfterPeerFinAtUs = atUs;
  from.firstDataAfterPeerFinPacket = packet;
  from.firstDataAfterPeerFinLength = s.payloadLength;
  from.firstDataAfterPeerFinPayload = firstBytes(s);
}

function firstServed(c: Connection, s: Segment, atUs: number): void {
  if (c.serverRecord !== null) c.serverRecord.served++;
  // What the client seemed to acknowledge too early was only captured later.
  if (c.badHandshakeAcks === 0 || atUs - c.badHandshakeAckAtUs >= REORDERED_US) return;
  const into = (c.traces.badHandshakeAck - s.seq) | 0;
  if (into > 0 && into <= s.payloadLength) c.badHandshakeAcks = 0;
}

function isAllAcked(end: End): boolean {
  return !end.acked || end.sndUna === end.sndMax;
}

function noteProbe(from: End, to: End, packet: number, atUs: number): number {
  if (to.zeroSinceUs >= 0) {
    from.windowProbes++;
    from.windowProbeRun++;
    from.windowProbeLastPacket = packet;
    from.windowProbeLastAtUs = atUs;
    return Note.windowProbe | Note.notable;
  }
  from.keepaliveProbes++;
  if (from.keepaliveRun++ === 0) {
    from.keepaliveFirstAtUs = atUs;
    from.keepaliveFirstPacket = packet;
  }
  from.keepaliveLastAtUs = atUs;
  from.keepaliveLastPacket = packet;
  return Note.keepaliveProbe | Note.notable;
}

/** A pure ACK one below SND.NXT asks whether the other end is alive (RFC 9293 3.8.4) or has room (3.8.6.1). */
function observeProbe(c: Connection, from: End, to: End, s: Segment, packet: number, atUs: number): number {
  const behind = (s.seq - from.sndMax) | 0;
  if (behind >= MAX_GAP) return noteFarOut(c, from, packet, atUs);
  if (behind > 0) {
    // The capture missed what was sent in between.
    from.sndMax = s.seq;
    return Note.gapBefore;
  }
  if (
    behind === -1 &&
    from.fins === 0 &&
    isAllAcked(from) &&
    from.segments > 1 &&
    from.bytes + to.bytes >= 0
  ) {
    return noteProbe(from, to, packet, atUs);
  }
  return 0;
}

function noteRetransmission(
  c: Connection,
  from: End,
  to: End,
  s: Segment,
  packet: number,
  atUs: number,
): number {
  if (fillsHole(from, s, atUs)) {
    from.outOfOrder++;
    // Acknowledged before it was captured: it is the newest text all the same.
    if (from.firstDataAtUs < 0 || ((s.seq - from.lastDataSeq) | 0) > 0)
      newText(c, from, to, s, s.payloadLength, packet, atUs);
    else from.bytes += s.payloadLength;
    if (s.seq === from.holeStart && c.gaps > 0) c.gaps--;
    return Note.outOfOrder;
  }
  from.timedAtUs = -1;
  from.retransmissions++;
  from.retransmittedBytes += s.payloadLength;
  if (from.retryRun++ === 0) {
    from.retryFirstAtUs = atUs;
    from.retryFirstPacket = packet;
    from.retryLength = s.payloadLength;
  }
  from.retryLength = s.payloadLength;
  from.retryGapUs = from.retryLastAtUs > 0 && from.retryRun > 1 ? atUs - from.retryLastAtUs : 0;
  from.retryLastAtUs = atUs;
  from.retryLastPacket = packet;
  const probing = to.zeroSinceUs >= 0 && s.seq === to.rcvNxt;
  if (probing) {
    from.windowProbes++;
    from.windowProbeRun++;
    from.windowProbeLastPacket = packet;
    from.windowProbeLastAtUs = atUs;
  }
  return Note.retransmission | (probing ? Note.windowProbe : 0) | (from.retryRun < 8 ? Note.notable : 0);
}

/** Bytes were skipped, or acknowledged before they were seen: they may only come late, out of order. */
function openHole(end: End, until: number, atUs: number): void {
  const open = end.holeAtUs >= 0 && atUs - end.holeAtUs < reorderLimitUs(end);
  if (!open) end.holeStart = end.sndMax;
  end.holeEnd = until;
  end.holeAtUs = atUs;
}

function fillsHole(end: End, s: Segment, atUs: number): boolean {
  if (end.holeAtUs < 0 || atUs - end.holeAtUs >= reorderLimitUs(end)) return false;
  return ((s.seq - end.holeStart) | 0) >= 0 && ((s.seq - end.holeEnd) | 0) < 0;
}

function reorderLimitUs(end: End): number {
  return end.rttMinUs > 0 ? Math.max(3_000, end.rttMinUs / 2) : 3_000;
}

function observeAck(c: Connection, from: End, to: End, s: Segment, packet: number, atUs: number): number {
  const ack = s.ack;
  if (!to.seqKnown) {
    if (to === c.server && from.syns > 0 && c.serverRecord !== null) c.serverRecord.unheard++;
    to.seqKnown = true;
    to.firstSeq = ack;
    to.sndMax = ack;
    to.sndUna = ack;
    to.acked = true;
  }
  let notes = 0;
  const beyond = (ack - to.sndMax) | 0;
  // In SYN-RECEIVED only SND.UNA < SEG.ACK =< SND.NXT is acceptable (RFC 9293 3.10.7.4, fifth).
  const unacceptable = beyond > 0 || (to.isnKnown && ((ack - to.firstSeq) | 0) <= 0);
  if (unacceptable && c.opening && stateOf(to) === State.synReceived && to.bytes === 0) {
    if (c.badHandshakeAcks++ === 0) {
      c.badHandshakeAckPacket = packet;
      c.badHandshakeAckAtUs = atUs;
      tracesOf(c).badHandshakeAck = ack;
    }
    return Note.ackOfUnseen | Note.notable;
  }
  if (beyond > 0) {
    if (beyond > MAX_GAP) return Note.ackOfUnseen | Note.notable;
    notes |= Note.ackOfUnseen;
    if (to.segments === 0) unseenText(from, to, beyond, atUs);
    else {
      noteAckBeyond(c, from, to, packet, atUs);
      if (from.segments > 1) openHole(to, ack, atUs);
    }
    to.sndMax = ack;
  }
  // Whatever it says, it is alive.
  if (to.keepaliveRun > 0) {
    to.keepaliveRunBefore = to.keepaliveRun;
    to.keepaliveRun = 0;
  }
  to.windowProbeRun = 0;
  const progress = to.acked ? (ack - to.sndUna) | 0 : 1;
  if (!from.ackKnown || ((ack - from.rcvNxt) | 0) > 0) {
    from.ackKnown = true;
    from.rcvNxt = ack;
  }
  if (progress > 0) {
    to.sndUna = ack;
    to.acked = true;
    to.retryRun = 0;
    if (to.timedAtUs >= 0 && ((ack - to.timedSeq) | 0) >= 0) sampleRtt(to, atUs);
    if (c.opening) arrivalOfAck(c, from, to, ack, packet, atUs);
    if (to.fins > 0 && to.finAckedAtUs < 0 && ((ack - to.finSeq) | 0) > 0) {
      to.finAckedAtUs = atUs;
      to.finAckedPacket = packet;
      arrivalOfAck(c, from, to, ack, packet, atUs);
    }
    return notes;
  }
  if (progress < 0) noteAckBelow(c, from, to, ack, atUs);
  if (progress === 0 && s.payloadLength === 0 && (s.flags & ~NOTHING_BUT_ACK) === 0)
    return notes | notePureAck(c, from, to, s, packet, atUs);
  return notes;
}

function sampleRtt(end: End, atUs: number): void {
  const rtt = atUs - end.timedAtUs;
  end.timedAtUs = -1;
  if (rtt < 0) return;
  if (end.rttMinUs < 0 || rtt < end.rttMinUs) end.rttMinUs = rtt;
}

/** A pure ACK that acknowledges nothing new: window update, duplicate ACK, or the last ACK said again. */
function notePureAck(c: Connection, from: End, to: End, s: Segment, packet: number, atUs: number): number {
  if (to.finAckedAtUs >= 0 && to.finLastAtUs > to.finAckedAtUs && to.fins > 1) {
    from.lastAckRepeats++;
    from.lastAckRepeatPacket = packet;
    from.lastAckRepeatAtUs = atUs;
    arrivalOfAck(c, from, to, s.ack, packet, atUs);
    return Note.notable;
  }
  if (c.strangeSyns > 0 && !c.strangeSynAnswered && from === c.end(1 - c.strangeSynFrom)) {
    c.strangeSynAnswered = true;
    c.strangeSynAnswerPacket = packet;
    c.strangeSynAnswerAtUs = atUs;
  }
  if (s.sackCount > 0) from.lastSackAtUs = atUs;
  if (scaledWindow(from, to, s) !== from.window) return Note.windowUpdate;
  noteDuplicateAck(c, from, to, s, packet, atUs);
  from.duplicateAcks++;
  from.lastDuplicateAckAtUs = atUs;
  from.lastDuplicateAckPacket = packet;
  return Note.duplicateAck;
}

function scaledWindow(from: End, to: End, s: Segment): number {
  return from.windowScale > 0 && to.windowScale >= 0 ? s.window << Math.min(14, from.windowScale) : s.window;
}

function observeWindow(from: End, to: End, s: Segment, packet: number, atUs: number): number {
  const window = scaledWindow(from, to, s);
  from.window = window;
  from.rawWindow = s.window;
  if (window > from.windowMax) from.windowMax = window;
  if (window === 0) {
    if (from.zeroSinceUs >= 0) return Note.zeroWindow;
    from.zeroSinceUs = atUs;
    from.zeroWindows++;
    if (from.zeroFirstPacket === 0) {
      from.zeroFirstPacket = packet;
      from.zeroFirstAtUs = atUs;
    }
    return Note.zeroWindow | Note.notable;
  }
  if (from.zeroSinceUs >= 0) {
    from.zeroWindowUs += atUs - from.zeroSinceUs;
    from.zeroSinceUs = -1;
    return Note.windowUpdate | Note.notable;
  }
  return 0;
}
