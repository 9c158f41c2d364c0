import { Event } from '../states/index.ts';
import { step } from './effects.ts';
import type { Environment } from './environment.ts';
import { sendRegardless, sendWindowOctet } from './output.ts';
import { sendOldSegment, sendUrgentNotice } from './output-segment.ts';
import { OFF, type Tcb, Timer } from './tcb.ts';
import { setTimer, stopTimer } from './timers.ts';
import { probesRanOut } from './timers-give-up.ts';
import { userTimeoutOf } from './user-timeout.ts';

/** RFC 9293 3.8.6.2.1: what waits for a larger window goes after 0.1 to 1 second. */
const OVERRIDE_US = 1_000_000;

/** Text or a FIN that was never sent. */
function waiting(tcb: Tcb): boolean {
  if (tcb.finSent) return false;
  return tcb.finQueued || tcb.send.length > ((tcb.sndNxt - tcb.sndUna) | 0);
}

/** Nothing is under way whose ACK could open the window, and something waits: only the persist timer goes on from here. */
function isStuck(tcb: Tcb): boolean {
  return tcb.octetOut || (tcb.sndUna === tcb.sndNxt && waiting(tcb));
}

/** RFC 9293 3.8.6.1 (SHLD-29, SHLD-30): the first interval is the RTO, each further one twice as long; none beyond the user timeout. */
function interval(env: Environment, tcb: Tcb): number {
  const config = tcb.config;
  const first = config.persistMinUs > 0 ? config.persistMinUs : tcb.rtoUs;
  const us = Math.min(first * 2 ** tcb.persistBackoff, config.persistMaxUs);
  if (tcb.sndWnd > 0) return Math.min(us, OVERRIDE_US);
  const userTimeoutUs = tcb.probesSince < 0 ? 0 : userTimeoutOf(tcb);
  return userTimeoutUs > 0 ? Math.max(0, Math.min(us, tcb.probesSince + userTimeoutUs - env.now)) : us;
}

/** Called at the end of each output: the timer runs exactly while the connection is stuck. */
export function armPersist(env: Environment, tcb: Tcb): void {
  if (isStuck(tcb)) {
    if (tcb.timers[Timer.persist] === OFF) setTimer(env, tcb, Timer.persist, env.now + interval(env, tcb));
    return;
  }
  stopTimer(tcb, Timer.persist);
  if (tcb.probesSince < 0) return;
  tcb.probesSince = -1;
  tcb.persistBackoff = 0;
  tcb.probesOut = 0;
}

/** RFC 9293 3.8.6.1. */
export function persistExpired(env: Environment, tcb: Tcb): void {
  if (!isStuck(tcb)) return;
  if (tcb.sndWnd > 0) {
    sendRegardless(env, tcb);
    setTimer(env, tcb, Timer.retransmit, env.now + tcb.rtoUs);
    return;
  }
  if (probesRanOut(env, tcb)) {
    step(env, tcb, Event.retransmitGiveUp, null);
    return;
  }
  if (tcb.probesSince < 0) tcb.probesSince = env.now;
  env.counters.TCPWinProbe++;
  step(env, tcb, Event.probe, null);
  if (tcb.persistBackoff < tcb.config.retries2) tcb.persistBackoff++;
}

/** The effect `sendProbe`: of a closed window, or of a peer that has been silent. */
export function sendProbe(env: Environment, tcb: Tcb): void {
  tcb.probesOut++;
  tcb.lastProbeAt = env.now;
  if (!isStuck(tcb)) {
    sendOldSegment(env, tcb, tcb.config.keepAliveGarbage);
    return;
  }
  if (tcb.urgentQueued && ((tcb.sndUp - tcb.sndUna) | 0) > 0) sendUrgentNotice(env, tcb);
  if (tcb.config.probeWithOctet) sendWindowOctet(env, tcb);
  else sendOldSegment(env, tcb, false);
}
