import { CaptureParser } from '../../src/capture/index.ts';

/** A packet copied out of the parser's record. */
export interface CopiedPacket {
  readonly number: number;
  readonly timeUs: number;
  readonly linkType: number;
  readonly interfaceId: number;
  readonly originalLength: number;
  readonly fileOffset: number;
  readonly frame: Uint8Array;
}

/** Feeds `input` in pieces of `step` bytes and copies every packet. The pieces are overwritten after use. */
export function readCapture(
  input: Uint8Array,
  step: number = input.length,
): { packets: CopiedPacket[]; parser: CaptureParser; codes: string[] } {
  const parser = new CaptureParser();
  const packets: CopiedPacket[] = [];
  let before = new Uint8Array(0);
  for (let at = 0; at < input.length; at += step) {
    const piece = input.slice(at, at + step);
    parser.push(piece);
    // A chunk belongs to its owner again once the next one was pushed.
    before.fill(0xee);
    before = piece;
    drain(parser, packets);
  }
  parser.end();
  drain(parser, packets);
  return { packets, parser, codes: parser.problems.map((problem) => problem.code) };
}

function drain(parser: CaptureParser, into: CopiedPacket[]): void {
  while (parser.next()) {
    const { packet } = parser;
    const frame = packet.bytes.slice(packet.offset, packet.offset + packet.capturedLength);
    const { number, timeUs, linkType, interfaceId, originalLength, fileOffset } = packet;
    into.push({ number, timeUs, linkType, interfaceId, originalLength, fileOffset, frame });
  }
}

/** A seeded random number generator (mulberry32): integers from 0 to `bound` - 1. */
export function seededRandom(seed: number): (bound: number) => number {
  let state = seed | 0;
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * bound);
  };
}

/** Joins byte arrays. */
export function concatenate(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Equality of byte arrays; an assertion library compares them element by element, which takes seconds. */
export function sameBytes(first: readonly Uint8Array[], second: readonly Uint8Array[]): boolean {
  return (
    first.length === second.length &&
    first.every((bytes, index) => Buffer.compare(bytes, second[index]!) === 0)
  );
}

/** A line of text for each packet that differs when anything in it differs. */
export function describePackets(packets: readonly CopiedPacket[]): string[] {
  return packets.map((packet) => {
    const { number, timeUs, linkType, interfaceId, originalLength, fileOffset, frame } = packet;
    const fields = [number, timeUs, linkType, interfaceId, originalLength, fileOffset];
    return `${fields.join(' ')} ${Buffer.from(frame).toString('latin1')}`;
  });
}
