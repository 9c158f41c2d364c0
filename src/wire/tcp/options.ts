import { OptionBit, Problem, type Segment } from '../segment.ts';
import { readI32, readU16 } from '../walk.ts';

/** TCP option kinds (IANA "TCP Option Kind Numbers"). */
export const OptionKind = {
  end: 0,
  nop: 1,
  mss: 2,
  windowScale: 3,
  sackPermitted: 4,
  sack: 5,
  timestamps: 8,
  md5: 19,
  userTimeout: 28,
  ao: 29,
  mptcp: 30,
  fastOpen: 34,
  accEcn0: 172,
  accEcn1: 174,
  experiment1: 253,
  experiment2: 254,
} as const;

/** Experiment identifiers (RFC 6994) that stand behind kinds 253 and 254. */
export const ExperimentId = {
  fastOpen: 0xf989,
  edo: 0x0ed0,
  accEcn0: 0xacc0,
  accEcn1: 0xacc1,
  accEcnOld: 0xacce,
} as const;

/** `NOP, NOP, Timestamps, length 10`: what nearly every segment of a connection with timestamps carries (RFC 7323 A). */
const PADDED_TIMESTAMPS = 0x0101080a;

/**
 * Reads the options between `at` and `end` into the segment. An illegal length ends the list (RFC 9293 3.1 gives no way
 * to go on behind it) and keeps the segment.
 */
export function readOptionsInto(segment: Segment, bytes: Uint8Array, start: number, end: number): void {
  if (end - start === 12 && readI32(bytes, start) === PADDED_TIMESTAMPS) {
    segment.optionKinds = OptionBit.timestamps;
    segment.tsVal = readI32(bytes, start + 4);
    segment.tsEcr = readI32(bytes, start + 8);
    return;
  }
  let at = start;
  while (at < end) {
    const kind = bytes[at]!;
    if (kind === OptionKind.end) return;
    if (kind === OptionKind.nop) {
      at++;
      continue;
    }
    const length = at + 1 < end ? bytes[at + 1]! : 0;
    if (length < 2 || at + length > end || !takeOption(segment, bytes, at, kind, length)) {
      segment.problems |= Problem.badOption;
      return;
    }
    at += length;
  }
}

/** False where the length is illegal for the kind. */
function takeOption(segment: Segment, bytes: Uint8Array, at: number, kind: number, length: number): boolean {
  if (!isLegalLength(kind, length)) return false;
  switch (kind) {
    case OptionKind.mss:
      segment.optionKinds |= OptionBit.mss;
      segment.mss = readU16(bytes, at + 2);
      break;
    case OptionKind.windowScale:
      segment.optionKinds |= OptionBit.windowScale;
      segment.windowScale = bytes[at + 2]!;
      break;
    case OptionKind.timestamps:
      segment.optionKinds |= OptionBit.timestamps;
      segment.tsVal = readI32(bytes, at + 2);
      segment.tsEcr = readI32(bytes, at + 6);
      break;
    case OptionKind.sack:
      takeSack(segment, bytes, at, length);
      break;
    case OptionKind.userTimeout:
      segment.optionKinds |= OptionBit.userTimeout;
      segment.userTimeout = readU16(bytes, at + 2);
      break;
    default:
      segment.optionKinds |= optionBit(bytes, at, kind, length);
  }
  return true;
}

function takeSack(segment: Segment, bytes: Uint8Array, at: number, length: number): void {
  segment.optionKinds |= OptionBit.sack;
  const count = (length - 2) >> 3;
  for (let i = 0; i < 2 * count; i++) segment.sack[i] = readI32(bytes, at + 2 + i * 4);
  segment.sackCount = count;
}

function isLegalLength(kind: number, length: number): boolean {
  switch (kind) {
    case OptionKind.mss:
    case OptionKind.userTimeout:
      return length === 4;
    case OptionKind.windowScale:
      return length === 3;
    case OptionKind.sackPermitted:
      return length === 2;
    case OptionKind.sack:
      return length >= 10 && (length & 7) === 2;
    case OptionKind.timestamps:
      return length === 10;
    case OptionKind.md5:
      return length === 18;
    case OptionKind.ao:
      return length >= 4;
    case OptionKind.mptcp:
      return length >= 3;
    case OptionKind.fastOpen:
      // RFC 7413 4.1.1: empty (a request) or a cookie of 4 to 16 bytes; what else is legal TCP, and kept.
      return length <= 18;
    case OptionKind.accEcn0:
    case OptionKind.accEcn1:
      return length <= 11 && (length - 2) % 3 === 0;
    default:
      return true;
  }
}

function optionBit(bytes: Uint8Array, at: number, kind: number, length: number): number {
  switch (kind) {
    case OptionKind.sackPermitted:
      return OptionBit.sackPermitted;
    case OptionKind.md5:
      return OptionBit.md5;
    case OptionKind.ao:
      return OptionBit.ao;
    case OptionKind.mptcp:
      return OptionBit.mptcp;
    case OptionKind.fastOpen:
      return OptionBit.fastOpen;
    case OptionKind.accEcn0:
    case OptionKind.accEcn1:
      return OptionBit.accEcn;
    case OptionKind.experiment1:
    case OptionKind.experiment2:
      return length >= 4 ? experimentBit(readU16(bytes, at + 2)) : OptionBit.unknown;
    default:
      return OptionBit.unknown;
  }
}

function experimentBit(id: number): number {
  switch (id) {
    case ExperimentId.fastOpen:
      return OptionBit.fastOpen;
    case ExperimentId.edo:
      return OptionBit.edo;
    case ExperimentId.accEcn0:
    case ExperimentId.accEcn1:
    case ExperimentId.accEcnOld:
      return OptionBit.accEcn;
    default:
      return OptionBit.unknown;
  }
}

