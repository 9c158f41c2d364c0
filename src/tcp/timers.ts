import { Event, FIN_TAKEN, State, stateSet } from '../states/index.ts';
import { step } from './effects.ts';
import type { Environment } from './environment.ts';
import { keepAliveExpired } from './keep-alive.ts';
import { output } from './output.ts';
import { resendSynAck } from './output-syn.ts';
import { persistExpired } from './persist.ts';
import { reorderTimeout, retransmissionTimeout, tailLossTimeout } from './recovery.ts';
import { backOffSyn } from './rtt.ts';
import { OFF, type Tcb, TIMER_COUNT, Timer } from './tcb.ts';
import { givesUp, noteRetransmission } from './timers-give-up.ts';
import { userTimeoutExpired } from './user-timeout.ts';

/** The estimate of the ACK delay begins here (Linux TCP_ATO_MIN). */
const SHORTEST_ACK_DELAY_US = 40_000;

/** The control block is gone, or the host keeps what is left of it. */
const OVER = stateSet(State.closed, State.listen, State.timeWait);

/** The timer fires at `at` (absolute), whenever it was to fire before. */
export function setTimer(env: Environment, tcb: Tcb, timer: Timer, at: number): void {
  tcb.timers[timer] = at;
  if (at < tcb.wheelAt) env.schedule(tcb);
}

export function stopTimer(tcb: Tcb, timer: Timer): void {
  tcb.timers[timer] = OFF;
}

/** Runs everything that is due at `env.now`, then sends what that made ready. */
export function timersExpired(env: Environment, tcb: Tcb): void {
  for (let timer = 0; timer < TIMER_COUNT; timer++) {
    if (tcb.timers[timer]! > env.now) continue;
    tcb.timers[timer] = OFF;
    expire(env, tcb, timer as Timer);
    if (((1 << tcb.state) & OVER) !== 0) return;
  }
  output(env, tcb);
  env.schedule(tcb);
}

function expire(env: Environment, tcb: Tcb, timer: Timer): void {
  switch (timer) {
    case Timer.retransmit:
      retransmitExpired(env, tcb);
      return;
    case Timer.delayedAck:
      delayedAckExpired(env, tcb);
      return;
    case Timer.persist:
      persistExpired(env, tcb);
      return;
    case Timer.keepAlive:
      keepAliveExpired(env, tcb);
      return;
    case Timer.userTimeout:
      userTimeoutExpired(env, tcb);
      return;
    case Timer.finWait2:
      step(env, tcb, Event.finWait2End, null);
      return;
    case Timer.reorder:
      reorderTimeout(env, tcb);
      return;
    case Timer.tailLoss:
      tailLossTimeout(env, tcb);
      return;
    case Timer.linger:
      // Only the waiting CLOSE ends here; the connection goes on closing (RFC 9293 3.6: "graceful").
      env.wake(tcb, 0);
  }
}

/** RFC 9293 3.10.8 (RETRANSMISSION TIMEOUT), 3.8.3. */
function retransmitExpired(env: Environment, tcb: Tcb): void {
  if (tcb.sndUna === tcb.sndNxt && tcb.state !== State.synReceived) return;
  if (givesUp(env, tcb)) {
    step(env, tcb, Event.retransmitGiveUp, null);
    return;
  }
  noteRetransmission(env, tcb);
  env.counters.TCPTimeouts++;
  if (tcb.synAcked && tcb.state !== State.synReceived) retransmissionTimeout(env, tcb);
  else backOffSyn(tcb);
  step(env, tcb, Event.retransmit, null);
  if (!tcb.synAcked) resendSynAck(env, tcb);
}

/** RFC 9293 3.8.6.3. */
function delayedAckExpired(env: Environment, tcb: Tcb): void {
  if (
    tcb.ackPendingSegments === 0 ||
    (((1 << tcb.state) & FIN_TAKEN) !== 0 && tcb.state !== State.closeWait)
  ) {
    return;
  }
  env.counters.DelayedACKs++;
  // Waiting was in vain: nothing of ours came to ride on (Linux tcp_delack_timer_handler).
  if (tcb.pingpong) {
    tcb.pingpong = false;
    tcb.ackTimeoutUs = SHORTEST_ACK_DELAY_US;
  } else tcb.ackTimeoutUs = Math.min(tcb.ackTimeoutUs * 2, tcb.rtoUs);
  step(env, tcb, Event.delayedAck, null);
}
