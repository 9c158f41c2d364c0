import { Event, type EventSet } from './events.ts';
import { FIN_TAKEN, State } from './names.ts';

/** Yes, no or unknown: a set of the answers that are still possible. */
export const Known = { no: 1, yes: 2, unknown: 3 } as const;

/** Where a segment lies against the receive window; several bits where that is not known exactly. */
export const Where = {
  /** SEG.SEQ = RCV.NXT. */
  exact: 1,
  /** Begins before RCV.NXT and ends after it: trimmed, it is exact. */
  overlap: 2,
  /** Inside the window, after RCV.NXT. */
  ahead: 4,
  /** Wholly before RCV.NXT. */
  before: 8,
  /** Wholly beyond the window. */
  beyond: 16,
  unknown: 31,
} as const;

/** What SEG.ACK acknowledges; several bits where that is not known exactly. Without the ACK flag it is not read. */
export const Acks = {
  /** In SYN-SENT and SYN-RECEIVED: not even our SYN. Later: below SND.UNA by more than the largest window. */
  below: 1,
  /** Our SYN at least, not our FIN; duplicates included. */
  plain: 2,
  /** Our FIN too. */
  fin: 4,
  /** Something we never sent. */
  unsent: 8,
  unknown: 15,
} as const;

/** Flag bits of a TCP header, as `wire` has them. */
const FIN = 0x01;
const SYN = 0x02;
const RST = 0x04;
const ACK = 0x10;

/**
 * All that is known of one segment against one end's control block. Every field but the first two is a set of
 * possible values, so knowing less is a larger set. One record is meant to be reused.
 *
 * Who fills it follows RFC 9293 3.10.7.4: with a closed window a segment at RCV.NXT is `exact` without data, for its
 * ACK and RST still count.
 */
export class Facts {
  /** The flags of the header. */
  flags: number = 0;
  /** The segment has payload. */
  hasData: boolean = false;
  where: number = Where.unknown;
  acks: number = Acks.unknown;
  /** TSval is older than TS.Recent (RFC 7323 5.2). */
  pawsFailed: number = Known.no;
  /** With this segment a FIN that arrived early comes into order. */
  queuedFin: number = Known.no;
  /** This end's application has closed both directions. */
  readerGone: number = Known.unknown;
  /** A passive OPEN began the connection (read in SYN-RECEIVED). */
  passive: number = Known.unknown;
  /** In TIME-WAIT: the SYN is newer than the old incarnation (RFC 1122 4.2.2.13, RFC 6191). */
  newer: number = Known.unknown;
  /** In TIME-WAIT: somebody would take a new connection on the port. */
  listening: number = Known.unknown;
  /** The SYN queue and the accept queue have room. */
  room: number = Known.yes;

  /** Back to a segment of which nothing is known but that an ordinary host received it. */
  reset(): void {
    this.flags = 0;
    this.hasData = false;
    this.where = Where.unknown;
    this.acks = Acks.unknown;
    this.pawsFailed = Known.no;
    this.queuedFin = Known.no;
    this.readerGone = Known.unknown;
    this.passive = Known.unknown;
    this.newer = Known.unknown;
    this.listening = Known.unknown;
    this.room = Known.yes;
  }
}

/** The facts that can be unknown, by number: `classify` answers `-1 - fact` where it needs one. */
export const Fact = {
  where: 0,
  acks: 1,
  pawsFailed: 2,
  queuedFin: 3,
  readerGone: 4,
  passive: 5,
  newer: 6,
  listening: 7,
  room: 8,
} as const;

export type Fact = (typeof Fact)[keyof typeof Fact];

export function readFact(facts: Facts, fact: Fact): number {
  switch (fact) {
    case Fact.where:
      return facts.where;
    case Fact.acks:
      return facts.acks;
    case Fact.pawsFailed:
      return facts.pawsFailed;
    case Fact.queuedFin:
      return facts.queuedFin;
    case Fact.readerGone:
      return facts.readerGone;
    case Fact.passive:
      return facts.passive;
    case Fact.newer:
      return facts.newer;
    case Fact.listening:
      return facts.listening;
    case Fact.room:
      return facts.room;
  }
}

export function writeFact(facts: Facts, fact: Fact, value: number): void {
  switch (fact) {
    case Fact.where:
      facts.where = value;
      return;
    case Fact.acks:
      facts.acks = value;
      return;
    case Fact.pawsFailed:
      facts.pawsFailed = value;
      return;
    case Fact.queuedFin:
      facts.queuedFin = value;
      return;
    case Fact.readerGone:
      facts.readerGone = value;
      return;
    case Fact.passive:
      facts.passive = value;
      return;
    case Fact.newer:
      facts.newer = value;
      return;
    case Fact.listening:
      facts.listening = value;
      return;
    case Fact.room:
      facts.room = value;
      return;
  }
}