/** The shared kind (RFC 6994) that an option came under, or 0 where it came under a kind of its own. */
export type Experiment = 0 | 253 | 254;

/** A TCP option as reports and builders see it. Sequence numbers and timestamps are int32. */
export type TcpOption =
  | { readonly kind: 'nop' }
  | { readonly kind: 'end' }
  | { readonly kind: 'mss'; readonly mss: number }
  | { readonly kind: 'windowScale'; readonly shift: number }
  | { readonly kind: 'sackPermitted' }
  | { readonly kind: 'sack'; readonly blocks: readonly SackBlock[] }
  | { readonly kind: 'timestamps'; readonly value: number; readonly echo: number }
  | { readonly kind: 'md5'; readonly digest: Uint8Array }
  | {
      readonly kind: 'userTimeout';
      /** Bit G of RFC 5482: `timeout` counts minutes instead of seconds. */
      readonly minutes: boolean;
      readonly timeout: number;
    }
  | { readonly kind: 'ao'; readonly keyId: number; readonly nextKeyId: number; readonly mac: Uint8Array }
  | { readonly kind: 'mptcp'; readonly subtype: number; readonly data: Uint8Array }
  | { readonly kind: 'fastOpen'; readonly cookie: Uint8Array; readonly experiment: Experiment }
  | {
      readonly kind: 'accEcn';
      /** Which of the two orders the 24-bit counters stand in (RFC 9768 3.2.3). */
      readonly order: 0 | 1;
      readonly counters: readonly number[];
      readonly experiment: Experiment;
    }
  | { readonly kind: 'edo'; readonly data: Uint8Array; readonly experiment: 253 | 254 }
  | { readonly kind: 'unknown'; readonly number: number; readonly data: Uint8Array }
  /** The list ends here: the rest cannot be told apart. */
  | { readonly kind: 'malformed'; readonly number: number; readonly data: Uint8Array };

export interface SackBlock {
  readonly left: number;
  readonly right: number;
}

/** The options in `length` bytes at `offset`, in order, one object each. For reports, not for the hot path. */
export function* readOptions(bytes: Uint8Array, offset: number, length: number): Generator<TcpOption> {
  const end = Math.min(offset + length, bytes.length);
  let at = offset;
  while (at < end) {
    const kind = bytes[at]!;
    if (kind === OptionKind.end) {
      yield { kind: 'end' };
      return;
    }
    if (kind === OptionKind.nop) {
      yield { kind: 'nop' };
      at++;
      continue;
    }
    const size = at + 1 < end ? bytes[at + 1]! : 0;
    if (size < 2 || at + size > end || !isLegalLength(kind, size)) {
      yield { kind: 'malformed', number: kind, data: bytes.slice(at + 1, end) };
      return;
    }
    yield typedOption(bytes, at, kind, size);
    at += size;
  }
}

function typedOption(bytes: Uint8Array, at: number, kind: number, size: number): TcpOption {
  const data = bytes.slice(at + 2, at + size);
  switch (kind) {
    case OptionKind.mss:
      return { kind: 'mss', mss: readU16(data, 0) };
    case OptionKind.windowScale:
      return { kind: 'windowScale', shift: data[0]! };
    case OptionKind.sackPermitted:
      return { kind: 'sackPermitted' };
    case OptionKind.sack:
      return { kind: 'sack', blocks: sackBlocks(data) };
    case OptionKind.timestamps:
      return { kind: 'timestamps', value: readI32(data, 0), echo: readI32(data, 4) };
    case OptionKind.md5:
      return { kind: 'md5', digest: data };
    case OptionKind.userTimeout: {
      const field = readU16(data, 0);
      return { kind: 'userTimeout', minutes: (field & 0x8000) !== 0, timeout: field & 0x7fff };
    }
    case OptionKind.ao:
      return { kind: 'ao', keyId: data[0]!, nextKeyId: data[1]!, mac: data.subarray(2) };
    case OptionKind.mptcp:
      return { kind: 'mptcp', subtype: data[0]! >> 4, data };
    case OptionKind.fastOpen:
      return { kind: 'fastOpen', cookie: data, experiment: 0 };
    case OptionKind.accEcn0:
      return accEcn(data, 0, 0);
    case OptionKind.accEcn1:
      return accEcn(data, 1, 0);
    case OptionKind.experiment1:
    case OptionKind.experiment2:
      return experiment(data, kind);
    default:
      return { kind: 'unknown', number: kind, data };
  }
}

function experiment(data: Uint8Array, kind: 253 | 254): TcpOption {
  const rest = data.subarray(2);
  switch (data.length >= 2 ? readU16(data, 0) : -1) {
    case ExperimentId.fastOpen:
      return { kind: 'fastOpen', cookie: rest, experiment: kind };
    case ExperimentId.edo:
      return { kind: 'edo', data: rest, experiment: kind };
    case ExperimentId.accEcn0:
    case ExperimentId.accEcnOld:
      return accEcn(rest, 0, kind);
    case ExperimentId.accEcn1:
      return accEcn(rest, 1, kind);
    default:
      return { kind: 'unknown', number: kind, data };
  }
}

function accEcn(data: Uint8Array, order: 0 | 1, experiment: Experiment): TcpOption {
  const counters: number[] = [];
  for (let at = 0; at + 3 <= data.length; at += 3) counters.push((readU16(data, at) << 8) | data[at + 2]!);
  return { kind: 'accEcn', order, counters, experiment };
}

function sackBlocks(data: Uint8Array): SackBlock[] {
  const blocks: SackBlock[] = [];
  for (let at = 0; at + 8 <= data.length; at += 8) {
    blocks.push({ left: readI32(data, at), right: readI32(data, at + 4) });
  }
  return blocks;
}
