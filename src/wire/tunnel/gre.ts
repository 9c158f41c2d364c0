import { EtherType } from '../ip/protocols.ts';
import { Layer, readU16, type Walk } from '../walk.ts';

const CHECKSUM = 0x8000;
const ROUTING = 0x4000;
const KEY = 0x2000;
const SEQUENCE = 0x1000;
const ACKNOWLEDGEMENT = 0x0080;

const ERSPAN_FRAME_TYPE_ETHERNET = 0;

/** Reads a GRE header: RFC 2784 and 2890, with RFC 1701's source routes, and version 1 of PPTP (RFC 2637). */
export function readGre(walk: Walk): number {
  if (!walk.has(4)) return Layer.end;
  const bytes = walk.bytes;
  const at = walk.offset;
  const flags = readU16(bytes, at);
  const protocol = readU16(bytes, at + 2);
  const version = flags & 7;
  if (version > 1) return Layer.end;
  let length = 4;
  if ((flags & (CHECKSUM | ROUTING)) !== 0) length += 4;
  if ((flags & KEY) !== 0) length += 4;
  if ((flags & SEQUENCE) !== 0) length += 4;
  if (version === 1 && (flags & ACKNOWLEDGEMENT) !== 0) length += 4;
  if (!walk.has(length)) return Layer.end;
  walk.enterTunnel(length);
  if (version === 0 && (flags & ROUTING) !== 0 && !skipSourceRoutes(walk)) return Layer.end;
  switch (protocol) {
    case EtherType.erspan2:
      // Type I is Type II without sequence number and without a header of its own.
      return (flags & SEQUENCE) === 0 ? Layer.ethernet : enterErspan(walk, 8);
    case EtherType.erspan3:
      return enterErspan(walk, 12);
    case EtherType.ppp:
      return Layer.ppp;
    default:
      walk.protocol = protocol;
      return Layer.etherType;
  }
}

/** Source route entries: family, offset, length; a family and length of 0 end the list. */
function skipSourceRoutes(walk: Walk): boolean {
  while (walk.has(4)) {
    const family = readU16(walk.bytes, walk.offset);
    const length = walk.bytes[walk.offset + 3]!;
    walk.offset += 4;
    if (family === 0 && length === 0) return true;
    walk.offset += length;
  }
  return false;
}

/** ERSPAN II and III (draft-foschiano-erspan-03): a mirrored frame behind 8 or 12 bytes and an optional subheader. */
function enterErspan(walk: Walk, length: number): number {
  if (!walk.has(length)) return Layer.end;
  const bytes = walk.bytes;
  const at = walk.offset;
  const version = bytes[at]! >> 4;
  walk.offset += length;
  if (length === 8) return version === 1 ? Layer.ethernet : Layer.end;
  if (version !== 2) return Layer.end;
  const last = readU16(bytes, at + 10);
  if ((last & 1) !== 0) {
    if (!walk.has(8)) return Layer.end;
    walk.offset += 8;
  }
  return ((last >> 10) & 31) === ERSPAN_FRAME_TYPE_ETHERNET ? Layer.ethernet : Layer.ip;
}
