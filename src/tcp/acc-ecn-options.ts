import { OptionBit, OptionKind, type Segment } from '../wire/index.ts';
import type { Outgoing } from './outgoing.ts';

const MOST_BYTES = 40;
const FIELD_BYTES = 3;
const BASE_BYTES = 2;
export const MOST_FIELDS = 3;
const SACK_BASE_BYTES = 4;
const SACK_BLOCK_BYTES = 8;
/** RFC 9768 3.2.1: what the byte counters for ECT(1), CE and ECT(0) start from, so that a zeroed field is noticed. */
const INITIAL = [1, 0, 1] as const;
/** The ECN field of each counter, in the order of AccECN1; AccECN0 has them the other way round. */
const CODE_POINTS = [1, 3, 2] as const;
const NOPS = (OptionKind.nop << 8) | OptionKind.nop;

/** How an AccECN option fits beside the others. */
export interface Fit {
  /** Octets of the header more; less than none where SACK blocks make way. */
  bytes: number;
  /** Counters in the option; -1: no option. */
  fields: number;
  /** SACK blocks that stay. */
  blocks: number;
}

const fit: Fit = { bytes: 0, fields: -1, blocks: 0 };

/**
 * As many counters as there is room for, `required` at least: for those, SACK blocks beyond two make way (Linux
 * tcp_options_fit_accecn). `spare`: NOPs of other options that the option may take the place of.
 */
export function fitOption(required: number, remaining: number, spare: number, blocks: number): Fit {
  fit.blocks = blocks;
  for (; ; fit.blocks--) {
    const room = remaining + (blocks - fit.blocks) * SACK_BLOCK_BYTES;
    for (fit.fields = MOST_FIELDS; fit.fields >= required; fit.fields--) {
      const bytes = BASE_BYTES + fit.fields * FIELD_BYTES;
      fit.bytes = (bytes & 3) > spare ? (bytes + 3) & ~3 : bytes & ~3;
      if (fit.bytes > room) continue;
      fit.bytes -= (blocks - fit.blocks) * SACK_BLOCK_BYTES;
      return fit;
    }
    if (required === 0 || fit.blocks <= 2) break;
  }
  fit.fields = -1;
  fit.blocks = blocks;
  fit.bytes = 0;
  return fit;
}

/** Of a segment after the handshake: `used` octets are taken, `blocks` of SACK among them. */
export function fitLater(required: number, used: number, blocks: number): Fit {
  return fitOption(required, MOST_BYTES - used, blocks > 0 ? 2 : 0, blocks);
}

/** Of a SYN-ACK (Linux tcp_synack_options_combine_saving). */
export function fitSyn(out: Outgoing): Fit {
  const kinds = out.optionKinds;
  const sack = (kinds & OptionBit.sackPermitted) !== 0;
  const stamps = (kinds & OptionBit.timestamps) !== 0;
  const scale = (kinds & OptionBit.windowScale) !== 0;
  const used = 4 + (stamps ? 12 : sack ? 4 : 0) + (scale ? 4 : 0) + (out.extra?.length ?? 0);
  return fitOption(0, MOST_BYTES - used, sack && !stamps ? 2 : scale ? 1 : 0, 0);
}

const bytes = new Uint8Array(MOST_BYTES);
const view = new DataView(bytes.buffer);
const lists: readonly Uint8Array[] = Array.from({ length: 11 }, (_, words) => bytes.subarray(0, words * 4));

/** What is left of the option for the two NOPs of the next one. */
let high = 0;
let low = 0;

/**
 * All options of `out` in Linux's order (tcp_options_write), with an AccECN1 option of so many fields among them. `counted`: octets
 * that came with ECT(1), ECT(0) and CE, as the ECN field numbers them.
 */
export function writeWithOption(out: Outgoing, fields: number, counted: Int32Array): void {
  const kinds = out.optionKinds;
  let end = 0;
  high = OptionKind.nop;
  low = OptionKind.nop;
  if ((kinds & OptionBit.mss) !== 0) end = word(end, (OptionKind.mss << 24) | (4 << 16) | out.mss);
  const stamps = (kinds & OptionBit.timestamps) !== 0;
  const sack = (kinds & OptionBit.sackPermitted) !== 0;
  if (stamps) {
    const before = sack ? (OptionKind.sackPermitted << 8) | 2 : NOPS;
    end = word(end, (before << 16) | (OptionKind.timestamps << 8) | 10);
    end = word(word(end, out.tsVal), out.tsEcr);
  }
  end = writeCounters(end, fields, counted);
  if (sack && !stamps) end = behindNops(end, (OptionKind.sackPermitted << 8) | 2);
  if ((kinds & OptionBit.windowScale) !== 0) end = writeScale(end, out.windowScale);
  if ((kinds & OptionBit.sack) !== 0) {
    end = behindNops(end, (OptionKind.sack << 8) | (2 + out.sackCount * SACK_BLOCK_BYTES));
    for (let i = 0; i < out.sackCount * 2; i++) end = word(end, out.sack[i]!);
  } else if (high !== OptionKind.nop || low !== OptionKind.nop) end = behindNops(end, NOPS);
  if ((kinds & OptionBit.userTimeout) !== 0)
    end = word(end, (OptionKind.userTimeout << 24) | (4 << 16) | out.userTimeout);
  if (out.extra !== null) {
    bytes.set(out.extra, end);
    end += out.extra.length;
  }
  out.extra = lists[end >> 2]!;
  out.optionKinds = 0;
}

