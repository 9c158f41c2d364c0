import type { Cause } from './cause.ts';
import { badAnswerEvidence, strangeSynEvidence } from './signs/evidence.ts';
import { synSenderReset } from './signs/resets.ts';
import { between } from './signs/words.ts';

/** A client that has vanished was silent for a while before it comes back; this one was there all the time. */
const JUST_NOW_US = 5_000_000;

export const fiveTupleCollision: Cause = {
  id: 'five-tuple-collision',
  group: 'field',
  severity: 'error',
  title: "two clients' paths collided on one four-tuple",
  summary:
    'A client reaches one backend through two front addresses with client address preservation, and ' +
    'uses the same source port for both: the backend sees a SYN on a live four-tuple. Challenge ACK, ' +
    'RST, failed or killed connections.',
  recognise:
    'SYN in ESTABLISHED or TIME-WAIT whose source is a live client, answered by a challenge ACK that ' +
    'the client answers with RST because it belongs to another of its connections. syn-challenged and ' +
    'half-open-reconnect-same-port have one front address only.',
  remedy:
    'Disable client address preservation (AWS NLB preserve_client_ip, proxy protocol v2 instead), or ' +
    'use one front address, or avoid hairpin through the balancer. Check: TCPSYNChallenge on the ' +
    'backend.',
  wouldSettle: ['a capture on the client: two connections with the same source port to two front addresses'],
  references: ['RFC 5961 section 4.2', 'kubernetes/cloud-provider-aws#1160'],
  scenario: 'five-tuple-collision',
  kinds: ['rst', 'connect-timeout', 'abort-connect', 'open', 'fin', 'half-closed', 'fin-then-rst'],
  needsOddity: true,
  fit: (k) => {
    const { c } = k;
    if (c.badAnswers > 0) return c.traces.portAlsoOf > 0 ? 0.95 : 0;
    if (!synSenderReset(k) || k.closer !== null) return 0;
    return c.strangeSynAtUs - c.end(c.strangeSynFrom).lastDataAtUs < JUST_NOW_US ? 0.55 : 0;
  },
  halfSeen: (k) => (k.client.syns > 0 && k.client.resets > 0 ? 0.4 : 0),
  story: (k) => {
    const { c, client } = k;
    if (c.badAnswers > 0)
      return `The SYN met an ACK of something else ${between(c.badAnswerAtUs, client.synAtUs)} later, and the client's port ${client.port} serves flow ${c.traces.portAlsoOf} to another address, which is still open: behind both addresses stands one server.`;
    return `${between(c.strangeSynAtUs, c.startUs)} after the connection's first packet a SYN came from its own port, only ${between(c.strangeSynAtUs, c.end(c.strangeSynFrom).lastDataAtUs)} after that end's last data, and the ACK that answered it was refused with RST.`;
  },
  evidence: (k, add) => (k.c.badAnswers > 0 ? badAnswerEvidence(k, add) : strangeSynEvidence(k, add)),
};
