import type { Tcb } from './tcb.ts';

/** Shares of the window that are paced out in a round trip (tcp_pacing_ss_ratio, tcp_pacing_ca_ratio). */
const SLOW_START_RATIO = 2;
const AVOIDANCE_RATIO = 1.2;

/** Linux sk_pacing_shift: a super-segment is what leaves in about a millisecond. */
const PACE_US = 1_000_000 / 1024;

/** Round trips shorter than 32 of these make super-segments larger (tcp_tso_rtt_log). */
const SHORT_RTT_UNIT = 512;

/** Linux tcp_tso_autosize, and half of the window at most, so that there are always two under way (tcp_cwnd_test). */
export function pacedBytes(tcb: Tcb, mss: number, most: number): number {
  const half = Math.max(1, Math.floor(tcb.cwnd / mss) >> 1);
  if (tcb.srttUs === 0) return half * mss;
  const ratio = tcb.cwnd < tcb.ssthresh / 2 ? SLOW_START_RATIO : AVOIDANCE_RATIO;
  let bytes = Math.min((Math.max(tcb.cwnd, tcb.sent.pipe) * ratio * PACE_US) / tcb.srttUs, most);
  const units = Math.floor(tcb.minRttUs / SHORT_RTT_UNIT);
  if (units < 32) bytes += most / 2 ** units;
  const segments = Math.max(Math.floor(bytes / mss), tcb.config.minSuperSegments);
  return Math.min(segments, half) * mss;
}
