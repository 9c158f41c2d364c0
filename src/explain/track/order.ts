import { Flag, OptionBit, type Segment, SegmentKind } from '../../wire/segment.ts';
import type { Connection, End } from './connection.ts';
import type { Held } from './held.ts';

/** Numbers further apart are of different sequence spaces. */
const SAME_SPACE = 1 << 26;
/** So much text a new incarnation sends while segments wait. */
const NEAR_THE_SYN = 1 << 20;
/** Within the time that segments wait, a host does not send more packets. */
const ID_RUN = 64;
/** Ticks of a clock of 1 kHz within the time that segments wait, and some for a coarse one. */
const TICKS = 8;
/** An RST within this time answers what came before it (RFC 9293 3.10.7.1). */
const ANSWERED_US = 20_000;

function lengthOf(s: Segment): number {
  return s.payloadLength + ((s.flags & Flag.syn) !== 0 ? 1 : 0) + (s.flags & Flag.fin);
}

function endOf(s: Segment): number {
  return (s.seq + lengthOf(s)) | 0;
}

function isNear(distance: number): boolean {
  return distance < SAME_SPACE && distance > -SAME_SPACE;
}

function endIn(c: Connection, reversed: boolean): End {
  return reversed === c.clientIsLow ? c.server : c.client;
}

/** It carries what its end has not been seen to send. */
function isNew(held: Held, c: Connection | null): boolean {
  const s = held.segment;
  if (c === null || (s.flags & Flag.syn) !== 0) return true;
  const end = endIn(c, held.reversed);
  return !end.seqKnown || ((endOf(s) - end.sndMax) | 0) > 0;
}

/** The same text again, or a stray of old: its numbers say nothing about when it was sent. */
function isAgain(held: Held, c: Connection | null): boolean {
  return lengthOf(held.segment) > 0 && !isNew(held, c);
}

/** True where `x` must have been on the wire before `y`, in whatever order they were captured. */
function precedes(x: Held, y: Held, c: Connection | null, waiting: readonly Held[]): boolean {
  if (x.segment.kind !== SegmentKind.tcp) return false;
  if (y.segment.kind !== SegmentKind.tcp) return isQuotable(x, y, c);
  if (x.reversed !== y.reversed) return isKnownTo(x, y, c);
  return wasSentBefore(x, y, c, waiting) && !waiting.some((w) => arrivedWithout(w, x, y));
}

/** `w` says that the other end had got `y` and not yet `x` (RFC 2018 4): the path itself changed their order, or lost `x` once. */
function arrivedWithout(w: Held, x: Held, y: Held): boolean {
  return (
    w.reversed !== y.reversed &&
    isSacked(y.segment, w.segment) &&
    ((w.segment.ack - endOf(x.segment)) | 0) < 0
  );
}

function isSacked(s: Segment, by: Segment): boolean {
  if (by.sackCount === 0) return false;
  return ((s.seq - by.sack[0]!) | 0) >= 0 && ((endOf(s) - by.sack[1]!) | 0) <= 0;
}

/** The ICMP error `y` quotes a segment that was sent no sooner than `x`. */
function isQuotable(x: Held, y: Held, c: Connection | null): boolean {
  const ahead = (y.segment.seq - x.segment.seq) | 0;
  return x.reversed === y.reversed && ahead >= 0 && isNear(ahead) && isNew(x, c);
}

/** Two segments of one end: by its counter of packets, its clock, what it had received, what it had sent. */
function wasSentBefore(x: Held, y: Held, c: Connection | null, waiting: readonly Held[]): boolean {
  const a = x.segment;
  const b = y.segment;
  const counted = byCounters(a, b);
  if (counted !== 0) return counted < 0;
  if (isAgain(x, c) || isAgain(y, c) || (a.flags & Flag.rst) !== 0) return false;
  const acks = (b.ack - a.ack) | 0;
  if ((a.flags & b.flags & Flag.ack) !== 0 && acks !== 0 && isNear(acks))
    return acks > 0 && isSent(y.segment.ack, !y.reversed, c, waiting);
  const ahead = (b.seq - endOf(a)) | 0;
  // Without a socket there is no FIN any more, whatever the RST's number.
  if (ahead === -1 && (a.flags & Flag.fin) !== 0 && (b.flags & (Flag.rst | Flag.ack)) === Flag.rst)
    return true;
  if (ahead < 0 || !isNear(ahead)) return false;
  // SND.NXT at the time: without text of its own, it was sent before the text that begins there.
  if ((b.flags & Flag.rst) !== 0) return isSent(b.seq, y.reversed, c, waiting);
  return lengthOf(a) > 0 || lengthOf(b) > 0;
}

/** The end on that side sent up to this number: a number beyond is forged or damaged, and says nothing of order. */
function isSent(ack: number, reversed: boolean, c: Connection | null, waiting: readonly Held[]): boolean {
  if (c !== null) {
    const end = endIn(c, reversed);
    if (end.seqKnown && ((ack - end.sndMax) | 0) <= 0) return true;
  }
  return waiting.some(
    ({ segment: s, reversed: side }) =>
      side === reversed && (s.flags & Flag.rst) === 0 && ((ack - endOf(s)) | 0) <= 0,
  );
}

