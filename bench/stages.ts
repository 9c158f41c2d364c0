import { CaptureParser } from '../src/capture/index.ts';
import { openCapture } from '../src/capture/node/index.ts';
import { Explainer } from '../src/explain/engine.ts';
import { Decoder } from '../src/wire/index.ts';

export interface Stage {
  readonly name: string;
  /** What it adds to the stages before it, seconds. */
  readonly seconds: number;
}

export interface StageTimes {
  readonly stages: readonly Stage[];
  readonly packets: number;
  readonly connections: number;
}

/** Pipelines cut off after each stage, one after the other in this process; `rounds` of them, the best of each counts. */
export async function measureStages(path: string, rounds: number): Promise<StageTimes> {
  const best = { read: Infinity, parse: Infinity, decode: Infinity, whole: Infinity, verdicts: Infinity };
  let packets = 0;
  let connections = 0;
  for (let round = 0; round < rounds; round++) {
    best.read = Math.min(best.read, await readOnly(path));
    best.parse = Math.min(best.parse, await parseOnly(path));
    best.decode = Math.min(best.decode, await decodeOnly(path));
    const whole = await explainAll(path);
    best.whole = Math.min(best.whole, whole.seconds);
    best.verdicts = Math.min(best.verdicts, whole.verdictSeconds);
    ({ packets, connections } = whole);
  }
  const stages = [
    { name: 'read the file', seconds: best.read },
    { name: 'parse records', seconds: best.parse - best.read },
    { name: 'decode frames', seconds: best.decode - best.parse },
    { name: 'flow table and tracking', seconds: best.whole - best.decode - best.verdicts },
    { name: 'verdicts', seconds: best.verdicts },
  ];
  return { stages, packets, connections };
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}

function readOnly(path: string): Promise<number> {
  return timed(async () => {
    let bytes = 0;
    for await (const chunk of (await openCapture(path)).chunks) bytes += chunk.length;
    if (bytes === 0) throw new Error('nothing was read');
  });
}

/** Pushes the file through a parser and calls `use` after each packet. */
async function eachPacket(path: string, use: (parser: CaptureParser) => void): Promise<void> {
  const parser = new CaptureParser();
  for await (const chunk of (await openCapture(path)).chunks) {
    parser.push(chunk);
    while (parser.next()) use(parser);
  }
  parser.end();
  while (parser.next()) use(parser);
}

function parseOnly(path: string): Promise<number> {
  return timed(() => eachPacket(path, () => {}));
}

function decodeOnly(path: string): Promise<number> {
  const decoder = new Decoder();
  return timed(() =>
    eachPacket(path, ({ packet: p }) => {
      decoder.decode(p.linkType, p.bytes, p.view, p.offset, p.capturedLength, p.originalLength, p.timeUs);
    }),
  );
}

interface Whole {
  readonly seconds: number;
  readonly verdictSeconds: number;
  readonly packets: number;
  readonly connections: number;
}

/** The engine's step that ends a connection, timed from outside: it is called once a connection, so the clock costs nothing. */
interface GivesOut {
  giveOut(connection: unknown): void;
}

async function explainAll(path: string): Promise<Whole> {
  const explainer = new Explainer({ onConnection: () => {} });
  let verdictMs = 0;
  const inner = explainer as unknown as GivesOut;
  const giveOut = inner.giveOut;
  inner.giveOut = function (this: GivesOut, connection: unknown): void {
    const began = performance.now();
    giveOut.call(this, connection);
    verdictMs += performance.now() - began;
  };
  const seconds = await timed(async () => {
    await eachPacket(path, (parser) => explainer.packet(parser.packet));
    explainer.finish();
  });
  const { packets, connections } = explainer.summary();
  return { seconds, verdictSeconds: verdictMs / 1000, packets, connections };
}
