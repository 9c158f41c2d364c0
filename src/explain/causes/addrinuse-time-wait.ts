import { type Cause, neverFits } from './cause.ts';

export const addrinuseTimeWait: Cause = {
  id: 'addrinuse-time-wait',
  group: 'resources',
  severity: 'error',
  title: 'restart met its own TIME-WAIT: EADDRINUSE',
  summary:
    'The server closed connections first, so TIME-WAIT entries hold its port; the new process binds ' +
    'without SO_REUSEADDR and gets EADDRINUSE for up to 60 s.',
  recognise:
    'Nothing of the failure is on the wire; before it the server is the first closer of connections on ' +
    'that port (fin-server-first).',
  remedy:
    'Set SO_REUSEADDR before bind(): in the new process and in the old one as well, as an entry left ' +
    'by a socket without it still refuses (Node, Go, Java and nginx set it on Linux; plain C and ' +
    'Python sockets do not). It is safe on Linux: it does not allow two listeners. Check: restart at ' +
    'once under load.',
  wouldSettle: [
    "`ss -tan state time-wait '( sport = :PORT )'` on the server",
    'whether both processes set SO_REUSEADDR: `strace -e trace=setsockopt,bind`',
  ],
  references: ['socket(7), SO_REUSEADDR', 'Linux: inet_csk_bind_conflict (both sockets need reuse)'],
  scenario: 'reuse-address',
  kinds: [],
  fit: neverFits,
};
