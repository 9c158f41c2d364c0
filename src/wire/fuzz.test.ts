import { describe, expect, it } from 'vitest';
import { linkSamples } from '../../test/support/link-samples.ts';
import { verifyTcpChecksum } from './checksum.ts';
import { Decoder } from './decoder.ts';
import { LinkType } from './link/types.ts';
import { type Segment, SegmentKind } from './segment.ts';
import { readOptions } from './tcp/options.ts';

/** mulberry32: small, and the same on every machine. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

function mutate(frame: Uint8Array, random: (below: number) => number): Uint8Array {
  const bytes = frame.slice(0, random(4) === 0 ? random(frame.length + 1) : frame.length);
  for (let n = random(4); n > 0 && bytes.length > 0; n--) {
    const at = random(bytes.length);
    bytes[at] = random(3) === 0 ? [0, 0xff, 0x7f, 0x80][random(4)]! : bytes[at]! ^ (1 << random(8));
  }
  return bytes;
}

/** What must hold of every record, whatever the bytes were. */
function check(segment: Segment): void {
  const { headerOffset, headerLength, payloadOffset, payloadCaptured, payloadLength } = segment;
  const limit = segment.bytes.length;
  const fits =
    headerOffset >= 0 &&
    payloadOffset === headerOffset + headerLength &&
    payloadCaptured >= 0 &&
    payloadCaptured <= payloadLength &&
    (payloadCaptured === 0 || payloadOffset + payloadCaptured <= limit) &&
    segment.sackCount <= 4 &&
    segment.tunnels <= 8;
  if (!fits) expect.fail(`impossible record: ${JSON.stringify({ ...segment, bytes: limit })}`);
}

const linkTypes = Object.values(LinkType);

describe('damaged frames', () => {
  it('never throw and never give an impossible record', () => {
    const random = randomOf(20_260_101);
    const samples = linkSamples();
    const decoder = new Decoder();
    let found = 0;
    for (let i = 0; i < 50_000; i++) {
      const sample = samples[i % samples.length]!;
      const bytes = mutate(sample.frames[random(sample.frames.length)]!, random);
      const linkType = random(8) === 0 ? linkTypes[random(linkTypes.length)]! : sample.linkType;
      const original = random(4) === 0 ? random(2000) : bytes.length;
      const view = new DataView(bytes.buffer);
      const kind = decoder.decode(linkType, bytes, view, 0, bytes.length, original, i * 1000);
      if (kind === SegmentKind.none) continue;
      found++;
      check(decoder.segment);
      verifyTcpChecksum(decoder.segment);
      const options = readOptions(
        decoder.segment.bytes,
        decoder.segment.headerOffset + 20,
        decoder.segment.headerLength - 20,
      );
      expect([...options].length).toBeLessThanOrEqual(40);
    }
    expect(found).toBeGreaterThan(10_000);
  });

  it('neither does random noise under every link type', () => {
    const random = randomOf(7);
    const decoder = new Decoder();
    for (const linkType of linkTypes) {
      for (let i = 0; i < 1000; i++) {
        const bytes = Uint8Array.from({ length: random(120) }, () => random(256));
        const kind = decoder.decode(
          linkType,
          bytes,
          new DataView(bytes.buffer),
          0,
          bytes.length,
          bytes.length,
          i,
        );
        if (kind !== SegmentKind.none) check(decoder.segment);
      }
    }
    expect(decoder.segment.problems).toBeTypeOf('number');
  });
});
