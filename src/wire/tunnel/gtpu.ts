import { Problem } from '../segment.ts';
import { Layer, type Walk } from '../walk.ts';

const G_PDU = 0xff;
const EXTENSION = 0x04;
const SEQUENCE_OR_NPDU = 0x03;
const MAX_EXTENSIONS = 8;

/** Reads a GTP-U header (3GPP TS 29.281): version 1, user data only. */
export function readGtpU(walk: Walk): number {
  if (!walk.has(8)) return Layer.end;
  const bytes = walk.bytes;
  const at = walk.offset;
  const flags = bytes[at]!;
  if ((flags & 0xf0) !== 0x30 || bytes[at + 1] !== G_PDU) return Layer.end;
  walk.enterTunnel(8);
  if ((flags & (EXTENSION | SEQUENCE_OR_NPDU)) === 0) return Layer.ip;
  if (!walk.has(4)) return Layer.end;
  // The next-type byte is there with any of the three flags, and counts only with E.
  let next = (flags & EXTENSION) !== 0 ? bytes[at + 11]! : 0;
  walk.offset += 4;
  for (let count = 0; next !== 0; count++) {
    if (count === MAX_EXTENSIONS) return walk.stop(Problem.tooDeep);
    if (!walk.has(4)) return Layer.end;
    const length = bytes[walk.offset]! * 4;
    if (length === 0) return walk.stop(Problem.badLength);
    if (!walk.has(length)) return Layer.end;
    next = bytes[walk.offset + length - 1]!;
    walk.offset += length;
  }
  return Layer.ip;
}
