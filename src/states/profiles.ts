import { DIAGRAM } from './diagram.ts';
import type { StateId } from './names.ts';
import { type Cell, ignore, inEach, inState, on, stay } from './rows.ts';
import { compile, type Table } from './table.ts';

/** Rows that replace those of the diagram with the same state and event. */
export interface Patch {
  readonly name: string;
  readonly title: string;
  readonly rows: readonly Cell[];
}

/** How a kind of host differs from RFC 9293. */
export interface Profile {
  readonly name: string;
  readonly patches: readonly Patch[];
}

/** What sockets refuse although RFC 9293 allows it. */
const socketCalls: Patch = {
  name: 'socket-calls',
  title: 'a listening socket neither sends nor connects',
  rows: inState(
    'listen',
    stay('send', ['errorNone'], 'send(2): EPIPE, ENOTCONN'),
    stay('open-active', ['errorExists'], 'connect(2): EISCONN, EOPNOTSUPP'),
    stay('shutdown-write', [], 'shutdown(2): the listener goes on'),
  ),
};

const timedFinWait2: Patch = {
  name: 'timed-fin-wait-2',
  title: 'FIN-WAIT-2 without a reader ends by itself',
  rows: inState(
    'fin-wait-2',
    stay('close', ['orphan', 'startFinWait2'], 'Linux tcp_fin_timeout, FreeBSD finwait2_timeout'),
    on('fin-wait-2-end', 'closed', ['deleteTcb'], 'Linux tcp_fin_timeout, FreeBSD finwait2_timeout'),
  ).concat(
    inState(
      'fin-wait-1',
      on('ack-of-fin', 'fin-wait-2', ['signalClosed', 'startFinWait2'], 'RFC 9293 3.10.7.4 (fifth)'),
    ),
  ),
};

const timeWaitLimit: Patch = {
  name: 'time-wait-limit',
  title: 'TIME-WAIT ends early where too many wait',
  rows: inState(
    'time-wait',
    on('evict', 'closed', ['deleteTcb'], 'Linux tcp_max_tw_buckets, FreeBSD maxtcptw'),
  ),
};

const linuxHandshake: Patch = {
  name: 'linux-handshake',
  title: 'SYN+FIN is dropped, a repeated SYN gets the SYN-ACK again, any ICMP error ends a connect',
  rows: [
    ...inState('listen', ignore('Linux tcp_rcv_state_process', 'syn-fin')),
    ...inState('syn-received', stay('syn-again', ['sendSynAck'], 'Linux tcp_check_req')),
    ...inState('syn-sent', on('icmp-soft', 'closed', ['signalRefused', 'deleteTcb'], 'Linux tcp_v4_err')),
  ],
};

const linuxConnection: Patch = {
  name: 'linux-connection',
  title: 'EPIPE after a reset in CLOSE-WAIT, RST after keepalive, RST where an abort drops unsent data',
  rows: [
    ...inEach(
      ['fin-wait-1', 'fin-wait-2', 'close-wait', 'closing', 'last-ack'],
      stay('ack-of-unsent', ['challengeAck'], 'Linux tcp_rcv_state_process'),
    ),
    ...inState('close-wait', on('rst', 'closed', ['signalPipe', 'deleteTcb'], 'Linux tcp_reset')),
    ...inEach(
      ['established', 'fin-wait-1', 'fin-wait-2', 'close-wait', 'closing', 'last-ack'],
      on('probe-give-up', 'closed', ['sendRst', 'signalTimeout', 'deleteTcb'], 'Linux tcp_keepalive_timer'),
    ),
    ...inEach(
      ['closing', 'last-ack'],
      on('abort-unsent', 'closed', ['sendRst', 'deleteTcb'], 'Linux tcp_disconnect'),
    ),
  ],
};

const linuxOrphans: Patch = {
  name: 'linux-orphans',
  title: 'orphans beyond the limit are reset; an orphan in FIN-WAIT-2 vanishes',
  rows: [
    ...inEach(
      ['fin-wait-1', 'closing', 'last-ack'],
      on('evict', 'closed', ['sendRst', 'deleteTcb'], 'Linux tcp_max_orphans'),
    ),
    ...inState('fin-wait-2', on('evict', 'closed', ['deleteTcb'], 'Linux tcp_max_tw_buckets')),
  ],
};

const LINUX_TIME_WAIT = 'Linux tcp_timewait_state_process';

