/** Makes the pictures of README and docs from the real page: `npm run screenshots` (Debian's Chromium). */
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { servePage } from '../src/cli/open-server.ts';
import { CHROMIUM, PageStand } from '../test/support/page.ts';

interface Shot {
  readonly name: string;
  /** An example capture, or none. */
  readonly capture: string | null;
  readonly hash: string;
  readonly theme: 'light' | 'dark';
  readonly height: number;
  /** Brings the page to what is to be seen. */
  readonly prepare: (page: Page) => Promise<unknown>;
}

const FOLDER = new URL('../docs/images/', import.meta.url);
const EXAMPLES = new URL('../examples/', import.meta.url);
const WIDTH = 1_280;
const MOST_BYTES = 200_000;

const SHOTS: readonly Shot[] = [
  {
    name: 'page-explain',
    capture: 'article.pcapng',
    hash: '#/explain/2',
    theme: 'light',
    height: 800,
    prepare: (page) => page.click('.evidence button'),
  },
  {
    name: 'page-connections',
    capture: 'mixed.pcapng',
    hash: '#/explain',
    theme: 'light',
    height: 800,
    prepare: (page) => page.waitForSelector('.row[aria-rowindex]'),
  },
  {
    name: 'page-lab',
    capture: null,
    hash: '#/lab/last-ack-lost?what-if=time-wait:off',
    theme: 'dark',
    height: 900,
    prepare: async (page) => {
      await page.waitForSelector('.diagram');
      await page.locator('.run .scroll').nth(1).waitFor();
    },
  },
  {
    name: 'page-pressure',
    capture: 'port-pressure.pcapng',
    hash: '#/pressure',
    theme: 'light',
    height: 760,
    prepare: (page) => page.waitForSelector('.plot canvas'),
  },
];

async function take(stand: PageStand, shot: Shot): Promise<void> {
  const captures = shot.capture === null ? [] : [fileURLToPath(new URL(shot.capture, EXAMPLES))];
  const { server, address } = await servePage(captures, 0);
  const context = await stand.browser.newContext({
    viewport: { width: WIDTH, height: shot.height },
    colorScheme: shot.theme,
    reducedMotion: 'reduce',
  });
  try {
    const page = await context.newPage();
    await page.goto(address + shot.hash);
    await shot.prepare(page);
    // Fonts, and what is drawn one frame later.
    await page.waitForTimeout(500);
    const picture = await page.screenshot();
    const path = fileURLToPath(new URL(`${shot.name}.png`, FOLDER));
    writeFileSync(path, picture);
    console.log(`docs/images/${shot.name}.png: ${picture.length} bytes`);
    if (statSync(path).size > MOST_BYTES)
      throw new Error(`${shot.name}.png is larger than ${MOST_BYTES} bytes`);
  } finally {
    await context.close();
    server.closeAllConnections();
    server.close();
  }
}

if (CHROMIUM === undefined) throw new Error('no Chromium is installed: Debian package chromium');
mkdirSync(FOLDER, { recursive: true });
const stand = await PageStand.make();
try {
  for (const shot of SHOTS) await take(stand, shot);
} finally {
  await stand.close();
}
