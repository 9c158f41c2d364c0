import { Flag, type Segment } from '../../wire/segment.ts';
import type { Connection, End } from './connection.ts';
import { Note } from './log.ts';
import { settleTimes } from './shapes.ts';

/**
 * What happened beyond the capture's sight, as far as it leaves a trace here: answers to segments that never passed by,
 * text of an earlier incarnation, holes that only one size of segment could fall into. Numbers only, and written on rare
 * segments.
 */
export class Traces {
  /** ACKs without news that nothing seen here asked for, and who sent the first. */
  unaskedAcks: number = 0;
  unaskedFrom: number = -1;
  unaskedPacket: number = 0;
  unaskedAtUs: number = -1;
  /** SACK blocks below the ISN of the other end: an earlier incarnation's segment arrived (RFC 2883). */
  alienSacks: number = 0;
  alienSackPacket: number = 0;
  alienSackAtUs: number = -1;
  /** Text with a timestamp older than the SYN of the end it names. */
  textBeforeSyn: number = 0;
  /** The first FIN lies below what the other end had acknowledged: it acknowledges bytes that were never sent. */
  finBelowAck: number = 0;
  finBelowAckPacket: number = 0;
  finBelowAckAtUs: number = -1;

  /** The first gap in an end's text: who, where, and the segments beside it. */
  holeFrom: number = -1;
  holeStart: number = 0;
  holeEnd: number = 0;
  holePacket: number = 0;
  holeAtUs: number = -1;
  /** Sizes of the segment right after the hole, and of the first that filled it. */
  holeTailLength: number = 0;
  holeFillLength: number = 0;
  holeFilledAtUs: number = -1;
  /** The other end had not got it either when it was filled: the path lost it, not the capture. */
  holeOnPath: boolean = false;

  /** An ACK beyond what had been sent, as far as seen: by whom, its packet, where the text stood, where it goes on. */
  beyondFrom: number = -1;
  beyondPacket: number = 0;
  beyondAtUs: number = -1;
  beyondOld: number = 0;
  beyondMax: number = 0;
  /** The sender went on where it had been: it never sent what was acknowledged. */
  beyondDoubt: boolean = false;
  /** The acknowledgements went on where they had been, too: that one was forged or damaged. */
  bogusAcks: number = 0;

  /** Text first sent in one segment was sent again in a smaller one: who, both sizes, when. */
  shrunkFrom: number = -1;
  shrunkLength: number = 0;
  shrunkTo: number = 0;
  shrunkTries: number = 0;
  shrunkPacket: number = 0;
  shrunkAtUs: number = -1;

  /** Segments in an end's name far outside any window, and whether the other end answered the first with an ACK. */
  farOut: number = 0;
  farOutFrom: number = -1;
  farOutPacket: number = 0;
  farOutAtUs: number = -1;
  farOutAnswered: boolean = false;

  /** The RST of another flow, from the same client port to another server, with numbers of this one; and for that flow, this. */
  twinResetPacket: number = 0;
  twinResetAtUs: number = -1;
  twinOf: number = 0;
  /** A live connection of the same client address and port to another server, when this one's SYN got no good answer. */
  portAlsoOf: number = 0;

  /** What the first bad ACK of the handshake acknowledged. */
  badHandshakeAck: number = 0;

  /** Ticks by which the SYN's timestamp lies below one that the same address had used before toward this server. */
  synBehind: number = 0;

  /** An RST on these ports just before the SYN, of the end that then sent it. */
  strayResetPacket: number = 0;
  strayResetAtUs: number = -1;
}

settleTimes(new Traces());

/** Of connections that have left none, which are most: shared, so that these need no memory of their own. */
export const NO_TRACES: Readonly<Traces> = new Traces();

/** The connection's own, to write to. */
export function tracesOf(c: Connection): Traces {
  if (c.traces !== NO_TRACES) return c.traces;
  const traces = new Traces();
  c.traces = traces;
  return traces;
}

/** What a busy host takes to answer beside the round trip. */
const ANSWER_US = 50_000;

/**
 * A pure ACK that repeats what was said. Where nothing of the other end can have been on its way to the sender, it answers
 * a segment that did not pass here: a challenge ACK (RFC 5961 3.2, 4.2, 5.2).
 */
