import { State } from '../states/index.ts';
import type { Environment } from './environment.ts';
import type { Tcb } from './tcb.ts';
import { userTimeoutOf } from './user-timeout.ts';

/** Linux tcp_orphan_retries: what 0 means where the peer may still be there. */
const ORPHAN_RETRIES = 8;

/** The retransmission timer fired: whether R2 is reached (RFC 9293 3.8.3, MUST-20; for a SYN, MUST-23). */
export function givesUp(env: Environment, tcb: Tcb): boolean {
  if (tcb.state === State.synSent && tcb.config.synLinearTimeouts > 0) return synRanOut(env, tcb);
  if (tcb.state === State.synSent || tcb.state === State.synReceived) {
    return tcb.backoff >= (tcb.passive ? tcb.config.synAckRetries : tcb.synRetries);
  }
  // RFC 5482: a user timeout stands in the place of R2, and has a timer of its own.
  if (userTimeoutOf(tcb) > 0) return false;
  // RFC 9293 3.8.6.1 (MUST-37): a peer that answers keeps its window closed for as long as it likes.
  if (tcb.sndWnd === 0 && !tcb.orphan && tcb.backoff > 0 && tcb.lastArrivedAt >= tcb.lastSentAt) return false;
  return ranOut(env, tcb, tcb.orphan ? orphanRetries(tcb, tcb.rtoUs) : tcb.config.retries2);
}

/** A retransmission is due: R1 is told to the network layer (SHLD-9), which may know of a better way. */
export function noteRetransmission(env: Environment, tcb: Tcb): void {
  if (tcb.backoff === 0) tcb.retransmitSince = env.now;
  if (!tcb.synAcked) {
    if (tcb.backoff > 0) env.suspectPath(tcb);
    return;
  }
  if (!ranOut(env, tcb, tcb.config.retries1)) return;
  env.mtuSearch?.suspect(env, tcb);
  env.suspectPath(tcb);
}

function ranOut(env: Environment, tcb: Tcb, retries: number): boolean {
  const { retriesAsTime, minRtoUs, maxRtoUs } = tcb.config;
  if (!retriesAsTime) return tcb.backoff >= retries;
  return tcb.backoff > 0 && env.now - tcb.retransmitSince >= timeOf(retries, minRtoUs, maxRtoUs);
}

/** Not later than without `synLinearTimeouts`: so many more SYNs fit into the time (Linux tcp_write_timeout). */
function synRanOut(env: Environment, tcb: Tcb): boolean {
  const { initialRtoUs, maxRtoUs, synLinearTimeouts } = tcb.config;
  if (tcb.backoff >= tcb.synRetries + synLinearTimeouts) return true;
  const sinceFirstUs = env.now - tcb.retransmitSince + initialRtoUs;
  return tcb.backoff > 0 && sinceFirstUs >= timeOf(tcb.synRetries, initialRtoUs, maxRtoUs);
}

/** Linux tcp_model_timeout: how long so many retransmissions take if the RTO begins at `firstUs`. */
function timeOf(retries: number, firstUs: number, mostUs: number): number {
  const doublings = Math.floor(Math.log2(mostUs / firstUs));
  if (retries <= doublings) return (2 ** (retries + 1) - 1) * firstUs;
  return (2 ** (doublings + 1) - 1) * firstUs + (retries - doublings) * mostUs;
}

/** Linux tcp_orphan_retries; an interval below the largest means that the peer was there not long ago. */
function orphanRetries(tcb: Tcb, intervalUs: number): number {
  const alive = intervalUs < tcb.config.maxRtoUs;
  if (tcb.softError !== 0 && !alive) return 0;
  return tcb.config.orphanRetries === 0 && alive ? ORPHAN_RETRIES : tcb.config.orphanRetries;
}

/** Probes of window or keepalive since the peer last answered one; `probesOut` itself is set back when the next one is due. */
export function unansweredProbes(tcb: Tcb): number {
  return tcb.lastArrivedAt >= tcb.lastProbeAt ? 0 : tcb.probesOut;
}

/** Window probes: unanswered ones count, for nobody's connection all of them (Linux tcp_probe_timer). */
export function probesRanOut(env: Environment, tcb: Tcb): boolean {
  tcb.probesOut = unansweredProbes(tcb);
  const userTimeoutUs = userTimeoutOf(tcb);
  if (userTimeoutUs > 0) return tcb.probesSince >= 0 && env.now - tcb.probesSince >= userTimeoutUs;
  if (!tcb.orphan) return tcb.probesOut >= tcb.config.retries2;
  const intervalUs = tcb.rtoUs * 2 ** tcb.persistBackoff;
  const most = orphanRetries(tcb, intervalUs);
  if (intervalUs >= tcb.config.maxRtoUs && tcb.persistBackoff >= most) return true;
  return tcb.probesOut >= most;
}
