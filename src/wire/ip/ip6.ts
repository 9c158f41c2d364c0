import { Problem } from '../segment.ts';
import { Layer, readI32, readU16, type Walk } from '../walk.ts';
import { Protocol } from './protocols.ts';

/** Longer chains of extension headers are attacks, not traffic. */
const MAX_EXTENSION_HEADERS = 16;
const JUMBO_PAYLOAD_OPTION = 0xc2;

/** Reads an IPv6 header and its extension headers (RFC 8200). */
export function readIp6(walk: Walk): number {
  if (!walk.has(40)) return Layer.end;
  const bytes = walk.bytes;
  const at = walk.offset;
  if (bytes[at]! >> 4 !== 6) return walk.stop(Problem.unsupported);
  const segment = walk.segment;
  segment.family = 6;
  segment.identification = -1;
  segment.dontFragment = false;
  segment.ecn = (bytes[at + 1]! >> 4) & 3;
  segment.hopLimit = bytes[at + 7]!;
  readAddress(bytes, at + 8, segment.source);
  readAddress(bytes, at + 24, segment.destination);

  const next = bytes[at + 6]!;
  const payloadLength = readU16(bytes, at + 4);
  walk.offset = at + 40;
  if (payloadLength !== 0) walk.limit(payloadLength);
  else if (next === Protocol.hopByHop) limitToJumbo(walk);
  if (next === Protocol.tcp) return Layer.tcp;
  return readExtensions(walk, next);
}

export function readAddress(bytes: Uint8Array, at: number, into: Int32Array): void {
  into[0] = readI32(bytes, at);
  into[1] = readI32(bytes, at + 4);
  into[2] = readI32(bytes, at + 8);
  into[3] = readI32(bytes, at + 12);
}

/**
 * A payload length of 0 stands for a jumbogram (RFC 2675), whose length is in a hop-by-hop option. Without one it is
 * what a capture shows before offload cuts the segment up, and the frame's length is the length.
 */
function limitToJumbo(walk: Walk): void {
  if (!walk.has(8)) return;
  const bytes = walk.bytes;
  let at = walk.offset + 2;
  const end = Math.min(walk.end, walk.offset + (bytes[walk.offset + 1]! + 1) * 8);
  while (at + 1 < end) {
    const kind = bytes[at]!;
    if (kind === JUMBO_PAYLOAD_OPTION && bytes[at + 1] === 4 && at + 6 <= end) {
      walk.limit(readI32(bytes, at + 2) >>> 0);
      return;
    }
    at += kind === 0 ? 1 : 2 + bytes[at + 1]!;
  }
}

/** Whether the header is one of those that carry their own length in units of eight bytes (RFC 6564). */
function isPlainExtension(protocol: number): boolean {
  return (
    protocol === Protocol.hopByHop ||
    protocol === Protocol.destination ||
    protocol === Protocol.routing ||
    protocol === Protocol.mobility ||
    protocol === Protocol.hip ||
    protocol === Protocol.shim6
  );
}

function readExtensions(walk: Walk, first: number): number {
  let next = first;
  for (let count = 0; count < MAX_EXTENSION_HEADERS; count++) {
    if (isPlainExtension(next)) {
      if (!walk.has(8)) return Layer.end;
      const length = (walk.bytes[walk.offset + 1]! + 1) * 8;
      if (!walk.has(length)) return Layer.end;
      if (next === Protocol.routing) takeFinalDestination(walk, length);
      next = walk.bytes[walk.offset]!;
      walk.offset += length;
    } else if (next === Protocol.fragment) {
      if (!walk.has(8)) return Layer.end;
      const field = readU16(walk.bytes, walk.offset + 2);
      const identification = readI32(walk.bytes, walk.offset + 4);
      next = walk.bytes[walk.offset]!;
      walk.offset += 8;
      // A fragment that is the whole datagram ("atomic", RFC 6946) is read as it stands.
      if ((field & 0xfff9) !== 0) {
        const { fragments } = walk;
        const more = (field & 1) !== 0;
        if (fragments === null || !fragments.enter(walk, next, identification, field & 0xfff8, more))
          return Layer.end;
        // The first fragment's next header counts (RFC 8200 4.5).
        next = fragments.protocol;
      }
    } else {
      walk.protocol = next;
      return next === Protocol.tcp ? Layer.tcp : Layer.transport;
    }
  }
  return walk.stop(Problem.tooDeep);
}

/**
 * Under a routing header the destination field is only the next hop; connections and checksums use the final one:
 * the last address of types 0 and 2, the first of a segment list (type 4, RFC 8754).
 */
function takeFinalDestination(walk: Walk, length: number): void {
  const bytes = walk.bytes;
  const at = walk.offset;
  const type = bytes[at + 2]!;
  if (bytes[at + 3] === 0 || length < 24) return;
  if (type === 4) readAddress(bytes, at + 8, walk.segment.destination);
  else if (type === 0 || type === 2)
    readAddress(bytes, at + 8 + (((length - 8) >> 4) - 1) * 16, walk.segment.destination);
}
