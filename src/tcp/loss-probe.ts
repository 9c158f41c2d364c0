import { State } from '../states/index.ts';
import { smss } from './congestion/window.ts';
import type { Environment } from './environment.ts';
import { endReduction, enterReduction, hasNewData, Recovery, settle } from './recovery-state.ts';
import { OFF, type Tcb, Timer } from './tcb.ts';

/** `Tcb.probe`: what the tail loss probe that is due carries. */
export const Probe = {
  none: 0,
  /** The next new segment, whatever cwnd and Nagle say. */
  newData: 1,
  /** The last segment again. */
  lastSegment: 2,
} as const;
export type Probe = (typeof Probe)[keyof typeof Probe];

/** RFC 8985 7.2, TLP.max_ack_delay: a single segment may wait for the peer's delayed ACK. */
const MAX_ACK_DELAY_US = 200_000;
/** What timers and delivery may take on paths whose round trip is nearly nothing. */
const SLACK_US = 2_000;
/** RFC 8985 7.2: the PTO without a sample. */
const PTO_WITHOUT_SAMPLE_US = 1_000_000;

/** RFC 8985 7.2: microseconds until the probe; -1 where none is to be scheduled. */
export function probeTimeoutUs(env: Environment, tcb: Tcb): number {
  if (!tcb.config.tailLossProbe || !tcb.sackOk || tcb.tlpOutstanding) return -1;
  if (tcb.recovery !== Recovery.open && tcb.recovery !== Recovery.cwr) return -1;
  if (tcb.state < State.established || tcb.sent.sackedBytes > 0 || tcb.sndWnd === 0) return -1;
  let timeout = PTO_WITHOUT_SAMPLE_US;
  if (tcb.srttUs > 0) {
    timeout =
      2 * tcb.srttUs +
      (tcb.sent.count === 1 && tcb.sent.outstanding <= smss(tcb) ? MAX_ACK_DELAY_US : SLACK_US);
  }
  const untilRto = tcb.sent.sentAtOf(0) + tcb.rtoUs - env.now;
  return Math.max(1, Math.round(Math.min(timeout, untilRto)));
}

/** RFC 8985 7.3, TLP_send_probe: decides what to send; `output` sends it. From now on the RTO runs. */
export function tailLossTimeout(env: Environment, tcb: Tcb): void {
  tcb.timers[Timer.tailLoss] = OFF;
  const sent = tcb.sent;
  if (sent.count === 0) return;
  tcb.timers[Timer.retransmit] = env.now + tcb.rtoUs;
  env.schedule(tcb);
  if (tcb.tlpOutstanding) return;
  env.counters.TCPLossProbes++;
  tcb.tlpOutstanding = true;
  tcb.tlpEndSeq = tcb.sndNxt;
  tcb.tlpIsRetransmission = !hasNewData(tcb);
  tcb.extraSegments = 1;
  if (!tcb.tlpIsRetransmission) {
    tcb.probe = Probe.newData;
    return;
  }
  tcb.probe = Probe.lastSegment;
  const last = sent.count - 1;
  if (sent.lengthOf(last) > smss(tcb)) sent.splitAt((sent.endOf(last) - smss(tcb)) | 0);
}

/**
 * RFC 8985 7.4.2, TLP_process_ack: whether the probe repaired a loss, which then counts as congestion. `duplicateSeen`: a DSACK
 * reports the probe; `plain`: the ACK is a bare duplicate without SACK.
 */
export function probeAcknowledged(
  env: Environment,
  tcb: Tcb,
  ack: number,
  duplicateSeen: boolean,
  plain: boolean,
): void {
  const past = (ack - tcb.tlpEndSeq) | 0;
  if (!tcb.tlpOutstanding || past < 0) return;
  if (!tcb.tlpIsRetransmission || duplicateSeen) {
    tcb.tlpOutstanding = false;
  } else if (past > 0) {
    tcb.tlpOutstanding = false;
    env.counters.TCPLossProbeRecovery++;
    if (tcb.recovery > Recovery.cwr) return;
    enterReduction(tcb);
    endReduction(tcb);
    settle(tcb);
  } else if (plain) {
    tcb.tlpOutstanding = false;
  }
}
