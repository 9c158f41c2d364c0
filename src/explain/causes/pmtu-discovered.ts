import { formatBytes } from '../text.ts';
import type { Case, Cause } from './cause.ts';
import { holeEvidence, holeFilled, holeWords, leftOutWords, numbersLeftOut } from './signs/mtu.ts';
import { icmpWords } from './signs/words.ts';

export const pmtuDiscovered: Cause = {
  id: 'pmtu-discovered',
  group: 'path',
  severity: 'ok',
  title: 'path MTU discovery worked: smaller segments after ICMP',
  summary:
    'A full-size segment meets a smaller MTU; the router sends ICMP "too big", the sender shrinks its ' +
    'segments and sends again.',
  recognise:
    'ICMP type 3 code 4 (IPv6 type 2) that quotes a segment of the connection, then smaller segments, ' +
    'then normal traffic.',
  remedy:
    'Nothing is wrong. If it costs each connection a round trip, clamp the MSS at the tunnel or set ' +
    'the right MTU on the interface.',
  wouldSettle: [],
  references: ['RFC 1191', 'RFC 8201', 'Linux: tcp_v4_mtu_reduced, net.ipv4.ip_no_pmtu_disc'],
  scenario: 'path-mtu',
  kinds: ['fin', 'open', 'half-closed'],
  needsOddity: true,
  fit: (k) => (tooBig(k) ? 0.9 : numbersLeftOut(k, false) !== null ? 0.85 : holeFilled(k, false)),
  story: (k) => {
    const end = numbersLeftOut(k, false);
    if (!tooBig(k)) return end === null ? holeWords(k) : leftOutWords(k, end);
    const mtu = k.c.icmp.find((i) => i.mtu > 0)?.mtu ?? 0;
    return `${icmpWords(k)}${mtu > 0 ? `, naming an MTU of ${formatBytes(mtu)}` : ''}; data went on in smaller segments.`;
  },
  evidence: (k, add) => {
    if (!tooBig(k)) holeEvidence(k, add);
  },
};

function tooBig(k: Case): boolean {
  return k.c.icmp.some((i) => (i.family === 4 ? i.type === 3 && i.code === 4 : i.type === 2));
}
