/** Nanoseconds that the decoder takes for a frame, by kind of frame: `tsx bench/micro.ts`. */
import { Decoder, SegmentKind } from '../src/wire/index.ts';
import { linkSamples } from '../test/support/link-samples.ts';
import { median } from './run.ts';

const FRAMES_A_ROUND = 200_000;
const ROUNDS = 7;

function nsPerFrame(linkType: number, frames: readonly Uint8Array[]): number {
  const decoder = new Decoder();
  const views = frames.map((frame) => new DataView(frame.buffer, frame.byteOffset, frame.byteLength));
  let segments = 0;
  const round = (): number => {
    const began = performance.now();
    for (let i = 0; i < FRAMES_A_ROUND; i++) {
      const at = i % frames.length;
      const { length } = frames[at]!;
      if (decoder.decode(linkType, frames[at]!, views[at]!, 0, length, length, i) === SegmentKind.tcp)
        segments++;
    }
    return ((performance.now() - began) * 1e6) / FRAMES_A_ROUND;
  };
  round();
  const ns = median(Array.from({ length: ROUNDS }, round));
  if (segments === 0) throw new Error('no segment was found');
  return ns;
}

console.log('| frames | ns per frame |\n|---|---:|');
for (const { name, linkType, frames } of linkSamples())
  console.log(`| ${name} | ${nsPerFrame(linkType, frames).toFixed(0)} |`);
