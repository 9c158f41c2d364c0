import type { EventName } from './events.ts';
import type { StateId } from './names.ts';
import { type Cell, ignore, inEach, inState, never, on, stay } from './rows.ts';

/*
 * Figure 5 of RFC 9293 and all of 3.10 as rows: what each event means in each state. Every pair of state and event
 * stands here once: as an arrow (`on`), with effects in place (`stay`), without any (`ignore`), or as one that cannot
 * occur (`never`). RECEIVE and STATUS are no events: they change no state and send nothing.
 *
 * Calls are those of sockets. RFC 9293's CLOSE ends only the sending side, which is `shutdown-write`; `close` gives
 * up reading too (RFC 1122 4.2.2.13).
 */

const OPEN = 'RFC 9293 3.10.1';
const SEND = 'RFC 9293 3.10.2';
const CLOSE = 'RFC 9293 3.10.4';
const ABORT = 'RFC 9293 3.10.5';
const SEQ = 'RFC 9293 3.10.7.4 (first)';
const RST = 'RFC 9293 3.10.7.4 (second)';
const SYN = 'RFC 9293 3.10.7.4 (fourth)';
const ACK = 'RFC 9293 3.10.7.4 (fifth)';
const TEXT = 'RFC 9293 3.10.7.4 (seventh)';
const FIN = 'RFC 9293 3.10.7.4 (eighth)';
const PAWS = 'RFC 7323 5.3 (R1)';
const USER_TIMEOUT = 'RFC 9293 3.10.8 (USER TIMEOUT)';
const RETRANSMIT = 'RFC 9293 3.10.8 (RETRANSMISSION TIMEOUT)';
const MSL = 'RFC 9293 3.10.8 (TIME-WAIT TIMEOUT)';
const GIVE_UP = 'RFC 9293 3.8.3 (R2)';
const PROBE = 'RFC 9293 3.8.4, 3.8.6.1';
const KEEPALIVE = 'RFC 9293 3.8.4';
const WINDOW = 'RFC 9293 3.8.6.2.2, 3.8.6.3';
/** Unread data, or new data after close: SHLD-3. */
const UNREAD = 'RFC 9293 3.6.1';
const ICMP = 'RFC 9293 3.9.2.2';
const ICMP_SYNCHRONISED = 'RFC 5927 5.2';
const CRASH = 'RFC 9293 3.5.1';
const BACKLOG = 'RFC 4987 3.2';

const CLOSES: readonly EventName[] = ['shutdown-write', 'close'];
const ABORTS: readonly EventName[] = ['abort', 'abort-unsent'];
const OPENS: readonly EventName[] = ['open-active', 'open-passive'];

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

const BEFORE_TIME_WAIT: readonly StateId[] = [
  'established',
  'fin-wait-1',
  'fin-wait-2',
  'close-wait',
  'closing',
  'last-ack',
];

