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

const TITLES = {
  stray: 'a segment without RST, and there is no connection',
  'new-syn':
    'a SYN newer than the old incarnation (by sequence number or timestamp), with a listener to take it',
  'old-syn': 'a SYN in TIME-WAIT that may not reopen: not newer, or nobody listens',
  'paws-failed': 'a timestamp older than the last one accepted',
  unacceptable: 'a segment wholly outside the receive window',
  'fin-again': 'the FIN that was taken before, sent again',
  'syn-again': 'the SYN that was answered before, sent again',
  rst: 'an RST that counts: exact sequence number, or in SYN-SENT an acknowledged SYN',
  'rst-passive': 'the same on a connection that a passive OPEN began',
  'rst-in-window': 'an RST inside the window but not at RCV.NXT',
  'rst-outside': 'an RST that does not count: outside the window, or no connection to reset',
  syn: 'a SYN without ACK, where one can begin a connection',
  'syn-fin': 'SYN and FIN in one segment to a listener',
  'syn-ack': 'a SYN that acknowledges ours',
  'syn-passive': 'another SYN in the window of a connection that a passive OPEN began',
  'syn-on-connection': 'a SYN on a connection that has one',
  'no-room': 'what would move the handshake on, but the queue is full',
  useless: 'a segment without what the state needs: no SYN before the handshake, no ACK after it',
  'bad-ack': 'an ACK of something never sent, before the handshake is over',
  'ack-too-old': 'an ACK below SND.UNA by more than the largest window',
  'ack-of-unsent': 'an ACK above SND.NXT',
  'ack-of-syn': 'an ACK of our SYN',
  'ack-of-fin': 'an ACK of our FIN',
  ack: 'any other acceptable ACK',
  'data-after-close': 'new data with nobody left to read it',
  data: 'data inside the window',
  fin: 'a FIN, in order',

  'open-active': 'OPEN, active (connect)',
  'open-passive': 'OPEN, passive (listen)',
  send: 'SEND (send, write)',
  'shutdown-write': 'CLOSE of the sending side only (shutdown WR)',
  close: 'CLOSE of both sides, all received data read (close)',
  'close-unread': 'CLOSE of both sides with received data unread',
  abort: 'ABORT (close with SO_LINGER 0, disconnect)',
  'abort-unsent': 'ABORT while data of ours is still unsent',

  retransmit: 'the retransmission timer fires',
  'delayed-ack': 'the delayed-ACK timer fires, or the window opens',
  probe: 'the keepalive or zero-window timer fires',
  'retransmit-give-up': 'retransmissions ran out (R2)',
  'probe-give-up': 'keepalive probes ran out',
  'user-timeout': 'the user timeout runs out',
  'time-wait-end': '2 MSL in TIME-WAIT are over',
  'fin-wait-2-end': 'FIN-WAIT-2 without a reader lasted too long',

  crash: 'the host loses its memory of the connection',
  evict: 'the host gives the connection up for lack of room',
  'icmp-hard': 'an ICMP error that says the destination will not take it',
  'icmp-soft': 'an ICMP error that may pass',
} as const;

/** An event as rule ids write it: `ack-of-fin`. */
export type EventName = keyof typeof TITLES;

/** One line for each event. */
export const EVENT_TITLES: Readonly<Record<EventName, string>> = TITLES;

/** Names by event number. */
export const EVENT_NAMES: readonly EventName[] = Object.keys(TITLES) as EventName[];

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
