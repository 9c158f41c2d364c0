import { readAddress } from './ip/ip6.ts';
import { Protocol } from './ip/protocols.ts';
import { SegmentKind } from './segment.ts';
import { readQuotedTcp } from './tcp/decode.ts';
import { Layer, readI32, readU16, type Walk } from './walk.ts';

const MAX_EXTENSION_HEADERS = 8;

/** Types of ICMPv4 messages that report the fate of a datagram (RFC 792); a redirect (5) is advice and no error. */
export const Icmp4Error = {
  destinationUnreachable: 3,
  sourceQuench: 4,
  timeExceeded: 11,
  parameterProblem: 12,
} as const;

/** Types of ICMPv6 errors (RFC 4443). */
export const Icmp6Error = {
  destinationUnreachable: 1,
  packetTooBig: 2,
  timeExceeded: 3,
  parameterProblem: 4,
} as const;

const FRAGMENTATION_NEEDED = 4;

/** Reads an ICMPv4 message; only errors that quote a TCP segment are of interest. */
export function readIcmp4(walk: Walk): number {
  if (!walk.has(8)) return Layer.end;
  const bytes = walk.bytes;
  const at = walk.offset;
  const type = bytes[at]!;
  if (!isError4(type)) return Layer.end;
  const code = bytes[at + 1]!;
  const mtu =
    type === Icmp4Error.destinationUnreachable && code === FRAGMENTATION_NEEDED ? readU16(bytes, at + 6) : 0;
  // RFC 4884: a length in words bounds the quote where extensions follow it.
  return readQuote(walk, type, code, mtu, type === Icmp4Error.sourceQuench ? 0 : bytes[at + 5]! * 4);
}

/** Reads an ICMPv6 message likewise. */
export function readIcmp6(walk: Walk): number {
  if (!walk.has(8)) return Layer.end;
  const bytes = walk.bytes;
  const at = walk.offset;
  const type = bytes[at]!;
  if (type < Icmp6Error.destinationUnreachable || type > Icmp6Error.parameterProblem) return Layer.end;
  const mtu = type === Icmp6Error.packetTooBig ? readI32(bytes, at + 4) >>> 0 : 0;
  const extended = type === Icmp6Error.destinationUnreachable || type === Icmp6Error.timeExceeded;
  return readQuote(walk, type, bytes[at + 1]!, mtu, extended ? bytes[at + 4]! * 8 : 0);
}

function isError4(type: number): boolean {
  return (
    type === Icmp4Error.destinationUnreachable ||
    type === Icmp4Error.sourceQuench ||
    type === Icmp4Error.timeExceeded ||
    type === Icmp4Error.parameterProblem
  );
}

function readQuote(walk: Walk, type: number, code: number, mtu: number, quoteLength: number): number {
  const segment = walk.segment;
  segment.icmpFamily = segment.family;
  segment.icmpType = type;
  segment.icmpCode = code;
  segment.icmpMtu = mtu;
  segment.icmpSource.set(segment.source);
  walk.offset += 8;
  if (quoteLength !== 0 && walk.offset + quoteLength < walk.end) walk.end = walk.offset + quoteLength;
  const quotesTcp = segment.family === 4 ? enterQuotedIp4(walk) : enterQuotedIp6(walk);
  if (quotesTcp) readQuotedTcp(walk);
  return Layer.end;
}

/** Moves to the TCP header behind a quoted IPv4 header; the hop limit stays that of the ICMP packet. */
function enterQuotedIp4(walk: Walk): boolean {
  const { bytes, offset: at, segment } = walk;
  if (at + 28 > walk.end || bytes[at]! >> 4 !== 4) return false;
  const headerLength = (bytes[at]! & 15) << 2;
  const fragment = readU16(bytes, at + 6);
  if (headerLength < 20 || (fragment & 0x1fff) !== 0 || bytes[at + 9] !== Protocol.tcp) return false;
  segment.identification = readU16(bytes, at + 4);
  segment.dontFragment = (fragment & 0x4000) !== 0;
  segment.ecn = bytes[at + 1]! & 3;
  segment.source.fill(0);
  segment.destination.fill(0);
  segment.source[3] = readI32(bytes, at + 12);
  segment.destination[3] = readI32(bytes, at + 16);
  boundQuote(walk, at + readU16(bytes, at + 2), headerLength);
  return true;
}

function enterQuotedIp6(walk: Walk): boolean {
  const { bytes, offset: at, segment } = walk;
  if (bytes[at]! >> 4 !== 6) return false;
  if (at + 48 > walk.end) {
    if (walk.end < walk.wireEnd && at + 24 <= walk.end && bytes[at + 6] === Protocol.tcp) noteCutQuote(walk);
    return false;
  }
  segment.identification = -1;
  segment.dontFragment = false;
  segment.ecn = (bytes[at + 1]! >> 4) & 3;
  readAddress(bytes, at + 8, segment.source);
  readAddress(bytes, at + 24, segment.destination);
  boundQuote(walk, at + 40 + readU16(bytes, at + 4), 40);
  let next = bytes[at + 6]!;
  for (let count = 0; count < MAX_EXTENSION_HEADERS && walk.offset + 8 <= walk.end; count++) {
    if (next === Protocol.tcp) return true;
    const length = quotedExtensionLength(walk, next);
    if (length === 0) return false;
    next = bytes[walk.offset]!;
    walk.offset += length;
  }
  return false;
}

/** Of 96 bytes of a frame, ICMPv6 and two IPv6 headers leave nothing for ports. */
function noteCutQuote({ bytes, offset, segment }: Walk): void {
  segment.kind = SegmentKind.icmpCut;
  readAddress(bytes, offset + 8, segment.source);
}

/** 0 where the header is none that a TCP header can follow. */
function quotedExtensionLength(walk: Walk, protocol: number): number {
  const { bytes, offset: at } = walk;
  switch (protocol) {
    case Protocol.hopByHop:
    case Protocol.destination:
    case Protocol.routing:
      return (bytes[at + 1]! + 1) * 8;
    case Protocol.ah:
      return (bytes[at + 1]! + 2) * 4;
    case Protocol.fragment:
      return (readU16(bytes, at + 2) & 0xfff8) === 0 ? 8 : 0;
    default:
      return 0;
  }
}

/** The quoted datagram ended there on the wire it failed on; the error quotes what fits. */
function boundQuote(walk: Walk, wireEnd: number, headerLength: number): void {
  walk.offset += headerLength;
  walk.wireEnd = wireEnd;
  if (wireEnd > walk.offset && wireEnd < walk.end) walk.end = wireEnd;
}
