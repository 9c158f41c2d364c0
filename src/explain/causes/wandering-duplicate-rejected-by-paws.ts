import type { Cause } from './cause.ts';

export const wanderingDuplicateRejectedByPaws: Cause = {
  id: 'wandering-duplicate-rejected-by-paws',
  group: 'time-wait',
  severity: 'ok',
  title: 'PAWS dropped an old segment of an earlier connection',
  summary:
    'A delayed segment of an earlier connection on the same four-tuple arrives in the new one. Its ' +
    'timestamp is old, so PAWS drops it.',
  recognise:
    'On a reused four-tuple: a segment with a TSval of the earlier connection, answered by a duplicate ' +
    'ACK and not delivered.',
  remedy: 'Nothing is wrong: timestamps protected the data even without TIME-WAIT. Keep them on.',
  wouldSettle: ['PAWSEstab on the receiver: `nstat -az TcpExtPAWSEstab`'],
  references: ['RFC 7323 section 5 (PAWS) and appendix B.2', 'Linux: tcp_paws_discard'],
  scenario: null,
  kinds: ['fin', 'open', 'half-closed'],
  fit: (k) => (k.c.pawsDrops > 0 && k.c.previous !== null ? 0.9 : 0),
};
