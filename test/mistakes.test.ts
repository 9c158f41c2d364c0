import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const example = readFileSync(`${root}examples/mixed.pcapng`);
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lastack-mistakes-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

function lastack(
  argv: readonly string[],
  options: { readonly input?: Uint8Array; readonly uid?: number } = {},
): { code: number | null; out: string; err: string } {
  const child = spawnSync(process.execPath, ['--import', 'tsx', 'test/support/lastack.ts', ...argv], {
    cwd: root,
    encoding: 'utf8',
    ...options,
    env: { ...process.env, NO_COLOR: '1' },
  });
  return { code: child.status, out: child.stdout, err: child.stderr };
}

describe('mistakes get one clear line and the documented exit code', () => {
  const cases: readonly (readonly [string, () => string[], number, RegExp])[] = [
    ['a missing file', () => ['explain', join(folder, 'nowhere.pcap')], 3, /nowhere\.pcap/],
    ['a directory', () => ['explain', folder], 3, /director/],
    ['an empty file', () => ['explain', file('empty.pcap', '')], 3, /empty/],
    [
      'a text file',
      () => ['explain', file('notes.txt', 'just some text\n'.repeat(50))],
      3,
      /[Nn]ot a (packet )?capture: this looks like text/,
    ],
    ['a filter with a mistake', () => ['explain', 'examples/article.pcapng', '--filter', 'port=='], 2, /\^/],
    ['an unknown option', () => ['explain', 'examples/article.pcapng', '--ndjsn'], 2, /--ndjson/],
    ['a script that is none', () => ['drill', '/dev/zero'], 3, /not a file/],
    ['a missing script', () => ['drill', join(folder, 'nowhere.pkt')], 3, /no such file/],
    ['a time beyond reason', () => ['pressure', 'examples/article.pcapng', '--msl', '1e9'], 2, /--msl takes/],
    ['an unknown cause', () => ['causes', 'no-such-cause'], 1, /no-such-cause/],
  ];

  it('no part of a JSON document where nothing could be read', () => {
    expect(lastack(['explain', '--json', join(folder, 'nowhere.pcap')]).out).toBe('');
  });

  it.each(cases)('%s', (_, argv, code, says) => {
    const result = lastack(argv());
    expect(result.err).toMatch(says);
    expect(result.code).toBe(code);
    expect(result.err).not.toMatch(/at .*\.ts:\d+/);
  });

  it('a file without permission', () => {
    const path = file('secret.pcap', example);
    chmodSync(path, 0);
    // Root may read everything, so root asks as nobody.
    const result = lastack(['explain', path], { ...(process.getuid?.() === 0 ? { uid: 65_534 } : {}) });
    expect(result.err).toMatch(/no permission/);
    expect(result.code).toBe(3);
  });
});

describe('what is damaged keeps what came before', () => {
  it('a cut file', () => {
    const result = lastack([
      'explain',
      file('cut.pcapng', example.subarray(0, example.length - 50)),
      '--ndjson',
    ]);
    expect(result.code).toBe(4);
    const lines = result.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; offset?: number });
    expect(lines.filter((l) => l.type === 'connection').length).toBeGreaterThan(20);
    expect(lines.find((l) => l.type === 'problem')?.offset).toBeGreaterThan(0);
    expect(lines.at(-1)!.type).toBe('summary');
  });

  it('a compressed file that was cut', () => {
    const zipped = gzipSync(example);
    const result = lastack(['explain', file('cut.pcapng.gz', zipped.subarray(0, zipped.length - 300)), '-q']);
    expect(result.code).toBe(4);
    expect(result.out).toMatch(/\d+ connections/);
  });

  it('standard input, compressed or not', () => {
    expect(lastack(['explain', '-', '-q'], { input: example }).out).toMatch(/31 connections/);
    expect(lastack(['explain', '-', '-q'], { input: gzipSync(example) }).out).toMatch(/31 connections/);
  });
});
