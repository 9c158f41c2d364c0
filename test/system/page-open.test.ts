import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { EXIT, type ExitCode } from '../../src/cli/errors.ts';
import { openCommand } from '../../src/cli/open.ts';
import { MemoryOutput } from '../support/cli.ts';
import { buildPage } from '../support/page.ts';

const example = fileURLToPath(new URL('../../examples/article.pcapng', import.meta.url));

interface Opened {
  readonly address: string;
  readonly stop: () => Promise<ExitCode>;
}

/** Runs the command until it has printed an address; `stop` is Ctrl-C. */
async function open(...argv: readonly string[]): Promise<Opened> {
  const out = new MemoryOutput();
  const stopping = new AbortController();
  const io = { out, err: new MemoryOutput(), stdinIsTty: true, env: {}, signal: stopping.signal };
  const ended = openCommand(['--no-browser', ...argv], io);
  await Promise.race([ended, new Promise<void>((resolve) => (out.flush = resolve))]);
  const stop = (): Promise<ExitCode> => {
    stopping.abort();
    return ended;
  };
  return { address: out.text.trim(), stop };
}

describe('lastack open', () => {
  beforeAll(buildPage);

  it('serves the page with a capture on loopback, until Ctrl-C', async () => {
    const { address, stop } = await open(example, '--port', '0');
    const url = new URL(address);
    expect(url.hostname).toBe('127.0.0.1');
    expect(await (await fetch(url)).text()).toContain('<div id="app">');
    const capture = await fetch(new URL(`capture/${url.searchParams.get('capture')}`, url));
    expect((await capture.arrayBuffer()).byteLength).toBeGreaterThan(1_000);
    expect(await stop()).toBe(EXIT.ok);
    await expect(fetch(url)).rejects.toThrow();
  });

  it('gives both captures to the page', async () => {
    const { address, stop } = await open(example, '--peer', example, '--port', '0');
    expect(new URL(address).searchParams.get('capture')!.split(',').length).toBe(2);
    await stop();
  });

  it('takes another port than the usual one where that is taken, and says so of one that was asked for', async () => {
    const [first, second] = [await open(), await open()];
    expect(new URL(first.address).port).not.toBe(new URL(second.address).port);
    await Promise.all([first.stop(), second.stop()]);
    const blocker = createServer();
    const port = await new Promise<number>((resolve) => {
      blocker.listen(0, '127.0.0.1', () => resolve((blocker.address() as { port: number }).port));
    });
    await expect(open('--port', String(port))).rejects.toThrow(`port ${port} cannot be used`);
    blocker.close();
  });

  it('says what is wrong with what it is to open', async () => {
    await expect(open('no-such.pcap')).rejects.toThrow('no-such.pcap: no such file');
    await expect(open(tmpdir())).rejects.toThrow('not a file');
    await expect(open(example, example)).rejects.toThrow('--peer');
    await expect(open('--peer', example)).rejects.toThrow('needs a first capture');
    await expect(open('--port', 'x')).rejects.toThrow();
  });
});
