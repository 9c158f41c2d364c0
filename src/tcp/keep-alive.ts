import { Event, State, SYNCHRONISED } from '../states/index.ts';
import { step } from './effects.ts';
import type { Environment } from './environment.ts';
import { OFF, type Tcb, Timer } from './tcb.ts';
import { setTimer, stopTimer } from './timers.ts';
import { unansweredProbes } from './timers-give-up.ts';

/** States in which a silent peer is asked (RFC 9293 3.8.4): both SYNs are acknowledged, 2 MSL have not begun. */
const KEPT = SYNCHRONISED & ~(1 << State.timeWait);

/** Starts the timer if the user wants keepalives and it does not run. */
export function armKeepAlive(env: Environment, tcb: Tcb): void {
  if (!tcb.keepAlive || tcb.timers[Timer.keepAlive] !== OFF || ((1 << tcb.state) & KEPT) === 0) return;
  setTimer(env, tcb, Timer.keepAlive, tcb.lastArrivedAt + tcb.keepAliveIdleUs);
  if (tcb.timers[Timer.keepAlive]! < env.now) setTimer(env, tcb, Timer.keepAlive, env.now);
}

/** The user changed the option, or a time of it, on a connection that may be open. */
export function keepAliveChanged(env: Environment, tcb: Tcb): void {
  stopTimer(tcb, Timer.keepAlive);
  armKeepAlive(env, tcb);
}

/** Asked for on a connection that was silent before: the peer has the whole idle time from now on (Linux tcp_set_keepalive). */
export function keepAliveSet(env: Environment, tcb: Tcb): void {
  keepAliveChanged(env, tcb);
  if (tcb.timers[Timer.keepAlive] !== OFF) setTimer(env, tcb, Timer.keepAlive, env.now + tcb.keepAliveIdleUs);
}

/** The peer was silent for long enough, or spoke since the timer was set: then the idle time begins with its last segment. */
export function keepAliveExpired(env: Environment, tcb: Tcb): void {
  if (!tcb.keepAlive || ((1 << tcb.state) & KEPT) === 0) return;
  if (isBusy(tcb)) {
    // Retransmissions and window probes find out by themselves (RFC 9293 MUST-26: only when idle).
    setTimer(env, tcb, Timer.keepAlive, env.now + tcb.keepAliveIdleUs);
    return;
  }
  tcb.probesOut = unansweredProbes(tcb);
  const idleUs = env.now - tcb.lastArrivedAt;
  if (tcb.probesOut === 0 && idleUs < tcb.keepAliveIdleUs) {
    setTimer(env, tcb, Timer.keepAlive, tcb.lastArrivedAt + tcb.keepAliveIdleUs);
    return;
  }
  if (ranOut(tcb, idleUs)) {
    step(env, tcb, Event.probeGiveUp, null);
    return;
  }
  env.counters.TCPKeepAlive++;
  step(env, tcb, Event.probe, null);
  setTimer(env, tcb, Timer.keepAlive, env.now + tcb.keepAliveIntervalUs);
}

function isBusy(tcb: Tcb): boolean {
  return tcb.sndUna !== tcb.sndNxt || tcb.send.length > 0 || (tcb.finQueued && !tcb.finSent);
}

/** RFC 9293 MUST-27: not after one probe alone. A user timeout counts in place of the number (Linux tcp_keepalive_timer). */
function ranOut(tcb: Tcb, idleUs: number): boolean {
  if (tcb.userTimeoutUs > 0) return tcb.probesOut > 0 && idleUs >= tcb.userTimeoutUs;
  return tcb.probesOut >= tcb.keepAliveProbes;
}
