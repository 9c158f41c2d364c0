import { Problem } from '../segment.ts';
import { Layer, readI32, readU16, type Walk } from '../walk.ts';
import { isWorthReassembly } from './fragments.ts';
import { Protocol } from './protocols.ts';

const MORE_FRAGMENTS = 0x2000;
const OFFSET_MASK = 0x1fff;

/** Reads an IPv4 header (RFC 791). */
export function readIp4(walk: Walk): number {
  if (!walk.has(20)) return Layer.end;
  const bytes = walk.bytes;
  const at = walk.offset;
  const first = bytes[at]!;
  if (first >> 4 !== 4) return walk.stop(Problem.unsupported);
  const headerLength = (first & 15) << 2;
  const totalLength = readU16(bytes, at + 2);
  if (headerLength < 20 || (totalLength !== 0 && totalLength < headerLength)) {
    return walk.stop(Problem.badLength);
  }
  // A total length of 0 is what a capture shows of a segment that offload will cut up: the frame's length is the length.
  if (totalLength !== 0) {
    const end = at + totalLength;
    if (end > walk.wireEnd) walk.segment.problems |= Problem.truncated;
    walk.wireEnd = end;
    if (end < walk.end) walk.end = end;
  }
  if (headerLength > 20 && !walk.has(headerLength)) return Layer.end;

  const fragment = readU16(bytes, at + 6);
  const segment = walk.segment;
  segment.family = 4;
  segment.identification = readU16(bytes, at + 4);
  segment.dontFragment = (fragment & 0x4000) !== 0;
  segment.ecn = bytes[at + 1]! & 3;
  segment.hopLimit = bytes[at + 8]!;
  const source = segment.source;
  const destination = segment.destination;
  source[0] = 0;
  source[1] = 0;
  source[2] = 0;
  source[3] = readI32(bytes, at + 12);
  destination[0] = 0;
  destination[1] = 0;
  destination[2] = 0;
  destination[3] = readI32(bytes, at + 16);

  const protocol = bytes[at + 9]!;
  walk.offset = at + headerLength;
  if ((fragment & (MORE_FRAGMENTS | OFFSET_MASK)) !== 0 && !joinFragment(walk, protocol, fragment)) {
    return Layer.end;
  }
  if (protocol === Protocol.tcp) return Layer.tcp;
  walk.protocol = protocol;
  return Layer.transport;
}

function joinFragment(walk: Walk, protocol: number, fragment: number): boolean {
  const { fragments } = walk;
  if (fragments === null || !isWorthReassembly(protocol)) return false;
  const offset = (fragment & OFFSET_MASK) << 3;
  const more = (fragment & MORE_FRAGMENTS) !== 0;
  return fragments.enter(walk, protocol, walk.segment.identification, offset, more);
}
