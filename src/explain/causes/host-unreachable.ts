import type { Cause } from './cause.ts';
import { icmpOf } from './signs/opening.ts';
import { icmpWords } from './signs/words.ts';

export const hostUnreachable: Cause = {
  id: 'host-unreachable',
  group: 'connect',
  severity: 'error',
  title: 'ICMP: host or network unreachable',
  summary:
    'A router on the path cannot deliver the SYN (no route, or no answer to ARP / neighbour discovery) ' +
    'and says so with ICMP. connect() fails with EHOSTUNREACH or ENETUNREACH.',
  recognise:
    'ICMP type 3 code 0 or 1 (IPv6: type 1 code 0 or 3) that quotes the SYN. The last router needs ' +
    'about 3 s until ARP fails, so the SYN is usually repeated first. Prohibition codes are ' +
    'icmp-admin-prohibited; no ICMP at all is syn-filtered.',
  remedy:
    'The host is down, the address is wrong, or the route is missing: look at the router that sent the ' +
    'ICMP message. In clouds: address of a removed instance in DNS or a stale load balancer target. ' +
    'Check: `ip neigh` on the last router, `ip route get ADDRESS` on the client.',
  wouldSettle: ['`ip neigh` / ARP table on the router that sent the ICMP message'],
  references: [
    'RFC 792 (destination unreachable, codes 0 and 1)',
    'RFC 4443 section 3.1 (codes 0 and 3)',
    'RFC 1122 section 4.2.3.9 (soft error on an established connection)',
    'Linux: tcp_v4_err, icmp_err_convert',
  ],
  scenario: 'connect-fails',
  kinds: ['refused-icmp'],
  fit: (k) => (icmpOf(k, [0, 1, 5, 6, 7, 8, 11, 12], [0, 3]) ? 0.95 : 0),
  story: (k) => `${icmpWords(k)}: a router on the way, or the client's own host, could not reach the server.`,
};
