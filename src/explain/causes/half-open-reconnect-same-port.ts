import type { Cause } from './cause.ts';
import { strangeSynEvidence } from './signs/evidence.ts';
import { metOldConnection, synSenderReset } from './signs/resets.ts';
import { between, reuseWords } from './signs/words.ts';

export const halfOpenReconnectSamePort: Cause = {
  id: 'half-open-reconnect-same-port',
  group: 'peer-gone',
  severity: 'note',
  title: 'a vanished client came back from the same port',
  summary:
    'A client lost its state (crash, reboot, NAT) and connects again from the same port while the ' +
    'server still holds the old connection. Challenge ACK, RST, SYN again: then a normal handshake. ' +
    "The server's application reads ECONNRESET on the old connection.",
  recognise:
    'SYN on a connection without FIN, an ACK with the old numbers instead of SYN-ACK, RST of form B ' +
    "from the client at exactly the server's RCV.NXT, SYN again within about 10 ms, SYN-ACK. After a " +
    'FIN exchange it is close-wait-port-reused or TIME-WAIT.',
  remedy:
    'The recovery works by itself and costs one round trip. Let the server notice dead clients earlier ' +
    'by keepalive. If a firewall eats the challenge ACK or the RST, the client cannot connect until ' +
    'the old state ends: let ACK and RST of unknown state pass. Check: TCPSYNChallenge on the server.',
  wouldSettle: [
    'TCPSYNChallenge on the server: `nstat -az TcpExtTCPSYNChallenge`',
    'uptime of the client host or process',
  ],
  references: [
    'RFC 9293 section 3.5.1, figure 9 (half-open connection discovery)',
    'RFC 5961 section 4.2',
    'Linux: tcp_validate_incoming, tcp_rcv_synsent_state_process',
  ],
  scenario: 'half-open-crash',
  kinds: ['rst', 'open', 'fin', 'fin-then-rst', 'half-closed'],
  fit: (k) => {
    // A FIN that never got through leaves the other end in ESTABLISHED.
    if (synSenderReset(k) && k.o.closeKind !== 'fin')
      return k.closer === null || k.closer.finAckedAtUs < 0 ? 0.95 : 0;
    return metOldConnection(k) ? 0.9 : 0;
  },
  halfSeen: (k) => (k.client.syns > 0 && k.client.resets > 0 ? 0.44 : 0),
  story: (k) => {
    if (metOldConnection(k))
      return `${reuseWords(k)}; the server answered it with an ACK of the old numbers, for it still had that connection, and the client knew nothing of them: RST.`;
    const [from, to] = k.c.strangeSynFrom === 0 ? ['client', 'server'] : ['server', 'client'];
    return `${between(k.c.strangeSynAtUs, k.c.startUs)} after the connection's first packet the ${from}'s port sent a new SYN on it; the ${to}, which still had it open, answered with an ACK of the old numbers, and the ${from} knew nothing of them: RST.`;
  },
  evidence: strangeSynEvidence,
};
