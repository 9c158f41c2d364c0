import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openCapture } from '../src/capture/node/index.ts';
import { drill } from '../src/drill/index.ts';
import { type ConnectionEnding, explainCapture } from '../src/explain/index.ts';
import { reproduce } from '../src/reproduce/index.ts';
import { runCli } from './support/cli.ts';

const MIXED = fileURLToPath(new URL('../examples/mixed.pcapng', import.meta.url));

async function endingsOf(path: string): Promise<{ endings: ConnectionEnding[]; captureEnd: number | null }> {
  const endings: ConnectionEnding[] = [];
  let captureEnd: number | null = null;
  const onSummary = (summary: { end: number | null }): void => {
    captureEnd = summary.end;
  };
  for await (const ending of explainCapture(await openCapture(path), { onSummary }))
    if (ending.type === 'connection') endings.push(ending);
  return { endings, captureEnd };
}

describe('reproduce', () => {
  it('plays the connections of an example to the same endings, and says why not', async () => {
    const { endings, captureEnd } = await endingsOf(MIXED);
    const results = endings.map((ending) => ({ ending, result: reproduce(ending, { captureEnd }) }));
    for (const { ending, result } of results) {
      if (result.same) {
        expect(drill(result.script!, {}).outcome).toBe('passed');
        expect(result.compared.every(({ same }) => same)).toBe(true);
      } else expect(result.reason, ending.verdict.cause ?? '').not.toBeNull();
    }
    const kinds = new Set(results.filter(({ result }) => result.same).map(({ ending }) => ending.closeKind));
    for (const kind of ['fin', 'rst', 'refused', 'connect-timeout', 'open'] as const)
      expect(kinds).toContain(kind);
    expect(results.filter(({ result }) => result.same).length).toBeGreaterThanOrEqual(0.8 * results.length);
  });

  it('plays either end', async () => {
    const { endings, captureEnd } = await endingsOf(MIXED);
    const orderly = endings.find(({ verdict }) => verdict.cause === 'fin-client-first')!;
    for (const end of ['client', 'server'] as const) {
      const result = reproduce(orderly, { captureEnd, end });
      expect(result).toMatchObject({ end, same: true, reason: null });
      expect(result.script!.includes('listen(')).toBe(end === 'server');
    }
  });

  it('notices an ending that is not the same', async () => {
    const { endings, captureEnd } = await endingsOf(MIXED);
    const orderly = endings.find(({ verdict }) => verdict.cause === 'fin-client-first')!;
    const states = { ...orderly.states, client: orderly.states.client.slice(0, -1) };
    const result = reproduce({ ...orderly, states, closeKind: 'rst' }, { captureEnd });
    expect(result.same).toBe(false);
    expect(result.reason).toContain('kind rst, here fin');
  });
});

describe('lastack reproduce', () => {
  it('prints the script, and beside it whether the ending is the same', async () => {
    const { code, out, err } = await runCli(['reproduce', MIXED, '--flow', '2']);
    expect(code).toBe(0);
    expect(err).toContain('the same ending');
    expect(drill(out, {}).outcome).toBe('passed');
    const json = JSON.parse((await runCli(['reproduce', MIXED, '--flow', '2', '--json'])).out);
    expect(json).toMatchObject({ flow: 2, same: true, script: out });
  });

  it.each([
    [[], 2, 'which capture?'],
    [[MIXED], 2, '--flow N'],
    [[MIXED, '--flow', '999'], 1, 'no connection 999'],
    [['no-such.pcap', '--flow', '1'], 3, 'no-such.pcap'],
    [[MIXED, '--flow', '2', '--end', 'middle'], 2, '--end'],
  ] as const)('%j is a mistake that is told', async (argv, code, message) => {
    const result = await runCli(['reproduce', ...argv]);
    expect(result.code).toBe(code);
    expect(result.err).toContain(message);
  });
});
