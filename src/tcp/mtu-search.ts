import type { Environment, MtuSearch } from './environment.ts';
import { limitMss } from './negotiate.ts';
import { optionBytes } from './options-out.ts';
import { applyMtu, headerBytes } from './pmtu.ts';
import { Recovery } from './recovery.ts';
import type { Tcb } from './tcb.ts';

/** Linux tcp_mtu_probe_floor, tcp_probe_threshold. */
const LEAST_MSS = 48;
const LEAST_GAIN = 8;
/** Linux tcp_mtu_probe: cwnd in segments that a probe asks for, and segments that follow it so that its loss is noticed. */
const PROBE_CWND = 11;
const FOLLOWERS = 4;

/**
 * Retransmissions go unanswered (R1): large packets may vanish without an ICMP message (RFC 4821 7.7, RFC 2923 2.1). Smaller ones
 * are tried; the search for the largest that passes begins.
 */
function suspectBlackHole(env: Environment, tcb: Tcb): void {
  if (tcb.config.mtuProbing === 0) return;
  if (tcb.mtuProbeSize > 0) mtuProbeLost(env, tcb);
  tcb.blackHoleSuspected = true;
  if (tcb.mtuSearchLow === 0) {
    beginSearch(tcb, false);
    return;
  }
  const half = (tcb.mtuSearchLow - headerBytes(tcb)) >> 1;
  const mss = Math.max(Math.min(half, tcb.config.baseMss), LEAST_MSS, tcb.config.minMss);
  tcb.mtuSearchLow = mss + headerBytes(tcb);
  applyMtu(tcb);
}

/** RFC 4821 7.2: what is taken to pass, and the most that could. */
function beginSearch(tcb: Tcb, keepsMss: boolean): void {
  const { sndMss } = tcb;
  limitMss(tcb);
  tcb.mtuSearchHigh = tcb.sndMss + headerBytes(tcb);
  tcb.mtuSearchLow = Math.min(tcb.config.baseMss, tcb.sndMss) + headerBytes(tcb);
  applyMtu(tcb);
  if (keepsMss) tcb.sndMss = sndMss;
}

/** Before new text leaves: begins the search where it is due, and takes note of a probe that came through. */
function prepareSearch(env: Environment, tcb: Tcb): void {
  if (tcb.mtuSearchLow === 0) {
    // Linux tcp_init_transfer: after a passive OPEN the MSS is what it was, until a probe came through.
    if (tcb.config.mtuProbing === 2) beginSearch(tcb, tcb.passive);
  } else if (tcb.mtuProbeSize > 0 && ((tcb.sndUna - tcb.mtuProbeSeq) | 0) > 0) probePassed(env, tcb);
}

/**
 * RFC 4821 7.3 to 7.5: payload of the probe that may leave now in place of the next segment; 0: none. A probe carries new data, so
 * that nothing is sent in vain; enough has to follow it.
 */
function probePathMtu(tcb: Tcb, queued: number, usable: number, allowance: number): number {
  if (tcb.mtuSearchLow === 0 || tcb.mtuProbeSize > 0) return 0;
  if (tcb.mtuSearchHigh - tcb.mtuSearchLow < LEAST_GAIN) return 0;
  const mss = tcb.sndMss;
  const settled = tcb.recovery === Recovery.open && tcb.sent.sackedBytes === 0 && tcb.backoff === 0;
  if (!settled || tcb.cwnd < PROBE_CWND * mss) return 0;
  const mtu = (tcb.mtuSearchLow + tcb.mtuSearchHigh + 1) >> 1;
  const payload = mtu - headerBytes(tcb) - optionBytes(tcb);
  const needed = payload + FOLLOWERS * mss;
  if (queued < needed || usable < needed || allowance < payload) return 0;
  tcb.mtuProbeSize = mtu;
  tcb.mtuProbeSeq = tcb.sndNxt;
  return payload;
}

/** The probe was acknowledged without having been sent again. */
function probePassed(env: Environment, tcb: Tcb): void {
  tcb.mtuSearchLow = tcb.mtuProbeSize;
  tcb.mtuProbeSize = 0;
  env.counters.TCPMTUPSuccess++;
  applyMtu(tcb);
}

/** The probe has to be sent again, in segments of the size that passes: it was too large (RFC 4821 7.6). */
function mtuProbeLost(env: Environment, tcb: Tcb): void {
  tcb.mtuSearchHigh = tcb.mtuProbeSize - 1;
  tcb.mtuProbeSize = 0;
  env.counters.TCPMTUPFail++;
}

/** Packetization layer path MTU discovery (RFC 4821): looks for what passes, whatever ICMP says. */
export const packetizationSearch: MtuSearch = {
  prepare: prepareSearch,
  probe: probePathMtu,
  suspect: suspectBlackHole,
  probeLost: mtuProbeLost,
};