const linuxTimeWait: Patch = {
  name: 'linux-time-wait',
  title: 'any acceptable ACK starts TIME-WAIT again, only an exact RST is looked at',
  rows: inState(
    'time-wait',
    ignore(LINUX_TIME_WAIT, 'rst-in-window'),
    stay(['ack', 'ack-of-fin', 'ack-too-old', 'ack-of-unsent'], ['restartTimeWait'], LINUX_TIME_WAIT),
    stay(['unacceptable', 'paws-failed', 'data'], ['sendAck', 'restartTimeWait'], LINUX_TIME_WAIT),
    stay('syn-on-connection', ['sendAck', 'restartTimeWait'], LINUX_TIME_WAIT),
    stay('old-syn', ['sendAck'], LINUX_TIME_WAIT),
  ),
};

const freebsdUnread: Patch = {
  name: 'freebsd-unread',
  title: 'close with unread data sends FIN, not RST',
  rows: [
    ...inEach(
      ['syn-received', 'established'],
      on('close-unread', 'fin-wait-1', ['sendFin', 'orphan'], 'FreeBSD tcp_usr_close'),
    ),
    ...inState('close-wait', on('close-unread', 'last-ack', ['sendFin', 'orphan'], 'FreeBSD tcp_usr_close')),
    ...inEach(
      ['fin-wait-1', 'closing', 'last-ack'],
      stay('close-unread', ['orphan'], 'FreeBSD tcp_usr_close'),
    ),
    ...inState('fin-wait-2', stay('close-unread', ['orphan', 'startFinWait2'], 'FreeBSD tcp_usr_close')),
  ],
};

const SYNCHRONISED_SENDERS: readonly StateId[] = [
  'established',
  'fin-wait-1',
  'close-wait',
  'closing',
  'last-ack',
];

const freebsdGiveUp: Patch = {
  name: 'freebsd-give-up',
  title: 'giving up sends RST',
  rows: [
    ...inEach(
      ['syn-received', ...SYNCHRONISED_SENDERS],
      on('retransmit-give-up', 'closed', ['sendRst', 'signalTimeout', 'deleteTcb'], 'FreeBSD tcp_drop'),
    ),
    ...inEach(
      [...SYNCHRONISED_SENDERS, 'fin-wait-2'],
      on('probe-give-up', 'closed', ['sendRst', 'signalTimeout', 'deleteTcb'], 'FreeBSD tcp_drop'),
    ),
  ],
};

const freebsdTimeWait: Patch = {
  name: 'freebsd-time-wait',
  title: 'TIME-WAIT ignores every RST and acknowledges whatever else is not a bare duplicate ACK',
  rows: inState(
    'time-wait',
    ignore('FreeBSD tcp_twcheck', 'rst', 'rst-in-window'),
    stay('data', ['sendAck'], 'FreeBSD tcp_twcheck'),
    stay(['old-syn'], [], 'FreeBSD tcp_twcheck: no ACK flag'),
    stay(['syn-on-connection', 'ack-too-old'], ['sendAck'], 'FreeBSD tcp_twcheck'),
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

export const freebsd: Profile = {
  name: 'freebsd',
  patches: [socketCalls, timedFinWait2, timeWaitLimit, freebsdUnread, freebsdGiveUp, freebsdTimeWait],
};

/** `net.ipv4.tcp_rfc1337=1`. */
export const rfc1337: Patch = {
  name: 'rfc1337',
  title: 'an RST does not end TIME-WAIT',
  rows: inState('time-wait', ignore('RFC 1337 3 (F1)', 'rst', 'rst-in-window')),
};

/** `net.ipv4.tcp_tw_reuse=1`. */
export const timeWaitReuse: Patch = {
  name: 'time-wait-reuse',
  title: 'an active OPEN may take over a TIME-WAIT of the same four-tuple',
  rows: inState('time-wait', on('open-active', 'syn-sent', ['reopen', 'sendSyn'], 'Linux tcp_tw_reuse')),
};

/** `net.ipv4.tcp_abort_on_overflow=1`. */
export const abortOnOverflow: Patch = {
  name: 'abort-on-overflow',
  title: 'the ACK of the handshake gets an RST where the accept queue is full',
  rows: inState('syn-received', on('no-room', 'listen', ['replyRst'], 'Linux tcp_abort_on_overflow')),
};

export const PROFILES: readonly Profile[] = [rfc, linux, freebsd];

/** The table of a profile, with further patches where a host is set up differently. */
export function compileProfile(profile: Profile, ...patches: readonly Patch[]): Table {
  return compile(DIAGRAM, ...[...profile.patches, ...patches].map((patch) => patch.rows));
}

export const RFC_TABLE: Table = /* @__PURE__ */ compileProfile(rfc);
export const LINUX_TABLE: Table = /* @__PURE__ */ compileProfile(linux);
export const FREEBSD_TABLE: Table = /* @__PURE__ */ compileProfile(freebsd);
