import { Problem } from '../segment.ts';
import { Layer, readU16, readU16le, type Walk } from '../walk.ts';
import { layerOfFamily } from './loopback.ts';

const PAYLOAD = 9;
const TYPE_MASK = 0x7fff;
const MAX_ATTRIBUTES = 64;

/**
 * Reads a Linux NFLOG packet: family, version, resource id, then attributes in the byte order of the host that captured.
 */
export function readNflog(walk: Walk): number {
  if (!walk.has(8)) return Layer.end;
  const family = walk.bytes[walk.offset]!;
  walk.offset += 4;
  // The first attribute is short (the packet header's is 8 bytes), so of the two readings the smaller one is right.
  const little = readU16le(walk.bytes, walk.offset) <= readU16(walk.bytes, walk.offset);
  const read = little ? readU16le : readU16;
  for (let count = 0; count < MAX_ATTRIBUTES && walk.has(4); count++) {
    const length = read(walk.bytes, walk.offset);
    const type = read(walk.bytes, walk.offset + 2) & TYPE_MASK;
    if (length < 4) return walk.stop(Problem.badLength);
    if (type === PAYLOAD) {
      walk.limit(length);
      walk.offset += 4;
      return layerOfFamily(family);
    }
    walk.offset += (length + 3) & ~3;
  }
  return Layer.end;
}
