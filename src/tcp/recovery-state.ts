import { reduced } from './congestion/index.ts';
import { smss } from './congestion/window.ts';
import type { Environment } from './environment.ts';
import { OFF, type Tcb } from './tcb.ts';

/** `Tcb.recovery`, named and numbered as Linux's `tcpi_ca_state`. */
export const Recovery = {
  /** Nothing unusual. */
  open: 0,
  /** Duplicate ACKs or SACKs came; too few for a loss. */
  disorder: 1,
  /** The window is being reduced because of ECN (RFC 3168) or a loss that a probe repaired. */
  cwr: 2,
  /** Fast recovery (RFC 5681, 6582, 6675, 8985). */
  fast: 3,
  /** After a retransmission timeout. */
  loss: 4,
} as const;
export type Recovery = (typeof Recovery)[keyof typeof Recovery];

export function usesRack(tcb: Tcb): boolean {
  return tcb.config.rack && tcb.sackOk;
}

/** cwnd is on its way down to ssthresh. */
export function isReducing(tcb: Tcb): boolean {
  return tcb.recovery === Recovery.cwr || tcb.recovery === Recovery.fast;
}

/** Data or a FIN waits that was never sent and fits the offered window. */
export function hasNewData(tcb: Tcb): boolean {
  const sent = (tcb.sndNxt - tcb.sndUna) | 0;
  if (sent >= tcb.sndWnd) return false;
  if (tcb.finSent) return false;
  return tcb.send.length > sent || tcb.finQueued;
}

/** New data or a FIN that neither Nagle's algorithm nor SWS avoidance would hold back. */
export function hasSegmentToSend(tcb: Tcb): boolean {
  const sent = (tcb.sndNxt - tcb.sndUna) | 0;
  const size = smss(tcb);
  const left = tcb.send.length - sent;
  return !tcb.finSent && tcb.sndWnd - sent >= size && (left >= size || (left === 0 && tcb.finQueued));
}

/** Octets that are SACKed, counted as duplicate ACKs, or lost. */
export function leftNetwork(tcb: Tcb): number {
  const sent = tcb.sent;
  return sent.sackedBytes + sent.dupAckedBytes + sent.lostBytes;
}

/** Something that was retransmitted is not acknowledged yet. */
export function retransmissionsOutstanding(tcb: Tcb): boolean {
  return tcb.sent.retransmissionsAhead;
}

/** What would be undone should this episode turn out spurious. */
export function beginUndo(tcb: Tcb): void {
  tcb.undoPossible = true;
  tcb.undoSeq = tcb.sndUna;
  tcb.undoRetransmits = tcb.sent.retransBytes > 0 ? tcb.sent.retransBytes : -1;
}

/** A reduction of the window begins (RFC 5681 3.2 step 2, RFC 6937 3, RFC 3168 6.1.2). */
export function beginReduction(tcb: Tcb): void {
  tcb.recoverSeq = tcb.sndNxt;
  tcb.tlpOutstanding = false;
  tcb.cwndCredit = 0;
  tcb.priorCwnd = tcb.cwnd;
  tcb.prrDelivered = 0;
  tcb.prrOut = 0;
  tcb.ssthresh = reduced(tcb);
  tcb.prrTarget = tcb.ssthresh;
  if (!tcb.config.proportionalRateReduction) tcb.cwnd = tcb.ssthresh;
  if (tcb.ecnOk) tcb.cwrQueued = true;
}

/** Fast recovery begins. `congestionMarked`: the ACK carried ECE, so there is congestion whatever became of the segment. */
export function enterFastRecovery(env: Environment, tcb: Tcb, congestionMarked: boolean): void {
  if (tcb.sackOk) env.counters.TCPSackRecovery++;
  else env.counters.TCPRenoRecovery++;
  tcb.priorSsthresh = 0;
  beginUndo(tcb);
  if (!isReducing(tcb)) {
    if (!congestionMarked) tcb.priorSsthresh = tcb.ssthresh;
    beginReduction(tcb);
  }
  tcb.recovery = Recovery.fast;
  tcb.rescued = false;
  // RFC 5681 3.2 step 3, RFC 6675 5 (4.3): the first retransmission does not wait for the window.
  tcb.extraSegments = 1;
}

/** RFC 3168 6.1.2; also a loss that the tail loss probe repaired (RFC 8985 7.4.2). */
export function enterReduction(tcb: Tcb): void {
  tcb.priorSsthresh = 0;
  if (tcb.recovery >= Recovery.cwr) return;
  tcb.undoPossible = false;
  beginReduction(tcb);
  tcb.recovery = Recovery.cwr;
}

/** The reduction is over: cwnd is what it was to become (RFC 6937 3, RFC 6582 3.2 step 3). */
export function endReduction(tcb: Tcb): void {
  if (tcb.recovery === Recovery.cwr || tcb.undoPossible) tcb.cwnd = Math.max(tcb.ssthresh, smss(tcb));
}

/** OPEN, or DISORDER while something still waits for its acknowledgment out of order. */
export function settle(tcb: Tcb): void {
  const state = leftNetwork(tcb) > 0 || retransmissionsOutstanding(tcb) ? Recovery.disorder : Recovery.open;
  if (tcb.recovery === state) return;
  tcb.recovery = state;
  tcb.recoverSeq = tcb.sndNxt;
  if (state === Recovery.open) tcb.retransmitAt = OFF;
}
