import { formatBytes, formatDuration, nameOf } from '../../text.ts';
import type { End } from '../../track/connection.ts';
import { TIMESTAMP_BYTES } from '../../track/habits.ts';
import type { AddEvidence, Case } from '../cause.ts';

/** Linux: TCP_RTO_MIN. What is sent again sooner was asked for, by SACK or by ICMP. */
const RTO_MIN_US = 200_000;

/** The largest segment that both ends agreed on; 0 where a SYN was not seen. */
export function fullSegment(k: Case): number {
  const { client, server } = k;
  if (client.mss <= 0 || server.mss <= 0) return 0;
  return Math.min(client.mss, server.mss) - (client.timestamps && server.timestamps ? TIMESTAMP_BYTES : 0);
}

/** The end into whose text a hole was torn that only full segments fell into, while a shorter one after them passed. */
function holed(k: Case): End | null {
  const { traces } = k.c;
  const full = fullSegment(k);
  if (traces.holeFrom < 0 || full === 0) return null;
  const hole = (traces.holeEnd - traces.holeStart) | 0;
  return hole >= full && traces.holeTailLength < full ? k.c.end(traces.holeFrom) : null;
}

/** The hole was never filled: its receiver still waits for the first byte of it. */
export function holeStays(k: Case): boolean {
  const end = holed(k);
  const { traces } = k.c;
  if (end === null || traces.holeFilledAtUs >= 0) return false;
  const receiver = end === k.client ? k.server : k.client;
  return receiver.ackKnown && receiver.rcvNxt === traces.holeStart && receiver.segments > 0;
}

/**
 * How well a filled hole fits a path that had to be told of its MTU: at once, as ICMP does it, or after timeouts. Nothing
 * where a full segment filled it: that was loss.
 */
export function holeFilled(k: Case, afterTimeouts: boolean): number {
  const { traces } = k.c;
  const sender = holed(k);
  if (sender === null || traces.holeFilledAtUs < 0 || !traces.holeOnPath) return 0;
  // Its receiver must have missed it: only captured late, it would have been acknowledged at once.
  const receiver = k.c.end(1 - traces.holeFrom);
  if (receiver.lastSackAtUs < 0 && receiver.duplicateAcks === 0) return 0;
  // The sender may have waited before the first segment of another size, which tore the hole.
  const before = sender.idsLeftOut >= 2 ? sender.idsLeftOutWaitUs : 0;
  const waited = Math.max(before, traces.holeFilledAtUs - traces.holeAtUs);
  const full = fullSegment(k);
  if (traces.holeFillLength === full) return 0;
  if (waited > RTO_MIN_US + 2 * k.o.rttUs !== afterTimeouts) return 0;
  if (traces.holeFillLength < full) return waited > 3 * RTO_MIN_US || !afterTimeouts ? 0.9 : 0.5;
  // Offload has joined what filled it, so that its size does not show: two full segments lost and a short one not is a sign.
  return ((traces.holeEnd - traces.holeStart) | 0) >= 2 * full ? 0.65 : 0.4;
}

/**
 * Seen beyond the narrow link: several packets of an end are missing in the numbering of its host (IP ID), though not a byte
 * of its text, and what came after them came in smaller packets than agreed. At once, or after timeouts.
 */
export function numbersLeftOut(k: Case, afterTimeouts: boolean): End | null {
  for (const end of [k.client, k.server]) {
    if (end.idsLeftOut < 2 || end.smallPackets === 0) continue;
    if (end.idsLeftOutWaitUs > 3 * RTO_MIN_US === afterTimeouts) return end;
  }
  return null;
}

export function leftOutWords(k: Case, end: End): string {
  return `${end.idsLeftOut} packets of the ${nameOf(k, end)} are left out in the numbering of its IP packets, though none of its text is missing, and ${end.smallPackets === 1 ? 'a large segment' : `${end.smallPackets} large segments`} after them went in smaller packets than the ${fullSegment(k)} bytes that the ends had agreed on.`;
}

/** Text that was sent again and again went through in a smaller segment, and no ICMP error had asked for that. */
export function shrunkUnasked(k: Case): boolean {
  return k.c.traces.shrunkFrom >= 0 && k.c.icmp.length === 0;
}

export function holeWords(k: Case): string {
  const { traces } = k.c;
  const end = k.c.end(traces.holeFrom);
  const hole = formatBytes((traces.holeEnd - traces.holeStart) | 0);
  const lost = `${hole} of the ${nameOf(k, end)} got lost although the ${formatBytes(traces.holeTailLength)} after them passed`;
  if (traces.holeFilledAtUs < 0) return `${lost}, and never came again.`;
  const filled = formatDuration(traces.holeFilledAtUs - traces.holeAtUs);
  return `${lost}; ${filled} later they came again, the first ${formatBytes(traces.holeFillLength)} in one piece.`;
}

export function holeEvidence(k: Case, add: AddEvidence): void {
  const { traces } = k.c;
  if (traces.holeFrom >= 0)
    add(traces.holePacket, traces.holeAtUs, 'a short segment passes where the long ones before it got lost');
}

export function shrunkWords(k: Case): string {
  const { traces } = k.c;
  return `${formatBytes(traces.shrunkLength)} of the ${nameOf(k, k.c.end(traces.shrunkFrom))} were sent again ${traces.shrunkTries} times in vain; then ${formatBytes(traces.shrunkTo)} of them in a smaller segment.`;
}

export function shrunkEvidence(k: Case, add: AddEvidence): void {
  const { traces } = k.c;
  if (traces.shrunkFrom >= 0)
    add(traces.shrunkPacket, traces.shrunkAtUs, `the same bytes in a smaller segment of ${traces.shrunkTo}`);
}
