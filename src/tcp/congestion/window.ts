import type { Environment } from '../environment.ts';
import type { Tcb } from '../tcb.ts';

export const NO_SSTHRESH = 0x7fffffff;

/** Octets that timestamps take of every segment (RFC 7323 appendix A). */
const TIMESTAMPS_BYTES = 12;

/** The segment that congestion control counts in: what a full one carries (RFC 5681 2, without options). */
export function smss(tcb: Tcb): number {
  return tcb.timestampsOk ? tcb.sndMss - TIMESTAMPS_BYTES : tcb.sndMss;
}

/** What a reduction is a share of: limited transmit does not count (RFC 5681 3.1). */
export function usedWindow(tcb: Tcb): number {
  return tcb.config.reducesUnused ? tcb.cwnd : Math.min(tcb.cwnd, tcb.sent.outstanding);
}

/** RFC 6928; RFC 3390 and 5681 3.1 where the configuration names no number of segments. */
export function initialWindow(tcb: Tcb): number {
  const size = smss(tcb);
  const segments = tcb.config.initialWindowSegments;
  if (segments > 0) return segments * size;
  return Math.min(4 * size, Math.max(2 * size, 4380));
}

/** cwnd and ssthresh of a connection that becomes ESTABLISHED; `synLosses`: how often the SYN or SYN-ACK was sent again. */
export function openWindow(tcb: Tcb, synLosses: number, nowUs: number): void {
  const one = tcb.config.synLossesToOneSegment;
  tcb.cwnd = synLosses > 0 && synLosses >= one ? smss(tcb) : initialWindow(tcb);
  tcb.ssthresh = NO_SSTHRESH;
  tcb.cwndCredit = 0;
  tcb.cwndLimited = false;
  tcb.cwndUsed = 0;
  tcb.cwndUsedSince = 0;
  tcb.cwndUsedAt = nowUs;
  tcb.cwndUsageSeq = tcb.sndNxt;
}

/** RFC 2861: what ssthresh remembers of a window that is given up: three quarters. */
function rememberedSsthresh(tcb: Tcb): number {
  if (tcb.recovery >= 2) return tcb.ssthresh;
  return Math.max(tcb.ssthresh, (tcb.cwnd >> 1) + (tcb.cwnd >> 2));
}

/**
 * RFC 5681 4.1 as RFC 2861 refines it: new data is to be sent after idleness. The window halves for each RTO without sending, not
 * below the restart window.
 */
export function windowAfterIdle(env: Environment, tcb: Tcb): void {
  if (!tcb.config.slowStartAfterIdle || tcb.sent.count > 0 || tcb.cwnd === 0) return;
  let idleUs = env.now - tcb.lastSentAt;
  if (idleUs <= tcb.rtoUs) return;
  const restart = Math.min(initialWindow(tcb), tcb.cwnd);
  tcb.ssthresh = rememberedSsthresh(tcb);
  let cwnd = tcb.cwnd;
  while (idleUs > tcb.rtoUs && cwnd > restart) {
    idleUs -= tcb.rtoUs;
    cwnd >>= 1;
  }
  tcb.cwnd = Math.max(cwnd, restart);
  tcb.cwndUsedAt = env.now;
  tcb.cwndUsedSince = 0;
}

/** RFC 7661 4.2, in the manner of RFC 2861: after each sending, notes how much of cwnd is used. */
export function noteWindowUse(tcb: Tcb, pipe: number, nowUs: number): void {
  const limited = pipe + smss(tcb) > tcb.cwnd;
  const roundOver = ((tcb.sndUna - tcb.cwndUsageSeq) | 0) >= 0;
  if (limited || roundOver || (!tcb.cwndLimited && pipe > tcb.cwndUsed)) {
    tcb.cwndLimited = limited;
    tcb.cwndUsed = pipe;
    tcb.cwndUsageSeq = tcb.sndNxt;
  }
  if (windowIsLimit(tcb)) {
    tcb.cwndUsedSince = 0;
    tcb.cwndUsedAt = nowUs;
    return;
  }
  if (pipe > tcb.cwndUsedSince) tcb.cwndUsedSince = pipe;
  if (tcb.config.slowStartAfterIdle && nowUs - tcb.cwndUsedAt >= tcb.rtoUs) halveUnused(tcb, nowUs);
}

/** cwnd was what limited sending: only then an ACK says that more would do (RFC 7661 4.1; in slow start half use is enough). */
export function windowIsLimit(tcb: Tcb): boolean {
  if (tcb.cwndLimited) return true;
  return tcb.cwnd < tcb.ssthresh && tcb.cwnd < 2 * tcb.cwndUsed;
}

/** RFC 2861 3.2: an application that used only a part of the window for an RTO keeps the middle of both. */
function halveUnused(tcb: Tcb, nowUs: number): void {
  if (tcb.recovery === 0) {
    const used = Math.max(tcb.cwndUsedSince, initialWindow(tcb));
    if (used < tcb.cwnd) {
      tcb.ssthresh = rememberedSsthresh(tcb);
      tcb.cwnd = (tcb.cwnd + used) >> 1;
    }
    tcb.cwndUsedSince = 0;
  }
  tcb.cwndUsedAt = nowUs;
}
