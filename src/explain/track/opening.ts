import { Acks, Event, State, Where } from '../../states/index.ts';
import { Flag, type Segment } from '../../wire/segment.ts';
import { CLIENT, type Connection, type End } from './connection.ts';
import { Note } from './log.ts';
import { arrivalOfAck, arrive, revert, stateOf, step } from './states.ts';

/** A SYN of this connection: the opening one, its answer, a repetition, or a strange one. Returns log notes. */
export function observeSyn(
  c: Connection,
  s: Segment,
  direction: 0 | 1,
  packet: number,
  atUs: number,
): number {
  const from = direction === CLIENT ? c.client : c.server;
  const to = direction === CLIENT ? c.server : c.client;
  if (isLateOwnSyn(from, s, atUs, c.startUs)) return lateSyn(c, from, s, direction);
  if (from.isnKnown && s.seq !== from.firstSeq) return strangeSyn(c, s, direction, packet, atUs);
  if (from.syns === 0 && stateOf(from) >= State.established) return strangeSyn(c, s, direction, packet, atUs);
  const first = from.syns++ === 0;
  from.lastSynAtUs = atUs;
  from.lastSynPacket = packet;
  if (first) learnSyn(c, from, to, s, packet, atUs);
  if (first && c.badAnswers > 0 && to.resets === 0 && (s.flags & Flag.ack) !== 0)
    forgetGoodAnswers(c, from, s);
  if ((s.flags & Flag.ack) !== 0) return observeSynAck(c, from, to, s, first, packet, atUs);
  if (first && direction !== CLIENT && to.syns > 0) {
    // Both ends opened at once (RFC 9293 Figure 7).
    c.simultaneousOpen = true;
    step(from, Event.openActive, atUs, packet);
  } else if (first) {
    from.initialState = State.closed;
    step(from, Event.openActive, atUs, packet);
    to.initialState = State.listen;
  }
  return first ? 0 : Note.retransmission;
}

/** What seemed a bad answer to the SYN goes on from this SYN-ACK, and was not refused by RST: it was only captured before it. */
function forgetGoodAnswers(c: Connection, from: End, s: Segment): void {
  const after = (from.lastSeq - s.seq) | 0;
  if (after > 0 && after < MAX_AFTER_SYN) c.badAnswers = 0;
}

/** Text that can follow a SYN-ACK within the time that packets are reordered. */
const MAX_AFTER_SYN = 1 << 20;

/** Queues of a capturing host hold packets back for no longer. */
const REORDERED_US = 5_000;

/** The SYN of this very connection, captured after what its sender sent next. */
function isLateOwnSyn(from: End, s: Segment, atUs: number, startUs: number): boolean {
  if (from.syns > 0 || !from.seqKnown || from.segments < 2 || atUs - startUs > REORDERED_US) return false;
  return from.isnKnown ? s.seq === from.firstSeq : ((s.seq + 1) | 0) === from.firstSeq;
}

/** What only the SYN says; what it would begin has begun. */
function lateSyn(c: Connection, from: End, s: Segment, direction: 0 | 1): number {
  from.syns = 1;
  from.isnKnown = true;
  from.firstSeq = s.seq;
  from.optionKinds = s.optionKinds;
  from.mss = s.mss;
  from.windowScale = s.windowScale;
  from.synTsVal = s.tsVal;
  from.synWindow = s.window;
  from.synIdentification = s.identification;
  if (direction === CLIENT) c.midstream = false;
  return Note.outOfOrder;
}

function learnSyn(c: Connection, from: End, to: End, s: Segment, packet: number, atUs: number): void {
  from.synAtUs = atUs;
  from.synPacket = packet;
  from.isnKnown = true;
  from.firstSeq = s.seq;
  if (!from.seqKnown || ((s.seq + 1 - from.sndMax) | 0) > 0) {
    from.seqKnown = true;
    from.sndMax = (s.seq + 1 + s.payloadLength) | 0;
    // TCP Fast Open carries text on the SYN (RFC 7413).
    from.bytes += s.payloadLength;
  }
  from.optionKinds = s.optionKinds;
  from.mss = s.mss;
  from.windowScale = s.windowScale;
  from.synTsVal = s.tsVal;
  from.synWindow = s.window;
  from.synIdentification = s.identification;
  from.window = s.window;
  from.windowMax = s.window;
  if ((s.flags & Flag.ack) !== 0 && to.synAtUs > 0) c.synRttUs = atUs - to.lastSynAtUs;
}

function observeSynAck(
  c: Connection,
  from: End,
  to: End,
  s: Segment,
  first: boolean,
  packet: number,
  atUs: number,
): number {
  if (first && c.serverRecord !== null) {
    c.serverRecord.accepted++;
    c.serverRecord.hopLimit = s.hopLimit;
  }
  if (c.simultaneousOpen) {
    // Each end answers the other's SYN: both pass SYN-RECEIVED.
    arrive(from, Flag.syn, Where.exact, Acks.unknown, to.lastSynAtUs, to.lastSynPacket);
  } else if (first) {
    from.initialState = State.listen;
    const seen = to.synAtUs > 0;
    arrive(
      from,
      Flag.syn,
      Where.exact,
      Acks.unknown,
      seen ? to.lastSynAtUs : atUs,
      seen ? to.lastSynPacket : packet,
    );
    if (to.history.length === 0 && to.syns === 0) {
      to.initialState = State.closed;
      step(to, Event.openActive, atUs, packet);
    }
  } else {
    c.synAckRepeatedAtUs = atUs;
    c.synAckRepeatedPacket = packet;
    c.synAckRepeats++;
    // It still waits for the handshake's last ACK: that one was lost or turned away.
    if (stateOf(from) === State.established && from.bytes === 0) {
      revert(from);
      c.opening = true;
      c.synAckAfterAck++;
    }
  }
  if (!to.seqKnown) {
    to.seqKnown = true;
    to.firstSeq = (s.ack - 1) | 0;
    to.isnKnown = true;
    to.sndMax = s.ack;
  }
  if (!to.acked || ((s.ack - to.sndUna) | 0) > 0) {
    to.acked = true;
    to.sndUna = s.ack;
  }
  if (!from.ackKnown || ((s.ack - from.rcvNxt) | 0) > 0) {
    from.ackKnown = true;
    from.rcvNxt = s.ack;
  }
  if (c.simultaneousOpen) arrivalOfAck(c, from, to, s.ack, packet, atUs);
  return first ? 0 : Note.retransmission;
}

/** A SYN that does not belong to this incarnation: kept for the engine, which splits when the server takes it. */
function strangeSyn(c: Connection, s: Segment, direction: 0 | 1, packet: number, atUs: number): number {
  if (c.strangeSyns++ === 0) {
    c.strangeSynPacket = packet;
    c.strangeSynAtUs = atUs;
  }
  c.strangeSynSeq = s.seq;
  c.strangeSynFrom = direction;
  return Note.foreign;
}
