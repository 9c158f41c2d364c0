import { formatCount, formatTimes } from '../text.ts';
import type { Cause } from './cause.ts';
import { badAnswerEvidence } from './signs/evidence.ts';
import { between, reuseWords } from './signs/words.ts';

export const synOlderInTimeWaitRfc1337: Cause = {
  id: 'syn-older-in-time-wait-rfc1337',
  group: 'time-wait',
  severity: 'error',
  title: 'older SYN, TIME-WAIT kept by tcp_rfc1337=1: no connection',
  summary:
    "A SYN older than TIME-WAIT remembers is answered with an ACK, the client's RST is ignored because " +
    'of net.ipv4.tcp_rfc1337=1 (and restarts the timer), and so on until the client gives up with ' +
    'ETIMEDOUT.',
  recognise:
    'SYN, ACK with old numbers, RST, SYN again, the same ACK, several times. With tcp_rfc1337=0 the ' +
    'second SYN is accepted: syn-older-in-time-wait.',
  remedy:
    'Keep timestamps on, or set net.ipv4.tcp_rfc1337=0 on the side that holds TIME-WAIT. Check: the ' +
    'second SYN is answered by SYN-ACK.',
  wouldSettle: ['`sysctl net.ipv4.tcp_rfc1337 net.ipv4.tcp_timestamps` on the side that answers'],
  references: ['RFC 1337 section 3', 'Linux: tcp_timewait_state_process, net.ipv4.tcp_rfc1337'],
  scenario: 'time-wait-reopen',
  kinds: ['connect-timeout', 'open'],
  fit: (k) => {
    const { c, client, server } = k;
    if (c.badAnswers < 2 || server.syns > 0 || client.resets < 2) return 0;
    return c.previous === null ? 0.6 : 0.95;
  },
  story: (k) => {
    const { c, client } = k;
    const reuse = c.previous === null ? '' : `${reuseWords(k)}. `;
    return `${reuse}The SYN, sent ${formatTimes(client.syns)} within ${between(client.synAtUs, client.lastSynAtUs)}, met an ACK of an old connection ${formatTimes(c.badAnswers)}; ${formatCount(client.resets, 'RST')} of the client did not clear it.`;
  },
  evidence: badAnswerEvidence,
};
