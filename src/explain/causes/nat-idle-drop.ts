import { formatDuration } from '../text.ts';
import type { Cause } from './cause.ts';
import { silentEndEvidence } from './signs/evidence.ts';
import { isSilentSince, longIdleUs, pathHops, unanswered } from './signs/path.ts';
import { silentEndWords } from './signs/words.ts';

export const natIdleDrop: Cause = {
  id: 'nat-idle-drop',
  group: 'middlebox',
  severity: 'error',
  title: 'a NAT or firewall forgot the idle flow and drops the rest',
  summary:
    'A NAT or stateful firewall dropped the entry of an idle flow and now drops its packets silently. ' +
    'The sender retransmits until ETIMEDOUT; the other end stays ESTABLISHED.',
  recognise:
    'Long idle, then data that is retransmitted and never answered, while the same host answers other ' +
    'connections. retransmission-timeout without the idle time is a dead path or peer. Two captures ' +
    'prove it: the far one shows nothing after the idle time.',
  remedy:
    'Keepalive (TCP or application) more often than the box forgets, and shorter idle limits in pools. ' +
    'TCP_USER_TIMEOUT makes the failure quick. For Linux boxes: ' +
    'net.netfilter.nf_conntrack_tcp_timeout_established (5 days by default, often lowered), and ' +
    'nf_conntrack_tcp_loose=1 lets it pick flows up again. Check: the idle time at which flows die is ' +
    'the same every time.',
  wouldSettle: [
    'a capture on the other side: do the segments arrive?',
    'the idle timeout of each NAT and firewall on the path',
  ],
  references: [
    'RFC 5382 section 5, REQ-5',
    'RFC 9293 section 3.8.4 (keepalives)',
    'Linux: nf_conntrack_tcp_timeout_established, nf_conntrack_tcp_loose',
  ],
  scenario: 'nat-idle',
  kinds: ['timeout'],
  fit: (k) => {
    const u = unanswered(k);
    if (u === null || u.end.retryRun === 0 || !isSilentSince(u.end, u.peer)) return 0;
    if (u.end.idleBeforeFlightUs < Math.max(1_000_000, longIdleUs(k))) return 0;
    return pathHops(k) > 0 ? 0.9 : 0.45;
  },
  story: (k) =>
    `The connection had been idle for ${formatDuration(unanswered(k)!.end.idleBeforeFlightUs)} before that data, and nothing passed after it. ${silentEndWords(k)}`,
  evidence: silentEndEvidence,
};
