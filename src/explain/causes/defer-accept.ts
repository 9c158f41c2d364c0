import { formatTimes } from '../text.ts';
import type { Cause } from './cause.ts';
import { repeatedSynAckEvidence } from './signs/evidence.ts';
import { between } from './signs/words.ts';

export const deferAccept: Cause = {
  id: 'defer-accept',
  group: 'connect',
  severity: 'note',
  title: 'TCP_DEFER_ACCEPT held the connection back until data came',
  summary:
    "The listener has TCP_DEFER_ACCEPT set: the handshake's last ACK is put aside, SYN-ACKs are " +
    'repeated, and accept() returns only when data or the timeout comes. A client that waits for the ' +
    'server to speak first waits too.',
  recognise:
    'SYN-ACK repeated although its ACK passed, the client silent, the ACK repeated (on a new Linux as ' +
    'challenge ACK); normal once the client sends data. With client data on the wire and still no ' +
    'acknowledgement it is accept-queue-full-ack-ignored.',
  remedy:
    'Do not set TCP_DEFER_ACCEPT (nginx `listen ... deferred`, HAProxy `defer-accept`, Apache ' +
    'AcceptFilter) for protocols where the server speaks first (SMTP, FTP, SSH, MySQL). For HTTP it is ' +
    'harmless. Check: one SYN-ACK per connection.',
  wouldSettle: [
    'TCPDeferAcceptDrop on the server: `nstat -az TcpExtTCPDeferAcceptDrop`',
    "the listener's options in the server's configuration",
  ],
  references: ['tcp(7), TCP_DEFER_ACCEPT', 'Linux: tcp_check_req (rskq_defer_accept)'],
  scenario: 'defer-accept',
  kinds: ['fin', 'open', 'half-closed'],
  needsOddity: true,
  fit: (k) =>
    k.c.synAckAfterAck > 0 && k.client.bytes === 0
      ? 0.9
      : k.c.synAckAfterAck > 0 && k.client.firstDataAtUs > k.c.synAckRepeatedAtUs
        ? 0.8
        : 0,
  story: (k) => {
    const spoke = k.client.firstDataAtUs;
    const first =
      spoke < 0
        ? 'The client never sent data'
        : `The client's first data came ${between(spoke, k.client.synAtUs)} after its SYN`;
    return `${first}, and the server sent its SYN-ACK again ${formatTimes(k.c.synAckRepeats)} although the client had acknowledged it: it waited for data.`;
  },
  evidence: repeatedSynAckEvidence,
};
