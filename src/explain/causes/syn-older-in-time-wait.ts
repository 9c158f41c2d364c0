import type { Cause } from './cause.ts';
import { badAnswerEvidence } from './signs/evidence.ts';
import { metOldConnection } from './signs/resets.ts';
import { between, reuseWords } from './signs/words.ts';

export const synOlderInTimeWait: Cause = {
  id: 'syn-older-in-time-wait',
  group: 'time-wait',
  severity: 'warning',
  title: 'an older SYN met TIME-WAIT: ACK, RST, SYN again',
  summary:
    'A SYN with a sequence number lower than TIME-WAIT remembers (and no newer timestamp) is answered ' +
    'with an ACK. The client answers RST, which ends that TIME-WAIT (tcp_rfc1337=0), and the SYN sent ' +
    'again at once is accepted.',
  recognise:
    'A close on the four-tuple less than 60 s ago; SYN, ACK with the old numbers, RST of form B from ' +
    'the client, SYN again after about 10 ms, SYN-ACK. Without a complete close before it is ' +
    'half-open-reconnect-same-port or close-wait-port-reused.',
  remedy:
    'Keep timestamps on at both ends: then the SYN is always newer. It happens when a fast transfer ' +
    'outran the clock of the initial sequence number, with randomised ISNs, or when a NAT reuses its ' +
    'ports within 60 s. Price without mending: one round trip. Check: SYNs that need a repetition.',
  wouldSettle: ['`sysctl net.ipv4.tcp_timestamps` on both ends, and whether a box removes the option'],
  references: [
    'RFC 6191 section 2',
    'RFC 9293 section 3.4.1 (initial sequence numbers)',
    'Linux: tcp_timewait_state_process, tcp_rcv_synsent_state_process',
  ],
  scenario: 'time-wait-reopen',
  kinds: ['fin', 'rst', 'open', 'fin-then-rst', 'half-closed'],
  needsOddity: true,
  fit: (k) => (k.c.previous !== null && k.c.badAnswers > 0 && !metOldConnection(k) ? 0.92 : 0),
  halfSeen: (k) => (k.client.syns > 0 && k.client.resets > 0 ? 0.45 : 0),
  story: (k) =>
    `${reuseWords(k)}; the SYN met an ACK of the old connection ${between(k.c.badAnswerAtUs, k.client.synAtUs)} later, and went again ${between(k.client.lastSynAtUs, k.c.badAnswerAtUs)} after that.`,
  evidence: badAnswerEvidence,
};
