import type { Cause } from './cause.ts';
import { farTimeWait } from './signs/path.ts';
import { answersOldDuplicate, resetAfterFinUnseen, resetInTimeWait } from './signs/resets.ts';
import { beforeReset, namesOf } from './signs/words.ts';

export const timeWaitAssassinated: Cause = {
  id: 'time-wait-assassinated',
  group: 'time-wait',
  severity: 'note',
  title: 'an RST ended TIME-WAIT early',
  summary:
    'An RST arrives in TIME-WAIT. With net.ipv4.tcp_rfc1337=0 (the default) Linux deletes the entry, ' +
    'and the protection against old duplicates is gone.',
  recognise:
    'Complete close, then an RST to the side that holds TIME-WAIT, exactly at its RCV.NXT. The wire ' +
    'does not show whether the entry survived: time-wait-kept-rfc1337 is the same picture. If the RST ' +
    'answers an ACK that TIME-WAIT sent for an old segment, see ' +
    'time-wait-assassinated-by-old-duplicate.',
  remedy:
    'Usually harmless. net.ipv4.tcp_rfc1337=1 makes TIME-WAIT ignore RSTs; price: a SYN with an older ' +
    'sequence number cannot clear it (syn-older-in-time-wait-rfc1337). Timestamps protect better. ' +
    'Check: `ss -tan state time-wait` for the four-tuple.',
  wouldSettle: ['`sysctl net.ipv4.tcp_rfc1337` and `ss -tan state time-wait` on the holder'],
  references: [
    'RFC 1337 section 2 (TIME-WAIT assassination)',
    'Linux: tcp_timewait_state_process, net.ipv4.tcp_rfc1337',
  ],
  scenario: 'reset-in-time-wait',
  kinds: ['fin', 'fin-then-rst'],
  needsOddity: true,
  fit: (k) => {
    if (resetInTimeWait(k)) return k.reset!.accepted && !answersOldDuplicate(k) ? 0.9 : 0;
    return resetAfterFinUnseen(k) ? 0.5 : 0;
  },
  unseen: (k) => (farTimeWait(k) ? 0.4 : 0),
  story: (k) =>
    k.receiver!.segments === 0
      ? `The RST came ${beforeReset(k, k.sender!.finAtUs)} after the ${namesOf(k).sender}'s FIN, and not from it; the ${namesOf(k).receiver}'s own segments were not captured, but by then it may have been in TIME-WAIT.`
      : `The RST reached the ${namesOf(k).receiver} ${beforeReset(k, k.receiver!.finAtUs)} after its FIN, in TIME-WAIT, at the exact number. Whether the entry survived does not show on the wire.`,
};
