import { formatDuration } from '../text.ts';
import type { Cause } from './cause.ts';
import { closerIdleBeforeFin, crossing, isNewRequest, lateTextRefused } from './signs/closing.ts';
import { lateTextEvidence } from './signs/evidence.ts';
import { capitalised, lateTextWords } from './signs/words.ts';

export const stalePooledConnection: Cause = {
  id: 'stale-pooled-connection',
  group: 'field',
  severity: 'warning',
  title: 'the pool kept a connection that the server had closed',
  summary:
    "The server's FIN arrived and was acknowledged long before the client's next request; the client's " +
    'pool did not notice and sent the request on the half-closed connection: RST.',
  recognise:
    'FIN of the server acknowledged, a pause much longer than a round trip, then a request of the ' +
    'client, then RST of form B. lb-idle-timeout is the same event seen from the timer that sent the ' +
    'FIN; a request that crossed the FIN is keepalive-race.',
  remedy:
    'Evict pooled connections on EOF (keep a read pending on idle sockets), validate before use, keep ' +
    "the client's idle limit below the server's, retry idempotent requests once. Database pools: " +
    'HikariCP maxLifetime / keepaliveTime, pg `idleTimeoutMillis`, mysql `wait_timeout` on the server. ' +
    'Check: no request after FIN.',
  wouldSettle: [
    "the client's pool settings and whether it reads from idle sockets",
    "the server's idle timeout",
  ],
  references: ['RFC 9112 section 9.5 (failures and timeouts)', 'nodejs/node#47130'],
  scenario: 'keep-alive-race',
  kinds: ['fin-then-rst'],
  fit: (k) =>
    lateTextRefused(k) && isNewRequest(k) && !crossing(k) ? (closerIdleBeforeFin(k) ? 0.6 : 0.85) : 0,
  story: (k) =>
    `${capitalised(lateTextWords(k))}: time enough to take the connection out of the pool (round trip ${formatDuration(k.o.rttUs)}).`,
  evidence: lateTextEvidence,
};
