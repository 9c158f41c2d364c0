import { formatBytes, nameOf } from '../text.ts';
import type { End } from '../track/connection.ts';
import type { Cause } from './cause.ts';
import { silentEndEvidence } from './signs/evidence.ts';
import { holeEvidence, holeStays, holeWords } from './signs/mtu.ts';
import { unanswered } from './signs/path.ts';
import { unackedText } from './signs/words.ts';

export const pmtuBlackhole: Cause = {
  id: 'pmtu-blackhole',
  group: 'path',
  severity: 'error',
  title: 'path MTU black hole: big segments vanish',
  summary:
    'A link on the path has a smaller MTU and the ICMP that would say so is filtered. The handshake ' +
    'and small segments pass, full-size ones vanish: the connection hangs and ends with ETIMEDOUT.',
  recognise:
    'Retransmissions of full-size segments only, while smaller ones (also later ones, by SACK) are ' +
    'acknowledged; no ICMP. retransmission-timeout loses small segments too; pmtu-discovered shows the ' +
    'ICMP message.',
  remedy:
    'Let ICMP type 3 code 4 and ICMPv6 type 2 through; clamp the MSS at the tunnel (`tcp option maxseg ' +
    'size set rt mtu`, iptables TCPMSS --clamp-mss-to-pmtu); set net.ipv4.tcp_mtu_probing=1 on servers ' +
    '(probes after timeouts), or lower the interface MTU. Price of clamping: a few per cent of ' +
    'overhead. Check: `ping -M do -s 1472 HOST`, `tracepath HOST`.',
  wouldSettle: [
    '`tracepath HOST` and `ping -M do -s SIZE HOST` from the sender',
    'a capture on the receiver: which segments arrive?',
  ],
  references: [
    'RFC 2923 section 2.1 (black hole detection)',
    'RFC 1191',
    'RFC 8201',
    'RFC 4821',
    'Linux: net.ipv4.tcp_mtu_probing',
  ],
  scenario: 'path-mtu',
  kinds: ['timeout', 'fin', 'open', 'half-closed'],
  fit: (k) => {
    const u = unanswered(k);
    if (u === null || u.end.retryRun < 2) return holeStays(k) ? 0.85 : 0;
    const full = u.end.mss > 0 && u.peer.mss > 0 ? Math.min(u.end.mss, u.peer.mss) - 60 : 1200;
    return u.end.retryLength >= full && u.end.acked && u.end.bytes > u.end.retryLength
      ? u.peer.lastSackAtUs >= 0 || u.peer.duplicateAcks > 0
        ? 0.92
        : nothingFullPassed(u.end, full)
          ? 0.85
          : 0.6
      : 0;
  },
  story: (k) => {
    const u = unanswered(k);
    if (u === null) return holeWords(k);
    const { end, peer } = u;
    return `Segments of ${formatBytes(end.retryLength)} vanish, while smaller ones passed before: the ${nameOf(k, peer)} acknowledged ${formatBytes(Math.max(0, end.bytes - unackedText(end)))}. No ICMP error came back.`;
  },
  evidence: (k, add) => (unanswered(k) === null ? holeEvidence(k, add) : silentEndEvidence(k, add)),
};

/** All that was ever acknowledged is less than one full segment: not one of them got through. */
function nothingFullPassed(end: End, full: number): boolean {
  return end.isnKnown && ((end.sndUna - end.firstSeq) | 0) < full;
}
