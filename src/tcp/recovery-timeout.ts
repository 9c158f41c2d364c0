import { congestionTimeout, reduced } from './congestion/index.ts';
import { smss } from './congestion/window.ts';
import type { Environment } from './environment.ts';
import { Probe } from './loss-probe.ts';
import { prrAcknowledged } from './prr.ts';
import { rackDetectLoss, rackTimeout } from './rack.ts';
import { beginUndo, enterFastRecovery, Recovery, usesRack } from './recovery-state.ts';
import { backOff } from './rtt.ts';
import { Sent } from './scoreboard.ts';
import { OFF, type Tcb, Timer } from './tcb.ts';

/**
 * RFC 6298 (5.4) to (5.7): the RTO ran out and R2 was not reached. `output` sends what `nextRetransmission` names then. A SYN is the caller's affair.
 */
export function retransmissionTimeout(env: Environment, tcb: Tcb): void {
  tcb.timers[Timer.retransmit] = OFF;
  tcb.timers[Timer.tailLoss] = OFF;
  tcb.timers[Timer.reorder] = OFF;
  if (tcb.sent.count > 0) enterLoss(tcb, env.now);
  backOff(tcb);
  tcb.timers[Timer.retransmit] = env.now + tcb.rtoUs;
  env.schedule(tcb);
}

function enterLoss(tcb: Tcb, nowUs: number): void {
  const begins = tcb.recovery < Recovery.fast;
  markLost(tcb, nowUs);
  // RFC 5681 3.1: ssthresh is reduced once in a window, and held while the same segment times out again.
  const firstTime = tcb.backoff === 0;
  if (
    tcb.recovery <= Recovery.disorder ||
    ((tcb.sndUna - tcb.recoverSeq) | 0) >= 0 ||
    (tcb.recovery === Recovery.loss && firstTime)
  ) {
    tcb.priorSsthresh = tcb.ssthresh;
    tcb.priorCwnd = tcb.cwnd;
    tcb.ssthresh = reduced(tcb);
    beginUndo(tcb);
  }
  congestionTimeout(tcb);
  // RFC 5681 3.1: the loss window is one segment, beyond what RACK deems still under way.
  tcb.cwnd = tcb.sent.pipe + smss(tcb);
  tcb.cwndCredit = 0;
  tcb.recovery = Recovery.loss;
  tcb.recoverSeq = tcb.sndNxt;
  tcb.dupAcks = 0;
  tcb.tlpOutstanding = false;
  tcb.probe = Probe.none;
  tcb.extraSegments = 1;
  if (tcb.ecnOk) tcb.cwrQueued = true;
  // RFC 5682 2.1 step 1, and the appendix on timeouts in a row.
  tcb.frtoStep = tcb.config.frto && (begins || !firstTime) ? 1 : 0;
}

function markLost(tcb: Tcb, nowUs: number): void {
  const sent = tcb.sent;
  // RFC 2018 8: the oldest segment is SACKed and still not acknowledged: the peer reneged.
  if ((sent.flagsOf(0) & Sent.sacked) !== 0) {
    sent.forgetSacks();
    tcb.lastSackCount = 0;
  } else if (usesRack(tcb)) {
    rackTimeout(tcb, nowUs);
    return;
  }
  sent.dupAckedBytes = 0;
  for (let i = 0; i < sent.count; i++) sent.markLost(i);
}

/** RFC 8985 6.2 step 5: what was given time to arrive out of order did not. */
export function reorderTimeout(env: Environment, tcb: Tcb): void {
  tcb.timers[Timer.reorder] = OFF;
  const sent = tcb.sent;
  if (sent.count === 0 || !usesRack(tcb)) return;
  const pipe = sent.pipe;
  const timeout = rackDetectLoss(tcb, env.now);
  if (timeout > 0) tcb.timers[Timer.reorder] = env.now + timeout;
  env.schedule(tcb);
  if (sent.pipe === pipe) return;
  if (tcb.recovery !== Recovery.fast) {
    if (tcb.recovery === Recovery.loss) return;
    enterFastRecovery(env, tcb, false);
  }
  prrAcknowledged(tcb, 1, false, true);
}
