import {
  Acks,
  classify,
  Effect,
  EVENT_COUNT,
  type EventSet,
  Facts,
  firstEvent,
  Known,
  State,
  Where,
} from '../states/index.ts';
import { Flag, OptionBit, type Segment } from '../wire/index.ts';
import type { Host } from './host.ts';
import { findListener, synArrives } from './listener.ts';
import { sendAnswer } from './serialise.ts';
import { type TimeWaitFields, TimeWaitFlag } from './time-wait.ts';
import { killTimeWait, timeWaitUs } from './time-wait-life.ts';

/** Linux: far enough above the old incarnation's last sequence number, whatever its window was. */
const ISN_DISTANCE = 65_535 + 2;

const facts = new Facts();

/** RFC 9293 3.10.7.4 for a connection of which only a record is left. */
export function timeWaitArrives(host: Host, id: number, segment: Segment, localIndex: number): void {
  const fields = host.timeWaitFields;
  host.timeWait.read(id, fields);
  if (host.synInTimeWait !== null && (segment.flags & (Flag.syn | Flag.rst)) === Flag.syn) {
    host.synInTimeWait(host, id, fields, segment);
    return;
  }
  fillFacts(host, fields, segment, localIndex);
  const events = classify(facts, State.timeWait);
  const effects = effectsOf(host, events);
  if (facts.pawsFailed === Known.yes && (segment.flags & Flag.rst) === 0) host.counters.PAWSEstab++;
  if ((effects & Effect.reopen) !== 0) {
    reopen(host, id, fields, segment, localIndex);
    return;
  }
  if ((effects & Effect.deleteTcb) !== 0) {
    killTimeWait(host, id);
    return;
  }
  noteTimestamp(host, id, fields, segment);
  if ((effects & Effect.restartTimeWait) !== 0) host.timeWait.postpone(id, host.now + timeWaitUs(host));
  if ((effects & Effect.sendAck) !== 0) {
    if (mayAnswer(host, id, segment)) acknowledge(host, fields, segment);
  } else if ((effects & Effect.challengeAck) !== 0 && host.takeChallenge()) {
    host.counters.TCPChallengeACK++;
    acknowledge(host, fields, segment);
  }
}

/**
 * Two ends that disagree could answer each other's bare ACKs for ever, so those share the pace of challenge ACKs (Linux
 * tcp_timewait_check_oow_rate_limit); what occupies sequence numbers is always answered.
 */
function mayAnswer(host: Host, id: number, segment: Segment): boolean {
  const isBare = segment.payloadLength === 0 && (segment.flags & Flag.fin) === 0;
  if (!isBare && (segment.flags & Flag.syn) === 0) return true;
  return host.timeWait.takeAnswer(id, host.now, host.config.challengeAckIntervalUs);
}

/** The effects of all events of the arrival; none of them leads on to another state but the last. */
function effectsOf(host: Host, events: EventSet): number {
  let effects = 0;
  for (let rest = events; rest !== 0; rest &= rest - 1) {
    const cell = State.timeWait * EVENT_COUNT + firstEvent(rest);
    host.lastCell = cell;
    effects |= host.table.effects[cell]!;
  }
  return effects;
}

function fillFacts(host: Host, fields: TimeWaitFields, segment: Segment, localIndex: number): void {
  const withTimestamps =
    (fields.flags & TimeWaitFlag.timestamps) !== 0 && (segment.optionKinds & OptionBit.timestamps) !== 0;
  const newerBy = withTimestamps ? (segment.tsVal - fields.tsRecent) | 0 : 0;
  facts.reset();
  facts.flags = segment.flags;
  facts.hasData = segment.payloadLength > 0;
  facts.where = whereIs(fields, segment);
  facts.acks = acksOf(fields, segment);
  facts.pawsFailed = newerBy < 0 ? Known.yes : Known.no;
  if (host.config.timeWaitExact && !isExact(segment)) facts.where = outside(facts.where);
  if (host.config.timeWaitAnswersAll) placeForAll(segment);
  facts.queuedFin = Known.no;
  facts.readerGone = Known.yes;
  facts.passive = Known.no;
  facts.room = Known.yes;
  if ((segment.flags & (Flag.syn | Flag.ack | Flag.rst)) !== Flag.syn) return;
  // RFC 6191 2: by timestamp where both have one, otherwise, or where it is the same, by sequence number.
  const laterSeq = ((segment.seq - fields.rcvNxt) | 0) > 0;
  facts.newer = newerBy > 0 || (newerBy === 0 && laterSeq) ? Known.yes : Known.no;
  facts.listening = findListener(host, segment, localIndex) === null ? Known.no : Known.yes;
}