export function noteDuplicateAck(
  c: Connection,
  from: End,
  to: End,
  s: Segment,
  packet: number,
  atUs: number,
): void {
  if (c.traces.farOut > 0 && c.traces.farOutFrom === (to === c.client ? 0 : 1))
    tracesOf(c).farOutAnswered = true;
  if (s.sackCount > 0) {
    if (to.isnKnown && ((s.sack[0]! - to.firstSeq) | 0) < 0) noteAlienSack(tracesOf(c), packet, atUs);
    return;
  }
  if (c.opening || c.firstFinFrom >= 0 || s.window === 0 || s.seq !== from.sndMax) return;
  if (to.segments < 2 || s.ack !== to.sndMax || from.lastAckField !== s.ack) return;
  const rttUs = roundTripUs(c);
  if (rttUs < 0) return;
  if (atUs - to.lastAtUs < 1.5 * rttUs + ANSWER_US || atUs - from.lastAtUs < ANSWER_US) return;
  const traces = tracesOf(c);
  if (traces.unaskedAcks++ > 0) return;
  traces.unaskedFrom = from === c.client ? 0 : 1;
  traces.unaskedPacket = packet;
  traces.unaskedAtUs = atUs;
}

function noteAlienSack(traces: Traces, packet: number, atUs: number): void {
  if (traces.alienSacks++ > 0) return;
  traces.alienSackPacket = packet;
  traces.alienSackAtUs = atUs;
}

/** As far as it is known by now; -1 where it is not. */
export function roundTripUs(c: Connection): number {
  if (c.synRttUs >= 0 && c.ackRttUs >= 0) return c.synRttUs + c.ackRttUs;
  return Math.max(c.client.rttMinUs, c.server.rttMinUs);
}

/** An ACK of more than was seen: the capture lost text, or nobody ever sent it. */
export function noteAckBeyond(c: Connection, from: End, to: End, packet: number, atUs: number): void {
  if (c.traces.beyondFrom >= 0 || to.segments === 0) return;
  const traces = tracesOf(c);
  traces.beyondFrom = from === c.client ? 0 : 1;
  traces.beyondPacket = packet;
  traces.beyondAtUs = atUs;
  traces.beyondOld = to.sndMax;
  traces.beyondMax = to.sndMax;
}

/** An ACK below the highest: where that one is in doubt already, it was none, and what it taught is taken back. */
export function noteAckBelow(c: Connection, from: End, to: End, ack: number, atUs: number): void {
  const who = from === c.client ? 0 : 1;
  if (c.traces.beyondFrom !== who || ((ack - c.traces.beyondMax) | 0) > 0) return;
  const traces = tracesOf(c);
  // So much later it is no old ACK that was overtaken: its sender has no more than that.
  const isBack = ack === traces.beyondOld && atUs - traces.beyondAtUs > OVERTAKEN_US;
  if (!traces.beyondDoubt && !isBack) return;
  traces.bogusAcks++;
  traces.beyondDoubt = false;
  to.sndMax = traces.beyondMax;
  to.sndUna = ack;
  from.rcvNxt = ack;
}

/** Longer than packets of one flow overtake each other by. */
const OVERTAKEN_US = 100_000;

/** The sender skips bytes: the capture or the path lost them. */
export function noteHole(c: Connection, from: End, s: Segment, packet: number, atUs: number): void {
  if (c.traces.holeFrom >= 0) return;
  const traces = tracesOf(c);
  traces.holeFrom = from === c.client ? 0 : 1;
  traces.holeStart = from.sndMax;
  traces.holeEnd = s.seq;
  traces.holePacket = packet;
  traces.holeAtUs = atUs;
  traces.holeTailLength = s.payloadLength;
}

