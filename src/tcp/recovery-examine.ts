import { smss } from './congestion/window.ts';
import type { Environment } from './environment.ts';
import { countDuplicate, findLosses } from './recovery-loss.ts';
import {
  endReduction,
  enterFastRecovery,
  enterReduction,
  hasSegmentToSend,
  Recovery,
  retransmissionsOutstanding,
  settle,
} from './recovery-state.ts';
import type { AckWork } from './recovery-work.ts';
import { Sent } from './scoreboard.ts';
import { OFF, type Tcb, Timer } from './tcb.ts';
import { finishRecovery, undoByDuplicates, undoPartial, undoTimeout } from './undo.ts';

/** How long an apparent reneging may be an accident of order, at least. */
const RENEGING_PATIENCE_US = 10_000;

/** An ACK that is not the plain one of a connection without trouble: the states of loss recovery, as Linux orders the questions. */
export function examine(env: Environment, tcb: Tcb, work: AckWork): void {
  if (work.ece) tcb.priorSsthresh = 0;
  if (renegingSuspected(env, tcb, work)) return;
  if (tcb.recovery === Recovery.open) tcb.retransmitAt = OFF;
  else if (((tcb.sndUna - tcb.recoverSeq) | 0) >= 0 && recoveryPointPassed(tcb, work)) return;
  if (tcb.recovery === Recovery.fast) inFastRecovery(env, tcb, work);
  else if (tcb.recovery === Recovery.loss) inLoss(env, tcb, work);
  else inOrder(env, tcb, work);
}

/**
 * RFC 2018 8: SND.UNA moved to a segment that was SACKed but not acknowledged: the peer may have thrown it away. A timeout follows soon unless an
 * ACK clears it up; it forgets all SACKs.
 */
function renegingSuspected(env: Environment, tcb: Tcb, work: AckWork): boolean {
  const sent = tcb.sent;
  if (work.ackedBytes === 0 || sent.count === 0 || (sent.flagsOf(0) & Sent.sacked) === 0) return false;
  env.counters.TCPSACKReneging++;
  tcb.timers[Timer.retransmit] = env.now + Math.max(Math.round(tcb.srttUs / 2), RENEGING_PATIENCE_US);
  env.schedule(tcb);
  return true;
}

/** All that was out when the state was entered is acknowledged; true: nothing else is to be examined. */
function recoveryPointPassed(tcb: Tcb, work: AckWork): boolean {
  if (tcb.recovery === Recovery.cwr) {
    // RFC 3168 6.1.2: until something sent after the reduction is acknowledged, with CWR.
    if (tcb.sndUna !== tcb.recoverSeq) {
      endReduction(tcb);
      tcb.recovery = Recovery.open;
    }
  } else if (tcb.recovery === Recovery.fast) {
    if (!tcb.sackOk) tcb.sent.dupAckedBytes = 0;
    const isKept = finishRecovery(tcb, work);
    endReduction(tcb);
    return isKept;
  }
  return false;
}

function inFastRecovery(env: Environment, tcb: Tcb, work: AckWork): void {
  if (work.ackedBytes === 0) countIfDuplicate(tcb, work);
  else if (undoPartial(tcb, work) === 1) return;
  if (undoByDuplicates(tcb)) tryToOpen(tcb, work);
  findLosses(env, tcb, work);
  if (tcb.recovery !== Recovery.fast && tcb.sent.lostBytes > 0) enterFastRecovery(env, tcb, work.ece);
}

function inLoss(env: Environment, tcb: Tcb, work: AckWork): void {
  afterTimeout(env, tcb, work);
  findLosses(env, tcb, work);
  // The window was given back, or retransmissions were lost: that is a new episode.
  if (tcb.recovery <= Recovery.disorder || work.lostAgain) recoverIfLost(env, tcb, work);
}

/** OPEN, DISORDER and CWR. */
function inOrder(env: Environment, tcb: Tcb, work: AckWork): void {
  if (!tcb.sackOk) {
    if (work.ackedBytes > 0) tcb.sent.dupAckedBytes = 0;
    countIfDuplicate(tcb, work);
  }
  if (tcb.recovery <= Recovery.disorder) undoByDuplicates(tcb);
  findLosses(env, tcb, work);
  recoverIfLost(env, tcb, work);
}

function recoverIfLost(env: Environment, tcb: Tcb, work: AckWork): void {
  if (tcb.sent.lostBytes > 0) enterFastRecovery(env, tcb, work.ece);
  else tryToOpen(tcb, work);
}

function countIfDuplicate(tcb: Tcb, work: AckWork): void {
  if (tcb.sackOk || !work.isDuplicate) return;
  countDuplicate(tcb);
  work.delivered += smss(tcb);
}

function tryToOpen(tcb: Tcb, work: AckWork): void {
  if (!retransmissionsOutstanding(tcb)) tcb.retransmitAt = OFF;
  if (work.ece) enterReduction(tcb);
  if (tcb.recovery !== Recovery.cwr) settle(tcb);
}

/** After a retransmission timeout: F-RTO (RFC 5682 2.1, 3.1) asks whether it was spurious; slow start goes on otherwise. */
function afterTimeout(env: Environment, tcb: Tcb, work: AckWork): void {
  const advanced = work.ackedBytes > 0;
  const recovered = ((tcb.sndUna - tcb.recoverSeq) | 0) >= 0;
  if (advanced && undoTimeout(tcb, work, false)) return;
  if (tcb.frtoStep !== 0 && forwardRto(env, tcb, work, advanced && !recovered)) return;
  if (recovered) {
    finishRecovery(tcb, work);
    return;
  }
  if (!tcb.sackOk && advanced) tcb.sent.dupAckedBytes = 0;
}

/** Returns true where nothing is to be retransmitted for now. */
function forwardRto(env: Environment, tcb: Tcb, work: AckWork, isPartial: boolean): boolean {
  // Step 3b: something that went once only arrived, so the original window was merely late.
  if (work.originalAcked) {
    env.counters.TCPSpuriousRTOs++;
    return undoTimeout(tcb, work, true);
  }
  const newDataSent = tcb.frtoStep === 3;
  tcb.frtoStep = 0;
  if (newDataSent) return false;
  if (isPartial) {
    // Step 2b: new data rather than retransmissions.
    tcb.recoverSeq = tcb.sndNxt;
    if (!hasSegmentToSend(tcb)) return false;
    tcb.frtoStep = 2;
    return true;
  }
  // Step 2a; with SACK a duplicate alone decides nothing yet.
  if (tcb.sackOk && work.ackedBytes === 0) tcb.frtoStep = 1;
  return false;
}
