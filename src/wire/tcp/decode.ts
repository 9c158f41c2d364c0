import { Problem, SegmentKind } from '../segment.ts';
import { Layer, readI32, readU16, type Walk } from '../walk.ts';
import { readOptionsInto } from './options.ts';

/** Ports, sequence and acknowledgement numbers, flags and window: what a cut header must have to be of use. */
const LEAST_BYTES = 16;

/** Reads a TCP header (RFC 9293 3.1). */
export function readTcp(walk: Walk): number {
  if (!walk.has(LEAST_BYTES)) return Layer.end;
  const { bytes, view, offset: at, end, wireEnd, segment } = walk;
  segment.kind = SegmentKind.tcp;
  if (segment.bytes !== bytes) segment.bytes = bytes;
  if (segment.view !== view) segment.view = view;
  segment.headerOffset = at;
  segment.sourcePort = view.getUint16(at);
  segment.destinationPort = view.getUint16(at + 2);
  segment.seq = view.getInt32(at + 4);
  segment.ack = view.getInt32(at + 8);
  const offsetAndFlags = view.getUint16(at + 12);
  segment.flags = offsetAndFlags & 0xfff;
  segment.window = view.getUint16(at + 14);

  let headerLength = (offsetAndFlags >> 12) << 2;
  if (headerLength < 20 || at + headerLength > wireEnd) {
    segment.problems |= Problem.badLength;
    headerLength = 20;
  }
  segment.headerLength = headerLength;
  const dataAt = at + headerLength;
  segment.payloadOffset = dataAt;
  segment.payloadLength = wireEnd > dataAt ? wireEnd - dataAt : 0;
  segment.payloadCaptured = end > dataAt ? end - dataAt : 0;
  if (end < wireEnd && (segment.problems & Problem.truncated) === 0) segment.problems |= Problem.sliced;

  if (at + 20 <= end) segment.urgentPointer = readU16(bytes, at + 18);
  if (headerLength > 20) {
    const optionsEnd = Math.min(dataAt, end);
    readOptionsInto(segment, bytes, at + 20, optionsEnd);
    // An option that the capture cut in two is not the sender's fault.
    if (optionsEnd < dataAt) segment.problems &= ~Problem.badOption;
  }
  return Layer.end;
}

/**
 * Reads what an ICMP error quotes of a TCP header: at least ports and sequence number (RFC 792, RFC 4443).
 * `headerLength` is then the number of header bytes quoted, so `ack` is known from 12 on, `flags` from 14, `window` from 16.
 */
export function readQuotedTcp(walk: Walk): void {
  const { bytes, offset: at, segment } = walk;
  const quoted = walk.end - at;
  if (quoted < 8) return;
  segment.kind = SegmentKind.icmpError;
  segment.bytes = bytes;
  segment.view = walk.view;
  segment.headerOffset = at;
  segment.sourcePort = readU16(bytes, at);
  segment.destinationPort = readU16(bytes, at + 2);
  segment.seq = readI32(bytes, at + 4);
  let headerLength = 20;
  if (quoted >= 12) segment.ack = readI32(bytes, at + 8);
  if (quoted >= 14) {
    const offsetAndFlags = readU16(bytes, at + 12);
    segment.flags = offsetAndFlags & 0xfff;
    headerLength = Math.max(20, (offsetAndFlags >> 12) << 2);
    segment.payloadLength = Math.max(0, walk.wireEnd - at - headerLength);
  }
  if (quoted >= 16) segment.window = readU16(bytes, at + 14);
  if (quoted >= 20) segment.urgentPointer = readU16(bytes, at + 18);
  if (quoted > 20 && headerLength > 20) {
    readOptionsInto(segment, bytes, at + 20, at + Math.min(quoted, headerLength));
    if (quoted < headerLength) segment.problems &= ~Problem.badOption;
  }
  segment.headerLength = Math.min(quoted, headerLength);
  segment.payloadOffset = at + segment.headerLength;
  segment.payloadCaptured = Math.min(segment.payloadLength, Math.max(0, quoted - headerLength));
}
