import { Flag, onesSum } from '../../wire/index.ts';

/** One option as it stands in a header. `data` is what follows kind and length. */
export interface RawOption {
  readonly kind: number;
  readonly data: Uint8Array;
}

/** A packet that the host sent, taken apart. Numbers are live ones. */
export interface LivePacket {
  readonly timeUs: number;
  readonly bytes: Uint8Array;
  readonly family: 4 | 6;
  /** TOS or traffic class, ECN bits included. */
  readonly tos: number;
  readonly hopLimit: number;
  readonly flowLabel: number;
  readonly dontFragment: boolean;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly seq: number;
  readonly ack: number;
  /** 12 bits, reserved ones included. */
  readonly flags: number;
  readonly window: number;
  readonly urgentPointer: number;
  readonly optionBytes: Uint8Array;
  readonly payload: Uint8Array;
  /** The cell of the state table that the host was in when it sent this; -1: not known. */
  readonly cell: number;
}

const TCP = 6;

/** Takes a TCP packet apart; null where it carries something else. */
export function readLive(bytes: Uint8Array, timeUs: number, cell: number = -1): LivePacket | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const family = bytes[0]! >> 4 === 6 ? 6 : 4;
  const at = family === 4 ? (bytes[0]! & 15) << 2 : 40;
  if (bytes[family === 4 ? 9 : 6] !== TCP) return null;
  const offsetAndFlags = view.getUint16(at + 12);
  const headerEnd = at + ((offsetAndFlags >> 12) << 2);
  return {
    timeUs,
    bytes,
    family,
    tos: family === 4 ? bytes[1]! : (view.getUint16(0) >> 4) & 0xff,
    hopLimit: bytes[family === 4 ? 8 : 7]!,
    flowLabel: family === 4 ? 0 : view.getUint32(0) & 0xfffff,
    dontFragment: family === 4 && (bytes[6]! & 0x40) !== 0,
    sourcePort: view.getUint16(at),
    destinationPort: view.getUint16(at + 2),
    seq: view.getInt32(at + 4),
    ack: view.getInt32(at + 8),
    flags: offsetAndFlags & 0xfff,
    window: view.getUint16(at + 14),
    urgentPointer: view.getUint16(at + 18),
    optionBytes: bytes.subarray(at + 20, headerEnd),
    payload: bytes.subarray(headerEnd),
    cell,
  };
}

/** The checksums of IPv4 and TCP over the packet as it left. A part of a super-segment gets its own from the driver. */
export function checksumsHold({ bytes, family, payload }: LivePacket): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const at = family === 4 ? (bytes[0]! & 15) << 2 : 40;
  if (at + ((bytes[at + 12]! >> 4) << 2) + payload.length !== bytes.length) return true;
  if (family === 4 && onesSum(view, 0, at) !== 0xffff) return false;
  const length = bytes.length - at;
  const addresses = onesSum(view, family === 4 ? 12 : 8, family === 4 ? 8 : 32, TCP + length);
  return onesSum(view, at, length, addresses) === 0xffff;
}

/** The options one by one, NOPs too; what is behind an end of the list is padding, and one END each. */
export function rawOptions(bytes: Uint8Array): RawOption[] {
  const options: RawOption[] = [];
  let at = 0;
  while (at < bytes.length) {
    const kind = bytes[at]!;
    if (kind <= 1) {
      options.push({ kind, data: bytes.subarray(at, at) });
      at++;
      continue;
    }
    const length = Math.max(2, bytes[at + 1] ?? 2);
    options.push({ kind, data: bytes.subarray(at + 2, at + length) });
    at += length;
  }
  return options;
}

/**
 * What the driver makes of a super-segment: FIN and PSH stay with the last segment. CWR would with the first, but what RFC 3168 says by it
 * keeps super-segments away; as a bit of a number it is in all (RFC 9768, SKB_GSO_TCP_ACCECN).
 */
export function segmentsOf(live: LivePacket, size: number): readonly LivePacket[] {
  if (size === 0 || live.payload.length <= size) return [live];
  const segments: LivePacket[] = [];
  for (let at = 0; at < live.payload.length; at += size) {
    const payload = live.payload.subarray(at, at + size);
    let { flags } = live;
    if (at + size < live.payload.length) flags &= ~(Flag.fin | Flag.psh);
    segments.push({ ...live, seq: (live.seq + at) | 0, flags, payload });
  }
  return segments;
}
