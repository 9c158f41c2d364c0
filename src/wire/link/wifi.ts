import { Problem } from '../segment.ts';
import { Layer, readI32, readU16, readU16le, type Walk } from '../walk.ts';

const DATA_FRAME = 0x08;
const NO_DATA = 0x40;
const QOS = 0x80;

const TO_DS = 0x01;
const FROM_DS = 0x02;
const MORE_FRAGMENTS = 0x04;
const PROTECTED = 0x40;
const ORDER = 0x80;

const AGGREGATE = 0x80;

/** Reads an IEEE 802.11 header; only data frames in the clear go on. */
export function readWifi(walk: Walk): number {
  return readDataFrame(walk, false);
}

function readDataFrame(walk: Walk, padded: boolean): number {
  if (!walk.has(24)) return Layer.end;
  const bytes = walk.bytes;
  const at = walk.offset;
  const control = bytes[at]!;
  const flags = bytes[at + 1]!;
  if ((control & 0x0f) !== DATA_FRAME || (control & NO_DATA) !== 0) return Layer.end;
  // Pieces of a fragmented frame are not put together; the first one still has the headers.
  if ((flags & PROTECTED) !== 0 || (bytes[at + 22]! & 15) !== 0) return Layer.end;
  if ((flags & MORE_FRAGMENTS) !== 0) walk.segment.problems |= Problem.truncated;
  const qos = (control & QOS) !== 0;
  let length = 24;
  if ((flags & (TO_DS | FROM_DS)) === (TO_DS | FROM_DS)) length += 6;
  const qosAt = at + length;
  if (qos) length += 2;
  if (qos && (flags & ORDER) !== 0) length += 4;
  if (padded) length = (length + 3) & ~3;
  if (!walk.has(length)) return Layer.end;
  walk.offset += length;
  return qos && (bytes[qosAt]! & AGGREGATE) !== 0 ? enterAggregate(walk) : Layer.llc;
}

/** Of an A-MSDU the first subframe is read: addresses, length, LLC. */
function enterAggregate(walk: Walk): number {
  if (!walk.has(14)) return Layer.end;
  const length = readU16(walk.bytes, walk.offset + 12);
  walk.offset += 14;
  walk.limit(length);
  return Layer.llc;
}

const HAS_TSFT = 0x01;
const HAS_FLAGS = 0x02;
const MORE_PRESENT = 0x80000000 | 0;
const FLAG_FCS = 0x10;
const FLAG_PADDED = 0x20;
const MAX_PRESENT_WORDS = 32;

/** Reads a radiotap header (radiotap.org): only the flags field says something about what follows. */
export function readRadiotap(walk: Walk): number {
  if (!walk.has(8)) return Layer.end;
  const bytes = walk.bytes;
  const at = walk.offset;
  const length = readU16le(bytes, at + 2);
  if (bytes[at] !== 0 || length < 8) return walk.stop(Problem.badLength);
  if (!walk.has(length)) return Layer.end;
  const flags = radiotapFlags(bytes, at, length);
  walk.offset += length;
  if ((flags & FLAG_FCS) !== 0) walk.dropTrailer(4);
  return readDataFrame(walk, (flags & FLAG_PADDED) !== 0);
}

/** The present words are little-endian; the fields follow the last of them, each aligned to its size. */
function radiotapFlags(bytes: Uint8Array, at: number, length: number): number {
  const present = bytes[at + 4]!;
  if ((present & HAS_FLAGS) === 0) return 0;
  let field = 4;
  for (let words = 0; ; words++) {
    if (words === MAX_PRESENT_WORDS || field + 4 > length) return 0;
    // Bit 31 of a little-endian word is the top bit of its last byte, which readI32 has at the bottom end.
    const more = (readI32(bytes, at + field) << 24) & MORE_PRESENT;
    field += 4;
    if (more === 0) break;
  }
  if ((present & HAS_TSFT) !== 0) field = ((field + 7) & ~7) + 8;
  return field < length ? bytes[at + field]! : 0;
}

/** PPI (CACE): version, flags, length and the link type inside, both little-endian. */
export function readPpi(walk: Walk): number {
  if (!walk.has(8)) return Layer.end;
  const bytes = walk.bytes;
  const at = walk.offset;
  const length = readU16le(bytes, at + 2);
  const inner = readU16le(bytes, at + 4);
  if (length < 8) return walk.stop(Problem.badLength);
  if (!walk.has(length)) return Layer.end;
  walk.offset += length;
  if (inner === 105) return Layer.wifi;
  return inner === 1 ? Layer.ethernet : Layer.end;
}

const AVS_COOKIE = 0x80211001 | 0;
const PRISM_LENGTH = 144;

/** Prism and AVS headers before IEEE 802.11; both use the link type of either. */
export function readPrism(walk: Walk): number {
  if (!walk.has(8)) return Layer.end;
  const isAvs = (readI32(walk.bytes, walk.offset) & 0xfffff000) === (AVS_COOKIE & 0xfffff000);
  const length = isAvs ? readI32(walk.bytes, walk.offset + 4) : PRISM_LENGTH;
  if (length < 8 || length > 4096) return walk.stop(Problem.badLength);
  if (!walk.has(length)) return Layer.end;
  walk.offset += length;
  return Layer.wifi;
}
