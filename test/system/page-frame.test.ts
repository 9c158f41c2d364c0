import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPage, CHROMIUM, PageStand, tellSkipped } from '../support/page.ts';

const example = fileURLToPath(new URL('../../examples/article.pcapng', import.meta.url));
const dist = fileURLToPath(new URL('../../web/dist/', import.meta.url));
const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** What the page is made of when it has been opened and has explained a capture. */
const FIRST = /^(?:index\.html|icon\.svg|assets\/(?:index|reader|worker)-[\w-]+\.(?:js|css))$/;
const MOST_BYTES = 150_000;

describe('the built page', () => {
  it('with the engine is small', async () => {
    await buildPage();
    const files = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((file) => FIRST.test(file));
    expect(files.length).toBe(6);
    const bytes = files.map((file) => gzipSync(readFileSync(join(dist, file)), { level: 9 }).length);
    const total = bytes.reduce((sum, n) => sum + n, 0);
    console.info(`page with the engine: ${total} bytes gzip`);
    expect(total).toBeLessThanOrEqual(MOST_BYTES);
  });

  it('has no script or style in its markup', async () => {
    await buildPage();
    const html = readFileSync(join(dist, 'index.html'), 'utf8');
    expect(html).toContain("default-src 'none'");
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=|https?:/);
  });
});

tellSkipped('accessibility and offline use of the page');

describe.skipIf(CHROMIUM === undefined)('the page in a browser', () => {
  let stand: PageStand;
  beforeAll(async () => {
    stand = await PageStand.make([example]);
  });
  afterAll(() => stand.close());

  const views: readonly (readonly [name: string, hash: string, ready: string])[] = [
    ['explain', '#/explain/2', '.verdict'],
    ['drop', '', '.summary'],
    ['lab', '#/lab/last-ack-lost?what-if=time-wait:off', '.diagram'],
    ['causes', '#/causes/last-ack-lost', '.ladder'],
    ['pressure', '#/pressure', '.plot canvas'],
  ];

  for (const theme of ['light', 'dark'] as const) {
    for (const [name, hash, ready] of views) {
      it(`${name}, ${theme}: axe finds nothing serious`, async () => {
        const { page } = await stand.open(hash, stand.served.address);
        await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
        await page.waitForSelector(ready);
        if (name === 'pressure') await page.waitForTimeout(100);
        expect(await seriousFindings(page)).toEqual([]);
      });
    }
  }

  it('works without a network once it was opened', { timeout: 60_000 }, async () => {
    const { page, faults } = await stand.open();
    await page.evaluate(async () => {
      await navigator.serviceWorker.ready;
    });
    await page.context().setOffline(true);
    await page.reload();
    await page.setInputFiles('input[type=file]', example);
    await page.waitForSelector('.summary');
    await page.click('nav >> text=Lab');
    await page.click('text=last-ack-lost');
    await page.locator('.run .muted', { hasText: 'virtual time' }).waitFor();
    await page.selectOption('.choices label:last-child select', 'zh');
    await page.locator('nav', { hasText: '实验' }).waitFor();
    expect(faults).toEqual([]);
  });

  it('serves the page and the captures to nobody else', async () => {
    const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
      fetch(new URL(path, stand.home), { headers });
    expect((await get('')).headers.get('content-security-policy')).toContain("default-src 'none'");
    expect((await get('capture/guess/0/article.pcapng')).status).toBe(404);
    expect((await get('..%2f..%2fpackage.json')).status).toBe(404);
    expect((await get('assets/..%2findex.html')).status).toBe(404);
    const token = new URL(stand.served.address).searchParams.get('capture')!;
    expect((await get(`capture/${token}`)).status).toBe(200);
    expect(token).toMatch(/^[0-9a-f]{32}\/0\/article\.pcapng$/);
  });
});

interface Finding {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

async function seriousFindings(page: Page): Promise<string[]> {
  // As a policy-proof evaluation: the page itself lets no such script in.
  await page.evaluate(readFileSync(axe, 'utf8'));
  const violations = (await page.evaluate('axe.run().then((result) => result.violations)')) as Finding[];
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes[0]!.html.slice(0, 200)} ${nodes[0]!.failureSummary}`);
}
