import { isKeepaliveDeath } from '../outcome.ts';
import { formatCount, nameOf } from '../text.ts';
import type { Cause } from './cause.ts';
import { keepaliveEvidence } from './signs/evidence.ts';
import { farEnd, unanswered } from './signs/path.ts';
import { probedInVain } from './signs/resets.ts';
import { between } from './signs/words.ts';

export const keepaliveTimeout: Cause = {
  id: 'keepalive-timeout',
  group: 'peer-gone',
  severity: 'error',
  title: 'keepalive probes unanswered: connection given up',
  summary:
    'Keepalive probes get no answer; after TCP_KEEPCNT of them the kernel gives the connection up with ' +
    'ETIMEDOUT and sends one RST into the void.',
  recognise:
    'Small segments at SND.UNA - 1 at a fixed interval without an answer, then (on Linux) RST of form ' +
    'A from the same side, and nothing unacknowledged before. If real data was outstanding it is ' +
    'retransmission-timeout or user-timeout; if probes started only after long idle, nat-idle-drop may ' +
    'be the reason for the silence.',
  remedy:
    'The peer is down, the path is cut, or a NAT / firewall forgot the idle flow. Reconnect. If only ' +
    'idle flows die, probe more often than the box forgets (e.g. TCP_KEEPIDLE 60; AWS NLB and NAT ' +
    'gateway 350 s, Azure 4 min). Price: earlier false alarms on short outages. Check: probes are ' +
    'answered (`ss -tno`, the capture).',
  wouldSettle: [
    "a capture on the peer's side: do the probes arrive, do the answers leave?",
    'uptime of the peer',
  ],
  references: [
    'RFC 9293 section 3.8.4 (keepalives)',
    'RFC 1122 section 4.2.3.6',
    'Linux: tcp_keepalive_timer (reason TCP_KEEPALIVE_TIMEOUT), net.ipv4.tcp_keepalive_intvl, tcp_keepalive_probes; TCPAbortOnTimeout',
  ],
  scenario: 'half-open-crash',
  kinds: ['timeout', 'rst'],
  fit: (k) => {
    if (k.reset !== null && isKeepaliveDeath(k.c, k.reset)) return 0.95;
    if (probedInVain(k)) return 0.9;
    const u = unanswered(k);
    return u !== null && u.end.keepaliveRun >= 2 && u.end.retryRun === 0 ? 0.9 : 0;
  },
  unseen: (k) => (k.o.closeKind === 'open' && farEnd(k) !== null ? 0.15 : 0),
  story: (k) => {
    const inVain = probedInVain(k);
    const end = inVain ? k.sender! : k.client.keepaliveRun >= k.server.keepaliveRun ? k.client : k.server;
    const probes = formatCount(inVain ? end.keepaliveRunBefore : end.keepaliveRun, 'unanswered probe');
    if (inVain)
      return `The ${nameOf(k, end)} had sent ${probes}, the last ${between(k.reset!.record.atUs, end.keepaliveLastAtUs)} before its RST: when the other end was heard again, it had given up.`;
    const peer = end === k.client ? k.server : k.client;
    const closed =
      k.reset !== null && k.sender === end
        ? `; ${between(k.reset.record.atUs, end.keepaliveLastAtUs)} after the last probe it gave up with an RST`
        : '';
    return `The ${nameOf(k, peer)} was last heard ${between(peer.lastAtUs, end.keepaliveFirstAtUs)} before the first of ${probes}${closed}.`;
  },
  evidence: keepaliveEvidence,
};