/** Below 0 where `a` was sent before `b` by their host's counter of packets or its clock, 0 where these do not tell. */
function byCounters(a: Segment, b: Segment): number {
  if (a.identification > 0 && b.identification > 0) {
    const ids = ((a.identification - b.identification) << 16) >> 16;
    if (ids !== 0 && Math.abs(ids) < ID_RUN) return ids;
  }
  if ((a.optionKinds & b.optionKinds & OptionBit.timestamps) === 0) return 0;
  const ticks = (a.tsVal - b.tsVal) | 0;
  return Math.abs(ticks) <= TICKS ? ticks : 0;
}

/** Segments of both ends: the sender of `y` had received `x`. */
function isKnownTo(x: Held, y: Held, c: Connection | null): boolean {
  const a = x.segment;
  const b = y.segment;
  if (lengthOf(a) === 0 || !isNew(x, c)) return false;
  if ((b.flags & Flag.ack) === 0) return false;
  const known = (b.ack - endOf(a)) | 0;
  return (known >= 0 && isNear(known)) || isSacked(a, b);
}

/** An RST without ACK has the number that the segment it answers acknowledges (RFC 9293 3.10.7.1): that one came before it. */
function awaitsTrigger(waiting: readonly Held[], at: number, c: Connection | null): boolean {
  const y = waiting[at]!;
  if ((y.segment.flags & (Flag.rst | Flag.ack)) !== Flag.rst || y.segment.kind !== SegmentKind.tcp)
    return false;
  const other = c === null ? null : endIn(c, !y.reversed);
  if (other !== null && other.segments > 0 && y.atUs - other.lastAtUs < ANSWERED_US) {
    if (other.lastAckField === y.segment.seq) return false;
  }
  const first = waiting.findIndex((x) => isTrigger(x, y));
  return first > at;
}

function isTrigger(x: Held, y: Held): boolean {
  const a = x.segment;
  return (
    x.reversed !== y.reversed &&
    a.kind === SegmentKind.tcp &&
    (a.flags & (Flag.rst | Flag.ack)) === Flag.ack &&
    a.ack === y.segment.seq
  );
}

/** The SYN among those that wait that may begin another incarnation than the one known, or -1. */
function newSynAt(waiting: readonly Held[], c: Connection | null): number {
  if (c === null) return -1;
  return waiting.findIndex(({ segment: s, reversed }) => {
    if ((s.flags & (Flag.syn | Flag.ack)) !== Flag.syn || s.kind !== SegmentKind.tcp) return false;
    // The number may even be the old one.
    return endIn(c, reversed).seqKnown;
  });
}

/** -1: before the SYN, of the old incarnation; 1: after it; 0: the SYN itself. Where the numbers fit both, as captured. */
function sideOf(waiting: readonly Held[], at: number, syn: number, c: Connection): number {
  if (at === syn) return 0;
  const { segment: s, reversed } = waiting[at]!;
  const opening = waiting[syn]!;
  const own = reversed === opening.reversed;
  const counted = own && s.kind === SegmentKind.tcp ? byCounters(s, opening.segment) : 0;
  if (counted !== 0) return Math.sign(counted);
  const number = own ? s.seq : s.ack;
  const into = (number - endOf(opening.segment)) | 0;
  const past = (number - endIn(c, opening.reversed).sndMax) | 0;
  const fitsNew = into >= 0 && into < NEAR_THE_SYN;
  const fitsOld = past <= 0 && past > -SAME_SPACE;
  if (fitsNew !== fitsOld && s.kind === SegmentKind.tcp) {
    if (fitsNew) return 1;
    // Who has sent a SYN goes on in the old numbers only with the RST that answers a challenge ACK (RFC 5961 4.2).
    if (own ? (s.flags & Flag.rst) === 0 : lengthOf(s) > 0 && isNew(waiting[at]!, c)) return -1;
  }
  return at < syn ? -1 : 1;
}

/** The segment that was first on the wire of those that wait, as far as their numbers tell; else the first captured. */
export function firstSent(waiting: readonly Held[], c: Connection | null): number {
  const syn = newSynAt(waiting, c);
  if (syn < 0 || c === null) return firstOf(waiting, waiting, c);
  const sides = waiting.map((_, at) => sideOf(waiting, at, syn, c));
  const least = Math.min(...sides);
  const first = waiting.filter((_, at) => sides[at] === least);
  return waiting.indexOf(first[firstOf(first, waiting, least === 1 ? null : c)]!);
}

function firstOf(some: readonly Held[], waiting: readonly Held[], c: Connection | null): number {
  for (let i = 0; i < some.length; i++) {
    const y = some[i]!;
    if (!some.some((x) => x !== y && precedes(x, y, c, waiting)) && !awaitsTrigger(some, i, c)) return i;
  }
  return 0;
}

/** It says that a segment is missing which may only have been captured later. Asked of each packet, so in few steps. */
export function isEarly(c: Connection, s: Segment, reversed: boolean): boolean {
  const fromServer = reversed === c.clientIsLow;
  const from = fromServer ? c.server : c.client;
  if (from.seqKnown && ((s.seq - from.sndMax) | 0) > 0) return (s.flags & Flag.syn) === 0;
  const to = fromServer ? c.client : c.server;
  return ((s.ack - to.sndMax) | 0) > 0 && to.segments > 0 && (s.flags & (Flag.syn | Flag.ack)) === Flag.ack;
}
