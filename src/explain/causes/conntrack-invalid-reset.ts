import type { Cause } from './cause.ts';
import { answersUntranslated } from './signs/peer.ts';
import { between, namesOf } from './signs/words.ts';

export const conntrackInvalidReset: Cause = {
  id: 'conntrack-invalid-reset',
  group: 'middlebox',
  severity: 'error',
  title: 'conntrack left a packet untranslated; the client reset it',
  summary:
    'With a DNATed service address, conntrack calls a late packet of the server INVALID and does not ' +
    'translate it back. The client gets it from an unknown address and answers RST, which goes ' +
    'straight to the real server and kills its connection.',
  recognise:
    "In the client's capture: a segment from the backend's own address for a connection that it only " +
    'knows under the service address, then RST of form B to the backend; the same port and sequence ' +
    'numbers as the service connection. On the server: an RST out of nothing from a client that goes ' +
    'on sending.',
  remedy:
    'Drop INVALID packets before they leave (nft `ct state invalid drop` in forward; kube-proxy does ' +
    'so in its KUBE-FORWARD chain), or set net.netfilter.nf_conntrack_tcp_be_liberal=1. Price of ' +
    'dropping: asymmetric routes break; of liberal: windows are no longer checked. Check: `conntrack ' +
    "-S` invalid counter, no segment from the backend's address at the client.",
  wouldSettle: [
    "a capture on the client that includes the backend's own address",
    '`conntrack -S` (invalid) and nf_conntrack_log_invalid on the NAT host',
  ],
  references: [
    'Linux: nf_conntrack_tcp_packet, net.netfilter.nf_conntrack_tcp_be_liberal',
    'kubernetes/kubernetes#74839',
  ],
  scenario: null,
  kinds: ['rst'],
  fit: (k) => (k.reset?.accepted && answersUntranslated(k) ? 0.95 : 0),
  story: (k) =>
    `The RST, ${between(k.c.startUs, k.reset!.record.atUs)} into the connection, carries the acknowledgement number of a segment far outside the window that got lost on a path which translates addresses: the ${namesOf(k).sender} answered it from an address that it did not know.`,
};
