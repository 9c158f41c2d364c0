import { State } from '../states/index.ts';
import { congestionIdle } from './congestion/index.ts';
import { noteWindowUse, smss } from './congestion/window.ts';
import type { Environment } from './environment.ts';
import { Probe, probeTimeoutUs } from './loss-probe.ts';
import { hasNewData, hasSegmentToSend, Recovery, usesRack } from './recovery-state.ts';
import { Sent } from './scoreboard.ts';
import { OFF, type Tcb, Timer } from './tcb.ts';

/** Octets in the network, by what is known (RFC 6675 pipe; FlightSize while nothing is lost or SACKed). */
export function inFlight(tcb: Tcb): number {
  return tcb.sent.pipe;
}

/** `length` octets of sequence space from `seq` on left now, for the first time or again. SND.NXT may have moved already or not. */
export function segmentSent(
  env: Environment,
  tcb: Tcb,
  seq: number,
  length: number,
  isRetransmission: boolean,
): void {
  const now = env.now;
  if (tcb.state === State.synSent || tcb.state === State.synReceived) {
    // RFC 6298 3 (Karn): a SYN that went twice is not timed.
    if (!isRetransmission && seq === tcb.iss) tcb.firstSentAt = now;
    if (seq === tcb.iss) tcb.timedAt = isRetransmission ? -1 : now;
    tcb.lastSentAt = now;
    if (seq === tcb.iss) return;
  }
  if (isRetransmission) {
    retransmitted(env, tcb, seq, (seq + length) | 0);
  } else {
    if (tcb.sent.count === 0) {
      tcb.firstSentAt = now;
      congestionIdle(tcb, now - tcb.lastSentAt, now);
    }
    tcb.sent.push(seq, (seq + length) | 0, now);
    // RFC 8985 7.2: new data moves the probe; it does not move a running RTO (RFC 6298 5.1).
    if (tcb.probe === Probe.none) tcb.timers[Timer.tailLoss] = OFF;
    else tcb.tlpEndSeq = (seq + length) | 0;
    if (tcb.frtoStep === 2) tcb.frtoStep = 3;
  }
  tcb.prrOut += length;
  if (tcb.extraSegments > 0) tcb.extraSegments--;
  tcb.probe = Probe.none;
  tcb.lastSentAt = now;
}

function retransmitted(env: Environment, tcb: Tcb, seq: number, end: number): void {
  const sent = tcb.sent;
  const now = env.now;
  const last = sent.splitAt(end);
  const first = Math.max(sent.splitAt(seq), 0);
  const after = last < 0 ? 0 : sent.find((end - 1) | 0) + 1;
  // RFC 6675 4, NextSeg (4): the last segment of a recovery without evidence of its loss goes once.
  if (after === sent.count && after > 0 && (sent.flagsOf(after - 1) & Sent.lost) === 0) tcb.rescued = true;
  for (let i = first; i < after && i < sent.count; i++) sent.markRetransmitted(i, now);
  // RFC 6675 6, as Linux tcp_xmit_retransmit_queue: the oldest segment leaves anew, and the RTO with it, or a queue that grew would end recovery.
  if (first === 0 && tcb.recovery === Recovery.fast) {
    tcb.timers[Timer.retransmit] = OFF;
    tcb.timers[Timer.tailLoss] = OFF;
  }
  if (tcb.retransmitAt === OFF) tcb.retransmitAt = now;
  if (tcb.undoRetransmits < 0) tcb.undoRetransmits = 0;
  tcb.undoRetransmits += (end - seq) | 0;
  if (tcb.recovery === Recovery.fast) env.counters.TCPFastRetrans++;
  else if (tcb.recovery === Recovery.loss) env.counters.TCPSlowStartRetrans++;
}

/**
 * Index in `tcb.sent` of what is to be retransmitted now, before any new data; -1: nothing. The sender need not send all of an entry.
 */
