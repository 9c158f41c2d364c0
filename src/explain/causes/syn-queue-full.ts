import { formatCount } from '../text.ts';
import type { Case, Cause } from './cause.ts';
import { synOnly } from './signs/opening.ts';
import { neverArrived } from './signs/peer.ts';

/** So many connection attempts that nobody goes on with are a flood. */
const FLOOD_FROM = 16;

export const synQueueFull: Cause = {
  id: 'syn-queue-full',
  group: 'connect',
  severity: 'error',
  title: 'SYN queue full, no cookies: SYNs dropped',
  summary:
    'The queue of half-open requests is full (flood, or many lost last ACKs) and SYN cookies are off: ' +
    'new SYNs are dropped and real clients time out.',
  recognise:
    'Unanswered SYNs to a port that answers others, together with many SYNs or SYN-ACK retransmissions ' +
    'to other sources. On one connection the same as accept-queue-full and syn-filtered.',
  remedy:
    'Turn net.ipv4.tcp_syncookies on (1, the default), raise net.ipv4.tcp_max_syn_backlog and the ' +
    'listen backlog (Linux bounds the SYN queue by both), lower net.ipv4.tcp_synack_retries; drop the ' +
    'flood upstream. Price of cookies: without timestamps the connection loses window scale and SACK. ' +
    'Check: TCPReqQFullDrop stands still.',
  wouldSettle: [
    'TCPReqQFullDrop on the server: `nstat -az TcpExtTCPReqQFullDrop`',
    '`ss -tan state syn-recv | wc -l` on the server',
  ],
  references: [
    'RFC 4987 section 3 (SYN flooding defences)',
    'Linux: tcp_conn_request, net.ipv4.tcp_syncookies, net.ipv4.tcp_max_syn_backlog',
  ],
  scenario: 'syn-flood',
  kinds: ['connect-timeout'],
  fit: (k) => (synOnly(k) && !neverArrived(k) && flooded(k) ? 0.9 : 0),
  story: (k) => {
    const { attempts, completed } = k.c.serverRecord!;
    return `Of ${formatCount(attempts, 'connection attempt')} to that port in this capture ${completed} went as far as the handshake's last ACK: half-open ones fill the SYN queue, and this SYN found no room.`;
  },
};

function flooded(k: Case): boolean {
  const record = k.c.serverRecord;
  return record !== null && record.attempts >= FLOOD_FROM && record.completed < record.attempts / 4;
}
