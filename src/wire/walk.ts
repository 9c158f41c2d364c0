import type { FragmentReassembler } from './ip/fragments.ts';
import { Problem, type Segment, SegmentKind } from './segment.ts';

/**
 * What stands at `Walk.offset`. Each layer's reader takes the walk, moves it behind its own header and returns the
 * layer that follows, so nested tunnels cost turns of one loop and never stack frames.
 */
export const Layer = {
  /** Nothing more to read: `segment.kind` says what was found. */
  end: 0,
  tcp: 1,
  ip4: 2,
  ip6: 3,
  ethernet: 4,
  /** What `Walk.protocol` says, as an Ethernet type. */
  etherType: 5,
  /** IPv4 or IPv6, as the version nibble says. */
  ip: 6,
  /** What `Walk.protocol` says, as an IP protocol number. */
  transport: 7,
  llc: 8,
  mpls: 9,
  pppoe: 10,
  ppp: 11,
  wifi: 12,
  radiotap: 13,
  ciscoHdlc: 14,
} as const;

/** Where the decoder stands in a frame. One object, filled again for each frame. */
export class Walk {
  readonly segment: Segment;
  /** None where fragments are not put together. */
  readonly fragments: FragmentReassembler | null;
  bytes: Uint8Array;
  view: DataView;
  offset: number = 0;
  /** Where the captured bytes of the layer at hand end. */
  end: number = 0;
  /** Where they ended on the wire: behind `end` if the capture cut the frame. */
  wireEnd: number = 0;
  timeUs: number = 0;
  /** Ethernet type or IP protocol number, as the layer says. */
  protocol: number = 0;

  constructor(segment: Segment, fragments: FragmentReassembler | null) {
    this.segment = segment;
    this.fragments = fragments;
    this.bytes = segment.bytes;
    this.view = segment.view;
  }

  /** Stands at the start of a frame, of which `capturedLength` bytes are there and `originalLength` were on the wire. */
  begin(
    bytes: Uint8Array,
    view: DataView,
    offset: number,
    capturedLength: number,
    originalLength: number,
    timeUs: number,
  ): void {
    reset(this.segment);
    // Many frames share a chunk, and each store of a reference costs a write barrier (measured).
    if (this.bytes !== bytes) this.bytes = bytes;
    if (this.view !== view) this.view = view;
    this.offset = offset;
    this.end = Math.min(offset + capturedLength, bytes.length);
    this.wireEnd = offset + Math.max(originalLength, capturedLength);
    this.timeUs = timeUs;
  }

  /** Whether `length` bytes are captured at the offset; notes what is wrong where they are not. */
  has(length: number): boolean {
    if (this.offset + length <= this.end) return true;
    this.segment.problems |= this.offset + length > this.wireEnd ? Problem.truncated : Problem.sliced;
    return false;
  }

  /** Gives up on this frame. */
  stop(problem: number): number {
    this.segment.problems |= problem;
    return Layer.end;
  }

  /** The layer inside ends `length` bytes on: what follows is padding, a trailer or a checksum. */
  limit(length: number): void {
    const end = this.offset + length;
    if (end > this.wireEnd) this.segment.problems |= Problem.truncated;
    this.wireEnd = end;
    if (end < this.end) this.end = end;
  }

  /** Takes `length` bytes off the end of the frame, such as a checksum. */
  dropTrailer(length: number): void {
    this.wireEnd -= length;
    if (this.end > this.wireEnd) this.end = this.wireEnd;
  }

  /** Enters a tunnel whose header ends `length` bytes on. */
  enterTunnel(length: number): void {
    this.offset += length;
    this.segment.tunnels++;
  }
}

function reset(segment: Segment): void {
  segment.kind = SegmentKind.none;
  segment.problems = 0;
  segment.ack = 0;
  segment.flags = 0;
  segment.window = 0;
  segment.urgentPointer = 0;
  segment.payloadLength = 0;
  segment.payloadCaptured = 0;
  segment.optionKinds = 0;
  segment.tsVal = 0;
  segment.tsEcr = 0;
  segment.mss = -1;
  segment.windowScale = -1;
  segment.userTimeout = 0;
  segment.sackCount = 0;
  segment.vlan = -1;
  segment.tunnels = 0;
  segment.icmpType = 0;
  segment.icmpCode = 0;
  segment.icmpMtu = 0;
}

export function readU16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

export function readU16le(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8);
}

/** As int32. */
export function readI32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}
