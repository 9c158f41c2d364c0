import { type EffectSet, effectSet } from './effects.ts';
import { EVENT_COUNT, type Event, type EventSet, firstEvent } from './events.ts';
import { classify, type Fact, type Facts, readFact, writeFact } from './facts.ts';
import { lowest, STATE_COUNT, type State, type StateSet } from './names.ts';
import type { Cell, Row } from './rows.ts';

/** `Table.next` of a pair that cannot occur. */
export const IMPOSSIBLE = -1;

/** A state diagram made fast: cell `state * EVENT_COUNT + event`. */
export interface Table {
  /** State after, or `IMPOSSIBLE`. */
  readonly next: Int8Array;
  /** `Effect` bits. */
  readonly effects: Int32Array;
  /** What stands in each cell of the diagram, for citing; null where nothing does. */
  readonly cells: readonly (Cell | null)[];
}

/**
 * Makes a table of the diagram's cells; cells of later patches replace those of the same state and event. What has no cell cannot
 * occur. Throws where a layer names a pair twice.
 */
export function compile(base: readonly Cell[], ...patches: readonly (readonly Cell[])[]): Table {
  const size = STATE_COUNT * EVENT_COUNT;
  const next = new Int8Array(size).fill(IMPOSSIBLE);
  const effects = new Int32Array(size);
  const cells: (Cell | null)[] = new Array<Cell | null>(size).fill(null);
  for (const layer of [base, ...patches]) {
    const named = new Set<number>();
    for (const cell of layer) {
      const index = cell.state * EVENT_COUNT + cell.event;
      if (named.has(index)) throw new Error(`${cell.rule} stands twice in one layer of the diagram`);
      named.add(index);
      cells[index] = cell;
      next[index] = cell.kind === 'row' ? cell.next : IMPOSSIBLE;
      effects[index] = cell.kind === 'row' ? effectSet(cell.effects) : 0;
    }
  }
  return { next, effects, cells };
}

/** The state after an event, or `IMPOSSIBLE`. */
export function next(table: Table, state: State, event: Event): State | -1 {
  return table.next[state * EVENT_COUNT + event] as State | -1;
}

/** The effects of an event in a state. */
export function effects(table: Table, state: State, event: Event): EffectSet {
  return table.effects[state * EVENT_COUNT + event]!;
}

/** The cell that says what an event means in a state: rule id, citation, reason. Null where the table has none: it cannot occur. */
export function cellOf(table: Table, state: State, event: Event): Cell | null {
  return table.cells[state * EVENT_COUNT + event]!;
}

/** The possible states after a user's call, a timer or one event; members to which it cannot happen are left out. */
export function stepStates(table: Table, set: StateSet, event: Event): StateSet {
  let after = 0;
  for (let rest = set; rest !== 0; rest &= rest - 1) {
    const to = table.next[lowest(rest) * EVENT_COUNT + event]!;
    if (to !== IMPOSSIBLE) after |= 1 << to;
  }
  return after;
}

/** The possible states after the given segment events, or the empty set where they cannot happen to that state. */
export function stepEvents(table: Table, state: State, events: EventSet): StateSet {
  let at: number = state;
  for (let rest = events; rest !== 0; rest &= rest - 1) {
    at = table.next[at * EVENT_COUNT + firstEvent(rest)]!;
    if (at === IMPOSSIBLE) return 0;
  }
  return 1 << at;
}

/** The rows that segment events take from a state, in order. */
export function rowsOf(table: Table, state: State, events: EventSet): readonly Row[] {
  const rows: Row[] = [];
  let at = state;
  for (let rest = events; rest !== 0; rest &= rest - 1) {
    const cell = cellOf(table, at, firstEvent(rest));
    if (cell?.kind !== 'row') return rows;
    rows.push(cell);
    at = cell.next;
  }
  return rows;
}

/** What a segment may have done to a set of possible states. One record is meant to be reused. */
export class Outcome {
  /** Possible states afterwards; empty where the segment contradicts every state. */
  after: StateSet = 0;
  /** Events that happened in at least one possibility. */
  events: EventSet = 0;
  /** Effects of at least one possibility. */
  effects: EffectSet = 0;
  /** Effects of every possibility. */
  certainEffects: EffectSet = 0;
}

/** As `stepSet`, and tells the events and effects too. */
export function classifyAll(table: Table, set: StateSet, facts: Facts, out: Outcome): void {
  out.after = 0;
  out.events = 0;
  out.effects = 0;
  out.certainEffects = -1;
  for (let rest = set; rest !== 0; rest &= rest - 1) explore(table, lowest(rest), facts, out);
  if (out.after === 0) out.certainEffects = 0;
}

const stepOutcome: Outcome = /* @__PURE__ */ new Outcome();

/**
 * The possible states of an end after a segment arrived: every state of the set, with every value of each fact that
 * matters and is not known. States that the segment contradicts are left out, so the answer may be the empty set.
 */
export function stepSet(table: Table, set: StateSet, facts: Facts): StateSet {
  classifyAll(table, set, facts, stepOutcome);
  return stepOutcome.after;
}

function explore(table: Table, state: State, facts: Facts, out: Outcome): void {
  const events = classify(facts, state);
  if (events < 0) fork(table, state, facts, (-1 - events) as Fact, out);
  else take(table, state, events, out);
}

function fork(table: Table, state: State, facts: Facts, fact: Fact, out: Outcome): void {
  const possible = readFact(facts, fact);
  for (let rest = possible; rest !== 0; rest &= rest - 1) {
    writeFact(facts, fact, rest & -rest);
    explore(table, state, facts, out);
  }
  writeFact(facts, fact, possible);
}

function take(table: Table, state: State, events: EventSet, out: Outcome): void {
  let at: number = state;
  let done = 0;
  for (let rest = events; rest !== 0; rest &= rest - 1) {
    const cell = at * EVENT_COUNT + firstEvent(rest);
    at = table.next[cell]!;
    if (at === IMPOSSIBLE) return;
    done |= table.effects[cell]!;
  }
  out.after |= 1 << at;
  out.events |= events;
  out.effects |= done;
  out.certainEffects &= done;
}