const INSIDE = Where.exact | Where.overlap | Where.ahead;
const IN_ORDER = Where.exact | Where.overlap;
const OUTSIDE = Where.before | Where.beyond;

/** `classify` stopped at a fact that is not known well enough. */
function need(fact: Fact): number {
  return -1 - fact;
}

/**
 * RFC 9293 3.10.7: what a segment means to an end in one state, as events in the order of processing. This is the
 * only place where segments become events.
 *
 * With exact facts the answer is a set of segment events, never empty. Where the order of checks comes to a fact that
 * is not known well enough, the answer is `-1 - Fact`: decide it and ask again, as `stepSet` does for every value.
 */
export function classify(facts: Facts, state: State): EventSet {
  switch (state) {
    case State.closed:
      return classifyClosed(facts);
    case State.listen:
      return classifyListen(facts);
    case State.synSent:
      return classifySynSent(facts);
    case State.synReceived:
      return classifySynReceived(facts);
    default:
      return classifySynchronised(facts, state);
  }
}

/** RFC 9293 3.10.7.1 */
function classifyClosed(facts: Facts): EventSet {
  return (facts.flags & RST) !== 0 ? 1 << Event.rstOutside : 1 << Event.stray;
}

/** RFC 9293 3.10.7.2 */
function classifyListen(facts: Facts): EventSet {
  const flags = facts.flags;
  if ((flags & RST) !== 0) return 1 << Event.rstOutside;
  if ((flags & ACK) !== 0) return 1 << Event.badAck;
  if ((flags & SYN) === 0) return 1 << Event.useless;
  if (facts.room === Known.no) return 1 << Event.noRoom;
  if (facts.room !== Known.yes) return need(Fact.room);
  return (flags & FIN) !== 0 ? 1 << Event.synFin : 1 << Event.syn;
}

/** RFC 9293 3.10.7.3 */
function classifySynSent(facts: Facts): EventSet {
  const flags = facts.flags;
  if ((flags & ACK) === 0) {
    if ((flags & RST) !== 0) return 1 << Event.rstOutside;
    return (flags & SYN) !== 0 ? 1 << Event.syn : 1 << Event.useless;
  }
  const acks = facts.acks;
  if ((acks & (acks - 1)) !== 0) return need(Fact.acks);
  if (acks === Acks.fin) return 1 << Event.ackOfFin;
  if (acks !== Acks.plain) return (flags & RST) !== 0 ? 1 << Event.rstOutside : 1 << Event.badAck;
  if ((flags & RST) !== 0) return 1 << Event.rst;
  if ((flags & SYN) === 0) return 1 << Event.useless;
  // Fourth: the rest of the segment is processed from the sixth step on; SEG.SEQ sets RCV.NXT, so it lies exactly.
  let events = 1 << Event.synAck;
  if (facts.hasData) events |= 1 << Event.data;
  if ((flags & FIN) !== 0) events |= 1 << Event.fin;
  return events;
}

/** RFC 9293 3.10.7.4 as it applies to SYN-RECEIVED. */
function classifySynReceived(facts: Facts): EventSet {
  const flags = facts.flags;
  const where = facts.where;
  if ((flags & RST) !== 0) return classifyRst(facts, State.synReceived);
  if ((flags & SYN) !== 0) return classifySynOnHandshake(facts);
  if (facts.pawsFailed !== Known.no) {
    return facts.pawsFailed === Known.yes ? 1 << Event.pawsFailed : need(Fact.pawsFailed);
  }
  if ((where & OUTSIDE) !== 0) {
    return (where & INSIDE) === 0 ? 1 << Event.unacceptable : need(Fact.where);
  }
  if ((flags & ACK) === 0) return 1 << Event.useless;
  const acks = facts.acks;
  if ((acks & (acks - 1)) !== 0) return need(Fact.acks);
  if (acks === Acks.fin) return 1 << Event.ackOfFin;
  if (acks !== Acks.plain) return 1 << Event.badAck;
  if (facts.room === Known.no) return 1 << Event.noRoom;
  if (facts.room !== Known.yes) return need(Fact.room);
  return withText(facts, State.synReceived, 1 << Event.ackOfSyn);
}

