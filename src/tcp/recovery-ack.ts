import { Flag, OptionBit, type Segment } from '../wire/index.ts';
import { grow } from './congestion/index.ts';
import { openWindow, smss } from './congestion/window.ts';
import type { Environment } from './environment.ts';
import { Probe, probeAcknowledged } from './loss-probe.ts';
import { prrAcknowledged } from './prr.ts';
import { rackDelivered, rackReordering, settleReordering } from './rack.ts';
import { examine } from './recovery-examine.ts';
import { uncountDuplicates } from './recovery-loss.ts';
import { isReducing, Recovery } from './recovery-state.ts';
import { AckWork } from './recovery-work.ts';
import { echoedRttUs, forgetLostSyn, sample } from './rtt.ts';
import { echoIsBefore, sackArrives } from './sack-input.ts';
import { Sent } from './scoreboard.ts';
import { settleTimes } from './shapes.ts';
import { OFF, type Tcb, Timer } from './tcb.ts';

settleTimes(new AckWork());
const work = new AckWork();

/**
 * An acceptable ACK arrived and SND.UNA, SND.WND and the send buffer have moved. `ackedBytes`: by how much SND.UNA moved (SYN and FIN
 * count); `windowChanged`: SND.WND is not what it was, so that it is no duplicate (RFC 5681 2).
 */
export function acknowledge(
  env: Environment,
  tcb: Tcb,
  segment: Segment,
  ackedBytes: number,
  windowChanged: boolean,
): void {
  if (ackedBytes === 0 && tellsNothing(tcb, segment)) return;
  begin(tcb, segment, ackedBytes);
  // Before `transferBegins` there is no window, and only a SYN can be acknowledged.
  if (tcb.cwnd === 0) {
    tcb.accEcn?.acknowledged(env, tcb, segment, work);
    if (ackedBytes > 0) synAcknowledged(env, tcb);
    return;
  }
  const sent = tcb.sent;
  const outstanding = sent.outstanding;
  tcb.extraSegments = 0;
  tcb.probe = Probe.none;
  if (tcb.sackOk && segment.sackCount > 0) sackArrives(env, tcb, segment, work);
  else tcb.lastSackCount = 0;
  if (ackedBytes > 0) takeAcknowledged(env, tcb);
  tcb.delivered += Math.ceil(work.delivered / smss(tcb));
  if (tcb.accEcn?.acknowledged(env, tcb, segment, work)) work.ece = true;
  measure(env, tcb, outstanding);
  countDuplicateAcks(tcb, segment, windowChanged, outstanding);
  if (tcb.tlpOutstanding) {
    const plain = ackedBytes === 0 && work.newlySacked === 0 && work.isDuplicate;
    probeAcknowledged(env, tcb, work.ack, work.dsackOfProbe, plain);
  }
  if (isUnusual(tcb)) examine(env, tcb, work);
  react(env, tcb);
}

/** An ACK that others overtook may still report what arrived (Linux tcp_ack, old_ack). */
export function acknowledgeLate(env: Environment, tcb: Tcb, segment: Segment): void {
  if (!tcb.sackOk || segment.sackCount === 0 || tcb.sent.count === 0) return;
  begin(tcb, segment, 0);
  work.ece = false;
  sackArrives(env, tcb, segment, work);
  if (tcb.accEcn?.acknowledged(env, tcb, segment, work)) work.ece = true;
  examine(env, tcb, work);
}

/** Nothing is outstanding: the peer sends, or opens its window. */
function tellsNothing(tcb: Tcb, segment: Segment): boolean {
  return (
    tcb.sent.count === 0 &&
    tcb.recovery === Recovery.open &&
    segment.sackCount === 0 &&
    !tcb.ecnOk &&
    tcb.accEcn === null
  );
}

