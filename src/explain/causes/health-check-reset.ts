import type { Cause } from './cause.ts';
import { abortedLive, resetByClient } from './signs/resets.ts';
import { noData } from './signs/text.ts';
import { beforeReset } from './signs/words.ts';

export const healthCheckReset: Cause = {
  id: 'health-check-reset',
  group: 'field',
  severity: 'ok',
  title: 'a TCP health check: connect, then RST',
  summary:
    'A load balancer or monitor opens a connection and resets it at once to see that the port is open ' +
    'and to avoid TIME-WAIT.',
  recognise:
    'SYN, SYN-ACK, (ACK,) RST from the client, no data, again and again from one source at a fixed ' +
    'period. A single one is reset-before-accept, linger0-abort or syn-scan.',
  remedy:
    'Harmless. To keep logs clean use an application check (HTTP), let the server ignore connections ' +
    'without data, or filter the source. HAProxy `option httpchk`, keepalived HTTP_GET, AWS HTTP ' +
    'health checks. Check: the log lines stop.',
  wouldSettle: ['the source address against the list of load balancers and monitors'],
  references: ['RFC 9293 section 3.10.5 (ABORT call)', 'haproxy/haproxy#560'],
  scenario: 'health-checks',
  kinds: ['rst'],
  fit: (k) => {
    if (!abortedLive(k) || !resetByClient(k) || !noData(k)) return 0;
    return (k.c.serverRecord?.emptyResets ?? 0) >= 3 ? 0.85 : 0.45;
  },
  story: (k) => {
    const seen = k.c.serverRecord?.emptyResets ?? 1;
    return `The client opened the connection and reset it ${beforeReset(k, k.c.startUs)} after its first packet without a byte; ${seen > 1 ? `${seen} connections to this port ended so` : 'it is the only one to this port that ended so'}.`;
  },
};
