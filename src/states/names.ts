/** The eleven states of a connection (RFC 9293 3.3.2), as integers; CLOSED is the absence of a control block. */
export const State = {
  closed: 0,
  listen: 1,
  synSent: 2,
  synReceived: 3,
  established: 4,
  finWait1: 5,
  finWait2: 6,
  closeWait: 7,
  closing: 8,
  lastAck: 9,
  timeWait: 10,
} as const;

export type State = (typeof State)[keyof typeof State];

export const STATE_COUNT = 11;

const NAMES = [
  'CLOSED',
  'LISTEN',
  'SYN-SENT',
  'SYN-RECEIVED',
  'ESTABLISHED',
  'FIN-WAIT-1',
  'FIN-WAIT-2',
  'CLOSE-WAIT',
  'CLOSING',
  'LAST-ACK',
  'TIME-WAIT',
] as const;

/** A state as RFC 9293 writes it. */
export type StateName = (typeof NAMES)[number];

/** A state as rule ids write it: `time-wait`. */
export type StateId = Lowercase<StateName>;

/** Names by state number. */
export const STATE_NAMES: readonly StateName[] = NAMES;

/** Rule-id names by state number. */
export const STATE_IDS: readonly StateId[] = NAMES.map((name) => name.toLowerCase() as StateId);

/** A set of possible states: bit `1 << state`. */
export type StateSet = number;

export const NO_STATE: StateSet = 0;
export const EVERY_STATE: StateSet = (1 << STATE_COUNT) - 1;

export function stateSet(...states: readonly State[]): StateSet {
  let set = NO_STATE;
  for (const state of states) set |= 1 << state;
  return set;
}

/** Both SYNs are acknowledged (RFC 9293 3.4.1 counts from ESTABLISHED on). */
export const SYNCHRONISED: StateSet =
  EVERY_STATE & ~stateSet(State.closed, State.listen, State.synSent, State.synReceived);

/** The peer's FIN has been taken in order. */
export const FIN_TAKEN: StateSet = stateSet(State.closeWait, State.closing, State.lastAck, State.timeWait);

/** Our own side is closed: a FIN is queued, sent or acknowledged. */
export const FIN_SENT: StateSet = /* @__PURE__ */ stateSet(
  State.finWait1,
  State.finWait2,
  State.closing,
  State.lastAck,
  State.timeWait,
);

/** Our own FIN has been acknowledged and the control block still exists. */
export const FIN_ACKED: StateSet = /* @__PURE__ */ stateSet(State.finWait2, State.timeWait);

/** The only state in the set, or -1 where it has none or several. */
export function only(set: StateSet): State | -1 {
  return set !== 0 && (set & (set - 1)) === 0 ? lowest(set) : -1;
}

/** The state with the smallest number in a set that is not empty. */
export function lowest(set: StateSet): State {
  return (31 - Math.clz32(set & -set)) as State;
}

/** `ESTABLISHED|CLOSE-WAIT`; the empty set is ``. */
export function setNames(set: StateSet): string {
  return NAMES.filter((_, state) => (set & (1 << state)) !== 0).join('|');
}
