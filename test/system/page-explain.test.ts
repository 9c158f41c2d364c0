import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, drop, PageStand, tellSkipped } from '../support/page.ts';
import { asFile, longConnection, manyConnections } from '../support/page-captures.ts';

const example = fileURLToPath(new URL('../../examples/article.pcapng', import.meta.url));

tellSkipped('the explain view in a browser');

describe.skipIf(CHROMIUM === undefined)('the explain view', () => {
  let stand: PageStand;
  beforeAll(async () => {
    stand = await PageStand.make([example]);
  });
  afterAll(() => stand.close());

  const summaryOf = (page: Page): Promise<string | null> => page.textContent('.summary');

  it('explains a capture that is dropped on it', async () => {
    const { page, faults } = await stand.open();
    await drop(page, 'article.pcapng', readFileSync(example));
    await page.waitForSelector('.summary');
    const summary = await summaryOf(page);
    expect(summary).toContain('2 connections, 11 packets');
    expect(summary).toContain('closed with SO_LINGER 0');
    expect(faults).toEqual([]);
  });

  it('opens the capture that `lastack open` serves', async () => {
    const { page, faults } = await stand.open('', stand.served.address);
    await page.waitForSelector('.summary');
    expect(await summaryOf(page)).toContain('article.pcapng');
    expect(faults).toEqual([]);
  });

  it('shows the evidence of a verdict in the ladder', async () => {
    const { page } = await stand.open('#/explain/2', stand.served.address);
    await page.click('.evidence button');
    const fields = page.locator('.fields');
    await fields.getByText('RST of the client, form A').waitFor();
    expect(await fields.textContent()).toContain('RST, ACK');
    expect(await page.getAttribute('.evidence button', 'aria-pressed')).toBe('true');
    // The wire's own numbers are known once the packets have been read again.
    await page.click('text=Relative numbers');
    await page.locator('.fields', { hasText: /on the wire \d{6,}/ }).waitFor();
  });

  it('filters with the language of the command line, and tells what is wrong with a filter', async () => {
    const { page } = await stand.open('', stand.served.address);
    await page.waitForSelector('.summary');
    const field = page.locator('input[type=search]');
    await field.fill('rst=client and cause~linger');
    await page.getByText('1 of 2 connections').waitFor();
    await field.fill('cause=lingr');
    await page.locator('#filter-fault', { hasText: 'no cause' }).waitFor();
    await field.fill('');
    await page.locator('.connections .title-line', { hasText: /^Connections2 connections$/ }).waitFor();
  });

  it('gives out one connection as a capture that opens again', async () => {
    const { page } = await stand.open('#/explain/2', stand.served.address);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.click('text=This connection as pcapng'),
    ]);
    const path = await download.path();
    await page.click('text=Open another capture');
    await page.setInputFiles('input[type=file]', path);
    await page.waitForSelector('.summary');
    const summary = await summaryOf(page);
    expect(summary).toContain('1 connection, 7 packets');
    expect(summary).toContain('closed with SO_LINGER 0');
  });

  it('takes the captures of both ends, and says how much they have in common', async () => {
    const { page } = await stand.open();
    await page.setInputFiles('input[type=file]', [example, example]);
    await page.waitForSelector('.summary');
    expect(await summaryOf(page)).toContain('article.pcapng + article.pcapng');
    expect(await summaryOf(page)).toContain('2 connections are in both captures');
  });

  it('goes from one connection to the next, and the table goes along', async () => {
    const { page } = await stand.open('#/explain/1', stand.served.address);
    await page.click('.detail >> text=Next');
    await page.locator('.detail h2', { hasText: 'Connection 2' }).waitFor();
    await page.locator('.row.active[aria-selected=true] .flow', { hasText: /^2$/ }).waitFor();
  });

  it('says what is wrong with a file that is no capture, and with a damaged one', async () => {
    const { page } = await stand.open();
    await drop(page, 'notes.txt', Buffer.from('just some text, no packets at all'));
    await page.locator('[role=alert]', { hasText: 'cannot be analysed' }).waitFor();
    await drop(page, 'cut.pcapng', readFileSync(example).subarray(0, 900));
    await page.waitForSelector('.summary');
    expect(await summaryOf(page)).toContain('Problems of the input');
  });

  it('goes by the keyboard alone from the table to a packet', async () => {
    const { page } = await stand.open('', stand.served.address);
    await page.waitForSelector('.row[aria-rowindex]');
    await page.locator('.grid').focus();
    await page.keyboard.press('End');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.verdict');
    await page.getByText('7 segments').waitFor();
    for (let i = 0; i < 30; i++) {
      await page.keyboard.press('Tab');
      if ((await page.evaluate(() => document.activeElement?.getAttribute('role'))) === 'listbox') break;
    }
    await page.keyboard.press('e');
    await page.locator('.fields', { hasText: 'RST, ACK' }).waitFor();
    await page.locator('[role=option]', { hasText: 'RST, ACK' }).first().waitFor();
    await page.keyboard.press('Home');
    await page.locator('.fields dd', { hasText: /^SYN$/ }).waitFor();
  });

  it('shows 100,000 connections, scrolls and sorts them', { timeout: 120_000 }, async () => {
    const { page } = await stand.open();
    await page.setInputFiles('input[type=file]', asFile('many.pcap', manyConnections(100_000)));
    await page.waitForSelector('.summary', { timeout: 60_000 });
    await page.getByText('100,000 connections', { exact: true }).waitFor();
    await page.evaluate(() => {
      document.querySelector('.grid')!.scrollTop = 200_000;
    });
    await page.waitForFunction(() => document.querySelector('.row[aria-rowindex="2"]') === null);
    expect(await page.locator('.row').count()).toBeLessThan(100);
    await page.locator('.grid').focus();
    await page.keyboard.press('End');
    await page.locator('.row.active', { hasText: '100000' }).waitFor();
    await page.click('[role=columnheader] button:has-text("Server")');
    await page.locator('.row[aria-rowindex="2"]', { hasText: '198.51.100.7:1' }).waitFor();
    await page.selectOption('.filter-line select', 'server');
    await page.locator('.groups td', { hasText: '198.51.100.7:1000' }).waitFor();
  });

  it('draws a ladder of 10,000 segments', async () => {
    const { page } = await stand.open();
    await page.setInputFiles('input[type=file]', asFile('long.pcap', longConnection(10_001)));
    await page.waitForSelector('.summary');
    await page.evaluate(() => {
      location.hash = '#/explain/1';
    });
    await page.locator('.ladder .tools', { hasText: /^10,001 / }).waitFor();
    await page.locator('.ladder .scroll').focus();
    await page.keyboard.press('Home');
    await page.locator('.fields dd', { hasText: /^SYN$/ }).waitFor();
    await page.keyboard.press('End');
    await page.locator('.fields', { hasText: '10001' }).waitFor();
  });

  it('tells progress and stops at once when it is told to', { timeout: 120_000 }, async () => {
    const { page } = await stand.open();
    const path = asFile('many.pcap', manyConnections(300_000));
    // From within the page: the way through the test would give it time to finish.
    const told = page.evaluate(cancelAtFirstSign);
    await page.setInputFiles('input[type=file]', path);
    expect(await told).toMatch(/packets.*B\/s/);
    await page.waitForSelector('.summary');
    expect(await summaryOf(page)).toContain('Cancelled');
  });

  it('speaks Chinese', async () => {
    const { page } = await stand.open('', `${stand.served.address}&lang=zh`);
    await page.waitForSelector('.summary');
    expect(await page.getAttribute('html', 'lang')).toBe('zh');
    expect(await page.textContent('nav')).toContain('实验');
  });
});

/** Waits until progress is told, cancels, and returns what was told. */
async function cancelAtFirstSign(): Promise<string> {
  for (;;) {
    const told = document.querySelector('.reading .muted')?.textContent ?? '';
    if (told !== '') {
      document.querySelector<HTMLButtonElement>('.reading button')!.click();
      return told;
    }
    await new Promise(requestAnimationFrame);
  }
}
