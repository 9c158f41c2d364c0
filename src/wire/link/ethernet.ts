import { EtherType } from '../ip/protocols.ts';
import { Problem } from '../segment.ts';
import { Layer, readU16, type Walk } from '../walk.ts';

/** More tags than anybody stacks. */
const MAX_TAGS = 8;
/** Values up to here are lengths of IEEE 802.3 frames, from 0x0600 on they are types. */
const MAX_LENGTH_FIELD = 1500;

const SNAP_SAP = 0xaa;
const IP_SAP = 0x06;
const UNNUMBERED_INFORMATION = 0x03;

/** Reads a MAC header up to and with the type. */
export function readEthernet(walk: Walk): number {
  if (!walk.has(14)) return Layer.end;
  const type = readU16(walk.bytes, walk.offset + 12);
  walk.offset += 14;
  if (type === EtherType.ip4) return Layer.ip4;
  walk.protocol = type;
  return readEtherType(walk);
}

/** Goes by the Ethernet type in `walk.protocol`, whose payload is at the offset. */
export function readEtherType(walk: Walk): number {
  let type = walk.protocol;
  for (let tags = 0; isTag(type); tags++) {
    if (tags === MAX_TAGS) return walk.stop(Problem.tooDeep);
    if (!walk.has(4)) return Layer.end;
    const tag = readU16(walk.bytes, walk.offset) & 0xfff;
    if (walk.segment.vlan < 0) walk.segment.vlan = tag;
    type = readU16(walk.bytes, walk.offset + 2);
    walk.offset += 4;
  }
  switch (type) {
    case EtherType.ip4:
      return Layer.ip4;
    case EtherType.ip6:
      return Layer.ip6;
    case EtherType.mpls:
    case EtherType.mplsMulticast:
      return Layer.mpls;
    case EtherType.pppoe:
      return Layer.pppoe;
    case EtherType.ppp:
      return Layer.ppp;
    case EtherType.ethernet:
      return Layer.ethernet;
    default:
      if (type > MAX_LENGTH_FIELD || type < 3) return Layer.end;
      walk.limit(type);
      return Layer.llc;
  }
}

function isTag(type: number): boolean {
  return (
    type === EtherType.vlan ||
    type === EtherType.qinq ||
    type === EtherType.oldQinq ||
    type === EtherType.oldQinq2
  );
}

/** Reads an IEEE 802.2 header, with SNAP (RFC 1042) where it says so. */
export function readLlc(walk: Walk): number {
  if (!walk.has(3)) return Layer.end;
  const bytes = walk.bytes;
  const at = walk.offset;
  if (bytes[at + 2] !== UNNUMBERED_INFORMATION) return Layer.end;
  if (bytes[at] === IP_SAP && bytes[at + 1] === IP_SAP) {
    walk.offset += 3;
    return Layer.ip4;
  }
  if (bytes[at] !== SNAP_SAP || bytes[at + 1] !== SNAP_SAP || !walk.has(8)) return Layer.end;
  // The organisation is 0 for Ethernet types, 0x0000f8 for those that bridges tunnel (IEEE 802.1H).
  if (bytes[at + 3] !== 0 || bytes[at + 4] !== 0 || (bytes[at + 5] !== 0 && bytes[at + 5] !== 0xf8)) {
    return Layer.end;
  }
  walk.protocol = readU16(bytes, at + 6);
  walk.offset += 8;
  return walk.protocol > MAX_LENGTH_FIELD ? Layer.etherType : Layer.end;
}
