import { readIcmp4, readIcmp6 } from './icmp.ts';
import type { FragmentReassembler } from './ip/fragments.ts';
import { readIp4 } from './ip/ip4.ts';
import { readIp6 } from './ip/ip6.ts';
import { Protocol } from './ip/protocols.ts';
import { Segment } from './segment.ts';
import { readTcp } from './tcp/decode.ts';
import { Layer, Walk } from './walk.ts';

/**
 * Reads IP packets as the host that they are addressed to does: extension headers and fragments, then TCP or an ICMP
 * error. What a tunnel or AH carries belongs to whoever ends those, so nothing of it is read.
 */
export class IpDecoder {
  /** What the last packet held; filled again by the next `decode`. */
  readonly segment: Segment = new Segment();
  readonly #walk: Walk;

  /** Without a reassembler nothing that came in fragments is read. */
  constructor(fragments: FragmentReassembler | null = null) {
    this.#walk = new Walk(this.segment, fragments);
  }

  /** Reads the packet in the first `length` bytes (`view` is over the same memory). Returns the `SegmentKind`. */
  decode(bytes: Uint8Array, view: DataView, length: number, timeUs: number): number {
    const walk = this.#walk;
    walk.begin(bytes, view, 0, length, length, timeUs);
    const layer = bytes[0]! >> 4 === 6 ? readIp6(walk) : readIp4(walk);
    if (layer === Layer.tcp) readTcp(walk);
    else if (layer === Layer.transport) readIcmp(walk);
    return this.segment.kind;
  }
}

function readIcmp(walk: Walk): void {
  if (walk.segment.family === 4) {
    if (walk.protocol === Protocol.icmp4) readIcmp4(walk);
  } else if (walk.protocol === Protocol.icmp6) readIcmp6(walk);
}
