import { Layer, type Walk } from '../walk.ts';

/** The VNI is valid (RFC 7348 5: must be set). */
const VNI_FLAG = 0x08;
/** The last byte of the first word names the payload (draft-ietf-nvo3-vxlan-gpe). */
const NEXT_PROTOCOL_FLAG = 0x04;

export function readVxlan(walk: Walk): number {
  if (!walk.has(8)) return Layer.end;
  if ((walk.bytes[walk.offset]! & VNI_FLAG) === 0) return Layer.end;
  walk.enterTunnel(8);
  return Layer.ethernet;
}

export function readVxlanGpe(walk: Walk): number {
  if (!walk.has(8)) return Layer.end;
  const flags = walk.bytes[walk.offset]!;
  const next = walk.bytes[walk.offset + 3]!;
  walk.enterTunnel(8);
  if ((flags & NEXT_PROTOCOL_FLAG) === 0) return Layer.ethernet;
  if (next === 1) return Layer.ip4;
  if (next === 2) return Layer.ip6;
  if (next === 3) return Layer.ethernet;
  return next === 5 ? Layer.mpls : Layer.end;
}
