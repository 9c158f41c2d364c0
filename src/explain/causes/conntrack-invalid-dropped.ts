import { nameOf } from '../text.ts';
import type { Case, Cause } from './cause.ts';
import { farEnd } from './signs/path.ts';
import { hasBothEnds, invalidDropped } from './signs/peer.ts';
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
  scenario: 'conntrack-invalid',
  kinds: ['fin', 'open', 'half-closed'],
  needsOddity: true,
  fit: (k) => (invalidDropped(k) ? 0.86 : leftUnanswered(k) ? 0.8 : 0),
  unseen: (k) => (k.o.closeKind === 'fin' && farEnd(k) === k.server ? 0.1 : 0),
  story: (k) => {
    const { traces } = k.c;
    if (leftUnanswered(k))
      return `${between(traces.farOutAtUs, k.c.startUs)} after the first packet a segment far outside the window left the ${nameOf(k, k.c.end(traces.farOutFrom))}; the other end would have answered it with an ACK, and did not: it never arrived. The connection went on for ${between(traces.farOutAtUs, k.c.lastUs)}.`;
    return `A segment far outside the window left its host on a path that translates addresses and never arrived; nothing missed it in the ${between(k.c.startUs, k.c.lastUs)} of the connection.`;
  },
  evidence: (k, add) => {
    const { traces } = k.c;
    if (traces.farOut > 0)
      add(traces.farOutPacket, traces.farOutAtUs, 'a segment far outside the window, which nothing answers');
  },
};

/** Seen where it was sent, with routers on its way, and no ACK came back as for any segment outside the window. */
function leftUnanswered(k: Case): boolean {
  const { traces, foreign } = k.c;
  if (traces.farOut === 0 || traces.farOutAnswered || foreign > 0) return false;
  // Long connections are not kept whole, but whether such a segment passed at all is counted.
  if (hasBothEnds(k)) return k.peer!.at === traces.farOutFrom && k.peer!.other!.c.traces.farOut === 0;
  const far = farEnd(k);
  return far !== null && far !== k.c.end(traces.farOutFrom);
}
