import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as browser from '../src/index.ts';
import * as node from '../src/node.ts';

const here = new URL('..', import.meta.url).pathname;
const path = `${here}examples/article.pcapng`;
const bytes = new Uint8Array(readFileSync(path));

async function causes(source: Parameters<typeof node.explain>[0]): Promise<(string | null)[]> {
  const out: (string | null)[] = [];
  for await (const e of node.explain(source)) if (e.type === 'connection') out.push(e.verdict.cause);
  return out;
}

describe('explain()', () => {
  it('takes a path, bytes, a stream, a Blob and chunks alike', async () => {
    const want = await causes(path);
    expect(want).toContain('linger0-abort');
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let i = 0; i < bytes.length; i += 100) controller.enqueue(bytes.slice(i, i + 100));
        controller.close();
      },
    });
    async function* chunks(): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < bytes.length; i += 7) yield bytes.slice(i, i + 7);
    }
    for (const source of [bytes, stream, new Blob([bytes]), chunks()])
      expect(await causes(source)).toEqual(want);
  });

  it('works without Node: the browser build takes bytes', async () => {
    const told: unknown[] = [];
    for await (const e of browser.explain(bytes)) told.push(e.type);
    expect(told).toContain('connection');
  });

  it('refuses what is no capture with a code', async () => {
    await expect(causes(new TextEncoder().encode('hello, this is text\n'))).rejects.toMatchObject({
      code: 'NOT_A_CAPTURE',
    });
    await expect(causes(new Uint8Array(0))).rejects.toMatchObject({ code: 'EMPTY' });
    await expect(causes(`${here}examples`)).rejects.toMatchObject({ code: 'EISDIR' });
    await expect(causes(`${here}no-such-file.pcap`)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('stops when told to and says that the rest is missing', async () => {
    const stop = new AbortController();
    stop.abort();
    let partial: boolean | undefined;
    for await (const _ of node.explain(path, {
      signal: stop.signal,
      onSummary: (s) => (partial = s.partial),
    })) {
      // Whatever was known is still given out.
    }
    expect(partial).toBe(true);
  });
});