/** Text that was sent, skipped or acknowledged before: does it fill a hole, or go in smaller pieces than the first time? */
export function noteAgain(c: Connection, from: End, to: End, s: Segment, packet: number, atUs: number): void {
  const who = from === c.client ? 0 : 1;
  const { beyondFrom, holeFrom, holeStart, holeEnd, shrunkFrom } = c.traces;
  if (beyondFrom === 1 - who) noteResumed(tracesOf(c), s, atUs);
  if (holeFrom === who && isIn(s.seq, holeStart, holeEnd)) {
    noteFilled(tracesOf(c), to, s, atUs);
    return;
  }
  const first = from.retryLength;
  if (shrunkFrom >= 0 || from.retryRun < 2 || s.payloadLength === 0 || s.payloadLength >= first) return;
  // Only the same bytes again count: the rest of a segment, or another one, may be small by nature.
  if (s.seq !== from.sndUna || (s.flags & Flag.psh) !== 0) return;
  const traces = tracesOf(c);
  traces.shrunkFrom = who;
  traces.shrunkLength = first;
  traces.shrunkTo = s.payloadLength;
  traces.shrunkTries = from.retryRun;
  traces.shrunkPacket = packet;
  traces.shrunkAtUs = atUs;
}

function noteFilled(traces: Traces, to: End, s: Segment, atUs: number): void {
  if (traces.holeFilledAtUs >= 0) return;
  traces.holeFilledAtUs = atUs;
  traces.holeFillLength = s.payloadLength;
  traces.holeOnPath = to.ackKnown && ((to.rcvNxt - traces.holeStart) | 0) <= 0;
}

function isIn(seq: number, start: number, end: number): boolean {
  return ((seq - start) | 0) >= 0 && ((seq - end) | 0) < 0;
}

/** So late a segment may be captured after the one that acknowledges it. */
const REORDERED_US = 5_000;

function noteResumed(traces: Traces, s: Segment, atUs: number): void {
  if (s.seq === traces.beyondOld) {
    if (atUs - traces.beyondAtUs < REORDERED_US) {
      traces.beyondFrom = -1;
      return;
    }
    traces.beyondDoubt = true;
  }
  if (!traces.beyondDoubt) return;
  const end = (s.seq + s.payloadLength + (s.flags & Flag.fin)) | 0;
  if (((end - traces.beyondMax) | 0) > 0) traces.beyondMax = end;
}

/** A FIN below what the other end has acknowledged: its sender knows nothing of those bytes. */
export function noteFin(c: Connection, from: End, packet: number, atUs: number): void {
  // One above is the ACK of this very FIN, captured before it.
  if (!from.acked || ((from.sndUna - from.finSeq) | 0) <= 1) return;
  const traces = tracesOf(c);
  traces.finBelowAck = (from.sndUna - from.finSeq) | 0;
  traces.finBelowAckPacket = packet;
  traces.finBelowAckAtUs = atUs;
}

/**
 * Two flows from one client port whose acknowledgements lie in one sequence space: the segment that `stray` began with is of
 * `c`, and came under an address that the client does not know (DNAT that did not translate it back).
 */
export function isTwin(c: Connection, stray: Connection): boolean {
  if (c === stray || c.client.port !== stray.client.port || c.family !== stray.family || c.midstream)
    return false;
  const { client } = c;
  if (!client.address.every((word, i) => word === stray.client.address[i])) return false;
  const ack = stray.server.lastAckField;
  return client.seqKnown && ((ack - client.firstSeq) | 0) >= 0 && ((ack - client.sndMax) | 0) <= 0;
}

/** Both from one client address and port: to different servers, as the four-tuples differ. */
export function sharesClientPort(a: Connection, b: Connection): boolean {
  if (a === b || a.client.port !== b.client.port || a.family !== b.family) return false;
  return a.client.address.every((word, i) => word === b.client.address[i]);
}

/** A segment of another sequence space; returns the log notes. A receiver answers it with an ACK (RFC 9293 3.10.7.4, first). */
export function noteFarOut(c: Connection, from: End, packet: number, atUs: number): number {
  const traces = tracesOf(c);
  if (traces.farOut++ === 0) {
    traces.farOutFrom = from === c.client ? 0 : 1;
    traces.farOutPacket = packet;
    traces.farOutAtUs = atUs;
  }
  return Note.foreign | Note.notable;
}

export function noteTextBeforeSyn(c: Connection): void {
  tracesOf(c).textBeforeSyn++;
}
