import type { Cite } from './cites.ts';
import type { EffectName } from './effects.ts';
import { EVENT_NAMES, type Event, type EventName } from './events.ts';
import { STATE_IDS, type State, type StateId } from './names.ts';

/** One arrow of the diagram, or an event that leaves the state as it is. */
export interface Row {
  readonly kind: 'row';
  /** `time-wait.fin-again`: what documents, traces and verdicts cite. */
  readonly rule: string;
  readonly state: State;
  readonly event: Event;
  readonly next: State;
  readonly effects: readonly EffectName[];
  /** Where it is written: one of `CITES`, or a text. */
  readonly cite: Cite | string;
}

/** A state and event that never meet. */
export interface Impossible {
  readonly kind: 'impossible';
  readonly rule: string;
  readonly state: State;
  readonly event: Event;
  readonly reason: string;
}

export type Cell = Row | Impossible;

/** A row without its state: what `inState` and `inEach` complete. */
export type Line = (state: State) => readonly Cell[];

/** One event, or several that mean the same. */
type Names = EventName | readonly EventName[];

const listOf = (names: Names): readonly EventName[] => (typeof names === 'string' ? [names] : names);
const eventOf = (name: EventName): Event => EVENT_NAMES.indexOf(name) as Event;
const stateOf = (id: StateId): State => STATE_IDS.indexOf(id) as State;
const ruleOf = (state: State, name: EventName): string => `${STATE_IDS[state]}.${name}`;

function row(
  state: State,
  name: EventName,
  next: State,
  effects: readonly EffectName[],
  cite: Row['cite'],
): Row {
  return { kind: 'row', rule: ruleOf(state, name), state, event: eventOf(name), next, effects, cite };
}

/** The events lead to another state. */
export function on(names: Names, next: StateId, effects: readonly EffectName[], cite: Row['cite']): Line {
  return (state) => listOf(names).map((name) => row(state, name, stateOf(next), effects, cite));
}

/** The events have these effects at most, and the state stays. */
export function stay(names: Names, effects: readonly EffectName[], cite: Row['cite']): Line {
  return (state) => listOf(names).map((name) => row(state, name, state, effects, cite));
}

/** The event changes nothing and nothing is done. */
export function ignore(cite: Row['cite'], ...names: readonly EventName[]): Line {
  return (state) => names.map((name) => row(state, name, state, [], cite));
}

/** The events cannot happen in the state. */
export function never(reason: string, ...names: readonly EventName[]): Line {
  return (state) =>
    names.map((name) => ({
      kind: 'impossible',
      rule: ruleOf(state, name),
      state,
      event: eventOf(name),
      reason,
    }));
}

export function inState(id: StateId, ...lines: readonly Line[]): readonly Cell[] {
  return lines.flatMap((line) => line(stateOf(id)));
}

/** The same lines in several states, as RFC 9293 writes what they have in common. */
export function inEach(ids: readonly StateId[], ...lines: readonly Line[]): readonly Cell[] {
  return ids.flatMap((id) => inState(id, ...lines));
}
