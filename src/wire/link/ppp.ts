import { Problem } from '../segment.ts';
import { Layer, readU16, type Walk } from '../walk.ts';

const PPP_IP4 = 0x0021;
const PPP_IP6 = 0x0057;
const PPP_MPLS = 0x0281;
const PPP_MPLS_MULTICAST = 0x0283;
const CISCO_UNICAST = 0x0f;
const CISCO_MULTICAST = 0x8f;

/** Reads PPP (RFC 1661), with or without HDLC address and control, with or without a compressed protocol field. */
export function readPpp(walk: Walk): number {
  if (!walk.has(2)) return Layer.end;
  if (walk.bytes[walk.offset] === 0xff && walk.bytes[walk.offset + 1] === 0x03) {
    walk.offset += 2;
    if (!walk.has(2)) return Layer.end;
  }
  const first = walk.bytes[walk.offset]!;
  // The last byte of the field is odd and the others even, so an odd first byte is the whole field.
  const compressed = (first & 1) === 1;
  const protocol = compressed ? first : readU16(walk.bytes, walk.offset);
  walk.offset += compressed ? 1 : 2;
  switch (protocol) {
    case PPP_IP4:
      return Layer.ip4;
    case PPP_IP6:
      return Layer.ip6;
    case PPP_MPLS:
    case PPP_MPLS_MULTICAST:
      return Layer.mpls;
    default:
      return Layer.end;
  }
}

/** Reads a PPPoE session header (RFC 2516). */
export function readPppoe(walk: Walk): number {
  if (!walk.has(6)) return Layer.end;
  const bytes = walk.bytes;
  const at = walk.offset;
  if (bytes[at] !== 0x11 || bytes[at + 1] !== 0) return walk.stop(Problem.unsupported);
  walk.offset += 6;
  walk.limit(readU16(bytes, at + 4));
  return Layer.ppp;
}

/** PPP in HDLC framing, or Cisco's HDLC, which the address byte tells apart. */
export function readPppHdlc(walk: Walk): number {
  if (!walk.has(2)) return Layer.end;
  const address = walk.bytes[walk.offset];
  return address === CISCO_UNICAST || address === CISCO_MULTICAST ? Layer.ciscoHdlc : Layer.ppp;
}

/** Reads a Cisco HDLC header (address, control, Ethernet type). */
export function readCiscoHdlc(walk: Walk): number {
  if (!walk.has(4)) return Layer.end;
  walk.protocol = readU16(walk.bytes, walk.offset + 2);
  walk.offset += 4;
  return Layer.etherType;
}
