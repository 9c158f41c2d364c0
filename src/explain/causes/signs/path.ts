import { BOTH, quitter } from '../../outcome.ts';
import { CLIENT, type End, SERVER } from '../../track/connection.ts';
import { hopsOf } from '../../track/habits.ts';
import type { Case } from '../cause.ts';

/** Routers between the two ends as far as this capture shows them; -1 where a TTL is not known. */
export function pathHops(k: Case): number {
  if (k.client.hopLimit < 0 || k.server.hopLimit < 0) return -1;
  return hopsOf(k.client.hopLimit) + hopsOf(k.server.hopLimit);
}

/** Idle this long before a close or a request means that a timer or a pool was at work, not a running exchange. */
export function longIdleUs(k: Case): number {
  return Math.max(500_000, 5 * k.o.rttUs);
}

/** One end's data run without an answer, the other end silent since. */
export function isSilentSince(end: End, peer: End): boolean {
  return end.retryRun > 0 && peer.lastAtUs <= end.retryFirstAtUs;
}

/** Data that nothing answered: the end that sent it, or null. */
export function unanswered(k: Case): { end: Case['client']; peer: Case['client'] } | null {
  const end = quitter(k.c);
  if (end === null) return null;
  return { end, peer: end === k.client ? k.server : k.client };
}

/** The end that this capture was not taken at, with routers between, so that not all that reached it passed here. */
export function farEnd(k: Case): End | null {
  const { capturedAt } = k.o;
  if (k.peer !== null) return null;
  if (capturedAt !== CLIENT && capturedAt !== SERVER) return null;
  const far = k.c.end(1 - capturedAt);
  return far.hopLimit >= 0 && hopsOf(far.hopLimit) > 0 ? far : null;
}

/** The far end holds TIME-WAIT: what reaches it there only shows here if it is answered. */
export function farTimeWait(k: Case): boolean {
  const far = farEnd(k);
  const { timeWait } = k.o;
  if (far === null || k.o.closeKind !== 'fin') return false;
  return (
    timeWait === BOTH ||
    (timeWait === CLIENT && far === k.client) ||
    (timeWait === SERVER && far === k.server)
  );
}
