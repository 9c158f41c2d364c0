import { formatDuration } from '../text.ts';
import type { Cause } from './cause.ts';
import { closerIdleBeforeFin, crossing, isNewRequest, lateTextRefused } from './signs/closing.ts';
import { lateTextEvidence } from './signs/evidence.ts';
import { lateTextWords, namesOf } from './signs/words.ts';

export const lbIdleTimeout: Cause = {
  id: 'lb-idle-timeout',
  group: 'middlebox',
  severity: 'warning',
  title: 'idle connection closed by its server or proxy, then used',
  summary:
    "A server, proxy or load balancer closes an idle keep-alive connection with FIN. The client's pool " +
    'does not look, and sends the next request on it: RST, and EPIPE, ECONNRESET or an empty read.',
  recognise:
    "FIN after an idle time, acknowledged by the client's kernel; later a new request on the same " +
    'connection that acknowledges the FIN; RST of form B. An idle time near a round number (5, 60, 75, ' +
    '350 s) on several connections names the timer. If the request crossed the FIN it is ' +
    'keepalive-race; if the pause after the FIN is much longer than a round trip, ' +
    "stale-pooled-connection describes the client's part.",
  remedy:
    'The client must watch idle sockets and drop them on EOF, and its own idle limit must be shorter ' +
    'than the shortest one on the path (nginx keepalive_timeout 75 s, ALB 60 s, Node 5 s, Apache 5 s, ' +
    'HAProxy `timeout http-keep-alive`). Node Agent, undici keepAliveTimeout, Go IdleConnTimeout, ' +
    'Apache HttpClient evictIdleConnections. Retry idempotent requests once. Check: no request after a ' +
    'FIN in the capture.',
  wouldSettle: [
    "the idle timeouts of the client's pool and of every proxy on the path",
    'idle time before the FIN on several connections: the same value is a timer',
  ],
  references: [
    'RFC 9112 section 9.5 (failures and timeouts)',
    'RFC 9110 section 9.2.2 (idempotent methods)',
    'Linux: tcp_timewait_state_process (TCP_TW_RST)',
  ],
  scenario: 'keep-alive-race',
  kinds: ['fin-then-rst'],
  fit: (k) => {
    if (!lateTextRefused(k) || !isNewRequest(k) || crossing(k)) return 0;
    return closerIdleBeforeFin(k) ? 0.9 : 0.45;
  },
  story: (k) =>
    `The ${namesOf(k).closer} had been idle for ${formatDuration(k.closer!.ownIdleBeforeFinUs)} when it sent FIN; ${lateTextWords(k)}: a new request on a connection already closed.`,
  evidence: lateTextEvidence,
};
