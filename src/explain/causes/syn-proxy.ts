import { nameOf } from '../text.ts';
import type { End } from '../track/connection.ts';
import type { Case, Cause } from './cause.ts';
import { handmadeSyn, unnumberedSyn } from './signs/opening.ts';
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
  scenario: 'syn-proxy',
  kinds: ['rst', 'abort-connect', 'open', 'fin', 'half-closed', 'fin-then-rst', 'refused', 'timeout'],
  fit: (k) => {
    if (k.peer?.renumbered && k.c.client.isnKnown) return 0.97;
    // No stack opens with a window of 0; a proxy does, as it has no buffer to offer before the server has answered.
    if (k.server.syns > 0 && k.server.synWindow === 0) return 0.95;
    if (k.o.closeKind === 'refused' && unnumberedSyn(k) && !handmadeSyn(k.client)) return 0.5;
    return otherHopsAfterSyn(k.client) || otherHopsAfterSyn(k.server) ? 0.7 : 0;
  },
  story: (k) => {
    if (!k.peer?.renumbered && k.server.syns > 0 && k.server.synWindow === 0)
      return `The SYN-ACK, ${between(k.client.synAtUs, k.server.synAtUs)} after the SYN, offered a window of 0, as a SYN proxy does that has not asked the server yet.`;
    if (!k.peer?.renumbered && k.o.closeKind === 'refused')
      return `The SYN has the options of a kernel but an IP ID of 0, as one that a proxy writes in the client's name; port ${k.server.port} refused it.`;
    if (!k.peer?.renumbered) return hopsWords(k);
    return `The two captures show different sequence numbers for the server: a box between answered the SYN in its name, ${between(k.client.synAtUs, k.server.synAtUs)} after it.`;
  },
};

/** Its SYN came from another distance than what it sent later, several segments long. */
function otherHopsAfterSyn(end: End): boolean {
  return (
    end.syns > 0 && end.otherHopLimit >= 0 && end.hopChanges === 1 && end.hopChangedAt > 0 && end.segments > 2
  );
}

function hopsWords(k: Case): string {
  const end = otherHopsAfterSyn(k.client) ? k.client : k.server;
  return `The SYN in the ${nameOf(k, end)}'s name came with a TTL of ${end.hopLimit}, all that followed with ${end.otherHopLimit}: another host answered first.`;
}
