import type { Cause } from './cause.ts';
import { closerIdleBeforeFin, isNewRequest, lastWord, lateTextRefused, waitedUs } from './signs/closing.ts';
import { lateTextEvidence } from './signs/evidence.ts';
import { capitalised, lateTextWords, namesOf } from './signs/words.ts';

export const peerSentAfterClose: Cause = {
  id: 'peer-sent-after-close',
  group: 'app-abort',
  severity: 'warning',
  title: 'data arrived after close(): RST',
  summary:
    'One side calls close() and sends FIN; the peer ignores the EOF and sends data. Nobody can read it ' +
    "any more, so it is answered with RST; the data is lost, and the peer's next write gives EPIPE.",
  recognise:
    'FIN of the closer, acknowledged; then payload from the other side; then an RST of form B (no ACK ' +
    "flag, seq = that segment's ACK number) within one RTT. Its neighbours differ by time and content: " +
    'a new request after idle is lb-idle-timeout, a request that crossed the FIN is keepalive-race, a ' +
    'last small message followed by FIN is harmless-rst-after-close, data after tcp_fin_timeout is ' +
    'fin-wait2-expired.',
  remedy:
    "Agree who closes: the sender reads and acts on EOF (recv() == 0, Node 'end') before it sends; or " +
    'the closer uses shutdown(SHUT_WR) and reads on. Price: the closer keeps a socket until the peer ' +
    'is done; bound it with a timer. Check: no EPIPE/ECONNRESET at the sender after EOF.',
  wouldSettle: ['a system call trace of the closer: close() against shutdown()'],
  references: [
    'RFC 9293 section 3.6.1 (SHLD-3)',
    'RFC 2525 section 2.16',
    'Linux: tcp_timewait_state_process (TCP_TW_RST), tcp_rcv_state_process (TCPAbortOnData)',
  ],
  scenario: 'close-wait-leak',
  kinds: ['fin-then-rst'],
  fit: (k) => {
    if (!lateTextRefused(k)) return 0;
    if (lastWord(k)) return 0.4;
    if (isNewRequest(k)) return closerIdleBeforeFin(k) ? 0.3 : 0.6;
    return waitedUs(k) > 30_000_000 ? 0.5 : 0.8;
  },
  story: (k) => `${capitalised(lateTextWords(k))}; the ${namesOf(k).closer} had no reader for them any more.`,
  evidence: lateTextEvidence,
};
