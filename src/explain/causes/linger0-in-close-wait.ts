import type { Cause } from './cause.ts';
import { unreadEvidence } from './signs/evidence.ts';
import { abortedLive, unreadAtReset, wasAnswered } from './signs/resets.ts';
import { leftWithGoodbye, owedData } from './signs/text.ts';
import { beforeReset, capitalised, namesOf, unreadWords } from './signs/words.ts';

export const linger0InCloseWait: Cause = {
  id: 'linger0-in-close-wait',
  group: 'app-abort',
  severity: 'warning',
  title: 'passive side answered FIN with RST (SO_LINGER 0)',
  summary:
    'The peer closes first with FIN. The passive side, in CLOSE-WAIT, closes with SO_LINGER {1, 0}: ' +
    'RST instead of FIN. The peer, in FIN-WAIT-2, gets no TIME-WAIT.',
  recognise:
    'FIN of one side, acknowledged; then RST of form A (it acknowledges the FIN) from the other side, ' +
    'which had sent no FIN. If that side had unread data, close-with-unread-data fits as well. An RST ' +
    'without ACK flag (form B) means no socket instead.',
  remedy:
    'Find who sets SO_LINGER {1, 0} and remove it: Node socket.resetAndDestroy(), Java ' +
    'setSoLinger(true, 0), Go SetLinger(0), nginx `reset_timedout_connection`, HAProxy `option ' +
    "nolinger`. The peer had closed already, so TIME-WAIT would have been the peer's: the RST buys " +
    'nothing here. If the peer had only half-closed and was still reading, the end of the answer is ' +
    'lost. Check: TCPAbortOnData on the passive side.',
  wouldSettle: [
    'TCPAbortOnData against TCPAbortOnClose on the passive side: `nstat -az`',
    'a system call trace of the passive side: `strace -e trace=setsockopt,close -p PID`',
  ],
  references: [
    'RFC 9293 section 3.10.5 (ABORT call, CLOSE-WAIT)',
    'Linux: __tcp_close, tcp_need_reset (CLOSE_WAIT is among the states that send RST)',
  ],
  scenario: 'linger-states',
  kinds: ['fin-then-rst'],
  fit: (k) => {
    if (!abortedLive(k) || k.sender !== k.passive || k.sender!.fins > 0) return 0;
    if (owedData(k, k.sender!, k.receiver!, k.reset!.record.atUs)) return 0.55;
    return (unreadAtReset(k) > 0 && !wasAnswered(k)) || leftWithGoodbye(k) ? 0.6 : 0.85;
  },
  halfSeen: (k) => (abortedLive(k) && k.closer === null ? 0.4 : 0),
  story: (k) => {
    const { sender, closer } = namesOf(k);
    const acked = k.closer!.finAckedAtUs;
    const since =
      acked >= 0
        ? `had acknowledged the ${closer}'s FIN ${beforeReset(k, acked)} before`
        : `had not acknowledged the ${closer}'s FIN on its own`;
    return `The ${sender} ${since} and was in CLOSE-WAIT; a close() there would have sent FIN. ${capitalised(unreadWords(k))}.`;
  },
  evidence: unreadEvidence,
};
