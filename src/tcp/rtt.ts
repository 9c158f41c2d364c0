import { State } from '../states/index.ts';
import { OFF, type Tcb } from './tcb.ts';

/** RFC 6298's G: our clock counts microseconds, the host's timers are no coarser than this. */
const GRANULARITY_US = 1_000;

/** The timestamp clock of a connection (RFC 7323 5.4), as int32: TSval of a segment sent at `atUs`. */
export function timestampClock(tcb: Tcb, atUs: number): number {
  return (Math.floor(atUs / tcb.config.timestampTickUs) + tcb.tsOffset) | 0;
}

/** The round trip that TSecr tells (RFC 7323 4.1), microseconds; -1 where it lies in the future or is absurdly old. */
export function echoedRttUs(tcb: Tcb, tsEcr: number, nowUs: number): number {
  const ticks = (timestampClock(tcb, nowUs) - tsEcr) | 0;
  if (ticks < 0) return -1;
  // RFC 7323 4.1: an echo within one tick is a round trip shorter than the clock can tell.
  const rttUs = Math.max(ticks, 1) * tcb.config.timestampTickUs;
  return rttUs <= tcb.config.maxRtoUs ? rttUs : -1;
}

/**
 * RFC 6298 (2.2), (2.3). `expectedSamples`: samples that come in one round trip; with more than one, each counts for as much
 * less (RFC 7323 appendix G), so that history does not shrink to less than a round trip.
 */
export function sample(tcb: Tcb, rttUs: number, expectedSamples: number): void {
  const rtt = rttUs < 1 ? 1 : rttUs;
  if (rtt < tcb.minRttUs) tcb.minRttUs = rtt;
  if (tcb.srttUs === 0) {
    tcb.srttUs = rtt;
    tcb.rttvarUs = rtt / 2;
  } else {
    const samples = expectedSamples > 1 ? expectedSamples : 1;
    tcb.rttvarUs += (Math.abs(tcb.srttUs - rtt) - tcb.rttvarUs) / (4 * samples);
    tcb.srttUs += (rtt - tcb.srttUs) / (8 * samples);
  }
  tcb.rtoUs = rto(tcb);
  tcb.backoff = 0;
}

/** RFC 6298 (2.1) to (2.5): the RTO by what was measured, not backed off. */
export function rto(tcb: Tcb): number {
  const config = tcb.config;
  if (tcb.srttUs === 0) return config.initialRtoUs;
  const variance = Math.max(GRANULARITY_US, 4 * tcb.rttvarUs);
  const sum = config.minRtoOnVariance
    ? tcb.srttUs + Math.max(variance, config.minRtoUs)
    : Math.max(tcb.srttUs + variance, config.minRtoUs);
  return Math.min(Math.round(sum + config.rtoSlackUs), config.maxRtoUs);
}

/** RFC 6298 (5.5), (5.6): stays until there is a new sample (Karn). */
export function backOff(tcb: Tcb): void {
  const { maxRtoUs, rtoSlackUs } = tcb.config;
  // The slack is added once, and not to the very first RTO (FreeBSD TCPT_RANGESET).
  const slack = tcb.backoff > 0 || tcb.srttUs > 0 ? rtoSlackUs : 0;
  tcb.backoff++;
  tcb.rtoUs = Math.min((tcb.rtoUs - slack) * 2 + rtoSlackUs, maxRtoUs);
}

/** The same for a SYN or SYN-ACK; the first SYNs may go out at an even pace (Linux tcp_retransmit_timer). */
export function backOffSyn(tcb: Tcb): void {
  if (tcb.state === State.synSent && tcb.backoff < tcb.config.synLinearTimeouts) tcb.backoff++;
  else backOff(tcb);
}

/** Nothing is measured yet: as for a connection that begins. */
export function resetRtt(tcb: Tcb): void {
  tcb.srttUs = 0;
  tcb.rttvarUs = 0;
  tcb.minRttUs = OFF;
  tcb.rtoUs = tcb.config.initialRtoUs;
  tcb.backoff = 0;
  tcb.timedAt = -1;
}

/** RFC 6298 (5.7): the SYN was lost and there is no sample: data begins with an RTO of 3 seconds. */
const RTO_AFTER_LOST_SYN_US = 3_000_000;

export function forgetLostSyn(tcb: Tcb): void {
  if (tcb.srttUs !== 0) return;
  if (tcb.config.initialRtoUs < RTO_AFTER_LOST_SYN_US) tcb.rtoUs = RTO_AFTER_LOST_SYN_US;
  tcb.backoff = 0;
}
