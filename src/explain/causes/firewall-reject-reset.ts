import type { Cause } from './cause.ts';
import { filteredPort, knownHopLimit } from './signs/opening.ts';

export const firewallRejectReset: Cause = {
  id: 'firewall-reject-reset',
  group: 'connect',
  severity: 'warning',
  title: 'a firewall answered the SYN with RST',
  summary:
    "A firewall rejects the connection with a TCP reset in the server's name. connect() fails with " +
    'ECONNREFUSED although the server may be listening.',
  recognise:
    "Form C like port-closed, but the RST's TTL or round trip differs from the server's other packets " +
    '(a box nearer to the client), or the port accepts others. A reject on the server itself cannot be ' +
    'told from a closed port on the wire.',
  remedy:
    "Find the rule: `nft list ruleset | grep 'reject with tcp reset'`, `iptables-save | grep " +
    'tcp-reset`, cloud firewall, Istio/Calico policy. Open the port or use another. If the rule is ' +
    'meant, it is doing its job. Check: `ss -ltn` shows a listener and a capture on the server shows ' +
    'no SYN.',
  wouldSettle: [
    'a capture on the server side: did the SYN arrive, did the RST leave?',
    'the firewall rules and their counters: `nft list ruleset`',
    '`ss -ltn` on the server',
  ],
  references: [
    'RFC 9293 section 3.5.2',
    'RFC 3360 (inappropriate resets)',
    'Linux: nf_send_reset; nft `reject with tcp reset`, iptables REJECT --reject-with tcp-reset',
  ],
  scenario: 'connect-fails',
  kinds: ['refused'],
  fit: (k) => {
    if (k.reset === null) return 0;
    if (filteredPort(k)) return 0.8;
    // Nothing else of the server's own tells how far away it is.
    return (k.c.serverRecord?.hopLimit ?? -1) < 0 ? 0.46 : 0;
  },
  story: (k) => {
    const known = knownHopLimit(k);
    const own = k.c.serverRecord?.hopLimit === known;
    return filteredPort(k)
      ? `The RST arrived with TTL ${k.reset!.record.hopLimit}, the server's ${own ? 'own SYN-ACKs' : 'packets on other ports'} with ${known}: another host sent it.`
      : `The RST arrived with TTL ${k.reset!.record.hopLimit}; no other packet of the server tells whether it or a firewall sent it.`;
  },
};
