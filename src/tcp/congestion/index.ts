import type { Environment } from '../environment.ts';
import type { Tcb } from '../tcb.ts';
import { cubicAvoid, cubicIdle, cubicReduce, cubicTimeout, cubicUndo } from './cubic.ts';
import { renoAvoid, renoSsthresh } from './reno.ts';
import { smss, windowIsLimit } from './window.ts';

/** The new ssthresh when congestion shows. */
export function reduced(tcb: Tcb): number {
  return tcb.config.congestion === 'cubic' ? cubicReduce(tcb) : renoSsthresh(tcb);
}

/** A retransmission timeout, after `reduced`. */
export function congestionTimeout(tcb: Tcb): void {
  if (tcb.config.congestion === 'cubic') cubicTimeout(tcb);
}

export function congestionUndo(tcb: Tcb): void {
  if (tcb.config.congestion === 'cubic') cubicUndo(tcb);
}

/** Sending begins again after `idleUs` in which nothing was outstanding. */
export function congestionIdle(tcb: Tcb, idleUs: number, nowUs: number): void {
  if (tcb.config.congestion === 'cubic') cubicIdle(tcb, idleUs, nowUs);
}

/** RFC 5681 3.1: an ACK for `bytes` new octets opens the window; `afterTimeout`: RFC 3465 2.3 counts one segment at most. */
export function grow(env: Environment, tcb: Tcb, bytes: number, afterTimeout: boolean): void {
  if (tcb.cwnd < tcb.ssthresh) env.inSlowStart?.(env, tcb);
  if (!windowIsLimit(tcb)) return;
  let rest = bytes;
  if (tcb.cwnd < tcb.ssthresh) {
    rest = slowStart(tcb, bytes, afterTimeout);
    if (rest === 0) return;
  }
  if (tcb.config.congestion === 'cubic') cubicAvoid(tcb, rest, env.now);
  else renoAvoid(tcb, rest);
}

/** Returns the octets that are left for congestion avoidance. */
function slowStart(tcb: Tcb, bytes: number, afterTimeout: boolean): number {
  const limit = tcb.config.appropriateByteCounting;
  const most = limit === Infinity ? bytes : (afterTimeout ? 1 : limit) * smss(tcb);
  const counted = bytes < most ? bytes : most;
  const cwnd = Math.min(tcb.cwnd + counted, tcb.ssthresh);
  const used = cwnd - tcb.cwnd;
  tcb.cwnd = cwnd;
  return counted - used;
}