export const DIAGRAM: readonly Cell[] = [
  ...inState(
    'closed',
    on('open-passive', 'listen', [], OPEN),
    on('open-active', 'syn-sent', ['sendSyn'], OPEN),
    stay('stray', ['replyRst'], 'RFC 9293 3.10.7.1'),
    ignore('RFC 9293 3.10.7.1', 'rst-outside'),
    stay('send', ['errorNone'], SEND),
    stay([...CLOSES, 'close-unread'], ['errorNone'], CLOSE),
    stay(ABORTS, ['errorNone'], ABORT),
    ignore(ICMP, 'icmp-hard', 'icmp-soft'),
    never(STRAY, 'new-syn', 'old-syn', 'syn-again', 'rst', 'rst-passive', 'syn', 'syn-fin', 'syn-ack'),
    never(STRAY, 'syn-passive', 'no-room', 'useless', 'bad-ack', 'ack-of-syn', ...WINDOWED),
    never(NO_TCB, 'retransmit', 'delayed-ack', 'probe', 'retransmit-give-up', 'probe-give-up'),
    never(NO_TCB, 'user-timeout', 'time-wait-end', 'fin-wait-2-end', 'crash', 'evict'),
  ),

  ...inState(
    'listen',
    on('syn', 'syn-received', ['sendSynAck'], 'RFC 9293 3.10.7.2 (third)'),
    on('syn-fin', 'syn-received', ['sendSynAck'], 'RFC 9293 3.10.7.2 (third): the FIN comes again'),
    ignore(BACKLOG, 'no-room'),
    ignore('RFC 9293 3.10.7.2 (first)', 'rst-outside'),
    stay('bad-ack', ['replyRst'], 'RFC 9293 3.10.7.2 (second)'),
    ignore('RFC 9293 3.10.7.2 (fourth)', 'useless'),
    on('open-active', 'syn-sent', ['sendSyn'], OPEN),
    stay('open-passive', ['errorExists'], OPEN),
    on('send', 'syn-sent', ['sendSyn', 'queueData'], SEND),
    on(CLOSES, 'closed', ['signalAborted', 'deleteTcb'], CLOSE),
    on('abort', 'closed', ['signalAborted', 'deleteTcb'], ABORT),
    on('crash', 'closed', ['deleteTcb'], CRASH),
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
    on('syn-ack', 'established', ['sendAck', 'signalOpen'], 'RFC 9293 3.10.7.3 (fourth)'),
    on('syn', 'syn-received', ['sendSynAck'], 'RFC 9293 3.10.7.3 (fourth)'),
    on('rst', 'closed', ['signalRefused', 'deleteTcb'], 'RFC 9293 3.10.7.3 (second)'),
    ignore('RFC 9293 3.10.7.3 (first, second)', 'rst-outside'),
    stay('bad-ack', ['replyRst'], 'RFC 9293 3.10.7.3 (first)'),
    ignore('RFC 9293 3.10.7.3 (fifth)', 'useless'),
    stay(OPENS, ['errorExists'], OPEN),
    stay('send', ['queueData'], SEND),
    on(CLOSES, 'closed', ['signalAborted', 'deleteTcb'], CLOSE),
    on(ABORTS, 'closed', ['signalAborted', 'deleteTcb'], ABORT),
    stay('retransmit', ['sendSyn'], RETRANSMIT),
    on('retransmit-give-up', 'closed', ['signalTimeout', 'deleteTcb'], GIVE_UP),
    on('user-timeout', 'closed', ['signalTimeout', 'deleteTcb'], USER_TIMEOUT),
    on('crash', 'closed', ['deleteTcb'], CRASH),
    on('icmp-hard', 'closed', ['signalRefused', 'deleteTcb'], ICMP),
    stay('icmp-soft', ['signalSoftError'], ICMP),
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
    on('ack-of-syn', 'established', ['signalOpen'], ACK),
    on('syn-ack', 'established', ['signalOpen'], 'RFC 9293 3.5 (Figure 7)'),
    on('fin', 'close-wait', ['sendAck', 'signalEof'], FIN),
    on('rst', 'closed', ['signalRefused', 'deleteTcb'], RST),
    on('rst-passive', 'listen', [], RST),
    on('syn-passive', 'listen', [], SYN),
    stay('syn-on-connection', ['challengeAck'], SYN),
    stay('syn-again', ['sendAck'], SEQ),
    stay('unacceptable', ['sendAck'], SEQ),
    stay('paws-failed', ['sendAck'], PAWS),
    stay('rst-in-window', ['challengeAck'], RST),
    ignore(RST, 'rst-outside'),
    stay('bad-ack', ['replyRst'], ACK),
    ignore(ACK, 'useless'),
    ignore(BACKLOG, 'no-room'),
    stay(OPENS, ['errorExists'], OPEN),
    stay('send', ['queueData'], SEND),
    on('shutdown-write', 'fin-wait-1', ['sendFin'], CLOSE),
    on('close', 'fin-wait-1', ['sendFin', 'orphan'], CLOSE),
    on('close-unread', 'closed', ['sendRst', 'deleteTcb'], UNREAD),
    on(ABORTS, 'closed', ['sendRst', 'signalAborted', 'deleteTcb'], ABORT),
    stay('retransmit', ['sendSynAck'], RETRANSMIT),
    on('retransmit-give-up', 'closed', ['signalTimeout', 'deleteTcb'], GIVE_UP),
    on('user-timeout', 'closed', ['signalTimeout', 'deleteTcb'], USER_TIMEOUT),
    on('crash', 'closed', ['deleteTcb'], CRASH),
    on('icmp-hard', 'closed', ['signalRefused', 'deleteTcb'], ICMP),
    stay('icmp-soft', ['signalSoftError'], ICMP),
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

  // What the synchronised states have in common, up to TIME-WAIT.
  ...inEach(
    BEFORE_TIME_WAIT,
    stay('paws-failed', ['sendAck'], PAWS),
    stay('unacceptable', ['sendAck'], SEQ),
    stay('rst-in-window', ['challengeAck'], RST),
    ignore(RST, 'rst-outside'),
    stay('syn-on-connection', ['challengeAck'], SYN),
    ignore(ACK, 'useless'),
    stay('ack-too-old', ['challengeAck'], 'RFC 5961 5.2'),
    stay('ack-of-unsent', ['sendAck'], ACK),
    stay('ack', [], ACK),
    stay(OPENS, ['errorExists'], OPEN),
    on('user-timeout', 'closed', ['signalTimeout', 'deleteTcb'], USER_TIMEOUT),
    stay('probe', ['sendProbe'], PROBE),
    on('probe-give-up', 'closed', ['signalTimeout', 'deleteTcb'], KEEPALIVE),
    on('crash', 'closed', ['deleteTcb'], CRASH),
    stay(['icmp-hard', 'icmp-soft'], ['signalSoftError'], ICMP_SYNCHRONISED),
    never(HANDSHAKE_OVER, ...HANDSHAKE),
    never(ONLY_TIME_WAIT, 'new-syn', 'old-syn', 'time-wait-end'),
    never(NO_LIMIT, 'evict', 'fin-wait-2-end'),
  ),

  ...inState(
    'established',
    on('fin', 'close-wait', ['sendAck', 'signalEof'], FIN),
    stay('data', ['deliver', 'sendAck'], TEXT),
    on('rst', 'closed', ['signalReset', 'deleteTcb'], RST),
    stay('send', ['sendData'], SEND),
    on('shutdown-write', 'fin-wait-1', ['sendFin'], CLOSE),
    on('close', 'fin-wait-1', ['sendFin', 'orphan'], CLOSE),
    on('close-unread', 'closed', ['sendRst', 'deleteTcb'], UNREAD),
    on(ABORTS, 'closed', ['sendRst', 'signalAborted', 'deleteTcb'], ABORT),
    stay('retransmit', ['sendData'], RETRANSMIT),
    on('retransmit-give-up', 'closed', ['signalTimeout', 'deleteTcb'], GIVE_UP),
    stay('delayed-ack', ['sendAck'], WINDOW),
    never(NO_FIN_TAKEN, 'fin-again'),
    never(NO_FIN_SENT, 'ack-of-fin'),
    never(READER, 'data-after-close'),
  ),

  ...inState(
    'fin-wait-1',
    on('ack-of-fin', 'fin-wait-2', ['signalClosed'], ACK),
    on('fin', 'closing', ['sendAck', 'signalEof'], FIN),
    stay('data', ['deliver', 'sendAck'], TEXT),
    on('data-after-close', 'closed', ['replyRst', 'deleteTcb'], UNREAD),
    on('rst', 'closed', ['signalReset', 'deleteTcb'], RST),
    stay('send', ['errorClosing'], SEND),
    stay('shutdown-write', ['errorClosing'], CLOSE),
    stay('close', ['orphan'], CLOSE),
    on('close-unread', 'closed', ['sendRst', 'deleteTcb'], UNREAD),
    on(ABORTS, 'closed', ['sendRst', 'signalAborted', 'deleteTcb'], ABORT),
    stay('retransmit', ['sendData', 'sendFin'], RETRANSMIT),
    on('retransmit-give-up', 'closed', ['signalTimeout', 'deleteTcb'], GIVE_UP),
    stay('delayed-ack', ['sendAck'], WINDOW),
    never(NO_FIN_TAKEN, 'fin-again'),
  ),

  ...inState(
    'fin-wait-2',
    on('fin', 'time-wait', ['sendAck', 'signalEof', 'startTimeWait'], FIN),
    stay('data', ['deliver', 'sendAck'], TEXT),
    on('data-after-close', 'closed', ['replyRst', 'deleteTcb'], UNREAD),
    on('rst', 'closed', ['signalReset', 'deleteTcb'], RST),
    stay('ack-of-fin', [], ACK),
    stay('send', ['errorClosing'], SEND),
    stay('shutdown-write', ['errorClosing'], CLOSE),
    stay('close', ['orphan'], CLOSE),
    on('close-unread', 'closed', ['sendRst', 'deleteTcb'], UNREAD),
    on('abort', 'closed', ['sendRst', 'signalAborted', 'deleteTcb'], ABORT),
    stay('delayed-ack', ['sendAck'], WINDOW),
    never('all we sent is acknowledged', 'retransmit', 'retransmit-give-up', 'abort-unsent'),
    never(NO_FIN_TAKEN, 'fin-again'),
  ),

  ...inState(
    'close-wait',
    stay('fin-again', ['sendAck'], SEQ),
    stay('fin', ['sendAck'], FIN),
    ignore(TEXT, 'data'),
    on('rst', 'closed', ['signalReset', 'deleteTcb'], RST),
    stay('send', ['sendData'], SEND),
    on('shutdown-write', 'last-ack', ['sendFin'], CLOSE),
    on('close', 'last-ack', ['sendFin', 'orphan'], CLOSE),
    on('close-unread', 'closed', ['sendRst', 'deleteTcb'], UNREAD),
    on(ABORTS, 'closed', ['sendRst', 'signalAborted', 'deleteTcb'], ABORT),
    stay('retransmit', ['sendData'], RETRANSMIT),
    on('retransmit-give-up', 'closed', ['signalTimeout', 'deleteTcb'], GIVE_UP),
    stay('delayed-ack', ['sendAck'], WINDOW),
    never(NO_FIN_SENT, 'ack-of-fin'),
    never(FIN_WAS_TAKEN, 'data-after-close'),
  ),

  ...inState('closing', on('ack-of-fin', 'time-wait', ['signalClosed', 'startTimeWait'], ACK)),
  ...inState('last-ack', on('ack-of-fin', 'closed', ['signalClosed', 'deleteTcb'], ACK)),

  // Both ends have closed; only the ACK of our FIN is missing.
  ...inEach(
    ['closing', 'last-ack'],
    stay('fin-again', ['sendAck'], SEQ),
    stay('fin', ['sendAck'], FIN),
    ignore(TEXT, 'data'),
    on('rst', 'closed', ['deleteTcb'], RST),
    stay('send', ['errorClosing'], SEND),
    stay('shutdown-write', ['errorClosing'], CLOSE),
    stay('close', ['orphan'], CLOSE),
    on('close-unread', 'closed', ['sendRst', 'deleteTcb'], UNREAD),
    on(ABORTS, 'closed', ['deleteTcb'], ABORT),
    stay('retransmit', ['sendData', 'sendFin'], RETRANSMIT),
    on('retransmit-give-up', 'closed', ['signalTimeout', 'deleteTcb'], GIVE_UP),
    never(FIN_WAS_TAKEN, 'data-after-close', 'delayed-ack'),
  ),

  ...inState(
    'time-wait',
    on('time-wait-end', 'closed', ['deleteTcb'], MSL),
    stay('fin-again', ['sendAck', 'restartTimeWait'], ACK),
    stay('fin', ['sendAck', 'restartTimeWait'], FIN),
    on('new-syn', 'syn-received', ['reopen', 'sendSynAck'], 'RFC 9293 3.6.1 (MAY-2), RFC 6191 2'),
    stay('old-syn', ['challengeAck'], SYN),
    on('rst', 'closed', ['deleteTcb'], RST),
    stay('rst-in-window', ['challengeAck'], RST),
    ignore(RST, 'rst-outside'),
    stay('unacceptable', ['sendAck'], SEQ),
    stay('paws-failed', ['sendAck'], PAWS),
    stay('syn-on-connection', ['challengeAck'], SYN),
    ignore(ACK, 'useless'),
    stay('ack-too-old', ['challengeAck'], 'RFC 5961 5.2'),
    stay('ack-of-unsent', ['sendAck'], ACK),
    stay(['ack', 'ack-of-fin'], [], ACK),
    ignore(TEXT, 'data'),
    stay(OPENS, ['errorExists'], OPEN),
    stay('send', ['errorClosing'], SEND),
    stay('shutdown-write', ['errorClosing'], CLOSE),
    stay(['close', 'close-unread'], ['orphan'], CLOSE),
    on('abort', 'closed', ['deleteTcb'], ABORT),
    on('crash', 'closed', ['deleteTcb'], CRASH),
    ignore(ICMP_SYNCHRONISED, 'icmp-hard', 'icmp-soft'),
    never(HANDSHAKE_OVER, ...HANDSHAKE),
    never('all we sent is acknowledged', 'retransmit', 'retransmit-give-up', 'abort-unsent', 'user-timeout'),
    never(FIN_WAS_TAKEN, 'data-after-close', 'delayed-ack'),
    never(NOT_TIMED, 'probe', 'probe-give-up'),
    never(NO_LIMIT, 'evict', 'fin-wait-2-end'),
  ),
];
