import type { Cause } from './cause.ts';
import { filteredPort } from './signs/opening.ts';

export const portClosed: Cause = {
  id: 'port-closed',
  group: 'connect',
  severity: 'warning',
  title: 'nothing listens on that port: RST, ECONNREFUSED',
  summary:
    'The SYN reaches a host where no process listens on that port (or only on another address). The ' +
    'kernel answers with RST; connect() fails with ECONNREFUSED at once.',
  recognise:
    'SYN, then RST+ACK with seq 0 and ack = SYN.seq + 1 (form C) within one RTT, with the TTL of the ' +
    "host's other packets. A firewall's RST looks the same but for TTL and time: firewall-reject-reset.",
  remedy:
    'Start the server, or fix host or port; check on which address it listens (`ss -ltn`: 127.0.0.1 is ' +
    'not 0.0.0.0, and [::] may be v6 only). During restarts keep the listener open (socket activation, ' +
    "SO_REUSEPORT hand-over) and let clients retry with back-off. Check: `ss -ltnp 'sport = :PORT'` on " +
    'the server.',
  wouldSettle: ['`ss -ltn` on the server', 'a capture on the server side: does the RST leave there?'],
  references: [
    'RFC 9293 section 3.5.2 (reset generation, group 1)',
    'RFC 9293 section 3.10.7.1 (CLOSED state)',
    'Linux: tcp_v4_rcv (no_tcp_socket), tcp_v4_send_reset',
  ],
  scenario: 'connect-fails',
  kinds: ['refused'],
  fit: (k) => (k.reset !== null && !filteredPort(k) ? 0.9 : k.reset !== null ? 0.5 : 0),
  story: (k) =>
    `The RST has the form of a host where nothing listens on port ${k.server.port} (form ${k.reset!.form}, TTL ${k.reset!.record.hopLimit}).`,
};
