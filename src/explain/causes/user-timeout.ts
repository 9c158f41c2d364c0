import { type Cause, neverFits } from './cause.ts';

export const userTimeout: Cause = {
  id: 'user-timeout',
  group: 'peer-gone',
  severity: 'error',
  title: 'TCP_USER_TIMEOUT ran out with data unacknowledged',
  summary:
    'TCP_USER_TIMEOUT is set and data stays unacknowledged for that long: the connection ends with ' +
    'ETIMEDOUT, earlier than tcp_retries2 would. Linux sends nothing.',
  recognise:
    'On the wire equal to retransmission-timeout, only shorter: the retransmissions stop after a round ' +
    'time instead of after about 15 doublings. Only the option on the socket tells.',
  remedy:
    'Path or peer is dead, or the timeout is shorter than an outage you want to survive: choose it ' +
    'from the longest outage you accept. It also overrides the keepalive count. gRPC sets it with its ' +
    'keepalive (20 s). Check: `ss -tno` and TCPAbortOnTimeout.',
  wouldSettle: [
    "the socket option TCP_USER_TIMEOUT in the sender's code or configuration",
    "a capture on the peer's side: do the retransmissions arrive?",
  ],
  references: [
    'RFC 5482 section 3.1 (user timeout)',
    'RFC 9293 section 3.10.8 (user timeout)',
    'tcp(7), TCP_USER_TIMEOUT',
    'Linux: tcp_write_timeout, tcp_keepalive_timer',
  ],
  scenario: 'dead-path',
  kinds: ['timeout'],
  fit: neverFits,
};
