import { Protocol } from './ip/protocols.ts';
import { type Segment, SegmentKind } from './segment.ts';

/** Below this, the sum of 16-bit halves cannot leave the int32 range: 2^15 halves of at most 2^16 - 1 each. */
const CHUNK_BYTES = 65536;

/**
 * The ones' complement sum of `length` bytes as 16-bit big-endian words (RFC 1071), not inverted, from 0 to 0xffff.
 * `initial` is a sum to go on from, such as that of a pseudo header; only the last part of a sum may have an odd length.
 */
export function onesSum(view: DataView, offset: number, length: number, initial: number = 0): number {
  let sum = initial;
  const end = offset + length;
  for (let at = offset; at < end; at += CHUNK_BYTES) {
    sum = fold(sum + chunkSum(view, at, end - at < CHUNK_BYTES ? end : at + CHUNK_BYTES));
  }
  return fold(sum);
}

/** Little-endian loads need no byte swap on today's machines; the sum is swapped instead (RFC 1071 2(B)). */
function chunkSum(view: DataView, start: number, end: number): number {
  let low = 0;
  let high = 0;
  let at = start;
  for (const last = end - 16; at <= last; at += 16) {
    const a = view.getInt32(at, true);
    const b = view.getInt32(at + 4, true);
    const c = view.getInt32(at + 8, true);
    const d = view.getInt32(at + 12, true);
    low += (a & 0xffff) + (b & 0xffff) + (c & 0xffff) + (d & 0xffff);
    high += (a >>> 16) + (b >>> 16) + (c >>> 16) + (d >>> 16);
  }
  for (; at + 1 < end; at += 2) low += view.getUint16(at, true);
  if (at < end) low += view.getUint8(at);
  const sum = fold(fold(low) + fold(high));
  return ((sum & 0xff) << 8) | (sum >> 8);
}

function fold(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + (folded >>> 16);
  return folded;
}

/** `onesSum` over `bytes` or, over the same memory, `view`: whatever suits the way of computing it. */
export type SegmentSum = (
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  length: number,
  initial: number,
) => number;

export const plainSum: SegmentSum = (_bytes, view, offset, length, initial) =>
  onesSum(view, offset, length, initial);

/** The Internet checksum (RFC 1071) as it goes into a header. Over bytes that include their own checksum it is 0. */
export function internetChecksum(
  view: DataView,
  offset: number,
  length: number,
  initial: number = 0,
): number {
  return ~onesSum(view, offset, length, initial) & 0xffff;
}

/**
 * Sum of the pseudo header before TCP, UDP or ICMPv6 (RFC 9293 3.1, RFC 8200 8.1). Addresses are words as in `Segment`;
 * the zeroes before an IPv4 address change nothing, so both families come to the same sum.
 */
export function pseudoHeaderSum(
  source: Int32Array,
  destination: Int32Array,
  protocol: number,
  length: number,
): number {
  let sum = protocol + (length & 0xffff) + (length >>> 16);
  for (let i = 0; i < 4; i++) {
    const s = source[i]!;
    const d = destination[i]!;
    sum += (s & 0xffff) + (s >>> 16) + (d & 0xffff) + (d >>> 16);
  }
  return fold(sum);
}

/** What a TCP checksum says about its segment. */
export const ChecksumState = {
  /** Not all bytes are there to tell, or the record is no TCP segment. */
  unknown: 0,
  good: 1,
  bad: 2,
  /** Only the pseudo header's sum, or nothing: the sender's network card fills it in after the capture. */
  unfilled: 3,
} as const;

/** Checks the checksum of a decoded segment; returns a `ChecksumState`. */
export function verifyTcpChecksum(segment: Segment): number {
  const { headerLength, headerOffset, payloadLength, view } = segment;
  if (segment.kind !== SegmentKind.tcp || segment.payloadCaptured < payloadLength)
    return ChecksumState.unknown;
  const length = headerLength + payloadLength;
  if (headerOffset + length > view.byteLength) return ChecksumState.unknown;
  const pseudo = pseudoHeaderSum(segment.source, segment.destination, Protocol.tcp, length);
  if (internetChecksum(view, headerOffset, length, pseudo) === 0) return ChecksumState.good;
  const stored = view.getUint16(headerOffset + 16);
  // Linux leaves the pseudo header's sum; drivers that cut segments up leave it without the length.
  const withoutLength = pseudoHeaderSum(segment.source, segment.destination, Protocol.tcp, 0);
  const unfilled = stored === pseudo || stored === withoutLength || stored === 0;
  return unfilled ? ChecksumState.unfilled : ChecksumState.bad;
}
