import { congestionUndo } from './congestion/index.ts';
import { rackRecovered, settleReordering } from './rack.ts';
import { Recovery, retransmissionsOutstanding, settle } from './recovery-state.ts';
import type { AckWork } from './recovery-work.ts';
import { timestampClock } from './rtt.ts';
import { OFF, type Tcb } from './tcb.ts';

/** RFC 3522 (Eifel): the ACK echoes a timestamp older than the first retransmission: the original arrived. */
export function originalWasLate(tcb: Tcb, work: AckWork): boolean {
  if (!work.hasEcho || tcb.retransmitAt === OFF) return false;
  return ((work.tsEcr - timestampClock(tcb, tcb.retransmitAt)) | 0) < 0;
}

/** Every retransmission of the episode was reported as a duplicate (RFC 3708), or the original arrived. */
export function mayUndo(tcb: Tcb, work: AckWork): boolean {
  return tcb.undoPossible && (tcb.undoRetransmits === 0 || originalWasLate(tcb, work));
}

/** The reduction was for nothing: cwnd and ssthresh as before (RFC 4015, RFC 9438 4.9). */
export function undoReduction(tcb: Tcb, unmark: boolean): void {
  const sent = tcb.sent;
  if (unmark) for (let i = 0; i < sent.count; i++) sent.unmarkLost(i);
  if (tcb.priorSsthresh !== 0) {
    tcb.cwnd = Math.max(tcb.cwnd, tcb.priorCwnd);
    if (tcb.priorSsthresh > tcb.ssthresh) {
      tcb.ssthresh = tcb.priorSsthresh;
      tcb.cwrQueued = false;
    }
    congestionUndo(tcb);
  } else {
    tcb.cwnd = Math.max(tcb.cwnd, tcb.ssthresh);
  }
  tcb.undoPossible = false;
}

/**
 * All that was outstanding when the episode began is acknowledged. Returns true where the state is kept for now: without SACK, duplicates
 * of what was retransmitted may still come and would begin another one (RFC 6582 4.1).
 */
export function finishRecovery(tcb: Tcb, work: AckWork): boolean {
  if (mayUndo(tcb, work)) undoReduction(tcb, false);
  if (!tcb.sackOk && tcb.sndUna === tcb.recoverSeq) {
    if (!retransmissionsOutstanding(tcb)) tcb.retransmitAt = OFF;
    return true;
  }
  leaveRecovery(tcb);
  return false;
}

/** The window has been dealt with: back to OPEN. */
export function leaveRecovery(tcb: Tcb): void {
  if (tcb.recovery >= Recovery.fast) rackRecovered(tcb);
  tcb.recovery = Recovery.open;
  tcb.retransmitAt = OFF;
  tcb.frtoStep = 0;
}

/** DSACKs say that nothing of the episode was lost. */
export function undoByDuplicates(tcb: Tcb): boolean {
  if (!tcb.undoPossible || tcb.undoRetransmits !== 0) return false;
  undoReduction(tcb, false);
  return true;
}

/** A timeout that was spurious (`proven` by F-RTO, or by what `mayUndo` sees). */
export function undoTimeout(tcb: Tcb, work: AckWork, proven: boolean): boolean {
  if (!proven && !mayUndo(tcb, work)) return false;
  undoReduction(tcb, true);
  tcb.backoff = 0;
  tcb.frtoStep = 0;
  if (proven || tcb.sackOk) {
    leaveRecovery(tcb);
    settle(tcb);
  }
  return true;
}

/** A partial ACK of fast recovery: 0 nothing to undo, 1 keep waiting for what is out again, 2 undone. */
export function undoPartial(tcb: Tcb, work: AckWork): 0 | 1 | 2 {
  if (!tcb.undoPossible || !originalWasLate(tcb, work)) return 0;
  work.overtaken = true;
  work.overtakenFrom = (tcb.sndUna - work.ackedBytes) | 0;
  settleReordering(tcb, work);
  if (tcb.sent.retransBytes > 0) return 1;
  undoReduction(tcb, true);
  tcb.recovery = Recovery.open;
  settle(tcb);
  return 2;
}
