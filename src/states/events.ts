import type { EVENT_TITLES } from './event-titles.ts';

/**
 * The alphabet: everything that can happen to one end of a connection. The numbers of segment events are the order
 * in which RFC 9293 3.10.7 comes to them, so a bitmask of them is also a sequence: lowest bit first.
 */
export const Event = {
  stray: 0,
  newSyn: 1,
  oldSyn: 2,
  pawsFailed: 3,
  unacceptable: 4,
  finAgain: 5,
  synAgain: 6,
  rst: 7,
  rstPassive: 8,
  rstInWindow: 9,
  rstOutside: 10,
  syn: 11,
  synFin: 12,
  synAck: 13,
  synPassive: 14,
  synOnConnection: 15,
  noRoom: 16,
  useless: 17,
  badAck: 18,
  ackTooOld: 19,
  ackOfUnsent: 20,
  ackOfSyn: 21,
  ackOfFin: 22,
  ack: 23,
  dataAfterClose: 24,
  data: 25,
  fin: 26,

  openActive: 27,
  openPassive: 28,
  send: 29,
  shutdownWrite: 30,
  close: 31,
  closeUnread: 32,
  abort: 33,
  abortUnsent: 34,

  retransmit: 35,
  delayedAck: 36,
  probe: 37,
  retransmitGiveUp: 38,
  probeGiveUp: 39,
  userTimeout: 40,
  timeWaitEnd: 41,
  finWait2End: 42,

  crash: 43,
  evict: 44,
  icmpHard: 45,
  icmpSoft: 46,
} as const;

export type Event = (typeof Event)[keyof typeof Event];

/** An event as rule ids write it: `ack-of-fin`. */
export type EventName = keyof typeof EVENT_TITLES;

/** Names by event number. */
export const EVENT_NAMES: readonly EventName[] = Object.keys(Event).map(
  (key) => key.replace(/[A-Z]|\d/g, (start) => `-${start.toLowerCase()}`) as EventName,
);

export const EVENT_COUNT = 47;

/** Segment events are 0 to 26, so that a set of them fits an int32. */
export const SEGMENT_EVENT_COUNT = 27;

/** Segment events of one arrival, bit `1 << event`, to be taken lowest bit first. */
export type EventSet = number;

export type EventFamily = 'segment' | 'call' | 'timer' | 'host';

/** Which kind of thing an event is: a segment's arrival, a user's call, a timer, or the host itself. */
export function eventFamily(event: Event): EventFamily {
  if (event < SEGMENT_EVENT_COUNT) return 'segment';
  if (event < Event.retransmit) return 'call';
  return event < Event.crash ? 'timer' : 'host';
}

/** The first event to take of a set that is not empty. */
export function firstEvent(events: EventSet): Event {
  return (31 - Math.clz32(events & -events)) as Event;
}
