import type { Case, Cause } from './cause.ts';
import { abortedLive, resetByServer } from './signs/resets.ts';
import { between } from './signs/words.ts';

/** So many at one moment are no coincidence of timers. */
const TOGETHER = 3;

export const rollingUpdate: Cause = {
  id: 'rolling-update',
  group: 'field',
  severity: 'warning',
  title: 'many connections of one server ended at one instant',
  summary:
    'A deployment, scale-in or failover stops one instance: all its connections end at one moment by ' +
    'FIN or RST, or another instance answers mid-flow packets with RST.',
  recognise:
    'FIN or RST on many connections of one server address within milliseconds, idle ones too, or a ' +
    'mid-flow packet answered with a new TTL, ISN or timestamp clock. A single connection cannot show ' +
    'it.',
  remedy:
    'Drain before stop: fail the readiness check, wait for the balancer (Kubernetes preStop sleep, ' +
    'deregistration delay), send `Connection: close` or GOAWAY, finish, close. Clients reconnect with ' +
    'jitter. Check: no RST at the next deployment.',
  wouldSettle: ['deployment and scaling events at that time'],
  references: [
    'RFC 9112 section 9.6 (tear-down)',
    'RFC 9113 section 6.8 (GOAWAY)',
    'kubernetes/kubernetes#123116',
  ],
  scenario: null,
  kinds: ['fin', 'rst', 'fin-then-rst', 'half-closed'],
  fit: (k) => {
    const record = k.c.serverRecord;
    if (record === null || record.mostClosed < TOGETHER) return 0;
    const endedUs = endedByServerAtUs(k);
    if (endedUs < record.mostClosedFromUs || endedUs > record.mostClosedUntilUs) return 0;
    return k.server.bytes > 0 ? 0.9 : 0;
  },
  story: (k) => {
    const record = k.c.serverRecord!;
    return `The server ended ${record.mostClosed} connections on which nothing was going on within ${between(record.mostClosedFromUs, record.mostClosedUntilUs)}, this one among them, ${between(k.c.startUs, endedByServerAtUs(k))} after it began.`;
  },
};

/** When the server ended it of its own accord, by FIN or by RST; -1 where it did not. */
function endedByServerAtUs(k: Case): number {
  if (k.closer === k.server) return k.server.finAtUs;
  return k.closer === null && abortedLive(k) && resetByServer(k) ? k.reset!.record.atUs : -1;
}
