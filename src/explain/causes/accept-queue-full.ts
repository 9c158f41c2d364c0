import { formatCount } from '../text.ts';
import type { Cause } from './cause.ts';
import { othersAccepted, synOnly } from './signs/opening.ts';
import { neverArrived } from './signs/peer.ts';

export const acceptQueueFull: Cause = {
  id: 'accept-queue-full',
  group: 'connect',
  severity: 'error',
  title: 'accept queue full: SYNs dropped',
  summary:
    "The listener's accept queue is full, so Linux drops further SYNs. The client repeats the SYN and " +
    'ends with ETIMEDOUT, or connects late when the queue drains.',
  recognise:
    'SYNs without any answer, while other connections to the same address and port were accepted ' +
    'shortly before or go on: that excludes most filters. syn-filtered never answered anybody from ' +
    'there; syn-queue-full looks the same on the wire.',
  remedy:
    'The application accepts too slowly or the backlog is too small: look for a blocked event loop or ' +
    'exhausted worker pool first. Raise listen(backlog) and net.core.somaxconn (both; the smaller one ' +
    'counts). Price: a longer queue adds latency when the server is simply too slow. Check: ' +
    'ListenOverflows stands still; `ss -ltn` Recv-Q below Send-Q.',
  wouldSettle: [
    'ListenOverflows on the server: `nstat -az TcpExtListenOverflows`',
    '`ss -ltn` on the server while it happens',
    'a capture on the server side: do the SYNs arrive?',
  ],
  references: [
    'Linux: tcp_conn_request (sk_acceptq_is_full), counters ListenOverflows, ListenDrops',
    'listen(2), net.core.somaxconn',
  ],
  scenario: 'accept-queue',
  kinds: ['connect-timeout'],
  fit: (k) => (synOnly(k) && !neverArrived(k) ? (othersAccepted(k) ? 0.85 : 0.45) : 0),
  story: (k) => {
    const { accepted, attempts } = k.c.serverRecord ?? { accepted: 0, attempts: 1 };
    return accepted > 0
      ? `The same port had answered ${formatCount(accepted, 'other SYN')}: something listens there, so the SYN met a full queue rather than a filter.`
      : `The capture shows ${formatCount(attempts, 'connection attempt')} to that port and no answer to any, so a full queue cannot be told from a filter.`;
  },
};
