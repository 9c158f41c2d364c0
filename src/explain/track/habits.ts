import { Flag, OptionBit, type Segment } from '../../wire/segment.ts';
import type { End } from './connection.ts';

/** Initial TTL / hop limit that stacks use (Linux, BSD, macOS 64; Windows 128; routers and Solaris 255; old ones 32). */
export function initialHopLimit(hopLimit: number): number {
  if (hopLimit <= 32) return 32;
  if (hopLimit <= 64) return 64;
  return hopLimit <= 128 ? 128 : 255;
}

/** What timestamps take of each segment (RFC 7323 appendix A). */
export const TIMESTAMP_BYTES = 12;

/** Routers between the sender and the capture point, if the sender began at a usual value. */
export function hopsOf(hopLimit: number): number {
  return initialHopLimit(hopLimit) - hopLimit;
}

/**
 * RFC 7323 3.2: once negotiated, every non-RST segment carries timestamps. One without, or whose TTL and IP ID both
 * break the host's habit, comes from somebody else.
 */
export function isForeign(from: End, to: End, s: Segment): boolean {
  if ((s.flags & Flag.syn) !== 0) {
    // A SYN in the midst of a connection may be forged: opening.ts decides by the answer it gets.
    return false;
  }
  if (from.segments < 3 || !from.isnKnown || !to.isnKnown) return false;
  const negotiated = (from.optionKinds & to.optionKinds & OptionBit.timestamps) !== 0;
  return negotiated && (s.optionKinds & OptionBit.timestamps) === 0 && s.hopLimit !== from.hopLimit;
}

/** Ticks by which a timestamp may lag through reordering alone: a quarter of a second at the usual 1 kHz. */
const STALE_TICKS = 250;

/** RFC 7323 5.3 R1: text with an older timestamp is an old duplicate, and the receiver drops it. */
export function isStale(from: End, s: Segment): boolean {
  if (!from.timestamps || (s.optionKinds & OptionBit.timestamps) === 0 || s.payloadLength === 0) return false;
  if ((s.flags & Flag.syn) !== 0) return false;
  const behind = (from.lastTsVal - s.tsVal) | 0;
  return behind > STALE_TICKS || (behind > 0 && isBeforeSyn(from, s));
}

/** Older than the SYN: no reordering explains it, it is of an earlier incarnation (RFC 7323 appendix B.2). */
export function isBeforeSyn(from: End, s: Segment): boolean {
  return (from.optionKinds & OptionBit.timestamps) !== 0 && ((from.synTsVal - s.tsVal) | 0) > 0;
}

export function learnHabits(from: End, to: End, s: Segment, atUs: number): void {
  if (s.hopLimit !== from.lastHopLimit) learnHops(from, s.hopLimit);
  const id = s.identification;
  if (id > 0) {
    from.identifications++;
    from.idStep = from.lastNonZeroIdentification < 0 ? 0 : (id - from.lastNonZeroIdentification) & 0xffff;
    if (((id - from.lastNonZeroIdentification) & 0xffff) < 64) from.identificationsRunning++;
    if (from.idStep > 1) learnIdStep(from, to, atUs);
    from.lastNonZeroIdentification = id;
  }
  if ((s.optionKinds & OptionBit.timestamps) !== 0) {
    if (!from.timestamps || ((s.tsVal - from.lastTsVal) | 0) > 0) from.lastTsVal = s.tsVal;
    from.timestamps = true;
  }
}

function learnHops(from: End, hop: number): void {
  if (from.hopLimit < 0) from.hopLimit = hop;
  else {
    if (from.hopChanges++ === 0 && from.bytes === 0) from.hopChangedAt = from.segments;
    if (hop !== from.hopLimit) from.otherHopLimit = hop;
  }
  from.lastHopLimit = hop;
}

/** A jump further than this is no count of packets. */
const MAX_ID_STEP = 64;

/**
 * Linux numbers the packets of a connection one by one, those too that offload cuts a large segment into: so the step to the
 * next IP ID says how many packets the last segment was, or how many got lost on their way to this capture.
 */
function learnIdStep(from: End, to: End, atUs: number): void {
  if (from.idStep > MAX_ID_STEP || from.mss <= 0 || to.mss <= 0) return;
  const full = Math.min(from.mss, to.mss) - (from.timestamps && to.timestamps ? TIMESTAMP_BYTES : 0);
  const packets = Math.max(1, Math.ceil(from.lastLength / full));
  if (packets > 1 && from.idStep > packets && from.idStep <= 2 * packets) from.smallPackets++;
  else if (packets === 1 && from.idStep > 2 && from.idsLeftOut === 0) {
    from.idsLeftOut = from.idStep - 1;
    // While the other end had nothing said either: what it asked for may have been long in coming.
    from.idsLeftOutWaitUs = atUs - Math.max(from.lastAtUs, to.lastAtUs);
  }
}
