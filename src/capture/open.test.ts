import { execFileSync, spawnSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { concatenate, readCapture, sameBytes, seededRandom } from '../../test/support/captures.ts';
import {
  ByteCollector,
  CaptureParser,
  type CaptureProblem,
  type CaptureSource,
  openCapture,
  PcapWriter,
} from './index.ts';
import { openCapture as openInNode } from './node/index.ts';
import { ZstdInflater } from './zstd.ts';

const hasZstd = spawnSync('zstd', ['--version']).status === 0;

function zstd(bytes: Uint8Array, ...options: string[]): Uint8Array {
  return new Uint8Array(execFileSync('zstd', ['-q', '-c', ...options], { input: bytes, maxBuffer: 1 << 28 }));
}

function capture(count: number): Uint8Array {
  const random = seededRandom(count);
  const collector = new ByteCollector();
  const writer = new PcapWriter(collector.sink, { linkType: 1 });
  for (let i = 0; i < count; i++) {
    const frame = Uint8Array.from({ length: 60 + random(900) }, (_, at) => (at < 40 ? random(256) : i));
    writer.write(1_775_000_000_000_000 + i, frame);
  }
  return collector.bytes();
}

function cutUp(bytes: Uint8Array, step: number): Uint8Array[] {
  const pieces = [];
  for (let at = 0; at < bytes.length; at += step) pieces.push(bytes.slice(at, at + step));
  return pieces;
}

interface Outcome {
  readonly bytes: Uint8Array;
  readonly compression: string | null;
  readonly problems: readonly CaptureProblem[];
}

async function readOpened(source: CaptureSource, open: typeof openCapture = openCapture): Promise<Outcome> {
  const opened = await open(source);
  const collector = new ByteCollector();
  for await (const chunk of opened.chunks) collector.sink(chunk.slice());
  return { bytes: collector.bytes(), compression: opened.compression, problems: opened.problems };
}

const PLAIN = capture(600);
const GZIP = new Uint8Array(gzipSync(PLAIN));

describe('openCapture', () => {
  it('takes bytes from every kind of source', async () => {
    async function* later(): AsyncGenerator<Uint8Array> {
      yield* cutUp(PLAIN, 1000);
    }
    const sources: CaptureSource[] = [
      PLAIN,
      PLAIN.slice().buffer,
      new Blob([PLAIN.slice()]),
      new Blob([PLAIN.slice()]).stream(),
      cutUp(PLAIN, 999),
      later(),
    ];
    for (const source of sources) {
      const { bytes, compression } = await readOpened(source);
      expect(sameBytes([bytes], [PLAIN])).toBe(true);
      expect(compression).toBe(null);
    }
  });

  it('opens as soon as the magic number is there', async () => {
    async function* slow(): AsyncGenerator<Uint8Array> {
      yield PLAIN.slice(0, 24);
      throw new Error('asked for more than was needed');
    }
    expect((await openCapture(slow())).format).toBe('pcap');
  });

  it('closes a stream that is left early', async () => {
    let closed = false;
    async function* stream(): AsyncGenerator<Uint8Array> {
      try {
        yield* cutUp(PLAIN, 1000);
      } finally {
        closed = true;
      }
    }
    for await (const _ of (await openCapture(stream())).chunks) break;
    expect(closed).toBe(true);
  });

  it('refuses what is no capture, also inside compression', async () => {
    const text = new TextEncoder().encode('hello\n');
    await expect(openCapture(text)).rejects.toMatchObject({ name: 'CaptureError', code: 'NOT_A_CAPTURE' });
    await expect(openCapture(new Uint8Array(gzipSync(text)))).rejects.toMatchObject({
      code: 'NOT_A_CAPTURE',
    });
    await expect(openCapture(new Uint8Array(gzipSync(GZIP)))).rejects.toThrow(/gzip/);
    await expect(openCapture(new Uint8Array(0))).rejects.toMatchObject({ code: 'EMPTY' });
    await expect(openCapture(GZIP.subarray(0, 5))).rejects.toThrow(/compress|gzip|empty/);
  });
});

for (const [where, open] of [
  ['in JavaScript', openCapture],
  ['in Node', openInNode],
] as const) {
  describe(`gzip ${where}`, () => {
    it('is decompressed whatever the chunks', async () => {
      for (const step of [7, 1000, GZIP.length]) {
        const { bytes, compression, problems } = await readOpened(cutUp(GZIP, step), open);
        expect(sameBytes([bytes], [PLAIN])).toBe(true);
        expect(compression).toBe('gzip');
        expect(problems).toEqual([]);
      }
    });

    it('continues over concatenated members', async () => {
      const parts = cutUp(PLAIN, 50_000).map((part) => new Uint8Array(gzipSync(part)));
      for (const step of [100, 1_000_000]) {
        const { bytes, problems } = await readOpened(cutUp(concatenate(...parts), step), open);
        expect(sameBytes([bytes], [PLAIN])).toBe(true);
        expect(problems).toEqual([]);
      }
    });

    it('keeps what a cut file holds', async () => {
      const half = GZIP.subarray(0, GZIP.length >> 1);
      const { bytes, problems } = await readOpened(cutUp(half, 5000), open);
      expect(bytes.length).toBeGreaterThan(PLAIN.length / 4);
      expect(sameBytes([bytes], [PLAIN.subarray(0, bytes.length)])).toBe(true);
      expect(problems).toMatchObject([{ code: 'truncated-compression', fatal: false }]);
    });

    it('keeps what came before damage and names the place', async () => {
      const plain = capture(4000);
      const damaged = new Uint8Array(gzipSync(plain, { level: 1 }));
      const place = Math.floor(damaged.length * 0.8);
      damaged.fill(0xff, place, place + 2000);
      const { bytes, problems } = await readOpened(cutUp(damaged, 4096), open);
      expect(bytes.length).toBeGreaterThan(plain.length / 2);
      const intact = Math.floor(plain.length / 2);
      expect(sameBytes([bytes.subarray(0, intact)], [plain.subarray(0, intact)])).toBe(true);
      expect(problems).toMatchObject([{ code: 'bad-compression', fatal: true }]);
      expect(problems[0]!.message).toMatch(/byte \d+ of the compressed file/);
    });

    it('opens a bomb in small pieces', async () => {
      const bomb = new Uint8Array(gzipSync(concatenate(PLAIN.subarray(0, 24), new Uint8Array(50_000_000))));
      const opened = await open(bomb);
      let largest = 0;
      for await (const chunk of opened.chunks) largest = Math.max(largest, chunk.length);
      expect(largest).toBeLessThan(8_000_000);
    });
  });
}

/** 400 lines, compressed by `zstd -19`, for machines without that program. */
const ZSTD_SAMPLE = [
  'KLUv/WSCO70PAHauURWQqVo4qMeSH7nMjAgRESFSjnl9G4BnAE0AOwD//////+FwOBwOh8Ph8DnnnHPOOcYYY4wxxpRSSimllEII',
  'IYQQQsgYY4wxxhhCCCGEEEJs27ZtkiRJ0v//ezQWiUPhlAsgAAGDBAcDTHBQYHDAAIEHBQIONCAwIIAFBjBg0KDAAAIBa62goKCg',
  'oKCgoKCg8/l8Pp/P5/PZbDabzWaz2Wwul8vlcrlcLpfJZDKZTCaTyeTxeDwej8fj8VgsFovFYrFYLN5777333ltrrbXWWutzzjnn',
  'lFJKKaWUUkoppZRSSimllFJKKaWUUkoppZRSSimllFJKKaWUUkoppZRSSimllFJKKaWUUkppBXPOOeecc84555xzzjnnnHPOOeec',
  'c84555xzzjnnnHPOOeecc84555xzzjnnnHPOOefOc84555xzzjkDgZCoITx92P8NsWeUWsYSQBD4/x9BAMIfQpEkk8QkmSQlySRZ',
  'SSbJSMa6gZ8LGQAAQAAIAAJAABAAIoAAEAAEgAAgwOWfkyAAQAAIAAJABBAAAoAAEAAEgAAgAJpEAvE7JAy/QoLwGyQEP4EEYC2S',
  'VJIkSUmSpJIkSUWSJJUkSSqRJKkkSVJJIkklSZIq9JfkR+r74iPa+9Ij5X3hke4+O0HOkGPKmXIGL+8UAfwqof2WcQ==',
].join('');

function inflateZstd(input: Uint8Array, step: number): { bytes: Uint8Array; inflater: ZstdInflater } {
  const inflater = new ZstdInflater();
  const collector = new ByteCollector();
  const drain = (): void => {
    for (let out = inflater.next(); out !== null; out = inflater.next()) collector.sink(out);
  };
  for (const piece of cutUp(input, step)) {
    inflater.push(piece);
    drain();
  }
  inflater.end();
  drain();
  return { bytes: collector.bytes(), inflater };
}

describe('zstd', () => {
  it('reads a sample', () => {
    const input = Uint8Array.from(atob(ZSTD_SAMPLE), (char) => char.charCodeAt(0));
    const lines = Array.from({ length: 400 }, (_, i) => `line ${i} of a file that repeats itself\n`);
    for (const step of [1, 17, 1000]) {
      const { bytes, inflater } = inflateZstd(input, step);
      expect(new TextDecoder().decode(bytes)).toBe(lines.join(''));
      expect(inflater.failure).toBe(null);
    }
  });

  it.skipIf(!hasZstd)('is decompressed whatever the level, the checksum and the chunks', async () => {
    const plain = capture(1500);
    for (const options of [['-1'], ['-3', '--no-check'], ['-19'], ['--ultra', '-20'], ['--fast=5']]) {
      const packed = zstd(plain, ...options);
      for (const step of [11, 5000, packed.length]) {
        const { bytes, compression, problems } = await readOpened(cutUp(packed, step));
        expect(sameBytes([bytes], [plain])).toBe(true);
        expect(compression).toBe('zstd');
        expect(problems).toEqual([]);
      }
    }
  });

  it.skipIf(!hasZstd)('continues over frames, empty and skippable ones among them', async () => {
    const skippable = Uint8Array.of(0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3);
    const parts = [skippable, zstd(new Uint8Array(0))];
    for (const part of cutUp(PLAIN, 40_000)) parts.push(zstd(part), skippable);
    parts.push(zstd(Uint8Array.of(1)), zstd(new Uint8Array(0)));
    const { bytes, problems } = await readOpened(cutUp(concatenate(...parts), 333));
    expect(sameBytes([bytes], [concatenate(PLAIN, Uint8Array.of(1))])).toBe(true);
    expect(problems).toEqual([]);
  });

  it.skipIf(!hasZstd)('keeps whole blocks of a cut or damaged file', async () => {
    const plain = capture(4000);
    const packed = zstd(plain, '-1');
    const place = packed.length >> 1;
    const cut = await readOpened(packed.subarray(0, place));
    expect(cut.bytes.length).toBeGreaterThan(plain.length / 4);
    expect(sameBytes([cut.bytes], [plain.subarray(0, cut.bytes.length)])).toBe(true);
    expect(cut.problems).toMatchObject([{ code: 'truncated-compression', fatal: false }]);
    const damaged = packed.slice().fill(0xff, place, place + 5000);
    const found = await readOpened(damaged);
    expect(found.bytes.length).toBeGreaterThan(plain.length / 4);
    expect(found.problems).toMatchObject([{ code: 'bad-compression', fatal: true }]);
  });

  it('refuses a window it would have to take too much memory for', async () => {
    const frame = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, 0x88, 1, 0, 0, 0);
    await expect(openCapture(frame)).rejects.toMatchObject({ code: 'BAD_COMPRESSION' });
    await expect(openCapture(frame)).rejects.toThrow(/window of 128 MiB/);
  });

  it('never throws on damaged input', () => {
    const input = Uint8Array.from(atob(ZSTD_SAMPLE), (char) => char.charCodeAt(0));
    const random = seededRandom(3);
    for (let run = 0; run < 2000; run++) {
      const damaged = input.slice();
      for (let i = 0; i <= random(4); i++) damaged[4 + random(damaged.length - 4)] = random(256);
      expect(() => inflateZstd(damaged, 50)).not.toThrow();
    }
  });
});

describe('from opening to packets', () => {
  it('reads the packets of a compressed capture', async () => {
    const parser = new CaptureParser();
    let count = 0;
    for await (const chunk of (await openCapture(GZIP)).chunks) {
      parser.push(chunk);
      while (parser.next()) count += 1;
    }
    parser.end();
    while (parser.next()) count += 1;
    expect(count).toBe(readCapture(PLAIN).packets.length);
    expect(parser.problems).toEqual([]);
  });
});
