import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SCENARIOS } from '../../src/lab/index.ts';
import { CHROMIUM, PageStand, tellSkipped } from '../support/page.ts';

tellSkipped('the lab view in a browser');

describe.skipIf(CHROMIUM === undefined)('the lab view', () => {
  let stand: PageStand;
  beforeAll(async () => {
    stand = await PageStand.make();
  });
  afterAll(() => stand.close());

  /** Before a run begins there are 0 moments. */
  const ended = (page: Page, moment: RegExp = /of [1-9]/): Promise<void> =>
    page.locator('.player output', { hasText: moment }).waitFor({ timeout: 30_000 });

  it('runs a scenario, steps and scrubs through it, and replays what lies before', async () => {
    const { page, faults } = await stand.open('#/lab/last-ack-lost');
    await ended(page, /moment 17 of 17/);
    expect(await page.textContent('.run')).toContain('It names the cause');
    const sockets = page.locator('section', { hasText: /^Sockets of client/ }).first();
    await page.locator('section', { hasText: /^Sockets of clientnone/ }).waitFor();
    await page.getByLabel('To the beginning').click();
    await ended(page, /moment 1 of 17/);
    for (let i = 0; i < 10; i++) await page.getByLabel('Step', { exact: true }).click();
    await ended(page, /moment 11 of 17/);
    await page.locator('section', { hasText: /^Sockets of clientTIME-WAIT 1/ }).waitFor();
    expect(await page.locator('.diagram').getAttribute('aria-label')).toContain('client: TIME-WAIT');
    // Back: the same run again, to an earlier time.
    await page.locator('input[type=range]').fill('3');
    await page.locator('section', { hasText: /^Sockets of clientESTABLISHED 1/ }).waitFor();
    expect(await sockets.textContent()).toContain('ESTABLISHED');
    expect(faults).toEqual([]);
  });

  it('plays by itself and pauses', async () => {
    const { page } = await stand.open('#/lab/three-segment-close');
    await ended(page);
    await page.click('.player .primary');
    await page.evaluate(pauseSoon);
    const paused = await page.textContent('.player output');
    expect(paused).toMatch(/moment (?:[3-9]|\d\d) of/);
    await page.waitForTimeout(700);
    expect(await page.textContent('.player output')).toBe(paused);
  });

  it('shows two runs side by side with one parameter changed', async () => {
    const { page } = await stand.open('#/lab/last-ack-lost');
    await ended(page);
    await page.selectOption('select[name=what-if]', 'time-wait');
    await page.locator('h2', { hasText: 'Compared' }).waitFor();
    await page.locator('.run').nth(1).waitFor();
    expect(await page.locator('.run').count()).toBe(2);
    await page.locator('table', { hasText: 'no TIME-WAIT: RST' }).first().waitFor();
    expect(page.url()).toContain('what-if=time-wait%3Aoff');
  });

  it('reproduces a run from its link', async () => {
    const link = '#/lab/last-ack-lost?seed=7&lost=2&rtt=40';
    const texts: string[] = [];
    for (let i = 0; i < 2; i++) {
      const { page } = await stand.open(link);
      await ended(page);
      expect(await page.inputValue('input[name=lost]')).toBe('2');
      expect(await page.inputValue('input[name=rtt]')).toBe('40');
      texts.push((await page.locator('.run section', { hasText: /^What happened/ }).textContent()) ?? '');
    }
    expect(texts[0]!.length).toBeGreaterThan(200);
    expect(texts[1]).toBe(texts[0]);
  });

  it('tells of a value in a link that does not fit', async () => {
    const { page } = await stand.open('#/lab/last-ack-lost?lost=99');
    await page.locator('[role=alert]', { hasText: 'from 1 to 5' }).waitFor();
  });

  it('opens the capture of a run in the explain view', async () => {
    const { page } = await stand.open('#/lab/linger-zero');
    await page.click('text=Open the capture in Explain');
    await page.waitForSelector('.summary');
    expect(await page.textContent('.summary')).toContain('linger-zero.pcapng');
  });

  it('runs the scenario of a cause', async () => {
    const { page } = await stand.open('#/causes/last-ack-lost-no-time-wait');
    await page.fill('aside input[type=search]', 'assassinated');
    await page.locator('aside [role=status]', { hasText: /^[2-9] causes/ }).waitFor();
    await page.click('text=Run its scenario');
    await ended(page);
    expect(page.url()).toContain('time-wait=off');
    expect(await page.textContent('.run')).toContain(
      'It names the cause: the last ACK was lost and there was no',
    );
  });

  it('shows ports and TIME-WAIT over time', { timeout: 60_000 }, async () => {
    const { page, faults } = await stand.open('#/lab/time-wait-reopen');
    await page.click('text=Open the capture in Explain');
    await page.waitForSelector('.summary');
    await page.click('nav >> text=Pressure');
    await page.locator('.plot canvas').first().waitFor();
    await page.locator('main', { hasText: 'Forecast' }).waitFor();
    expect(faults).toEqual([]);
  });

  it('runs every scenario without a fault', { timeout: 120_000 }, async () => {
    const { page, faults } = await stand.open('#/lab');
    for (const { name } of SCENARIOS) {
      await page.evaluate((to) => {
        location.hash = `#/lab/${to}`;
      }, name);
      await page.locator('.parameters h2', { hasText: name }).waitFor();
      await page.locator('.run .muted', { hasText: 'virtual time' }).waitFor({ timeout: 60_000 });
    }
    expect(faults).toEqual([]);
  });
});

/** Pauses at the third moment or a later one: from within the page, as a busy machine would hear of it too late from outside. */
async function pauseSoon(): Promise<void> {
  const moment = (): number =>
    Number(/moment (\d+)/.exec(document.querySelector('.player output')!.textContent!)?.[1]);
  // Playing begins at the end, and so goes to the beginning first.
  while (moment() > 2) await new Promise(requestAnimationFrame);
  while (moment() < 3) await new Promise(requestAnimationFrame);
  document.querySelector<HTMLButtonElement>('.player .primary')!.click();
  await new Promise(requestAnimationFrame);
}
