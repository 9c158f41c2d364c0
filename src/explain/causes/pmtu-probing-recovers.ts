import type { Cause } from './cause.ts';
import {
  holeEvidence,
  holeFilled,
  holeWords,
  leftOutWords,
  numbersLeftOut,
  shrunkEvidence,
  shrunkUnasked,
  shrunkWords,
} from './signs/mtu.ts';

export const pmtuProbingRecovers: Cause = {
  id: 'pmtu-probing-recovers',
  group: 'path',
  severity: 'ok',
  title: 'MTU probing got out of a path MTU black hole',
  summary:
    'Full-size segments vanish without ICMP; after a few timeouts net.ipv4.tcp_mtu_probing=1 makes the ' +
    'sender try smaller segments, and the transfer finishes.',
  recognise:
    'Retransmissions of a full-size segment, then the same bytes in smaller segments (Linux begins at ' +
    'tcp_base_mss, 1024) that are acknowledged, no ICMP.',
  remedy:
    'This is the cure for pmtu-blackhole; it still costs some timeouts at each start. Mend the path: ' +
    'let ICMP through or clamp the MSS. Check: TCPMTUPSuccess, TCPMTUPFail.',
  wouldSettle: ['TCPMTUPSuccess on the sender: `nstat -az TcpExtTCPMTUPSuccess`'],
  references: [
    'RFC 4821 (packetization layer path MTU discovery)',
    'Linux: tcp_mtu_probing (tcp_timer.c), net.ipv4.tcp_base_mss',
  ],
  scenario: 'path-mtu',
  kinds: ['fin', 'open', 'half-closed', 'rst', 'fin-then-rst'],
  needsOddity: true,
  fit: (k) => {
    if (shrunkUnasked(k)) return 0.93;
    if (k.c.icmp.length > 0) return 0;
    return numbersLeftOut(k, true) === null ? holeFilled(k, true) : 0.85;
  },
  story: (k) => {
    if (shrunkUnasked(k)) return shrunkWords(k);
    const end = numbersLeftOut(k, true);
    return end === null ? holeWords(k) : leftOutWords(k, end);
  },
  evidence: (k, add) => (shrunkUnasked(k) ? shrunkEvidence(k, add) : holeEvidence(k, add)),
};