/** RFC 9293 3.10.7.4 (first) against the window that was offered last. */
function whereIs(fields: TimeWaitFields, segment: Segment): number {
  const flags = segment.flags;
  const controls = ((flags & Flag.syn) !== 0 ? 1 : 0) + ((flags & Flag.fin) !== 0 ? 1 : 0);
  const length = segment.payloadLength + controls;
  const start = (segment.seq - fields.rcvNxt) | 0;
  const end = (start + length) | 0;
  if (start === 0) return Where.exact;
  if (start > 0) return start < fields.rcvWindow ? Where.ahead : Where.beyond;
  return end > 0 && fields.rcvWindow > 0 ? Where.overlap : Where.before;
}

/** Linux tcp_timewait_state_process: what may lie in the window is a bare segment or an RST at RCV.NXT, not of long ago. */
function isExact(segment: Segment): boolean {
  if ((segment.flags & Flag.rst) !== 0) return facts.pawsFailed === Known.no && facts.where === Where.exact;
  return !facts.hasData && (segment.flags & Flag.fin) === 0 && facts.where === Where.exact;
}

/** FreeBSD tcp_twcheck: what is no bare ACK in order is answered as if it lay outside, if it has an ACK. */
function placeForAll(segment: Segment): void {
  const { flags } = segment;
  if ((flags & (Flag.rst | Flag.syn)) !== 0) return;
  if ((flags & Flag.ack) === 0) {
    facts.where = Where.exact;
    facts.pawsFailed = Known.no;
  } else if (
    (flags & ~Flag.psh) !== Flag.ack ||
    facts.hasData ||
    facts.where !== Where.exact ||
    facts.acks !== Acks.fin
  ) {
    facts.where = outside(facts.where);
  }
}

function outside(where: number): number {
  return (where & (Where.overlap | Where.before)) !== 0 ? Where.before : Where.beyond;
}

/** The FIN was the last that we sent: whoever acknowledges SND.NXT acknowledges it. */
function acksOf(fields: TimeWaitFields, segment: Segment): number {
  const ahead = (segment.ack - fields.sndNxt) | 0;
  if (ahead === 0) return Acks.fin;
  return ahead > 0 ? Acks.unsent : Acks.plain;
}

/** RFC 7323 4.3, 5.5: the record goes on protecting the new incarnation. */
function noteTimestamp(host: Host, id: number, fields: TimeWaitFields, segment: Segment): void {
  if ((fields.flags & TimeWaitFlag.timestamps) === 0 || facts.pawsFailed === Known.yes) return;
  if ((segment.optionKinds & OptionBit.timestamps) === 0 || (segment.flags & Flag.rst) !== 0) return;
  if ((facts.where & (Where.beyond | Where.ahead)) !== 0) return;
  fields.tsRecent = segment.tsVal;
  host.timeWait.setTsRecent(id, segment.tsVal);
}

/** The last ACK, once more. */
export function acknowledge(host: Host, fields: TimeWaitFields, segment: Segment): void {
  const out = host.out;
  out.seq = fields.sndNxt;
  out.ack = fields.rcvNxt;
  out.flags = Flag.ack;
  out.window = Math.min(0xffff, fields.rcvWindow >> fields.rcvScale);
  out.urgentPointer = 0;
  out.optionKinds = 0;
  out.sackCount = 0;
  out.payloadLength = 0;
  out.segmentSize = 0;
  out.ecn = 0;
  if ((fields.flags & TimeWaitFlag.timestamps) !== 0) {
    out.optionKinds = OptionBit.timestamps;
    out.tsVal = (Math.floor(host.now / host.config.timestampTickUs) + fields.tsOffset) | 0;
    out.tsEcr = fields.tsRecent;
  }
  sendAnswer(host, segment, out);
}

/** RFC 9293 3.6.1 (MAY-2): the old incarnation is forgotten, and the listener takes the SYN. */
function reopen(host: Host, id: number, fields: TimeWaitFields, segment: Segment, localIndex: number): void {
  const iss = (fields.sndNxt + ISN_DISTANCE) | 0;
  const listener = findListener(host, segment, localIndex)!;
  killTimeWait(host, id);
  synArrives(host, listener, segment, localIndex, iss);
}