export function nextRetransmission(tcb: Tcb): number {
  const sent = tcb.sent;
  if (sent.count === 0) return -1;
  if (tcb.probe === Probe.lastSegment) return sent.count - 1;
  // RFC 5682 2.1 step 2b, 3: new data goes instead, its ACK decides.
  if (tcb.frtoStep === 2 && hasSegmentToSend(tcb)) return -1;
  if (tcb.frtoStep === 3) return -1;
  const lost = sent.nextLost();
  if (lost >= 0) return lost;
  if (tcb.recovery !== Recovery.fast || !tcb.sackOk || usesRack(tcb) || hasNewData(tcb)) return -1;
  return nextWithoutLoss(tcb);
}

/** RFC 6675 4, NextSeg (3): what no SACK reached below the highest one; (4): one rescue retransmission of the last segment. */
function nextWithoutLoss(tcb: Tcb): number {
  const sent = tcb.sent;
  if (sent.sackedBytes > 0) {
    const from = sent.retransmissionsAhead ? sent.find(sent.highestRetransmitted) : 0;
    for (let i = Math.max(from, 0); i < sent.count; i++) {
      if (((sent.startOf(i) - sent.highestSacked) | 0) >= 0) break;
      if ((sent.flagsOf(i) & (Sent.sacked | Sent.inFlightAgain)) === 0) return i;
    }
  }
  if (tcb.rescued) return -1;
  for (let i = sent.count - 1; i >= 0; i--) {
    if ((sent.flagsOf(i) & Sent.sacked) !== 0) continue;
    if ((sent.flagsOf(i) & Sent.inFlightAgain) !== 0) return -1;
    return i;
  }
  return -1;
}

/** Octets that congestion control lets go now, retransmissions and new data together. */
export function sendAllowance(tcb: Tcb): number {
  const sent = tcb.sent;
  let pipe = sent.pipe;
  // RFC 3042: without limited transmit, duplicate ACKs open no room before a loss is evident.
  if (!tcb.config.limitedTransmit && tcb.recovery <= Recovery.disorder) {
    pipe += sent.sackedBytes + sent.dupAckedBytes;
  }
  const room = tcb.cwnd - pipe;
  const size = smss(tcb);
  const least = tcb.extraSegments > 0 ? tcb.extraSegments * size : pipe === 0 ? size : 0;
  return room > least ? room : least;
}

/** Sets the retransmission timer or the tail loss probe as what is outstanding needs (RFC 6298 5, RFC 8985 7.2). Call after sending. */
export function armTimers(env: Environment, tcb: Tcb, sentNew: boolean): void {
  if (tcb.state === State.synSent || tcb.state === State.synReceived) {
    armForSyn(env, tcb);
    if (tcb.sent.count === 0) return;
  }
  if (sentNew || tcb.sent.pipe >= tcb.cwnd) noteWindowUse(tcb, tcb.sent.pipe, env.now);
  // A probe that could not be sent (no memory, closed window) leaves its place to the RTO.
  tcb.probe = Probe.none;
  const timers = tcb.timers;
  const retransmit = timers[Timer.retransmit]!;
  const tailLoss = timers[Timer.tailLoss]!;
  if (tcb.sent.count === 0) {
    timers[Timer.retransmit] = OFF;
    timers[Timer.tailLoss] = OFF;
    timers[Timer.reorder] = OFF;
    return;
  }
  const probeUs = probeTimeoutUs(env, tcb);
  // What the persist timer let go is under the RTO alone (Linux tcp_write_wakeup).
  if (probeUs >= 0 && (sentNew || retransmit === OFF)) {
    timers[Timer.retransmit] = OFF;
    if (tailLoss === OFF) timers[Timer.tailLoss] = env.now + probeUs;
  } else {
    timers[Timer.tailLoss] = OFF;
    if (retransmit === OFF) {
      // A probe that has been called off leaves what remains of the RTO that it stood for.
      const since = tailLoss === OFF ? env.now : tcb.sent.sentAtOf(0);
      timers[Timer.retransmit] = Math.max(since + tcb.rtoUs, env.now + 1);
    }
  }
  if (timers[Timer.retransmit]! < tcb.wheelAt || timers[Timer.tailLoss]! < tcb.wheelAt) env.schedule(tcb);
}

function armForSyn(env: Environment, tcb: Tcb): void {
  if (tcb.timers[Timer.retransmit] !== OFF) return;
  tcb.timers[Timer.retransmit] = env.now + tcb.rtoUs;
  env.schedule(tcb);
}
