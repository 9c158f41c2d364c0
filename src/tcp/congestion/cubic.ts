import type { Tcb } from '../tcb.ts';
import { smss, usedWindow } from './window.ts';

// RFC 9438 4.6, 5: constants; C in segments per second cubed.
const BETA = 0.7;
const C = 0.4;
/** RFC 9438 4.3: additive increase with which AIMD of this beta is as fast as Reno. */
const ALPHA = (3 * (1 - BETA)) / (1 + BETA);

/** RFC 9438 4.6, 4.7: what the window becomes at a loss, and what it is remembered as (fast convergence). */
export function cubicReduce(tcb: Tcb): number {
  const cwnd = tcb.cwnd;
  saveForUndo(tcb);
  tcb.cubicWMax = cwnd < tcb.cubicWMax ? (cwnd * (1 + BETA)) / 2 : cwnd;
  tcb.cubicPriorCwnd = cwnd;
  tcb.cubicEpochAt = 0;
  tcb.cubicAfterTimeout = false;
  const used = usedWindow(tcb);
  return Math.max(Math.floor(used * BETA), 2 * smss(tcb));
}

/** RFC 9438 4.8: the congestion avoidance that follows a timeout begins with K = 0. */
export function cubicTimeout(tcb: Tcb): void {
  tcb.cubicEpochAt = 0;
  tcb.cubicAfterTimeout = true;
}

/** RFC 9438 4.2 to 4.5: one ACK of congestion avoidance. */
export function cubicAvoid(tcb: Tcb, newBytes: number, nowUs: number): void {
  tcb.cubicPending += newBytes;
  const cwnd = tcb.cwnd;
  const segment = smss(tcb);
  const segments = Math.floor(cwnd / segment);
  if (tcb.cubicEpochAt === 0) {
    tcb.cubicPending = newBytes;
    beginEpoch(tcb, nowUs);
  } else if (segments === tcb.cubicSeenSegments && nowUs - tcb.cubicSeenAt < tcb.config.cubicUpdateUs) return;
  const bytes = tcb.cubicPending;
  tcb.cubicPending = 0;
  tcb.cubicSeenSegments = segments;
  tcb.cubicSeenAt = nowUs;
  const elapsed = (nowUs - tcb.cubicEpochAt) / 1e6;
  const k = tcb.cubicKUs / 1e6;
  // RFC 9438 4.3: after W_est has reached cwnd_prior, it grows as Reno does.
  const alpha = tcb.cubicWEst >= tcb.cubicPriorCwnd ? 1 : ALPHA;
  tcb.cubicWEst += (alpha * bytes * segment) / cwnd;
  const here = tcb.cubicOrigin + C * (elapsed - k) ** 3 * segment;
  if (here < tcb.cubicWEst) {
    if (tcb.cubicWEst > cwnd) tcb.cwnd = Math.floor(tcb.cubicWEst);
    return;
  }
  // RFC 9438 4.2: where the window shall be one round trip from now, between cwnd and 1.5 cwnd.
  const ahead = tcb.cubicOrigin + C * (elapsed + tcb.srttUs / 1e6 - k) ** 3 * segment;
  const target = Math.min(Math.max(ahead, cwnd), 1.5 * cwnd);
  tcb.cwndCredit += ((target - cwnd) * bytes) / cwnd;
  const whole = Math.floor(tcb.cwndCredit);
  tcb.cwndCredit -= whole;
  tcb.cwnd += whole;
}

function beginEpoch(tcb: Tcb, nowUs: number): void {
  // 0 means that no epoch runs.
  tcb.cubicEpochAt = nowUs === 0 ? 1 : nowUs;
  tcb.cwndCredit = 0;
  tcb.cubicWEst = tcb.cwnd;
  if (tcb.cubicAfterTimeout || tcb.cwnd >= tcb.cubicWMax) {
    tcb.cubicKUs = 0;
    tcb.cubicOrigin = tcb.cwnd;
    if (tcb.cubicAfterTimeout) tcb.cubicWMax = tcb.cwnd;
    tcb.cubicAfterTimeout = false;
    return;
  }
  tcb.cubicOrigin = tcb.cubicWMax;
  tcb.cubicKUs = Math.cbrt((tcb.cubicWMax - tcb.cwnd) / smss(tcb) / C) * 1e6;
}

/** RFC 9438 5.8: time in which the application sent nothing does not count. */
export function cubicIdle(tcb: Tcb, idleUs: number, nowUs: number): void {
  if (tcb.cubicEpochAt === 0) return;
  tcb.cubicEpochAt = Math.min(tcb.cubicEpochAt + idleUs, nowUs);
}

function saveForUndo(tcb: Tcb): void {
  tcb.cubicUndoWMax = tcb.cubicWMax;
  tcb.cubicUndoWEst = tcb.cubicWEst;
  tcb.cubicUndoOrigin = tcb.cubicOrigin;
  tcb.cubicUndoKUs = tcb.cubicKUs;
  tcb.cubicUndoEpochAt = tcb.cubicEpochAt;
  tcb.cubicUndoPriorCwnd = tcb.cubicPriorCwnd;
}

/** RFC 9438 4.9: the reduction was spurious. */
export function cubicUndo(tcb: Tcb): void {
  tcb.cubicWMax = tcb.cubicUndoWMax;
  tcb.cubicWEst = tcb.cubicUndoWEst;
  tcb.cubicOrigin = tcb.cubicUndoOrigin;
  tcb.cubicKUs = tcb.cubicUndoKUs;
  tcb.cubicEpochAt = tcb.cubicUndoEpochAt;
  tcb.cubicPriorCwnd = tcb.cubicUndoPriorCwnd;
  tcb.cubicAfterTimeout = false;
}
