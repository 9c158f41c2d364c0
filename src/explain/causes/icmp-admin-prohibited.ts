import type { Cause } from './cause.ts';
import { icmpOf } from './signs/opening.ts';
import { icmpWords } from './signs/words.ts';

export const icmpAdminProhibited: Cause = {
  id: 'icmp-admin-prohibited',
  group: 'connect',
  severity: 'warning',
  title: 'ICMP: administratively prohibited',
  summary:
    'A router or firewall rejects the SYN with ICMP administratively prohibited. connect() fails with ' +
    'EHOSTUNREACH on IPv4 and EACCES on IPv6.',
  recognise:
    'ICMP type 3 code 9, 10 or 13 (IPv6: type 1 code 1, 5 or 6) that quotes the SYN. The sender of the ' +
    'ICMP message is the box that refuses. Codes 0 and 1 are routing: host-unreachable.',
  remedy:
    'Ask for the rule on the box that sent the ICMP message, or take another path. firewalld and many ' +
    'routers use it as their default reject. Do not confuse EHOSTUNREACH with a dead host: read the ' +
    'ICMP code. Check: no ICMP for the next SYN.',
  wouldSettle: ['the rules of the box that sent the ICMP message'],
  references: [
    'RFC 1812 section 5.2.7.1 (code 13)',
    'RFC 4443 section 3.1 (codes 1, 5, 6)',
    'RFC 1122 section 4.2.3.9',
    'Linux: tcp_v4_err, icmp_err_convert; icmpv6_err_convert (EACCES)',
  ],
  scenario: 'connect-fails',
  kinds: ['refused-icmp'],
  fit: (k) => (icmpOf(k, [9, 10, 13], [1, 5, 6]) ? 0.95 : 0),
  story: (k) => `${icmpWords(k)}: a filter forbade it.`,
};
