import { BSD_CLOSE, BSD_DROP, BSD_RESET, BSD_TIME_WAIT, BSD_TIME_WAIT_NO_ACK } from './cites.ts';
import type { StateId } from './names.ts';
import {
  compileProfile,
  linux,
  type Patch,
  type Profile,
  rfc,
  socketCalls,
  timedFinWait2,
  timeWaitLimit,
} from './profiles.ts';
import { ignore, inEach, inState, on, stay } from './rows.ts';
import type { Table } from './table.ts';

const freebsdUnread: Patch = {
  name: 'freebsd-unread',
  rows: [
    ...inEach(
      ['syn-received', 'established'],
      on('close-unread', 'fin-wait-1', ['sendFin', 'orphan'], BSD_CLOSE),
    ),
    ...inState('close-wait', on('close-unread', 'last-ack', ['sendFin', 'orphan'], BSD_CLOSE)),
    ...inEach(['fin-wait-1', 'closing', 'last-ack'], stay('close-unread', ['orphan'], BSD_CLOSE)),
    ...inState('fin-wait-2', stay('close-unread', ['orphan', 'startFinWait2'], BSD_CLOSE)),
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
  rows: [
    ...inEach(
      ['syn-received', ...SYNCHRONISED_SENDERS],
      on('retransmit-give-up', 'closed', ['sendRst', 'signalTimeout', 'deleteTcb'], BSD_DROP),
    ),
    ...inEach(
      [...SYNCHRONISED_SENDERS, 'fin-wait-2'],
      on('probe-give-up', 'closed', ['sendRst', 'signalTimeout', 'deleteTcb'], BSD_DROP),
    ),
  ],
};

const freebsdReset: Patch = {
  name: 'freebsd-reset',
  rows: inEach(['closing', 'last-ack'], on('rst', 'closed', ['signalReset', 'deleteTcb'], BSD_RESET)),
};

const freebsdTimeWait: Patch = {
  name: 'freebsd-time-wait',
  rows: inState(
    'time-wait',
    ignore(BSD_TIME_WAIT, 'rst', 'rst-in-window'),
    stay('data', ['sendAck'], BSD_TIME_WAIT),
    stay(['old-syn'], [], BSD_TIME_WAIT_NO_ACK),
    stay(['syn-on-connection', 'ack-too-old'], ['sendAck'], BSD_TIME_WAIT),
  ),
};

export const freebsd: Profile = {
  name: 'freebsd',
  patches: [
    socketCalls,
    timedFinWait2,
    timeWaitLimit,
    freebsdUnread,
    freebsdGiveUp,
    freebsdReset,
    freebsdTimeWait,
  ],
};

export const FREEBSD_TABLE: Table = /* @__PURE__ */ compileProfile(freebsd);

export const PROFILES: readonly Profile[] = [rfc, linux, freebsd];
