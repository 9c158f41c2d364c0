import {
  Acks,
  classify,
  type Event,
  Facts,
  firstEvent,
  Known,
  LINUX_TABLE,
  next,
  State,
  Where,
} from '../../states/index.ts';
import { Flag } from '../../wire/segment.ts';
import type { Connection, End } from './connection.ts';
import { stateEntry } from './records.ts';

/** The state an end is in, as inferred; CLOSED where nothing is known yet. */
export function stateOf(end: End): number {
  const history = end.history;
  return history.length === 0 ? State.closed : history[history.length - 1]!.state;
}

/** A host cannot make a connection's history longer than this by flapping. */
const MAX_HISTORY = 32;

function push(end: End, state: number, atUs: number, packet: number): void {
  if (end.history.length < MAX_HISTORY) end.history.push(stateEntry(state, atUs, packet));
}

/** Takes one event of the diagram; what the diagram calls impossible here was not seen rightly and changes nothing. */
export function step(end: End, event: Event, atUs: number, packet: number): void {
  const before = end.history.length === 0 ? end.initialState : stateOf(end);
  const after = next(LINUX_TABLE, before as State, event);
  if (after < 0 || after === before) return;
  // A passive open that fails goes back to LISTEN (RFC 9293 3.10.7.4); this connection, though, is gone.
  push(end, after === State.listen ? State.closed : after, atUs, packet);
}

const facts = new Facts();

/** Flags that the states ask about. */
const FLAGS: number = Flag.fin | Flag.syn | Flag.rst | Flag.ack;
/** Where `Where`, `Acks`, passive and `State` stand in a key, above the flags. */
const WHERE_AT = 5;
const ACKS_AT = 10;
const PASSIVE_AT = 14;
const STATE_AT = 15;
/** Sets of events by key, plus one; 0 where nobody has asked yet. The same few arrivals come again and again (measured). */
const known: Int32Array = new Int32Array(1 << (STATE_AT + 4));

/** The events that an arrival is in that state, as `classify` says. */
function eventsOf(state: number, flags: number, where: number, acks: number, passive: boolean): number {
  const key =
    (flags & FLAGS) |
    (where << WHERE_AT) |
    (acks << ACKS_AT) |
    ((passive ? 1 : 0) << PASSIVE_AT) |
    (state << STATE_AT);
  if (known[key] === 0) {
    facts.reset();
    facts.flags = flags & FLAGS;
    facts.where = where;
    facts.acks = acks;
    facts.passive = passive ? Known.yes : Known.no;
    known[key] = classify(facts, state as State) + 1;
  }
  return known[key]! - 1;
}

/**
 * A segment reaches an end: `where` its number lies there and what it `acks`, as far as what passed by tells. The states
 * room says which events that is (RFC 9293 3.10.7); where a fact that matters is unknown, no step is taken.
 */
export function arrive(
  end: End,
  flags: number,
  where: number,
  acks: number,
  atUs: number,
  packet: number,
): void {
  const state = end.history.length === 0 ? end.initialState : stateOf(end);
  const events = eventsOf(state, flags, where, acks, end.initialState === State.listen);
  for (let rest = events; rest > 0; rest &= rest - 1) step(end, firstEvent(rest), atUs, packet);
}

const SYN_ACK: number = Flag.syn | Flag.ack;
const FIN_ACK: number = Flag.fin | Flag.ack;

/** The other end's FIN arrives in order. */
export function arrivalOfFin(end: End, atUs: number, packet: number): void {
  arrive(end, FIN_ACK, Where.exact, Acks.plain, atUs, packet);
}

/** The end was in this state already when the capture saw it first. */
export function assume(end: End, state: State, atUs: number, packet: number): void {
  if (end.history.length === 0) push(end, state, atUs, packet);
}

/** Takes back the last step: what came later contradicts it. */
export function revert(end: End): void {
  end.history.pop();
}

/**
 * `from` acknowledges what `to` sent: so `from` had received it (RFC 9293 3.10.7.4 seventh and eighth), and the
 * acknowledgement now travels to `to` and is taken as arrived until something contradicts it.
 */
export function arrivalOfAck(
  c: Connection,
  from: End,
  to: End,
  ack: number,
  packet: number,
  atUs: number,
): void {
  if (c.opening) arrivalOfHandshake(c, from, to, ack, packet, atUs);
  if (to.fins === 0 || ((ack - to.finSeq) | 0) <= 0) return;
  arrivalOfFin(from, to.finLastAtUs, to.finLastPacket);
  // In order, `to` took our FIN before this ACK of its own: the FINs crossed (RFC 9293 Figure 13).
  if (from.fins > 0 && stateOf(to) === State.finWait1) arrivalOfFin(to, from.finLastAtUs, from.finLastPacket);
  arrive(to, Flag.ack, Where.exact, Acks.fin, atUs, packet);
  if (from === c.server && from.fins === 0 && c.serverRecord !== null && !c.countedHalfClosed) {
    c.countedHalfClosed = true;
    c.serverRecord.halfClosed++;
  }
}

/** The server closed after all, or the connection was reset. */
export function leaveHalfClosed(c: Connection): void {
  if (!c.countedHalfClosed || c.serverRecord === null) return;
  c.countedHalfClosed = false;
  c.serverRecord.halfClosed--;
}

function arrivalOfHandshake(
  c: Connection,
  from: End,
  to: End,
  ack: number,
  packet: number,
  atUs: number,
): void {
  if (!to.isnKnown || ((ack - to.firstSeq) | 0) <= 0) return;
  if (stateOf(from) === State.synSent && to.syns > 0) {
    arrive(from, SYN_ACK, Where.exact, Acks.plain, to.lastSynAtUs, to.lastSynPacket);
  }
  if (stateOf(to) === State.synReceived) {
    arrive(to, Flag.ack, Where.exact, Acks.plain, atUs, packet);
    if (c.handshakeAckAtUs < 0) {
      c.handshakeAckAtUs = atUs;
      if (c.serverRecord !== null) c.serverRecord.completed++;
      c.handshakeAckPacket = packet;
      if (to.lastSynAtUs > 0) c.ackRttUs = atUs - to.lastSynAtUs;
    }
  }
  const done = stateOf(from) >= State.established && stateOf(to) >= State.established;
  // A client whose segments the capture does not show is known by what the server acknowledges.
  if (stateOf(to) === State.synSent && from.syns > 0 && ((ack - to.firstSeq) | 0) > 1) {
    arrive(to, SYN_ACK, Where.exact, Acks.plain, from.lastSynAtUs, from.lastSynPacket);
    if (stateOf(from) === State.synReceived) arrive(from, Flag.ack, Where.exact, Acks.plain, atUs, packet);
  }
  if (done) c.opening = false;
}

/** Puts a state between `after` and the last step, where that is the step before it. */
export function insertBeforeLast(end: End, after: State, state: State): void {
  const { history } = end;
  const last = history.at(-1);
  if (last === undefined || history.at(-2)?.state !== after) return;
  history.splice(-1, 0, stateEntry(state, last.atUs, last.packet));
}
