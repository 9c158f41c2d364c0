import type { Environment } from './environment.ts';
import { limitMss } from './negotiate.ts';
import { optionBytes } from './options-out.ts';
import { Sent } from './scoreboard.ts';
import type { Tcb } from './tcb.ts';

/** RFC 791, RFC 8200 5: every link carries this. */
const LEAST_MTU4 = 68;
const LEAST_MTU6 = 1280;

/** RFC 1191 7.1: common MTUs, for routers that tell none. */
const PLATEAUS: readonly number[] = [32_000, 17_914, 8166, 4352, 2002, 1492, 1006, 508, 296, LEAST_MTU4];

export function headerBytes(tcb: Tcb): number {
  return tcb.family === 4 ? 40 : 60;
}

function nextPlateau(mtu: number): number {
  for (const plateau of PLATEAUS) if (plateau < mtu) return plateau;
  return LEAST_MTU4;
}

/** SMSS by what ICMP told and what the search found to pass. */
export function applyMtu(tcb: Tcb): void {
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
  if (tcb.config.offersPathMtu6 && tcb.family === 6)
    tcb.advMss = Math.min(tcb.advMss, size - headerBytes(tcb));
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
