import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { explain } from '../../src/node.ts';
import { CHROMIUM, PageStand, tellSkipped } from '../support/page.ts';

const corpus = fileURLToPath(new URL('../../../shared/corpus/', import.meta.url));
const hasCorpus = existsSync(corpus);

tellSkipped('verdicts in the page against the command line');
if (!hasCorpus) console.warn(`skipped: verdicts in the page against the command line (no ${corpus})`);

describe.skipIf(CHROMIUM === undefined || !hasCorpus)('verdicts in the page', () => {
  const names = hasCorpus
    ? readdirSync(corpus).filter((name) => name.endsWith('.pcap') && !name.endsWith('-peer.pcap'))
    : [];

  it('are those of the command line, of every capture of the corpus, alone and with its peer', {
    timeout: 300_000,
  }, async () => {
    const files = names.flatMap((name) => [join(corpus, name), join(corpus, peerOf(name))]);
    const stand = await PageStand.make(files);
    try {
      const { page, faults } = await stand.open();
      const worker = await page.evaluate(() =>
        performance
          .getEntriesByType('resource')
          .map((entry) => entry.name)
          .find((name) => name.includes('/worker-')),
      );
      const token = new URL(stand.served.address).searchParams.get('capture')!.split('/')[0]!;
      const differing: string[] = [];
      let compared = 0;
      for (const [i, file] of files.entries()) {
        if (i % 2 === 1) continue;
        for (const peer of [null, files[i + 1]!]) {
          const paths = [address(token, i, file), peer === null ? '' : address(token, i + 1, peer)];
          const inPage = await page.evaluate(analyse, [worker!, ...paths]);
          const inNode: string[] = [];
          for await (const e of explain(file, peer === null ? {} : { peer }))
            if (e.type === 'connection') inNode.push(JSON.stringify(e));
          compared += inNode.length;
          const sorted = (list: readonly string[]): string[] => [...list].sort();
          if (JSON.stringify(sorted(inPage)) !== JSON.stringify(sorted(inNode)))
            differing.push(`${basename(file)}${peer === null ? '' : ' with its peer'}`);
        }
      }
      console.info(`${compared} connections of ${names.length} captures compared`);
      expect(differing).toEqual([]);
      expect(compared).toBeGreaterThan(names.length);
      expect(faults).toEqual([]);
    } finally {
      await stand.close();
    }
  });
});

function peerOf(name: string): string {
  return name.replace(/\.pcap$/, '-peer.pcap');
}

function address(token: string, index: number, file: string): string {
  return `capture/${token}/${index}/${basename(file)}`;
}

/** Has a Worker of the page explain captures; returns every connection's whole report as JSON. */
async function analyse([script, first, second]: readonly string[]): Promise<string[]> {
  const shared = globalThis as unknown as { stand?: Worker };
  shared.stand ??= new Worker(script!, { type: 'module' });
  const worker = shared.stand;
  const call = (name: string, ...args: readonly unknown[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const id = Math.random();
      const hear = ({ data }: MessageEvent): void => {
        if (data.id !== id) return;
        worker.removeEventListener('message', hear);
        if ('failure' in data) reject(new Error(data.failure));
        else resolve(data.result);
      };
      worker.addEventListener('message', hear);
      worker.postMessage({ id, call: name, args });
    });
  const blob = async (path: string): Promise<Blob> => (await fetch(path)).blob();
  const capture = await blob(first!);
  const peer = second === '' ? null : await blob(second!);
  const opened = (await call('open', { capture, peer, mslSeconds: 30 })) as {
    columns: { flow: Uint32Array };
  };
  const reports: string[] = [];
  for (const flow of opened.columns.flow) reports.push(JSON.stringify(await call('connection', flow)));
  return reports;
}
