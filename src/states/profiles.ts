import {
  ACK,
  BSD_INSECURE,
  BUCKETS,
  CONNECT_CALL,
  FIN_WAIT_2_TIMEOUT,
  ICMP,
  LINUX_BUCKETS,
  LINUX_CHECK_REQ,
  LINUX_DISCONNECT,
  LINUX_ICMP,
  LINUX_KEEPALIVE,
  LINUX_ORPHANS,
  LINUX_OVERFLOW,
  LINUX_RECEIVE,
  LINUX_RESET,
  LINUX_REUSE,
  LINUX_TIME_WAIT,
  RFC1337,
  SEND_CALL,
  SHUTDOWN_CALL,
} from './cites.ts';
import { BEFORE_TIME_WAIT, DIAGRAM } from './diagram.ts';
import { type Cell, ignore, inEach, inState, on, stay } from './rows.ts';
import { compile, type Table } from './table.ts';

/** Rows that replace those of the diagram with the same state and event. */
export interface Patch {
  readonly name: string;
  readonly rows: readonly Cell[];
}

/** How a kind of host differs from RFC 9293. */
export interface Profile {
  readonly name: string;
  readonly patches: readonly Patch[];
}

/** What sockets refuse although RFC 9293 allows it. */
export const socketCalls: Patch = {
  name: 'socket-calls',
  rows: inState(
    'listen',
    stay('send', ['errorNone'], SEND_CALL),
    stay('open-active', ['errorExists'], CONNECT_CALL),
    stay('shutdown-write', [], SHUTDOWN_CALL),
  ),
};

export const timedFinWait2: Patch = {
  name: 'timed-fin-wait-2',
  rows: inState(
    'fin-wait-2',
    stay('close', ['orphan', 'startFinWait2'], FIN_WAIT_2_TIMEOUT),
    on('fin-wait-2-end', 'closed', ['deleteTcb'], FIN_WAIT_2_TIMEOUT),
  ).concat(inState('fin-wait-1', on('ack-of-fin', 'fin-wait-2', ['signalClosed', 'startFinWait2'], ACK))),
};

export const timeWaitLimit: Patch = {
  name: 'time-wait-limit',
  rows: inState('time-wait', on('evict', 'closed', ['deleteTcb'], BUCKETS)),
};

const linuxHandshake: Patch = {
  name: 'linux-handshake',
  rows: [
    ...inState('listen', ignore(LINUX_RECEIVE, 'syn-fin')),
    ...inState(
      'syn-received',
      stay('syn-again', ['sendSynAck'], LINUX_CHECK_REQ),
      on('syn-passive', 'listen', ['replyRst'], LINUX_CHECK_REQ),
      on('syn-ack', 'established', ['sendAck', 'signalOpen'], LINUX_RECEIVE),
      on('rst', 'closed', ['signalReset', 'deleteTcb'], LINUX_RESET),
    ),
    ...inEach(
      ['syn-sent', 'syn-received'],
      on('icmp-soft', 'closed', ['signalRefused', 'deleteTcb'], LINUX_ICMP),
    ),
  ],
};

const linuxConnection: Patch = {
  name: 'linux-connection',
  rows: [
    ...inEach(BEFORE_TIME_WAIT, stay('ack-of-unsent', ['challengeAck'], LINUX_RECEIVE)),
    ...inState('close-wait', on('rst', 'closed', ['signalPipe', 'deleteTcb'], LINUX_RESET)),
    ...inEach(
      ['fin-wait-1', 'fin-wait-2'],
      on('data-after-close', 'closed', ['replyRst', 'signalReset', 'deleteTcb'], LINUX_RECEIVE),
    ),
    ...inEach(
      BEFORE_TIME_WAIT,
      on('probe-give-up', 'closed', ['sendRst', 'signalTimeout', 'deleteTcb'], LINUX_KEEPALIVE),
    ),
    ...inEach(
      ['closing', 'last-ack'],
      on('rst', 'closed', ['signalReset', 'deleteTcb'], LINUX_RESET),
      on('abort-unsent', 'closed', ['sendRst', 'deleteTcb'], LINUX_DISCONNECT),
    ),
  ],
};

