import type { Cause } from './cause.ts';
import { lastWord, lateTextRefused } from './signs/closing.ts';
import { lateTextEvidence } from './signs/evidence.ts';
import { abortedLive } from './signs/resets.ts';
import { leftWithGoodbye } from './signs/text.ts';
import { between, capitalised, lateTextWords, namesOf } from './signs/words.ts';

export const harmlessRstAfterClose: Cause = {
  id: 'harmless-rst-after-close',
  group: 'app-abort',
  severity: 'ok',
  title: 'late last message met a closed socket: harmless RST',
  summary:
    'All application data was exchanged and one side closed. The other side sends a protocol goodbye ' +
    '(TLS close_notify, HTTP/2 GOAWAY, QUIT) and closes: the goodbye meets no reader and is answered ' +
    'with RST, which nobody misses.',
  recognise:
    'FIN, then at most a small message (a TLS alert record begins with 15 03) followed at once by FIN ' +
    'from the other side, then RST of form B to either of them. A larger message, a request, or no FIN ' +
    'right after it speaks for peer-sent-after-close, keepalive-race or lb-idle-timeout.',
  remedy:
    "Nothing to mend; leave it out of error counts. To avoid it, the closer waits for the peer's " +
    'goodbye or EOF before close(); price: one more round trip and an open socket. TLS allows closing ' +
    "without waiting for the peer's close_notify.",
  wouldSettle: [],
  references: [
    'RFC 8446 section 6.1 (closure alerts)',
    'RFC 9113 section 6.8 (GOAWAY)',
    'RFC 9293 section 3.6.1',
    'Linux: tcp_timewait_state_process (TCP_TW_RST)',
  ],
  scenario: 'late-data',
  kinds: ['fin-then-rst'],
  fit: (k) => {
    if (lateTextRefused(k)) return lastWord(k) ? 0.9 : 0;
    // It need not wait for the answer to its goodbye: its own close() sends RST where the other's goodbye lies unread.
    return abortedLive(k) && k.sender === k.passive && leftWithGoodbye(k) ? 0.5 : 0;
  },
  story: (k) => {
    const p = k.passive!;
    const { passive } = namesOf(k);
    const closed =
      p.fins > 0
        ? `; the ${passive} closed ${between(p.finAtUs, p.firstDataAfterPeerFinAtUs)} later, so it expected no answer`
        : '; its first bytes are those of a closing message';
    return `${capitalised(lateTextWords(k))}${closed}.`;
  },
  evidence: lateTextEvidence,
};
