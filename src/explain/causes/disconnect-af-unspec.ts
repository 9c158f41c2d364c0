import { type Cause, neverFits } from './cause.ts';

export const disconnectAfUnspec: Cause = {
  id: 'disconnect-af-unspec',
  group: 'app-abort',
  severity: 'warning',
  title: 'connect(AF_UNSPEC) tore the connection down: RST',
  summary:
    'A program calls connect() with address family AF_UNSPEC on a connected TCP socket. Linux ' +
    'dissolves the connection with RST and gives the socket back for reuse.',
  recognise:
    'On the wire the same as linger0-abort: RST of form A, no FIN. Only the local call tells; no ' +
    'TCPAbort counter counts it.',
  remedy:
    'Close the socket and make a new one instead of reusing it; if the peer must see an orderly end, ' +
    'shutdown(SHUT_WR) and read EOF first. Check: `strace -e trace=connect` shows no AF_UNSPEC.',
  wouldSettle: ['a system call trace of the sender of the RST: `strace -e trace=connect,close -p PID`'],
  references: [
    'connect(2) (AF_UNSPEC dissolves the association)',
    'Linux: __inet_stream_connect, tcp_disconnect',
  ],
  scenario: 'abrupt-end',
  kinds: ['rst'],
  fit: neverFits,
};
