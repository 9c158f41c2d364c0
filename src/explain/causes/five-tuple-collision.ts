import { type Cause, neverFits } from './cause.ts';

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
  scenario: null,
  kinds: ['rst', 'connect-timeout', 'open', 'fin', 'half-closed'],
  fit: neverFits,
};
