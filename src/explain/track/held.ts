import { Segment, SegmentKind } from '../../wire/segment.ts';

/** A segment that waits for what may have been captured after it. */
export interface Held {
  readonly segment: Segment;
  packet: number;
  atUs: number;
  /** It waits until the capture has come this far. */
  untilUs: number;
  /** True where it goes from the higher to the lower endpoint of the flow's key. */
  reversed: boolean;
  /** Null once it is on its way again. */
  queue: HeldQueue | null;
}

/** The segments of one four-tuple that wait, in the order of their times. */
export interface HeldQueue {
  /** In the flow table; -1 where the connection there is another one by now. */
  slot: number;
  readonly waiting: Held[];
}

const TEXT_KEPT = 4;

/** The decoder fills one record again and again: what is to be kept of it, for somebody who looks later. */
export function copySegment(to: Segment, from: Segment): void {
  to.kind = from.kind;
  to.problems = from.problems;
  to.family = from.family;
  for (let i = 0; i < 4; i++) {
    to.source[i] = from.source[i]!;
    to.destination[i] = from.destination[i]!;
  }
  to.sourcePort = from.sourcePort;
  to.destinationPort = from.destinationPort;
  to.hopLimit = from.hopLimit;
  to.identification = from.identification;
  to.seq = from.seq;
  to.ack = from.ack;
  to.flags = from.flags;
  to.window = from.window;
  to.payloadLength = from.payloadLength;
  to.optionKinds = from.optionKinds;
  to.tsVal = from.tsVal;
  to.tsEcr = from.tsEcr;
  to.mss = from.mss;
  to.windowScale = from.windowScale;
  to.sackCount = from.sackCount;
  if (from.sackCount > 0) to.sack.set(from.sack);
  if (from.kind !== SegmentKind.tcp) copyIcmp(to, from);
  copyText(to, from);
}

function copyIcmp(to: Segment, from: Segment): void {
  to.icmpFamily = from.icmpFamily;
  to.icmpType = from.icmpType;
  to.icmpCode = from.icmpCode;
  to.icmpMtu = from.icmpMtu;
  to.icmpSource.set(from.icmpSource);
}

/** Nobody asks for more than the first bytes. */
function copyText(to: Segment, from: Segment): void {
  const captured = Math.min(TEXT_KEPT, from.payloadCaptured);
  if (to.bytes.length < TEXT_KEPT) to.bytes = new Uint8Array(TEXT_KEPT);
  for (let i = 0; i < captured; i++) to.bytes[i] = from.bytes[from.payloadOffset + i]!;
  to.payloadOffset = 0;
  to.payloadCaptured = captured;
}

const spare: Held[] = [];

export function heldCopy(
  s: Segment,
  packet: number,
  atUs: number,
  untilUs: number,
  reversed: boolean,
  queue: HeldQueue,
): Held {
  const held = spare.pop() ?? { segment: new Segment(), packet, atUs, untilUs, reversed, queue };
  copySegment(held.segment, s);
  held.packet = packet;
  held.atUs = atUs;
  held.untilUs = untilUs;
  held.reversed = reversed;
  held.queue = queue;
  return held;
}

export function forgetHeld(held: Held): void {
  held.queue = null;
  spare.push(held);
}