function begin(tcb: Tcb, segment: Segment, ackedBytes: number): void {
  work.ack = segment.ack;
  work.ackedBytes = ackedBytes;
  work.delivered = 0;
  work.newlySacked = 0;
  work.isDuplicate = false;
  work.ece = tcb.ecnOk && (segment.flags & (Flag.ece | Flag.syn)) === Flag.ece;
  work.dsack = false;
  work.dsackOfProbe = false;
  work.originalAcked = false;
  work.retransmissionAcked = false;
  work.ackedSentAt = -1;
  work.sackedSentAt = -1;
  work.hasEcho = tcb.timestampsOk && (segment.optionKinds & OptionBit.timestamps) !== 0;
  work.tsEcr = segment.tsEcr;
  work.lostBefore = tcb.sent.lostBytes;
  work.lostAgain = false;
  work.fackBefore = tcb.rackFack;
  work.overtaken = false;
}

/** RFC 6298 (2.2), (5.2): the handshake is the first sample. */
function synAcknowledged(env: Environment, tcb: Tcb): void {
  let rttUs = -1;
  if (tcb.timedAt >= 0) rttUs = env.now - tcb.timedAt;
  else if (work.hasEcho) rttUs = echoedRttUs(tcb, work.tsEcr, env.now);
  tcb.timedAt = -1;
  tcb.synLosses = tcb.backoff;
  if (rttUs >= 0) sample(tcb, rttUs, 1);
  stopForAdvance(tcb);
}

/** The connection becomes ESTABLISHED: its window opens. After `acknowledge` took the ACK of our SYN; with a cookie, without. */
export function transferBegins(env: Environment, tcb: Tcb): void {
  if (tcb.synLosses > 0) forgetLostSyn(tcb);
  tcb.backoff = 0;
  tcb.recovery = Recovery.open;
  tcb.recoverSeq = tcb.sndNxt;
  tcb.dupAcks = 0;
  tcb.extraSegments = 0;
  tcb.probe = Probe.none;
  tcb.undoPossible = false;
  tcb.retransmitAt = OFF;
  tcb.frtoStep = 0;
  tcb.tlpOutstanding = false;
  tcb.rackSentAt = -1;
  tcb.rackFack = tcb.sndUna;
  tcb.lastSackCount = 0;
  tcb.lastSentAt = env.now;
  openWindow(tcb, tcb.synLosses, env.now);
}

/** What lies below SND.UNA leaves the scoreboard. */
function takeAcknowledged(env: Environment, tcb: Tcb): void {
  const sent = tcb.sent;
  const una = tcb.sndUna;
  if (sent.isPlain && tcb.recovery === Recovery.open) takePlain(env, tcb);
  while (sent.count > 0 && ((sent.startOf(0) - una) | 0) < 0) {
    const end = sent.endOf(0);
    const isWhole = ((end - una) | 0) <= 0;
    if ((sent.flagsOf(0) & Sent.sacked) === 0) firstDelivered(env, tcb, isWhole ? end : una);
    if (!isWhole) {
      sent.trimFirst(una);
      break;
    }
    sent.dropFirst();
  }
  settleReordering(tcb, work);
  const counted = sent.dupAckedBytes;
  if (counted > 0) {
    uncountDuplicates(tcb, work.ackedBytes);
    work.delivered = Math.max(0, work.delivered - (counted - sent.dupAckedBytes));
  }
  tcb.backoff = 0;
  tcb.firstSentAt = sent.count > 0 ? sent.sentAtOf(0) : env.now;
  stopForAdvance(tcb);
}

/** `firstDelivered` for all entries at once that are acknowledged wholly. */
function takePlain(env: Environment, tcb: Tcb): void {
  const sent = tcb.sent;
  if (sent.count === 0 || ((tcb.rackFack - sent.startOf(0)) | 0) > 0) return;
  const start = sent.startOf(0);
  const bytes = sent.dropPlain(tcb.sndUna, work);
  if (bytes === 0) return;
  work.delivered += bytes;
  tcb.rackFack = (start + bytes) | 0;
  rackDelivered(tcb, work.lastSentAt, work.lastOrder, false, false, env.now);
}

