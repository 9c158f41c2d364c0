import { type Cause, neverFits } from './cause.ts';

export const peerSentAfterShutdownRdwr: Cause = {
  id: 'peer-sent-after-shutdown-rdwr',
  group: 'app-abort',
  severity: 'warning',
  title: 'data arrived after shutdown(SHUT_RDWR): RST',
  summary:
    'One side calls shutdown(SHUT_RDWR) but keeps the descriptor. The next data from the peer resets ' +
    'the connection on Linux.',
  recognise:
    'On the wire equal to peer-sent-after-close: FIN, payload from the peer, RST of form B. Only the ' +
    'local call and the counter TCPAbortOnData tell them apart.',
  remedy:
    'Use shutdown(SHUT_WR), read to EOF, then close(). SHUT_RDWR is for waking other threads at the ' +
    'end, not for a protocol close. Price: one more read loop. Check: TCPAbortOnData stays still.',
  wouldSettle: [
    'TCPAbortOnData on the closer: `nstat -az TcpExtTCPAbortOnData`',
    'a system call trace of the closer: `strace -e trace=shutdown,close -p PID`',
  ],
  references: [
    'RFC 9293 section 3.6.1 (half-closed connections)',
    'Linux: tcp_rcv_state_process (RCV_SHUTDOWN in FIN_WAIT1/2, reason TCP_ABORT_ON_DATA)',
  ],
  scenario: 'late-data',
  kinds: ['fin-then-rst'],
  fit: neverFits,
};
