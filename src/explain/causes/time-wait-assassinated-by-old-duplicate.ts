import type { Cause } from './cause.ts';
import { answersOldDuplicate, resetInTimeWait } from './signs/resets.ts';
import { beforeReset, namesOf } from './signs/words.ts';

export const timeWaitAssassinatedByOldDuplicate: Cause = {
  id: 'time-wait-assassinated-by-old-duplicate',
  group: 'time-wait',
  severity: 'note',
  title: 'an old duplicate ended TIME-WAIT (RFC 1337)',
  summary:
    'A delayed duplicate arrives in TIME-WAIT and is answered with an ACK. The peer has forgotten the ' +
    'connection and answers that ACK with RST, which ends TIME-WAIT early. No attacker is needed.',
  recognise:
    'After the complete close: an old segment, an ACK from the TIME-WAIT side, RST of form B from the ' +
    'peer. With tcp_rfc1337=1 the same packets leave TIME-WAIT in place: old-duplicate-in-time-wait.',
  remedy:
    'net.ipv4.tcp_rfc1337=1 ignores such an RST (price: see syn-older-in-time-wait-rfc1337). Keep ' +
    'timestamps on: then the next incarnation is protected by PAWS anyway. Check: `ss -tan state ' +
    'time-wait` for the four-tuple.',
  wouldSettle: ['`sysctl net.ipv4.tcp_rfc1337` on the holder of TIME-WAIT'],
  references: ['RFC 1337 section 2, figure 1', 'Linux: tcp_timewait_state_process, net.ipv4.tcp_rfc1337'],
  scenario: 'time-wait-assassination',
  kinds: ['fin'],
  needsOddity: true,
  fit: (k) => (resetInTimeWait(k) && answersOldDuplicate(k) ? 0.95 : 0),
  story: (k) => {
    const { receiver, sender } = namesOf(k);
    return `The ${receiver}, in TIME-WAIT since its FIN ${beforeReset(k, k.receiver!.finAtUs)} before, answered a late segment with an ACK; the ${sender} had forgotten the connection and answered that ACK with the RST ${beforeReset(k, k.receiver!.lastDuplicateAckAtUs)} later.`;
  },
};
