import { Layer, readU16, type Walk } from '../walk.ts';
import { readGeneve } from './geneve.ts';
import { readGtpU } from './gtpu.ts';
import { readVxlan, readVxlanGpe } from './vxlan.ts';

/** UDP ports whose datagrams are opened. */
export const TunnelPort = {
  gtpU: 2152,
  vxlan: 4789,
  vxlanGpe: 4790,
  geneve: 6081,
  mpls: 6635,
  /** Linux's VXLAN port from before the assignment, still the default of `ip link`. */
  vxlanLinux: 8472,
} as const;

/** Reads a UDP header; a datagram on no tunnel's port ends the walk. */
export function readUdp(walk: Walk): number {
  if (!walk.has(8)) return Layer.end;
  const bytes = walk.bytes;
  const at = walk.offset;
  const length = readU16(bytes, at + 4);
  const layer = tunnelOf(readU16(bytes, at + 2)) ?? tunnelOf(readU16(bytes, at));
  if (layer === undefined) return Layer.end;
  // A length of 0 stands for "as long as the datagram" in jumbograms and before offload.
  if (length >= 8) walk.limit(length);
  walk.offset += 8;
  return layer(walk);
}

function tunnelOf(port: number): ((walk: Walk) => number) | undefined {
  switch (port) {
    case TunnelPort.vxlan:
    case TunnelPort.vxlanLinux:
      return readVxlan;
    case TunnelPort.vxlanGpe:
      return readVxlanGpe;
    case TunnelPort.geneve:
      return readGeneve;
    case TunnelPort.gtpU:
      return readGtpU;
    case TunnelPort.mpls:
      return enterMpls;
    default:
      return undefined;
  }
}

/** RFC 7510. */
function enterMpls(walk: Walk): number {
  walk.enterTunnel(0);
  return Layer.mpls;
}