function word(at: number, value: number): number {
  view.setInt32(at, value);
  return at + 4;
}

function behindNops(at: number, half: number): number {
  const end = word(at, (high << 24) | (low << 16) | half);
  high = OptionKind.nop;
  low = OptionKind.nop;
  return end;
}

/** One octet that is left takes the place of the NOP; two would be torn apart. */
function writeScale(at: number, scale: number): number {
  const single = low === OptionKind.nop;
  const before = single ? high : OptionKind.nop;
  if (single) high = OptionKind.nop;
  return word(at, (before << 24) | (OptionKind.windowScale << 16) | (3 << 8) | scale);
}

function writeCounters(at: number, fields: number, counted: Int32Array): number {
  const length = BASE_BYTES + fields * FIELD_BYTES;
  if (fields === 0) {
    high = OptionKind.accEcn1;
    low = length;
    return at;
  }
  const value = (i: number): number => (counted[CODE_POINTS[i]!]! + INITIAL[i]!) & 0xffffff;
  const ect1 = value(0);
  const end = word(at, (OptionKind.accEcn1 << 24) | (length << 16) | (ect1 >> 8));
  if (fields === 1) {
    high = ect1 & 0xff;
    return end;
  }
  const next = word(end, (ect1 << 24) | value(1));
  return fields === 2 ? next : word(next, (value(2) << 8) | OptionKind.nop);
}

/** Where the option stands in a segment that has one; -1: not under its own number. */
export function findOption({ bytes, headerOffset, headerLength }: Segment): number {
  const end = headerOffset + headerLength;
  for (let at = headerOffset + 20; at < end; ) {
    const kind = bytes[at]!;
    if (kind === OptionKind.accEcn0 || kind === OptionKind.accEcn1) return at;
    if (kind === OptionKind.end) return -1;
    const length = kind === OptionKind.nop ? 1 : bytes[at + 1]!;
    if (length === 0) return -1;
    at += length;
  }
  return -1;
}

/** Which of the peer's counters the field says, by its ECN field. */
export function fieldCodePoint(bytes: Uint8Array, option: number, field: number): number {
  const first = bytes[option] === OptionKind.accEcn1 ? CODE_POINTS[0] : CODE_POINTS[2];
  return field === 0 ? first : field === 1 ? CODE_POINTS[1] : 3 - first;
}

export function fieldsOf(bytes: Uint8Array, option: number): number {
  return Math.min(MOST_FIELDS, Math.floor((bytes[option + 1]! - BASE_BYTES) / FIELD_BYTES));
}

export function rawField(bytes: Uint8Array, option: number, field: number): number {
  const at = option + BASE_BYTES + field * FIELD_BYTES;
  return (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
}

/** By how much a field says that the counter, known as `known`, moved: 24 bits, with a sign. */
export function fieldDelta(raw: number, codePoint: number, known: number): number {
  const start = codePoint === 3 ? 0 : 1;
  return ((raw - start - known) << 8) >> 8;
}

/** Octets of the other options after the handshake. */
export function usedBytes(out: Outgoing): number {
  const kinds = out.optionKinds;
  return (
    ((kinds & OptionBit.timestamps) !== 0 ? 12 : 0) +
    ((kinds & OptionBit.sack) !== 0 ? SACK_BASE_BYTES + SACK_BLOCK_BYTES * out.sackCount : 0) +
    ((kinds & OptionBit.userTimeout) !== 0 ? 4 : 0)
  );
}

/** Counters in the option of AccECN1 up to that for a segment with this ECN field; Not-ECT is not counted. */
export function fieldsUpTo(codePoint: number): number {
  return codePoint === 0 ? 0 : CODE_POINTS.indexOf(codePoint as 1 | 2 | 3) + 1;
}
