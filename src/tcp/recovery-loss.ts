import { smss } from './congestion/window.ts';
import type { Environment } from './environment.ts';
import { rackDetectLoss } from './rack.ts';
import { Recovery, usesRack } from './recovery-state.ts';
import type { AckWork } from './recovery-work.ts';
import { Sent } from './scoreboard.ts';
import { OFF, type Tcb, Timer } from './tcb.ts';

/** Marks what is lost, in the way that the connection has: RACK (RFC 8985), SACK (RFC 6675), NewReno (RFC 6582). */
export function findLosses(env: Environment, tcb: Tcb, work: AckWork): void {
  if (tcb.sent.count === 0) return;
  if (usesRack(tcb)) findByTime(env, tcb, work);
  else if (tcb.sackOk) findBySacks(tcb);
  else findByDuplicates(tcb, work.ackedBytes > 0);
}

function findByTime(env: Environment, tcb: Tcb, work: AckWork): void {
  const before = tcb.sent.retransBytes;
  const timeout = rackDetectLoss(tcb, env.now);
  if (tcb.sent.retransBytes < before) work.lostAgain = true;
  const deadline = timeout > 0 ? env.now + timeout : OFF;
  if (tcb.timers[Timer.reorder] === deadline) return;
  tcb.timers[Timer.reorder] = deadline;
  env.schedule(tcb);
}

/** RFC 6675 4, IsLost: DupThresh separate ranges or more than (DupThresh - 1) SMSS octets were SACKed above. */
function findBySacks(tcb: Tcb): void {
  const sent = tcb.sent;
  const ranges = tcb.reordering;
  const bytes = (ranges - 1) * smss(tcb);
  if (sent.sackedBytes === 0) return;
  // RFC 6675 5 (3): DupThresh duplicate ACKs mean the first segment, however little they SACK.
  if (tcb.recovery < Recovery.fast && tcb.dupAcks >= ranges) sent.markLost(0);
  let seenRanges = 0;
  let seenBytes = 0;
  let inRange = false;
  let i = sent.count - 1;
  for (; i >= 0 && seenRanges < ranges && seenBytes <= bytes; i--) {
    const isSacked = (sent.flagsOf(i) & Sent.sacked) !== 0;
    if (isSacked) {
      seenBytes += sent.lengthOf(i);
      if (!inRange) seenRanges++;
    }
    inRange = isSacked;
  }
  if (seenRanges < ranges && seenBytes <= bytes) return;
  for (; i >= 0; i--) {
    const flags = sent.flagsOf(i);
    // Where something was found lost before, all below it was too.
    if ((flags & Sent.lost) !== 0) break;
    if ((flags & (Sent.sacked | Sent.inFlightAgain)) === 0) sent.markLost(i);
  }
}

/** RFC 5681 3.2, RFC 6582 3.2: the oldest segment, after DupThresh duplicates or, in recovery, a partial ACK. */
function findByDuplicates(tcb: Tcb, advanced: boolean): void {
  const sent = tcb.sent;
  const begins = tcb.recovery < Recovery.fast && tcb.dupAcks >= tcb.reordering;
  if (!begins && !(tcb.recovery === Recovery.fast && advanced)) return;
  const end = (sent.startOf(0) + smss(tcb)) | 0;
  if (((sent.endOf(0) - end) | 0) > 0) sent.splitAt(end);
  if ((sent.flagsOf(0) & Sent.lost) !== 0) return;
  sent.markLost(0);
  limitDuplicates(tcb);
  if (tcb.recovery === Recovery.fast) tcb.extraSegments = 1;
}

/** Duplicate ACKs cannot stand for more than what is outstanding and not lost. */
export function limitDuplicates(tcb: Tcb): void {
  const sent = tcb.sent;
  const most = Math.max(0, sent.outstanding - sent.lostBytes);
  if (sent.dupAckedBytes > most) sent.dupAckedBytes = most;
}

/** Without SACK: another segment has left the network (RFC 5681 3.2 step 4). */
export function countDuplicate(tcb: Tcb): void {
  if (tcb.sackOk) return;
  tcb.sent.dupAckedBytes += smss(tcb);
  limitDuplicates(tcb);
}

/** Without SACK: of what is acknowledged now, all but the one that filled the hole had been counted by duplicates. */
export function uncountDuplicates(tcb: Tcb, ackedBytes: number): void {
  const sent = tcb.sent;
  if (tcb.sackOk || sent.dupAckedBytes === 0) return;
  sent.dupAckedBytes = Math.max(0, sent.dupAckedBytes - Math.max(0, ackedBytes - smss(tcb)));
  limitDuplicates(tcb);
}
