import { Problem } from '../segment.ts';
import { Layer, readU16, type Walk } from '../walk.ts';

const MAX_LABELS = 16;
const BOTTOM_OF_STACK = 1;

/**
 * Skips a label stack (RFC 3032). Nothing names what follows, so its first nibble decides as routers do it (RFC 4928):
 * 4 and 6 are IP, 0 is the control word of a pseudowire, which carries Ethernet (RFC 4448); without control word the
 * destination MAC comes first.
 */
export function readMpls(walk: Walk): number {
  for (let labels = 0; ; labels++) {
    if (labels === MAX_LABELS) return walk.stop(Problem.tooDeep);
    if (!walk.has(4)) return Layer.end;
    const bottom = walk.bytes[walk.offset + 2]! & BOTTOM_OF_STACK;
    walk.offset += 4;
    if (bottom !== 0) break;
  }
  if (!walk.has(1)) return Layer.end;
  const nibble = walk.bytes[walk.offset]! >> 4;
  if (nibble === 4) return Layer.ip4;
  if (nibble === 6) return Layer.ip6;
  if (nibble === 0 && isControlWord(walk)) walk.offset += 4;
  return Layer.ethernet;
}

/** A MAC address may begin with a zero nibble too: the control word is there unless a type fits only without it. */
function isControlWord(walk: Walk): boolean {
  const { bytes, offset: at, end } = walk;
  if (at + 18 <= end && isCommonType(readU16(bytes, at + 16))) return true;
  return !(at + 14 <= end && isCommonType(readU16(bytes, at + 12)));
}

function isCommonType(type: number): boolean {
  return type === 0x0800 || type === 0x86dd || type === 0x8100 || type === 0x88a8 || type === 0x8847;
}
