import type { Cause } from './cause.ts';
import { invalidDropped } from './signs/peer.ts';
import { between } from './signs/words.ts';

export const conntrackInvalidDropped: Cause = {
  id: 'conntrack-invalid-dropped',
  group: 'middlebox',
  severity: 'ok',
  title: 'conntrack dropped an INVALID packet: no harm',
  summary:
    'As in conntrack-invalid-reset, but a rule drops packets in ct state invalid: the stray packet ' +
    'never arrives, is retransmitted in order and the connection lives.',
  recognise: "A lost segment and its retransmission, nothing else. The rule's counter is the proof.",
  remedy: 'Nothing is wrong: this is the cure for conntrack-invalid-reset.',
  wouldSettle: ['the counter of the `ct state invalid drop` rule: `nft list ruleset`'],
  references: ['Linux: nf_conntrack_tcp_packet, nft `ct state invalid drop`'],
  scenario: null,
  kinds: ['fin', 'open', 'half-closed'],
  fit: (k) => (invalidDropped(k) ? 0.85 : 0),
  story: (k) =>
    `A segment far outside the window left its host on a path that translates addresses and never arrived; nothing missed it in the ${between(k.c.startUs, k.c.lastUs)} of the connection.`,
};
