import { Effect, type EffectSet } from './effects.ts';
import { EVENT_COUNT, Event, eventFamily } from './events.ts';
import { lowest, STATE_COUNT, type StateSet } from './names.ts';
import { IMPOSSIBLE, type Table } from './table.ts';

/** What an end puts on the wire, as far as it tells states apart. */
export const Emission = {
  syn: 0,
  synAck: 1,
  fin: 2,
  /** An RST of either kind. */
  rst: 3,
  /** An RST of the sender's own accord: sequence number SND.NXT, ACK set. */
  rstAbort: 4,
  /** An RST in answer to a segment: sequence number taken from its ACK, or 0. */
  rstReply: 5,
  data: 6,
  /** A segment with nothing but an ACK: answer, window update, challenge, probe. */
  ack: 7,
} as const;

export type Emission = (typeof Emission)[keyof typeof Emission];

const EMISSION_EFFECTS: readonly EffectSet[] = [
  Effect.sendSyn,
  Effect.sendSynAck,
  Effect.sendFin,
  Effect.sendRst | Effect.replyRst,
  Effect.sendRst,
  Effect.replyRst,
  Effect.sendData,
  Effect.sendAck | Effect.challengeAck | Effect.sendProbe,
];

const ANY_EMISSION: EffectSet = EMISSION_EFFECTS.reduce((all, effects) => all | effects, 0);

/** By `emission * STATE_COUNT + state`: the states an end can be in after it sent that. */
interface Masks {
  /** Nothing having been missed. */
  readonly emitted: Int16Array;
  /** Any number of segments to the end may have been missed before, in one incarnation. */
  readonly afterLoss: Int16Array;
}

/** Only an observer asks for them, so they are made when it does. */
const known: WeakMap<Table, Masks> = new WeakMap();

/**
 * The possible states of an end after it was seen to send something, the segments that reached it before having been
 * stepped already. The empty set is a contradiction: none of the states sends that, so something was not seen.
 */
export function emit(table: Table, set: StateSet, emission: Emission): StateSet {
  return lookUp(masksOf(table).emitted, set, emission);
}

/** As `emit`, where segments to the end may have been missed before, but not a new connection. */
export function emitAfterLoss(table: Table, set: StateSet, emission: Emission): StateSet {
  return lookUp(masksOf(table).afterLoss, set, emission);
}

function masksOf(table: Table): Masks {
  let masks = known.get(table);
  if (masks === undefined) {
    const { next, effects } = table;
    masks = {
      emitted: emissions(next, effects, isSilent),
      afterLoss: emissions(next, effects, isSameIncarnation),
    };
    known.set(table, masks);
  }
  return masks;
}

function lookUp(masks: Int16Array, set: StateSet, emission: Emission): StateSet {
  let after = 0;
  for (let rest = set; rest !== 0; rest &= rest - 1) {
    after |= masks[emission * STATE_COUNT + lowest(rest)]!;
  }
  return after;
}

type Filter = (event: Event, effects: EffectSet) => boolean;

/** What happens inside an end without a segment in either direction. */
const isSilent: Filter = (event, effects) =>
  eventFamily(event) !== 'segment' && isSameIncarnation(event, effects) && (effects & ANY_EMISSION) === 0;

/** Does not begin another connection, as an OPEN and a newer SYN in TIME-WAIT do. */
const isSameIncarnation: Filter = (event) =>
  event !== Event.openActive && event !== Event.openPassive && event !== Event.newSyn;

function emissions(next: Int8Array, effects: Int32Array, unseen: Filter): Int16Array {
  const masks = new Int16Array(EMISSION_EFFECTS.length * STATE_COUNT);
  for (let state = 0; state < STATE_COUNT; state += 1) {
    const reach = closure(next, effects, 1 << state, unseen);
    EMISSION_EFFECTS.forEach((wanted, emission) => {
      masks[emission * STATE_COUNT + state] = senders(next, effects, reach, wanted);
    });
  }
  return masks;
}

/** All states that events of one sort lead to from a set, itself included. */
function closure(next: Int8Array, effects: Int32Array, set: StateSet, unseen: Filter): StateSet {
  let all = set;
  for (let before = 0; before !== all; ) {
    before = all;
    for (let cell = 0; cell < next.length; cell += 1) {
      const state = Math.floor(cell / EVENT_COUNT);
      if ((before & (1 << state)) === 0 || next[cell] === IMPOSSIBLE) continue;
      if (unseen((cell % EVENT_COUNT) as Event, effects[cell]!)) all |= 1 << next[cell]!;
    }
  }
  return all;
}

/**
 * The states in which an end can be after sending: those that a call or timer with that effect leads to, and those
 * that the end is in already when it sends the answer to a segment.
 */
function senders(next: Int8Array, effects: Int32Array, set: StateSet, wanted: EffectSet): StateSet {
  let after = 0;
  for (let cell = 0; cell < next.length; cell += 1) {
    if ((effects[cell]! & wanted) === 0 || next[cell] === IMPOSSIBLE) continue;
    const from = 1 << Math.floor(cell / EVENT_COUNT);
    const to = 1 << next[cell]!;
    const arrival = eventFamily((cell % EVENT_COUNT) as Event) === 'segment';
    if ((set & (arrival ? to : from)) !== 0) after |= to;
  }
  return after;
}
