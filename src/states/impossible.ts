import { BEFORE_TIME_WAIT } from './diagram.ts';
import type { EventName } from './events.ts';
import { type Cell, inEach, inState, never } from './rows.ts';

/*
 * The pairs of state and event that the diagram has no row for, each with the reason why they never meet. A TCP does not read them:
 * they are for readers of the diagram, and a test proves with them that nothing was forgotten.
 */

/** Segment events that only ends without a finished handshake know. */
const HANDSHAKE: readonly EventName[] = [
  'stray',
  'syn-again',
  'rst-passive',
  'syn',
  'syn-fin',
  'syn-ack',
  'syn-passive',
  'no-room',
  'bad-ack',
  'ack-of-syn',
];

/** Segment events that ask for a receive window. */
const WINDOWED: readonly EventName[] = [
  'paws-failed',
  'unacceptable',
  'fin-again',
  'rst-in-window',
  'syn-on-connection',
  'ack-too-old',
  'ack-of-unsent',
  'ack-of-fin',
  'ack',
  'data-after-close',
  'data',
  'fin',
];

const NO_TCB = 'there is no control block';
const NO_PEER = 'a listener has no peer yet';
const NO_WINDOW = 'no SYN of the peer has been taken, so there is no window';
const STRAY = 'whatever else it carries, the segment is stray';
const HANDSHAKE_OVER = 'the handshake is over';
const ONLY_TIME_WAIT = 'asked in TIME-WAIT only';
const NO_FIN_SENT = 'no FIN of ours was sent';
const FIN_WAS_TAKEN = 'the peer has sent its FIN and can send nothing new';
const NO_FIN_TAKEN = 'no FIN has been taken';
const READER = 'our side is open, so somebody reads';
const NO_LIMIT = 'RFC 9293 knows no such limit';
const NOTHING_READ = 'no data has been received';
const NOTHING_QUEUED = 'no data of ours waits';
const NOT_TIMED = 'the timer does not run in this state';

export const NEVER: readonly Cell[] = [
  ...inState(
    'closed',
    never(STRAY, 'new-syn', 'old-syn', 'syn-again', 'rst', 'rst-passive', 'syn', 'syn-fin', 'syn-ack'),
    never(STRAY, 'syn-passive', 'no-room', 'useless', 'bad-ack', 'ack-of-syn', ...WINDOWED),
    never(NO_TCB, 'retransmit', 'delayed-ack', 'probe', 'retransmit-give-up', 'probe-give-up'),
    never(NO_TCB, 'user-timeout', 'time-wait-end', 'fin-wait-2-end', 'crash', 'evict'),
  ),
  ...inState(
    'listen',
    never('it has not begun', 'stray', 'syn-again', 'rst-passive', 'syn-passive', 'syn-ack', 'ack-of-syn'),
    never('there is nothing to reset', 'rst'),
    never(ONLY_TIME_WAIT, 'new-syn', 'old-syn'),
    never(NO_WINDOW, ...WINDOWED),
    never(NOTHING_READ, 'close-unread'),
    never(NOTHING_QUEUED, 'abort-unsent'),
    never(NO_PEER, 'retransmit', 'delayed-ack', 'probe', 'retransmit-give-up', 'probe-give-up'),
    never(NO_PEER, 'user-timeout', 'time-wait-end', 'fin-wait-2-end', 'evict', 'icmp-hard', 'icmp-soft'),
  ),
  ...inState(
    'syn-sent',
    never('there is a connection', 'stray'),
    never('no SYN of the peer has been taken', 'syn-again', 'rst-passive', 'syn-passive', 'ack-of-syn'),
    never('an active open waits in no queue', 'no-room'),
    never('a listener takes these', 'syn-fin'),
    never(ONLY_TIME_WAIT, 'new-syn', 'old-syn'),
    never(NO_WINDOW, ...WINDOWED),
    never(NOTHING_READ, 'close-unread'),
    never(NOT_TIMED, 'delayed-ack', 'probe', 'probe-give-up', 'time-wait-end', 'fin-wait-2-end'),
    never(NO_LIMIT, 'evict'),
  ),
  ...inState(
    'syn-received',
    never('there is a connection', 'stray'),
    never('a SYN has been taken already', 'syn', 'syn-fin'),
    never(ONLY_TIME_WAIT, 'new-syn', 'old-syn'),
    never(NO_FIN_TAKEN, 'fin-again'),
    never(NO_FIN_SENT, 'ack-of-fin'),
    never('an ACK here acknowledges our SYN or is bad', 'ack', 'ack-too-old', 'ack-of-unsent'),
    never('text is taken once our SYN is acknowledged', 'data'),
    never(READER, 'data-after-close'),
    never(NOT_TIMED, 'delayed-ack', 'probe', 'probe-give-up', 'time-wait-end', 'fin-wait-2-end'),
    never(NO_LIMIT, 'evict'),
  ),
  ...inEach(
    BEFORE_TIME_WAIT,
    never(HANDSHAKE_OVER, ...HANDSHAKE),
    never(ONLY_TIME_WAIT, 'new-syn', 'old-syn', 'time-wait-end'),
    never(NO_LIMIT, 'evict', 'fin-wait-2-end'),
  ),
  ...inState(
    'established',
    never(NO_FIN_TAKEN, 'fin-again'),
    never(NO_FIN_SENT, 'ack-of-fin'),
    never(READER, 'data-after-close'),
  ),
  ...inState('fin-wait-1', never(NO_FIN_TAKEN, 'fin-again')),
  ...inState(
    'fin-wait-2',
    never('all we sent is acknowledged', 'retransmit', 'retransmit-give-up', 'abort-unsent'),
    never(NO_FIN_TAKEN, 'fin-again'),
  ),
  ...inState('close-wait', never(NO_FIN_SENT, 'ack-of-fin'), never(FIN_WAS_TAKEN, 'data-after-close')),
  ...inEach(['closing', 'last-ack'], never(FIN_WAS_TAKEN, 'data-after-close', 'delayed-ack')),
  ...inState(
    'time-wait',
    never(HANDSHAKE_OVER, ...HANDSHAKE),
    never('all we sent is acknowledged', 'retransmit', 'retransmit-give-up', 'abort-unsent', 'user-timeout'),
    never(FIN_WAS_TAKEN, 'data-after-close', 'delayed-ack'),
    never(NOT_TIMED, 'probe', 'probe-give-up'),
    never(NO_LIMIT, 'evict', 'fin-wait-2-end'),
  ),
];
