import { State } from '../../states/index.ts';
import type { Cause } from './cause.ts';
import { between, reuseWords } from './signs/words.ts';

export const timeWaitReopenedBySyn: Cause = {
  id: 'time-wait-reopened-by-syn',
  group: 'time-wait',
  severity: 'ok',
  title: 'a newer SYN reopened the TIME-WAIT port',
  summary:
    'A SYN from the same four-tuple meets TIME-WAIT with a newer timestamp or a higher sequence ' +
    'number: the kernel drops the entry and accepts the new connection at once.',
  recognise:
    'SYN within 60 s of a close on the same four-tuple, answered by SYN-ACK without delay. An ACK ' +
    'instead of SYN-ACK is syn-older-in-time-wait.',
  remedy: 'Nothing is wrong.',
  wouldSettle: [],
  references: [
    'RFC 9293 section 3.10.7.4 (SYN in TIME-WAIT)',
    'RFC 6191 section 2',
    'RFC 1122 section 4.2.2.13',
    'Linux: tcp_timewait_state_process (TCP_TW_SYN)',
  ],
  scenario: 'time-wait-reopen',
  kinds: ['fin', 'open', 'rst', 'fin-then-rst', 'half-closed', 'timeout'],
  needsOddity: true,
  fit: (k) =>
    k.c.previous?.serverState === State.timeWait &&
    k.c.badAnswers === 0 &&
    k.c.startUs - k.c.previous.endedUs < 60_000_000
      ? 0.9
      : 0,
  story: (k) =>
    `${reuseWords(k)}, and the SYN was answered ${between(k.client.synAtUs, k.server.synAtUs)} later.`,
};
