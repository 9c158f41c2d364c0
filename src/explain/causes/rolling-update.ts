import type { ServerRecord } from '../track/servers.ts';
import type { Case, Cause } from './cause.ts';
import { abortedLive, resetByServer } from './signs/resets.ts';
import { between } from './signs/words.ts';

/** So many at one moment are no coincidence of timers. */
const TOGETHER = 3;
/** Closes this far apart count as one burst. */
const NEIGHBOURS_US = 20_000;
/** What is likelier than this happens by itself in some capture. */
const CHANCE = 0.001;

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
  scenario: 'rolling-update',
  kinds: ['fin', 'rst', 'fin-then-rst', 'half-closed'],
  fit: (k) => {
    const record = k.c.serverRecord;
    if (record === null || record.mostClosed < TOGETHER) return 0;
    const endedUs = endedByServerAtUs(k);
    if (endedUs < record.mostClosedFromUs || endedUs > record.mostClosedUntilUs) return 0;
    if (k.server.bytes === 0 || isByChance(record)) return 0;
    // Without the other direction nobody knows that nothing was going on.
    if (k.client.segments === 0) return 0;
    return endedByTimers(record) ? 0.45 : 0.84;
  },
  halfSeen: (k) => ((k.c.serverRecord?.mostClosed ?? 0) >= TOGETHER && resetByServer(k) ? 0.43 : 0),
  story: (k) => {
    const record = k.c.serverRecord!;
    return `The server ended ${record.mostClosed} connections on which nothing was going on within ${between(record.mostClosedFromUs, record.mostClosedUntilUs)}, this one among them, ${between(k.c.startUs, endedByServerAtUs(k))} after it began.`;
  },
};

/** Those that one idle timer ends go in the order, and as far apart, as they fell silent; one event ends all of them at once. */
function endedByTimers(record: ServerRecord): boolean {
  return record.mostClosedUntilUs - record.mostClosedFromUs > 0.5 * record.mostClosedQuietUs;
}

/** A busy server closes connections all the time: so many at once are then a matter of chance (Poisson, over all its closes). */
function isByChance(record: ServerRecord): boolean {
  const { mostClosed, mostClosedFromUs, mostClosedUntilUs, quietCloses } = record;
  const others = quietCloses - mostClosed;
  if (others <= 0) return false;
  const lastedUs = mostClosedUntilUs - mostClosedFromUs + NEIGHBOURS_US;
  const spanUs = Math.max(lastedUs, record.quietCloseUntilUs - record.quietCloseFromUs);
  const expected = (others * lastedUs) / spanUs;
  let chance = quietCloses;
  for (let n = 1; n < mostClosed; n++) chance *= expected / n;
  return mostClosed <= 2 * expected || chance > CHANCE;
}

/** When the server ended it of its own accord, by FIN or by RST; -1 where it did not. */
function endedByServerAtUs(k: Case): number {
  if (k.closer === k.server) return k.server.finAtUs;
  return k.closer === null && abortedLive(k) && resetByServer(k) ? k.reset!.record.atUs : -1;
}
