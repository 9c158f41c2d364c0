import type { Environment } from './environment.ts';
import { limitMss } from './negotiate.ts';
import { optionBytes } from './options-out.ts';
import { Recovery } from './recovery.ts';
import { Sent } from './scoreboard.ts';
import type { Tcb } from './tcb.ts';

/** RFC 791, RFC 8200 5: every link carries this. */
const LEAST_MTU4 = 68;
const LEAST_MTU6 = 1280;

/** RFC 1191 7.1: common MTUs, for routers that tell none. */
const PLATEAUS: readonly number[] = [32_000, 17_914, 8166, 4352, 2002, 1492, 1006, 508, 296, LEAST_MTU4];

/** Linux tcp_base_mss, tcp_mtu_probe_floor, tcp_probe_threshold. */
const BASE_MSS = 1024;
const LEAST_MSS = 48;
const LEAST_GAIN = 8;
/** Linux tcp_mtu_probe: cwnd in segments that a probe asks for, and segments that follow it so that its loss is noticed. */
const PROBE_CWND = 11;
const FOLLOWERS = 4;

function headerBytes(tcb: Tcb): number {
  return tcb.family === 4 ? 40 : 60;
}

function nextPlateau(mtu: number): number {
  for (const plateau of PLATEAUS) if (plateau < mtu) return plateau;
  return LEAST_MTU4;
}

/** SMSS by what ICMP told and what the search found to pass. */
function applyMtu(tcb: Tcb): void {
  limitMss(tcb);
  if (tcb.mtuSearchLow === 0) return;
  const most = tcb.mtuSearchLow - headerBytes(tcb);
  if (tcb.sndMss > most) tcb.sndMss = most;
}

/** "Fragmentation needed" or "packet too big" (RFC 1191, 8201); the caller checked that it quotes a segment under way. */
export function packetTooBig(env: Environment, tcb: Tcb, mtu: number): void {
  const told = mtu > 0 ? mtu : nextPlateau(tcb.pathMtu);
  const least = tcb.family === 4 ? LEAST_MTU4 : LEAST_MTU6;
  const size = told > least ? told : least;
  if (size >= tcb.pathMtu) return;
  tcb.pathMtu = size;
  if (tcb.mtuSearchLow > size) tcb.mtuSearchLow = size;
  if (tcb.mtuSearchHigh > size) tcb.mtuSearchHigh = size;
  applyMtu(tcb);
  env.learnPathMtu(tcb, size);
  repeatTooLarge(tcb);
}

/** RFC 1191 6.5: what was too large was dropped for its size and not by congestion: it goes again, cwnd stays. */
function repeatTooLarge(tcb: Tcb): void {
  const sent = tcb.sent;
  const mss = tcb.sndMss - optionBytes(tcb);
  for (let i = 0; i < sent.count; i++) {
    if (sent.lengthOf(i) > mss && (sent.flagsOf(i) & Sent.sacked) === 0) sent.markLost(i);
  }
}

/**
 * Retransmissions go unanswered (R1): large packets may vanish without an ICMP message (RFC 4821 7.7, RFC 2923 2.1). Smaller ones
 * are tried; the search for the largest that passes begins.
 */
export function suspectBlackHole(env: Environment, tcb: Tcb): void {
  if (tcb.config.mtuProbing === 0) return;
  if (tcb.mtuProbeSize > 0) mtuProbeLost(env, tcb);
  tcb.blackHoleSuspected = true;
  if (tcb.mtuSearchLow === 0) {
    beginSearch(tcb);
    return;
  }
  const half = (tcb.mtuSearchLow - headerBytes(tcb)) >> 1;
  const mss = Math.max(Math.min(half, BASE_MSS), LEAST_MSS, tcb.config.minMss);
  tcb.mtuSearchLow = mss + headerBytes(tcb);
  applyMtu(tcb);
}

/** RFC 4821 7.2: what is taken to pass, and the most that could. */
function beginSearch(tcb: Tcb): void {
  tcb.mtuSearchHigh = tcb.sndMss + headerBytes(tcb);
  tcb.mtuSearchLow = Math.min(BASE_MSS, tcb.sndMss) + headerBytes(tcb);
  applyMtu(tcb);
}

/** Before new text leaves: begins the search where it is due, and takes note of a probe that came through. */
export function prepareSearch(env: Environment, tcb: Tcb): void {
  if (tcb.mtuSearchLow === 0) {
    if (tcb.config.mtuProbing === 2) beginSearch(tcb);
  } else if (tcb.mtuProbeSize > 0 && ((tcb.sndUna - tcb.mtuProbeSeq) | 0) > 0) probePassed(env, tcb);
}

/**
 * RFC 4821 7.3 to 7.5: payload of the probe that may leave now in place of the next segment; 0: none. A probe carries new data, so
 * that nothing is sent in vain; enough has to follow it.
 */
export function probePathMtu(tcb: Tcb, queued: number, usable: number, allowance: number): number {
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
export function mtuProbeLost(env: Environment, tcb: Tcb): void {
  tcb.mtuSearchHigh = tcb.mtuProbeSize - 1;
  tcb.mtuProbeSize = 0;
  env.counters.TCPMTUPFail++;
}
