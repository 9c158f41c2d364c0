import { Layer, readU16, type Walk } from '../walk.ts';

/** Reads a Geneve header (RFC 8926): version 0, options in units of four bytes, an Ethernet type. */
export function readGeneve(walk: Walk): number {
  if (!walk.has(8)) return Layer.end;
  const bytes = walk.bytes;
  const at = walk.offset;
  if (bytes[at]! >> 6 !== 0) return Layer.end;
  const length = 8 + (bytes[at]! & 0x3f) * 4;
  if (!walk.has(length)) return Layer.end;
  walk.protocol = readU16(bytes, at + 2);
  walk.enterTunnel(length);
  return Layer.etherType;
}
