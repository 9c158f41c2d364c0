import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { HostNetwork } from '../../src/core.ts';
import { conversation } from '../support/conversation.ts';
import { bundleCore } from '../support/core-bundle.ts';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);
if (CHROMIUM === undefined)
  console.warn('skipped: the core in a browser (no Chromium is installed; Debian package chromium)');

describe.skipIf(CHROMIUM === undefined)('the core in Chromium', () => {
  it('does the same as in Node, to the byte', { timeout: 120_000 }, async () => {
    const browser = await chromium.launch({ executablePath: CHROMIUM!, args: ['--no-sandbox'] });
    try {
      const page = await browser.newPage();
      const errors: string[] = [];
      page.on('pageerror', (error) => errors.push(String(error)));
      const url = `data:text/javascript;base64,${Buffer.from(await bundleCore()).toString('base64')}`;
      const inPage = await page.evaluate(`import('${url}').then((core) => (${conversation})(core, 42))`);
      expect(errors).toEqual([]);
      const inNode = conversation({ HostNetwork }, 42);
      expect(inNode.read).toBe(500_000);
      expect(inNode.clientState).toBe('TIME-WAIT');
      expect(inPage).toEqual(inNode);
    } finally {
      await browser.close();
    }
  });
});