const linuxOrphans: Patch = {
  name: 'linux-orphans',
  rows: [
    ...inEach(
      ['fin-wait-1', 'closing', 'last-ack'],
      on('evict', 'closed', ['sendRst', 'deleteTcb'], LINUX_ORPHANS),
    ),
    ...inState('fin-wait-2', on('evict', 'closed', ['deleteTcb'], LINUX_BUCKETS)),
  ],
};

const linuxTimeWait: Patch = {
  name: 'linux-time-wait',
  rows: inState(
    'time-wait',
    ignore(LINUX_TIME_WAIT, 'rst-in-window'),
    stay(['ack', 'ack-of-fin', 'ack-too-old', 'ack-of-unsent'], ['restartTimeWait'], LINUX_TIME_WAIT),
    stay(['unacceptable', 'paws-failed', 'data'], ['sendAck', 'restartTimeWait'], LINUX_TIME_WAIT),
    stay('syn-on-connection', ['sendAck', 'restartTimeWait'], LINUX_TIME_WAIT),
    stay('old-syn', ['sendAck'], LINUX_TIME_WAIT),
  ),
};

/** RFC 9293 as it stands. */
export const rfc: Profile = { name: 'rfc', patches: [] };

export const linux: Profile = {
  name: 'linux',
  patches: [
    socketCalls,
    timedFinWait2,
    timeWaitLimit,
    linuxHandshake,
    linuxConnection,
    linuxOrphans,
    linuxTimeWait,
  ],
};

/** `net.inet.tcp.insecure_rst=1`. */
export const insecureReset: Patch = {
  name: 'insecure-reset',
  rows: [
    ...inState('syn-received', on('rst-in-window', 'closed', ['signalRefused', 'deleteTcb'], BSD_INSECURE)),
    ...inEach(BEFORE_TIME_WAIT, on('rst-in-window', 'closed', ['signalReset', 'deleteTcb'], BSD_INSECURE)),
  ],
};

/** `net.inet.tcp.insecure_syn=1`. */
export const insecureSyn: Patch = {
  name: 'insecure-syn',
  rows: inEach(
    BEFORE_TIME_WAIT,
    on('syn-on-connection', 'closed', ['sendRst', 'signalReset', 'deleteTcb'], BSD_INSECURE),
  ),
};

/** `net.inet.tcp.icmp_may_rst=0`. */
export const icmpIsAdvice: Patch = {
  name: 'icmp-is-advice',
  rows: inState('syn-sent', stay('icmp-hard', ['signalSoftError'], ICMP)),
};

/** `net.ipv4.tcp_rfc1337=1`. */
export const rfc1337: Patch = {
  name: 'rfc1337',
  rows: inState('time-wait', ignore(RFC1337, 'rst', 'rst-in-window')),
};

/** `net.ipv4.tcp_tw_reuse=1`. */
export const timeWaitReuse: Patch = {
  name: 'time-wait-reuse',
  rows: inState('time-wait', on('open-active', 'syn-sent', ['reopen', 'sendSyn'], LINUX_REUSE)),
};

/** `net.ipv4.tcp_abort_on_overflow=1`. */
export const abortOnOverflow: Patch = {
  name: 'abort-on-overflow',
  rows: inState('syn-received', on('no-room', 'listen', ['replyRst'], LINUX_OVERFLOW)),
};

/** The table of a profile, with further patches where a host is set up differently. */
export function compileProfile(profile: Profile, ...patches: readonly Patch[]): Table {
  return compile(DIAGRAM, ...[...profile.patches, ...patches].map((patch) => patch.rows));
}

export const RFC_TABLE: Table = /* @__PURE__ */ compileProfile(rfc);
export const LINUX_TABLE: Table = /* @__PURE__ */ compileProfile(linux);
