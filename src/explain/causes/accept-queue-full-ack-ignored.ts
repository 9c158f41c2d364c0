import { formatBytes, formatDuration, formatTimes } from '../text.ts';
import type { Cause } from './cause.ts';
import { handshakeEvidence, repeatedSynAckEvidence } from './signs/evidence.ts';
import { ackIgnored, cookieMisread, cookieWasted, senderSilence } from './signs/resets.ts';

export const acceptQueueFullAckIgnored: Cause = {
  id: 'accept-queue-full-ack-ignored',
  group: 'connect',
  severity: 'error',
  title: 'accept queue full: the last ACK of the handshake ignored',
  summary:
    'The accept queue fills between SYN and the last ACK (tcp_abort_on_overflow=0). The server ignores ' +
    'the ACK and goes on repeating its SYN-ACK; the client believes it is connected, its data is never ' +
    "acknowledged, and when the server's request expires the data gets RST.",
  recognise:
    'Complete handshake, then SYN-ACK repeated by the server although it was acknowledged, client data ' +
    'never acknowledged; later RST of form B, or the connection comes to life when the queue drains. ' +
    'In defer-accept the SYN-ACK also repeats, but only until the client sends data.',
  remedy:
    'Accept faster, raise listen(backlog) and net.core.somaxconn together (the smaller one counts); ' +
    'restart or re-listen for it to take effect. Spread the load over SO_REUSEPORT listeners. Check: ' +
    'ListenOverflows stands still, Recv-Q stays below Send-Q in `ss -ltn`.',
  wouldSettle: [
    'ListenOverflows and ListenDrops on the server: `nstat -az TcpExtListenOverflows TcpExtListenDrops`',
    '`ss -ltn` on the server: Recv-Q above Send-Q',
  ],
  references: [
    'Linux: tcp_check_req, tcp_v4_syn_recv_sock (exit_overflow), net.ipv4.tcp_synack_retries',
    'listen(2)',
  ],
  scenario: 'accept-queue',
  kinds: ['rst', 'timeout', 'open', 'fin-then-rst'],
  fit: (k) => (ackIgnored(k) ? 0.95 : cookieWasted(k) || cookieMisread(k) ? 0.88 : 0),
  story: (k) => {
    if (cookieMisread(k))
      return `The server said nothing to the handshake's last ACK, and then one RST, though the client had sent its ${formatBytes(k.client.bytes)} in several segments: the first was dropped for want of room, the next has no number that a SYN cookie fits. With tcp_abort_on_overflow each of them would have got an RST.`;
    if (k.c.synAckRepeats === 0)
      return `After the handshake the server took none of the client's ${formatBytes(k.client.bytes)}, which went again ${formatTimes(k.client.retransmissions)}, and said nothing for ${formatDuration(senderSilence(k))}; then its RST shows that it knows of no connection. A server that gave out a SYN cookie remembers none that it has no room for.`;
    const again = k.client.retransmissions;
    return `The server sent its SYN-ACK again ${formatTimes(k.c.synAckRepeats)} although the client had acknowledged it, and acknowledged none of the client's ${formatBytes(k.client.bytes)}${again > 0 ? `, which went again ${formatTimes(again)}` : ''}.`;
  },
  evidence: (k, add) => {
    handshakeEvidence(k, add);
    repeatedSynAckEvidence(k, add);
  },
};