/** The oldest entry, up to `end`, is acknowledged and had not been SACKed. */
function firstDelivered(env: Environment, tcb: Tcb, end: number): void {
  const sent = tcb.sent;
  const again = (sent.flagsOf(0) & Sent.retransmitted) !== 0;
  const sentAt = sent.sentAtOf(0);
  work.delivered += (end - sent.startOf(0)) | 0;
  rackDelivered(tcb, sentAt, sent.orderOf(0), again, again && echoIsBefore(tcb, sentAt, work), env.now);
  rackReordering(tcb, sent.startOf(0), end, again, work.fackBefore, work);
  if (again) {
    work.retransmissionAcked = true;
    return;
  }
  if (work.ackedSentAt < 0) work.ackedSentAt = sentAt;
  if (tcb.recovery === Recovery.loss && ((end - tcb.recoverSeq) | 0) <= 0) work.originalAcked = true;
}

/** RFC 6298 (5.2), (5.3): `armTimers` starts what is needed anew. */
function stopForAdvance(tcb: Tcb): void {
  tcb.timers[Timer.retransmit] = OFF;
  tcb.timers[Timer.tailLoss] = OFF;
}

/** One sample of the round trip for each ACK (RFC 7323 4.1), of segments sent once (Karn), otherwise by the timestamp. */
function measure(env: Environment, tcb: Tcb, outstanding: number): void {
  let rttUs = -1;
  if (work.ackedSentAt >= 0 && !work.retransmissionAcked) rttUs = env.now - work.ackedSentAt;
  else if (work.sackedSentAt >= 0) rttUs = env.now - work.sackedSentAt;
  else if (work.hasEcho && work.ackedBytes > 0) rttUs = echoedRttUs(tcb, work.tsEcr, env.now);
  // RFC 7323 appendix G: ExpectedSamples = ceiling(FlightSize / (SMSS * 2)).
  if (rttUs >= 0) sample(tcb, rttUs, Math.ceil(outstanding / (2 * smss(tcb))));
}

/** RFC 5681 2: what a duplicate ACK is; RFC 6675 2: with SACK, one that SACKs something new. */
function countDuplicateAcks(tcb: Tcb, segment: Segment, windowChanged: boolean, outstanding: number): void {
  if (work.ackedBytes > 0) tcb.dupAcks = 0;
  if (outstanding === 0 || work.ackedBytes > 0 || segment.ack !== tcb.sndUna) return;
  const bare = segment.payloadLength === 0 && (segment.flags & (Flag.syn | Flag.fin)) === 0 && !windowChanged;
  if (tcb.sackOk ? work.newlySacked === 0 && !bare : !bare) return;
  work.isDuplicate = true;
  if (!tcb.sackOk || work.newlySacked > 0) tcb.dupAcks++;
}

function isUnusual(tcb: Tcb): boolean {
  if (tcb.recovery !== Recovery.open || work.isDuplicate || work.ece || work.dsack) return true;
  return work.newlySacked > 0 || tcb.sent.sackedBytes > 0 || tcb.sent.lostBytes > 0;
}

/** The window follows: on its way down by PRR, otherwise up. */
function react(env: Environment, tcb: Tcb): void {
  if (isReducing(tcb)) {
    // The recovery point is passed and the state kept (RFC 6582 4.1): the reduction is over.
    if (tcb.recovery === Recovery.fast && ((tcb.sndUna - tcb.recoverSeq) | 0) >= 0) return;
    const newlyLost = tcb.sent.lostBytes > work.lostBefore;
    prrAcknowledged(tcb, work.delivered, work.ackedBytes > 0, newlyLost);
    return;
  }
  // Linux tcp_may_raise_cwnd: where much is reordered, what was SACKed counts as well.
  const counts = work.ackedBytes > 0 || (work.newlySacked > 0 && tcb.reordering > tcb.config.dupThresh);
  if (counts && work.delivered > 0) {
    grow(env, tcb, work.delivered, tcb.recovery === Recovery.loss);
  }
}
