import { formatDuration } from '../text.ts';
import type { Cause } from './cause.ts';
import { closerIdleBeforeFin, crossing, isNewRequest, lateTextRefused } from './signs/closing.ts';
import { lateTextEvidence } from './signs/evidence.ts';
import { lateTextWords, namesOf } from './signs/words.ts';

export const keepaliveRace: Cause = {
  id: 'keepalive-race',
  group: 'middlebox',
  severity: 'warning',
  title: 'keep-alive race: the idle close crossed a new request',
  summary:
    "The server's idle timer closes a keep-alive connection while the client's next request is already " +
    'on its way. The FIN crosses the request, the request meets a closed socket and gets RST; the ' +
    'client sees ECONNRESET or an empty answer although it did nothing wrong.',
  recognise:
    'FIN after an idle time, and a new request whose ACK number does not cover that FIN: it left ' +
    'before the FIN arrived; then RST of form B, one per request segment. If the request acknowledges ' +
    'the FIN, the client had seen it: lb-idle-timeout or stale-pooled-connection. Captured at the ' +
    'client the FIN comes after the request.',
  remedy:
    "Make the client's idle limit shorter than the server's by more than a round trip: client (or " +
    'proxy upstream pool) 4 s against Node server.keepAliveTimeout 5 s; behind an AWS ALB (60 s) set ' +
    "the server to 65 s or more; nginx upstream keepalive_timeout below the backend's. Retry " +
    'idempotent requests once on a reused connection. Price: some more connections. Check: no RST ' +
    'right after an idle FIN.',
  wouldSettle: [
    'the idle (keep-alive) timeouts of client pool, proxy and server',
    "whether the client's failed requests were sent on reused connections",
  ],
  references: [
    'RFC 9112 section 9.5 (failures and timeouts)',
    'RFC 9110 section 9.2.2 (idempotent methods)',
    'Linux: tcp_rcv_state_process (TCP_ABORT_ON_DATA), tcp_timewait_state_process',
  ],
  scenario: 'keep-alive-race',
  kinds: ['fin-then-rst'],
  fit: (k) => {
    if (!lateTextRefused(k) || !isNewRequest(k) || !crossing(k)) return 0;
    return closerIdleBeforeFin(k) ? 0.9 : 0.55;
  },
  story: (k) =>
    `The ${namesOf(k).closer} had been idle for ${formatDuration(k.closer!.ownIdleBeforeFinUs)} when it sent FIN; ${lateTextWords(k)}: a new request that the close had already overtaken.`,
  evidence: lateTextEvidence,
};
