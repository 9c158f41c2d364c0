import { OptionBit } from '../wire/index.ts';
import type { Environment } from './environment.ts';
import { windowScale } from './negotiate.ts';
import type { Outgoing } from './outgoing.ts';
import { timestampClock } from './rtt.ts';
import type { Tcb } from './tcb.ts';

/** NOP, NOP, timestamps (RFC 7323 appendix A). */
export const TIMESTAMPS_BYTES = 12;
/** NOP, NOP, kind, length; each block. */
const SACK_BYTES = 4;
const SACK_BLOCK_BYTES = 8;
const USER_TIMEOUT_BYTES = 4;
const OPTION_SPACE = 40;

/** Edges as offsets from RCV.NXT. */
const ranges = new Int32Array(8);

/** Blocks that fit beside the other options. */
function sackRoom(tcb: Tcb): number {
  let space = OPTION_SPACE - SACK_BYTES;
  if (tcb.timestampsOk) space -= TIMESTAMPS_BYTES;
  if (tcb.announceUserTimeout) space -= USER_TIMEOUT_BYTES;
  return Math.min(4, Math.floor(space / SACK_BLOCK_BYTES));
}

function sackBlocks(tcb: Tcb): number {
  if (!tcb.sackOk) return 0;
  const blocks = tcb.receive.rangeCount + (tcb.hasDsack ? 1 : 0);
  return blocks === 0 ? 0 : Math.min(blocks, sackRoom(tcb));
}

/** Octets of options that a segment with ACK carries now. */
export function optionBytes(tcb: Tcb): number {
  let bytes = tcb.timestampsOk ? TIMESTAMPS_BYTES : 0;
  const blocks = sackBlocks(tcb);
  if (blocks > 0) bytes += SACK_BYTES + blocks * SACK_BLOCK_BYTES;
  if (tcb.announceUserTimeout) bytes += USER_TIMEOUT_BYTES;
  return tcb.accEcn === null ? bytes : bytes + tcb.accEcn.bytes(tcb, bytes, blocks);
}

/** Payload that a segment may carry now: Eff.snd.MSS (RFC 9293 3.7.1, RFC 6691: options count). */
export function segmentBytes(tcb: Tcb): number {
  const bytes = tcb.sndMss - optionBytes(tcb);
  return bytes > 0 ? bytes : 1;
}

/** Options of any segment that follows the handshake. */
export function writeOptions(env: Environment, tcb: Tcb, out: Outgoing): void {
  out.optionKinds = 0;
  out.sackCount = 0;
  if (tcb.timestampsOk) writeTimestamps(env, tcb, out);
  if (tcb.sackOk && (tcb.hasDsack || tcb.receive.rangeCount > 0 || tcb.finArrivedEarly)) writeSack(tcb, out);
  if (tcb.announceUserTimeout) writeUserTimeout(tcb, out);
}

function writeTimestamps(env: Environment, tcb: Tcb, out: Outgoing): void {
  out.optionKinds |= OptionBit.timestamps;
  out.tsVal = timestampClock(tcb, env.now);
  out.tsEcr = tcb.tsRecent;
}

/** RFC 2018 4: the block that changed last first; RFC 2883 4: before it, what came twice. */
function writeSack(tcb: Tcb, out: Outgoing): void {
  const room = sackRoom(tcb);
  const sack = out.sack;
  let count = 0;
  if (tcb.hasDsack) {
    sack[0] = tcb.dsackLeft;
    sack[1] = tcb.dsackRight;
    count = 1;
  }
  const found = tcb.receive.ranges(ranges, room - count);
  for (let i = 0; i < 2 * found; i++) sack[2 * count + i] = (tcb.rcvNxt + ranges[i]!) | 0;
  out.sackCount = count + found;
  if (tcb.finArrivedEarly && tcb.config.sackCoversFin) coverFin(tcb, out, count, room);
  if (out.sackCount > 0) out.optionKinds |= OptionBit.sack;
}

/** A FIN that text is still missing before belongs to the range that ends there, or is one by itself: it is one octet of sequence space. */
function coverFin(tcb: Tcb, out: Outgoing, first: number, room: number): void {
  const { sack } = out;
  const fin = tcb.finArrivedSeq;
  let i = first;
  while (i < out.sackCount && sack[2 * i + 1] !== fin) i++;
  if (i === room) return;
  if (i === out.sackCount) sack[2 * out.sackCount++] = fin;
  sack[2 * i + 1] = (fin + 1) | 0;
}

/** RFC 5482 3.1: seconds, or minutes where seconds do not fit 15 bits. */
function writeUserTimeout(tcb: Tcb, out: Outgoing): void {
  const seconds = Math.ceil(tcb.userTimeoutUs / 1_000_000);
  out.userTimeout = seconds < 0x8000 ? seconds : 0x8000 | Math.min(Math.ceil(seconds / 60), 0x7fff);
  out.optionKinds |= OptionBit.userTimeout;
}

/** Options of a SYN: all that the configuration wants. */
export function writeSynOptions(env: Environment, tcb: Tcb, out: Outgoing): void {
  const config = tcb.config;
  const all = tcb.backoff < config.bareSynAfter;
  offer(env, tcb, out, all && config.windowScaling, all && config.sack, all && config.timestamps);
  // RFC 7323 3.2: TSecr means nothing without an ACK.
  out.tsEcr = 0;
}

/** Options of a SYN-ACK: those that both want. */
export function writeSynAckOptions(env: Environment, tcb: Tcb, out: Outgoing): void {
  const config = tcb.config;
  if (!tcb.passive && config.synAckRepeatsSyn) {
    offer(env, tcb, out, config.windowScaling, config.sack, config.timestamps);
    out.windowScale = windowScale(tcb);
  } else offer(env, tcb, out, tcb.scalingOk, tcb.sackOk, tcb.timestampsOk);
}

function offer(
  env: Environment,
  tcb: Tcb,
  out: Outgoing,
  scaling: boolean,
  sack: boolean,
  timestamps: boolean,
): void {
  out.optionKinds = 0;
  if (!tcb.config.offersOptions) return;
  out.optionKinds = OptionBit.mss;
  out.mss = tcb.advMss;
  out.sackCount = 0;
  if (scaling) {
    out.optionKinds |= OptionBit.windowScale;
    out.windowScale = tcb.rcvScale;
  }
  if (sack) out.optionKinds |= OptionBit.sackPermitted;
  if (timestamps) writeTimestamps(env, tcb, out);
  if (tcb.announceUserTimeout) writeUserTimeout(tcb, out);
}
