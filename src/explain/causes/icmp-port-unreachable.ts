import type { Cause } from './cause.ts';
import { icmpOf } from './signs/opening.ts';
import { icmpWords } from './signs/words.ts';

export const icmpPortUnreachable: Cause = {
  id: 'icmp-port-unreachable',
  group: 'connect',
  severity: 'warning',
  title: 'a firewall answered with ICMP port unreachable',
  summary:
    'The SYN is answered with ICMP port unreachable; connect() fails with ECONNREFUSED although no RST ' +
    'was seen.',
  recognise:
    'ICMP type 3 code 3 (IPv6: type 1 code 4) that quotes the SYN. TCP stacks answer a closed port ' +
    'with RST, so this is a firewall; the ICMP source tells which host.',
  remedy:
    'Open the port: it is the default of iptables REJECT and of nft `reject`. `nft list ruleset` / ' +
    '`iptables-save` on the host that sent the ICMP. Check: the SYN gets a SYN-ACK or an RST.',
  wouldSettle: ['the firewall rules of the host that sent the ICMP message'],
  references: [
    'RFC 792 (destination unreachable, code 3)',
    'RFC 4443 section 3.1',
    'RFC 1122 section 4.2.3.9',
    'Linux: tcp_v4_err, icmp_err_convert (ECONNREFUSED)',
  ],
  scenario: 'connect-fails',
  kinds: ['refused-icmp'],
  fit: (k) => (icmpOf(k, [2, 3], [4]) ? 0.95 : 0),
  story: (k) => `${icmpWords(k)}: the sender refuses that port.`,
};