/** A SYN for an end that answered one: the same again, simultaneous open (RFC 9293 Figure 7), or a new one. */
function classifySynOnHandshake(facts: Facts): EventSet {
  const where = facts.where;
  if ((where & (where - 1)) !== 0) return need(Fact.where);
  if (where === Where.beyond) return 1 << Event.unacceptable;
  if (where === Where.before) {
    if ((facts.flags & ACK) === 0) return 1 << Event.synAgain;
    const acks = facts.acks;
    if ((acks & (acks - 1)) !== 0) return need(Fact.acks);
    return acks === Acks.plain ? 1 << Event.synAck : 1 << Event.synAgain;
  }
  if (facts.passive === Known.yes) return 1 << Event.synPassive;
  return facts.passive === Known.no ? 1 << Event.synOnConnection : need(Fact.passive);
}

/** RFC 9293 3.10.7.4 (second), RFC 5961 3.2. */
function classifyRst(facts: Facts, state: State): EventSet {
  const where = facts.where;
  if ((where & (where - 1)) !== 0) return need(Fact.where);
  if ((where & OUTSIDE) !== 0) return 1 << Event.rstOutside;
  if (where !== Where.exact) return 1 << Event.rstInWindow;
  if (state !== State.synReceived) return 1 << Event.rst;
  if (facts.passive === Known.yes) return 1 << Event.rstPassive;
  return facts.passive === Known.no ? 1 << Event.rst : need(Fact.passive);
}

/** RFC 9293 3.10.7.4 for ESTABLISHED and later states. */
function classifySynchronised(facts: Facts, state: State): EventSet {
  const flags = facts.flags;
  if ((flags & RST) !== 0) return classifyRst(facts, state);
  // RFC 6191: in TIME-WAIT the question whether a SYN is new goes before the sequence number check.
  if (state === State.timeWait && (flags & (SYN | ACK)) === SYN) return classifySynInTimeWait(facts);
  if (facts.pawsFailed !== Known.no) {
    return facts.pawsFailed === Known.yes ? 1 << Event.pawsFailed : need(Fact.pawsFailed);
  }
  // RFC 5961 4.2: a SYN is challenged wherever it lies.
  if ((flags & SYN) !== 0) return 1 << Event.synOnConnection;
  const where = facts.where;
  if ((where & OUTSIDE) !== 0) {
    if ((where & INSIDE) !== 0) return need(Fact.where);
    if ((flags & FIN) === 0 || ((1 << state) & FIN_TAKEN) === 0) return 1 << Event.unacceptable;
    if (where === Where.before) return 1 << Event.finAgain;
    return where === Where.beyond ? 1 << Event.unacceptable : need(Fact.where);
  }
  if ((flags & ACK) === 0) return 1 << Event.useless;
  const acks = facts.acks;
  if ((acks & (acks - 1)) !== 0) return need(Fact.acks);
  if (acks === Acks.below) return 1 << Event.ackTooOld;
  if (acks === Acks.unsent) return 1 << Event.ackOfUnsent;
  if (acks === Acks.plain) return withText(facts, state, 1 << Event.ack);
  // LAST-ACK ends here: what else the segment carries meets no control block.
  if (state === State.lastAck) return 1 << Event.ackOfFin;
  return withText(facts, state, 1 << Event.ackOfFin);
}

/** RFC 9293 3.10.7.4 (first, last paragraph; fourth), RFC 6191. */
function classifySynInTimeWait(facts: Facts): EventSet {
  if (facts.newer === Known.no || facts.listening === Known.no) return 1 << Event.oldSyn;
  if (facts.newer !== Known.yes) return need(Fact.newer);
  return facts.listening === Known.yes ? 1 << Event.newSyn : need(Fact.listening);
}

/** RFC 9293 3.10.7.4 (seventh, eighth): adds what text and FIN of an acceptable segment mean. */
function withText(facts: Facts, state: State, events: EventSet): EventSet {
  let all = events;
  if (facts.hasData) {
    // Only these two states can have a peer that still sends and no reader (RFC 1122 4.2.2.13).
    if (state === State.finWait1 || state === State.finWait2) {
      if (facts.readerGone === Known.yes) return all | (1 << Event.dataAfterClose);
      if (facts.readerGone !== Known.no) return need(Fact.readerGone);
    }
    all |= 1 << Event.data;
  }
  if ((facts.flags & FIN) !== 0) {
    if ((facts.where & IN_ORDER) === facts.where) return all | (1 << Event.fin);
    if ((facts.where & IN_ORDER) !== 0) return need(Fact.where);
  }
  if (facts.queuedFin === Known.no) return all;
  return facts.queuedFin === Known.yes ? all | (1 << Event.fin) : need(Fact.queuedFin);
}
