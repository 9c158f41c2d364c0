import { Event, State } from '../states/index.ts';
import { step } from './effects.ts';
import type { Environment } from './environment.ts';
import { Sent } from './scoreboard.ts';
import { type Tcb, Timer } from './tcb.ts';
import { setTimer, stopTimer } from './timers.ts';

/** RFC 5482 3.1: what the peer announces counts within these limits. */
const LEAST_US = 100_000_000;
const MOST_US = 3_600_000_000;

/** How long text may stay unacknowledged (RFC 5482 3.1); 0: only R2 limits it. What the user set goes before the peer's wish. */
export function userTimeoutOf(tcb: Tcb): number {
  if (tcb.userTimeoutUs > 0) return tcb.userTimeoutUs;
  if (tcb.peerUserTimeoutUs === 0) return 0;
  return Math.min(Math.max(tcb.peerUserTimeoutUs, LEAST_US), MOST_US);
}

/** Called at the end of each output: the timer runs while something is unacknowledged. */
export function armUserTimeout(env: Environment, tcb: Tcb): void {
  if (!tcb.passive && !tcb.synAcked && tcb.openTimeoutUs > 0) {
    setTimer(env, tcb, Timer.userTimeout, tcb.openedSince + tcb.openTimeoutUs);
    return;
  }
  const timeoutUs = userTimeoutOf(tcb);
  if (timeoutUs === 0 || tcb.sndUna === tcb.sndNxt) {
    stopTimer(tcb, Timer.userTimeout);
    return;
  }
  noteProgress(env, tcb);
  if (tcb.config.retriesAsTime) {
    // As Linux counts: from the first retransmission on, of a SYN from the OPEN on.
    const sinceUs = tcb.state === State.synSent ? tcb.openedSince : tcb.retransmitSince;
    if (tcb.backoff > 0) setTimer(env, tcb, Timer.userTimeout, sinceUs + timeoutUs);
    else stopTimer(tcb, Timer.userTimeout);
  } else setTimer(env, tcb, Timer.userTimeout, tcb.firstSentAt + timeoutUs);
}

/** When the oldest octet outstanding was sent first; where that is forgotten, since it was known to be the oldest. */
function noteProgress(env: Environment, tcb: Tcb): void {
  if (tcb.progressSeq === tcb.sndUna) return;
  tcb.progressSeq = tcb.sndUna;
  const sent = tcb.sent;
  if (sent.count === 0) return;
  const again = (sent.flagsOf(0) & Sent.retransmitted) !== 0;
  tcb.firstSentAt = again ? env.now : sent.sentAtOf(0);
}

/** RFC 9293 3.10.8 (USER TIMEOUT). */
export function userTimeoutExpired(env: Environment, tcb: Tcb): void {
  if (tcb.sndUna !== tcb.sndNxt) step(env, tcb, Event.userTimeout, null);
}
