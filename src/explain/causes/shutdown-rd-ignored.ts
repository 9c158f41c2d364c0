import { type Cause, neverFits } from './cause.ts';

export const shutdownRdIgnored: Cause = {
  id: 'shutdown-rd-ignored',
  group: 'orderly',
  severity: 'ok',
  title: 'shutdown(SHUT_RD) does not stop the peer',
  summary:
    "One side calls shutdown(SHUT_RD) and keeps the socket open. Nothing is sent; on Linux the peer's " +
    'data is still acknowledged and no RST follows while the socket is open.',
  recognise:
    'Invisible on the wire: data acknowledged and a normal close. Once that side also ends its ' +
    'writing, new data resets the connection (peer-sent-after-shutdown-rdwr).',
  remedy:
    'shutdown(SHUT_RD) tells the peer nothing and refuses nothing on Linux; data still fills the ' +
    'receive buffer and counts as unread at close(), which then sends RST. If the peer should stop, ' +
    'say so in the protocol, or close. Windows is different: data after SD_RECEIVE resets the ' +
    'connection.',
  wouldSettle: ['a system call trace: `strace -e trace=shutdown -p PID`'],
  references: [
    'RFC 9293 section 3.6 (CLOSE ends sending only; nothing ends receiving alone)',
    'Linux: tcp_shutdown (acts on SEND_SHUTDOWN only)',
  ],
  scenario: 'late-data',
  kinds: ['fin'],
  fit: neverFits,
};
