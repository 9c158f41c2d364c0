import type { Cause } from './cause.ts';
import { answersOldDuplicate, resetInTimeWait } from './signs/resets.ts';
import { beforeReset, namesOf } from './signs/words.ts';

export const oldDuplicateInTimeWait: Cause = {
  id: 'old-duplicate-in-time-wait',
  group: 'time-wait',
  severity: 'ok',
  title: 'TIME-WAIT swallowed an old duplicate and survived the RST',
  summary:
    'A delayed duplicate arrives in TIME-WAIT, the ACK to it provokes an RST of the forgetful peer, ' +
    'and net.ipv4.tcp_rfc1337=1 keeps TIME-WAIT.',
  recognise: 'The same packets as time-wait-assassinated-by-old-duplicate; only the sysctl tells.',
  remedy: 'Nothing is wrong: TIME-WAIT did its work.',
  wouldSettle: ['`sysctl net.ipv4.tcp_rfc1337` on the holder of TIME-WAIT'],
  references: ['RFC 1337 section 3', 'Linux: tcp_timewait_state_process'],
  scenario: 'time-wait-assassination',
  kinds: ['fin'],
  needsOddity: true,
  fit: (k) => (resetInTimeWait(k) && answersOldDuplicate(k) ? 0.85 : 0),
  story: (k) => {
    const { receiver, sender } = namesOf(k);
    return `The ${receiver}, in TIME-WAIT since its FIN ${beforeReset(k, k.receiver!.finAtUs)} before, answered a late segment with an ACK; the ${sender} had forgotten the connection and answered that ACK with the RST ${beforeReset(k, k.receiver!.lastDuplicateAckAtUs)} later.`;
  },
};
