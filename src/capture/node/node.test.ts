import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, describe, expect, it } from 'vitest';
import { sameBytes } from '../../../test/support/captures.ts';
import { ByteCollector, CaptureParser, PcapWriter } from '../index.ts';
import { type FileOptions, fileChunks, openCapture, stdinChunks } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'lastack-capture-'));
afterAll(() => rmSync(folder, { recursive: true }));

const hasFifo = spawnSync('mkfifo', ['--version']).status === 0;
const isRoot = process.getuid?.() === 0;
const pattern = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7 + (i >> 8)) & 0xff);

function file(name: string, bytes: Uint8Array = pattern): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** Collects the chunks as a parser sees them: each is looked at until the next has come. */
async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const collector = new ByteCollector();
  let held: Uint8Array | null = null;
  for await (const chunk of chunks) {
    if (held !== null) collector.sink(held.slice());
    held = chunk;
  }
  if (held !== null) collector.sink(held.slice());
  return collector.bytes();
}

describe('fileChunks', () => {
  it('reads a file, chunks staying valid until the next is there', async () => {
    const path = file('plain');
    for (const chunkBytes of [1000, 65_536, 1_000_000]) {
      const seen: [number, number | null][] = [];
      const onProgress = (done: number, total: number | null): number => seen.push([done, total]);
      const bytes = await collect(fileChunks(path, { chunkBytes, onProgress }));
      expect(sameBytes([bytes], [pattern])).toBe(true);
      expect(seen.at(-1)).toEqual([pattern.length, pattern.length]);
    }
  });

  it('stops early without leaving anything open', async () => {
    for await (const _ of fileChunks(file('early'), { chunkBytes: 1000 })) break;
    const controller = new AbortController();
    let count = 0;
    for await (const _ of fileChunks(file('signal'), { chunkBytes: 1000, signal: controller.signal })) {
      count += 1;
      controller.abort();
    }
    expect(count).toBe(1);
  });

  it.each([
    ['missing', 'ENOENT', /no such file/],
    ['.', 'EISDIR', /is a directory/],
    ['plain/below', 'ENOTDIR', /not a directory/],
  ])('fails on %s with one clear line', async (name, code, message) => {
    file('plain');
    const opening = openCapture(join(folder, name));
    await expect(opening).rejects.toMatchObject({ name: 'CaptureError', code });
    await expect(opening).rejects.toThrow(message);
  });

  it.skipIf(isRoot)('fails on a file that may not be read', async () => {
    const path = file('secret');
    execFileSync('chmod', ['000', path]);
    await expect(openCapture(path)).rejects.toMatchObject({ code: 'EACCES' });
  });

  it('refuses an empty file and a file that is no capture', async () => {
    await expect(openCapture(file('empty', new Uint8Array(0)))).rejects.toMatchObject({ code: 'EMPTY' });
    await expect(openCapture(file('noise'))).rejects.toMatchObject({ code: 'NOT_A_CAPTURE' });
  });
});

describe('following a file', () => {
  /** Reads packets of `path` in follow mode; `step` is called with the count after each. */
  async function follow(path: string, step: (count: number) => void, options: FileOptions): Promise<number> {
    const parser = new CaptureParser();
    let count = 0;
    for await (const chunk of (await openCapture(path, { ...options, follow: true })).chunks) {
      parser.push(chunk);
      while (parser.next()) step(++count);
    }
    parser.end();
    while (parser.next()) count += 1;
    return count;
  }

  function grower(path: string): (count: number) => void {
    const writer = new PcapWriter((bytes) => appendFileSync(path, bytes), { linkType: 1 });
    return (count) => {
      for (let i = 0; i < count; i++) writer.write(1_775_000_000_000_000 + i, pattern.subarray(0, 60 + i));
    };
  }

  it('gives what is appended until the signal', async () => {
    const path = file('growing', new Uint8Array(0));
    const grow = grower(path);
    const controller = new AbortController();
    grow(2);
    const step = (count: number): void => {
      if (count === 1) setTimeout(() => grow(3), 20);
      if (count === 5) controller.abort();
    };
    expect(await follow(path, step, { signal: controller.signal })).toBe(5);
  });

  it('says when the file was cut', async () => {
    const path = file('cut', new Uint8Array(0));
    grower(path)(2);
    const notices: string[] = [];
    setTimeout(() => truncateSync(path, 10), 50);
    await follow(path, () => undefined, { onNotice: (message) => notices.push(message) });
    expect(notices).toEqual([expect.stringMatching(/shorter/)]);
  });

  it('says when the file was replaced, and reads the old one to its end', async () => {
    const path = file('rotated', new Uint8Array(0));
    const grow = grower(path);
    grow(2);
    const notices: string[] = [];
    setTimeout(() => {
      renameSync(path, `${path}.1`);
      writeFileSync(path, 'new');
    }, 50);
    expect(await follow(path, () => undefined, { onNotice: (message) => notices.push(message) })).toBe(2);
    expect(notices).toEqual([expect.stringMatching(/replaced/)]);
  });
});

describe('pipes', () => {
  it('reads a stream as standard input', async () => {
    const input = new PassThrough();
    input.write(pattern.subarray(0, 1000));
    input.end(pattern.subarray(1000));
    expect(sameBytes([await collect(stdinChunks(undefined, input))], [pattern])).toBe(true);
  });

  it('ends a stream on the signal', async () => {
    const controller = new AbortController();
    const input = new PassThrough();
    input.write(pattern.subarray(0, 1000));
    setTimeout(() => controller.abort(), 20);
    expect((await collect(stdinChunks(controller.signal, input))).length).toBe(1000);
  });

  it.skipIf(!hasFifo)('reads a named pipe, and can be stopped before anybody writes', async () => {
    const path = join(folder, 'fifo');
    execFileSync('mkfifo', [path]);
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 30);
    expect((await collect(fileChunks(path, { signal: controller.signal }))).length).toBe(0);
    const reading = collect(fileChunks(path));
    setTimeout(() => spawn('sh', ['-c', `head -c 100000 /dev/zero > '${path}'`]), 30);
    expect((await reading).length).toBe(100_000);
  });
});
