import type { Tcb } from '../tcb.ts';
import { smss, usedWindow } from './window.ts';

/** RFC 5681 (4): half of what was in flight, not more than cwnd allowed (limited transmit does not count), two segments at least. */
export function renoSsthresh(tcb: Tcb): number {
  return Math.max(usedWindow(tcb) >> 1, 2 * smss(tcb));
}

/** RFC 5681 3.1 congestion avoidance by octets counted (RFC 3465 2.1): a segment for each window acknowledged. */
export function renoAvoid(tcb: Tcb, bytes: number): void {
  tcb.cwndCredit += bytes;
  if (tcb.cwndCredit < tcb.cwnd) return;
  tcb.cwndCredit -= tcb.cwnd;
  tcb.cwnd += smss(tcb);
}
