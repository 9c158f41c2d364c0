import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Browser, chromium, type Page } from 'playwright-core';
import { type PageServer, servePage } from '../../src/cli/open-server.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

export const CHROMIUM: string | undefined = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => existsSync(path));

/** Says plainly that tests were left out. */
export function tellSkipped(what: string): void {
  if (CHROMIUM === undefined)
    console.warn(`skipped: ${what} (no Chromium is installed; Debian package chromium)`);
}

/** Builds the page where its sources are newer than what was built. Several test files may ask at once. */
export async function buildPage(): Promise<void> {
  const lock = join(root, 'web/.building');
  while (!take(lock)) await sleep(100);
  try {
    const built = join(root, 'web/dist/sw.js');
    if (existsSync(built) && statSync(built).mtimeMs > newest(join(root, 'web'), newest(join(root, 'src'))))
      return;
    const vite = join(root, 'node_modules/vite/bin/vite.js');
    await promisify(execFile)(process.execPath, [vite, 'build', '--config', 'web/vite.config.ts'], {
      cwd: root,
      // A test runner's own mode would build a larger page.
      env: { ...process.env, NODE_ENV: 'production' },
    });
  } finally {
    rmdirSync(lock);
  }
}

/** A lock left by a run that was killed does not hold for long. */
function take(lock: string): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch {
    const since = statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - since > 60_000) rmdirSync(lock);
    return false;
  }
}

/** When a source in a folder was last changed, or `least` where that is later. */
function newest(folder: string, least: number = 0): number {
  let latest = least;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.parentPath.includes('/dist')) continue;
    latest = Math.max(latest, statSync(join(entry.parentPath, entry.name)).mtimeMs);
  }
  return latest;
}

/** The page served and a browser that shows it. */
export class PageStand {
  readonly served: PageServer;
  readonly browser: Browser;
  /** Without captures. */
  readonly home: string;

  private constructor(served: PageServer, browser: Browser) {
    this.served = served;
    this.browser = browser;
    this.home = served.address.replace(/\?.*/, '');
  }

  static async make(captures: readonly string[] = []): Promise<PageStand> {
    await buildPage();
    const served = await servePage(captures, 0);
    const args = ['--no-sandbox', '--enable-precise-memory-info'];
    const browser = await chromium.launch({ executablePath: CHROMIUM!, args });
    return new PageStand(served, browser);
  }

  /** A page that notes what goes wrong in it, and which other hosts it asks. */
  async open(hash: string = '', address: string = this.home): Promise<{ page: Page; faults: string[] }> {
    const context = await this.browser.newContext({
      viewport: { width: 1400, height: 900 },
      acceptDownloads: true,
    });
    const page = await context.newPage();
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text());
    });
    page.on('request', (request) => {
      const own = request.url().startsWith(this.home) || /^(blob|data):/.test(request.url());
      if (!own) faults.push(`asked for ${request.url()}`);
    });
    await page.goto(address + hash);
    await page.waitForSelector('main');
    return { page, faults };
  }

  async close(): Promise<void> {
    await this.browser.close();
    this.served.server.closeAllConnections();
    await new Promise((resolve) => this.served.server.close(resolve));
  }
}

/** Gives the page a file as if it had been dropped on it. */
export async function drop(page: Page, name: string, bytes: Uint8Array): Promise<void> {
  const base64 = Buffer.from(bytes).toString('base64');
  const transfer = await page.evaluateHandle(
    ([file, data]) => {
      const content = Uint8Array.from(atob(data!), (c) => c.charCodeAt(0));
      const dropped = new DataTransfer();
      dropped.items.add(new File([content], file!));
      return dropped;
    },
    [name, base64],
  );
  await page.dispatchEvent('main', 'dragover', { dataTransfer: transfer });
  await page.dispatchEvent('main', 'drop', { dataTransfer: transfer });
}
