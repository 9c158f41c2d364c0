import type { Cause } from './cause.ts';
import { farTimeWait } from './signs/path.ts';
import { answersOldDuplicate, resetAfterFinUnseen, resetInTimeWait } from './signs/resets.ts';
import { beforeReset, namesOf } from './signs/words.ts';

export const timeWaitKeptRfc1337: Cause = {
  id: 'time-wait-kept-rfc1337',
  group: 'time-wait',
  severity: 'ok',
  title: 'tcp_rfc1337=1 kept TIME-WAIT against an RST',
  summary:
    'An RST arrives in TIME-WAIT and net.ipv4.tcp_rfc1337=1 makes the kernel ignore it (and restart ' +
    'the timer).',
  recognise: 'The same packets as time-wait-assassinated; only the sysctl and the surviving entry tell.',
  remedy: 'Nothing is wrong.',
  wouldSettle: ['`sysctl net.ipv4.tcp_rfc1337` and `ss -tan state time-wait` on the holder'],
  references: ['RFC 1337 section 3 (fix F1: ignore RST in TIME-WAIT)', 'Linux: tcp_timewait_state_process'],
  scenario: 'reset-in-time-wait',
  kinds: ['fin', 'fin-then-rst'],
  needsOddity: true,
  fit: (k) => {
    if (resetInTimeWait(k)) return k.reset!.accepted && !answersOldDuplicate(k) ? 0.8 : 0;
    return resetAfterFinUnseen(k) ? 0.48 : 0;
  },
  unseen: (k) => (farTimeWait(k) ? 0.3 : 0),
  story: (k) =>
    k.receiver!.segments === 0
      ? `The RST came ${beforeReset(k, k.sender!.finAtUs)} after the ${namesOf(k).sender}'s FIN, and not from it; the ${namesOf(k).receiver}'s own segments were not captured, but by then it may have been in TIME-WAIT.`
      : `The RST reached the ${namesOf(k).receiver} ${beforeReset(k, k.receiver!.finAtUs)} after its FIN, in TIME-WAIT, at the exact number. Whether the entry survived does not show on the wire.`,
};
