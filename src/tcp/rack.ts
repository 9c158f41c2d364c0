import { smss } from './congestion/window.ts';
import { Recovery } from './recovery-state.ts';
import type { AckWork } from './recovery-work.ts';
import { Sent } from './scoreboard.ts';
import type { Tcb } from './tcb.ts';

/** RFC 8985 6.2 step 4: recoveries without DSACK after which the reordering window is small again. */
const PERSIST = 16;

/**
 * RFC 8985 6.2 steps 1 to 2: a segment was acknowledged or SACKed for the first time. `echoBefore`: a retransmission, and the timestamp
 * echoed is older than it: the original was acknowledged.
 */
export function rackDelivered(
  tcb: Tcb,
  sentAt: number,
  order: number,
  again: boolean,
  echoBefore: boolean,
  nowUs: number,
): void {
  const rtt = nowUs - sentAt;
  // Step 2: an ACK that comes sooner than a round trip cannot be for the retransmission.
  if (again && (echoBefore || rtt < tcb.minRttUs)) return;
  tcb.rackRttUs = rtt;
  if (tcb.rackSentAt < 0 || ((order - tcb.rackOrder) | 0) > 0) {
    tcb.rackSentAt = sentAt;
    tcb.rackOrder = order;
  }
}

/** RFC 8985 6.2 step 3: what was never retransmitted and lies below what was delivered before came out of order. */
export function rackReordering(
  tcb: Tcb,
  start: number,
  end: number,
  again: boolean,
  fack: number,
  work: AckWork,
): void {
  if (((end - fack) | 0) < 0 && !again && (!work.overtaken || ((start - work.overtakenFrom) | 0) < 0)) {
    work.overtaken = true;
    work.overtakenFrom = start;
  }
  if (((end - tcb.rackFack) | 0) > 0) tcb.rackFack = end;
}

/** What began lowest was overtaken; so many segments apart may be from now on without a loss (Linux tcp_check_sack_reordering). */
export function settleReordering(tcb: Tcb, work: AckWork): void {
  if (!work.overtaken) return;
  work.overtaken = false;
  const segments = Math.ceil(((tcb.rackFack - work.overtakenFrom) | 0) / smss(tcb));
  const most = tcb.config.maxReordering;
  if (segments > tcb.reordering) tcb.reordering = segments < most ? segments : most;
  tcb.rackReorderings++;
}

/** RFC 8985 6.2 step 4: DSACKs widen the reordering window, at most once a round trip. */
export function rackDuplicate(tcb: Tcb): void {
  if (tcb.rackDsackRoundSet && ((tcb.sndUna - tcb.rackDsackRound) | 0) < 0) return;
  tcb.rackDsackRoundSet = true;
  tcb.rackDsackRound = tcb.sndNxt;
  tcb.rackReoWndMult++;
  tcb.rackReoWndPersist = PERSIST;
}

/** RFC 8985 6.2 step 4: a recovery ended. */
export function rackRecovered(tcb: Tcb): void {
  if (--tcb.rackReoWndPersist > 0) return;
  tcb.rackReoWndMult = 1;
  tcb.rackReoWndPersist = 0;
}

/** RFC 8985 6.2, RACK_update_reo_wnd. */
export function reorderingWindowUs(tcb: Tcb): number {
  if (tcb.rackReorderings === 0) {
    if (tcb.recovery >= Recovery.fast) return 0;
    const sent = tcb.sent;
    const enough = (tcb.reordering - 1) * smss(tcb);
    if (sent.sackedSegments >= tcb.reordering || sent.sackedBytes > enough) return 0;
  }
  return Math.min((tcb.rackReoWndMult * tcb.minRttUs) / 4, tcb.srttUs);
}

/**
 * RFC 8985 6.2 step 5, RACK_detect_loss: marks as lost what was sent well before something that arrived. Returns the microseconds after which
 * to look again, 0: no need.
 */
export function rackDetectLoss(tcb: Tcb, nowUs: number): number {
  const sent = tcb.sent;
  if (tcb.rackSentAt < 0) return 0;
  const patience = tcb.rackRttUs + reorderingWindowUs(tcb);
  let timeout = 0;
  for (let i = 0; i < sent.count; i++) {
    const flags = sent.flagsOf(i);
    if ((flags & Sent.sacked) !== 0) continue;
    if ((flags & (Sent.lost | Sent.inFlightAgain)) === Sent.lost) continue;
    // RFC 8985 6.1, RACK_sent_after.
    if (!leftBefore(tcb, i)) {
      // What follows and was sent once only left later still.
      if (!sent.retransmissionsAhead || ((sent.startOf(i) - sent.highestRetransmitted) | 0) >= 0) break;
      continue;
    }
    const remaining = sent.sentAtOf(i) + patience - nowUs;
    if (remaining <= 0) sent.markLost(i);
    else if (remaining > timeout) timeout = remaining;
  }
  return Math.ceil(timeout);
}

/** Parts of one super-segment left one after the other, although at once. */
function leftBefore(tcb: Tcb, index: number): boolean {
  const sent = tcb.sent;
  const later = (tcb.rackOrder - sent.orderOf(index)) | 0;
  if (later !== 0) return later > 0;
  return sent.sackedBytes > 0 && ((sent.startOf(index) - sent.highestSacked) | 0) < 0;
}

/** RFC 8985 6.3, RACK_mark_losses_on_RTO: the oldest segment, and what has been out for longer than a round trip. */
export function rackTimeout(tcb: Tcb, nowUs: number): void {
  const sent = tcb.sent;
  const patience = tcb.rackRttUs + reorderingWindowUs(tcb);
  for (let i = 0; i < sent.count; i++) {
    if (i === 0 || sent.sentAtOf(i) + patience - nowUs <= 0) sent.markLost(i);
  }
}
