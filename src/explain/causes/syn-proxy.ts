import type { Cause } from './cause.ts';
import { between } from './signs/words.ts';

export const synProxy: Cause = {
  id: 'syn-proxy',
  group: 'field',
  severity: 'note',
  title: "a SYN proxy answered in the server's name",
  summary:
    'A firewall or DDoS protection answers SYNs itself with a cookie, and connects to the server only ' +
    "after the client's ACK. If the server refuses, the client sees RST after a good handshake.",
  recognise:
    "SYN-ACK with window 0 or with other options, MSS and TTL than the server's later packets, then a " +
    "window update or RST after the client's ACK.",
  remedy:
    'Know that connect() proves nothing behind such a box: port scans show all ports open. Check that ' +
    'proxy and server agree on MSS, window scale, SACK and timestamps (nft synproxy options). Check: ' +
    'TTL of SYN-ACK and data agree without the proxy.',
  wouldSettle: ['a capture on the server side: when does the SYN arrive there?'],
  references: [
    'RFC 4987 section 3.8 (firewalls and proxies)',
    'Linux: nft synproxy, nf_synproxy_core',
    'nmap/nmap#1131',
  ],
  scenario: null,
  kinds: ['rst', 'abort-connect', 'open', 'fin', 'half-closed', 'fin-then-rst'],
  fit: (k) => (k.peer?.renumbered && k.c.client.isnKnown ? 0.97 : 0),
  story: (k) =>
    `The two captures show different sequence numbers for the server: a box between answered the SYN in its name, ${between(k.client.synAtUs, k.server.synAtUs)} after it.`,
};
