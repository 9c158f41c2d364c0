/**
 * The page in Debian's Chromium, by the clock: `npm run bench:page -- [--bytes 5e8] [--rounds 3]`. Prints Markdown.
 * Medians of the rounds; for memory, and the main thread's tasks, the worst of them.
 */
import { readFileSync, statSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import type { Page } from 'playwright-core';
import { CHROMIUM, PageStand } from '../test/support/page.ts';
import { asFile, longConnection, manyConnections } from '../test/support/page-captures.ts';
import { DEFAULTS, ensureCapture } from './make-capture.ts';
import * as inPage from './page/in-page.ts';
import { RendererWatch, type Used } from './page/watch.ts';
import { median } from './run.ts';

interface Analysed extends Used {
  readonly seconds: number;
  readonly longestTaskMs: number;
  readonly longestFrameMs: number;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { bytes: { type: 'string', default: '5e8' }, rounds: { type: 'string', default: '3' } },
  });
  if (CHROMIUM === undefined) throw new Error('no Chromium is installed: Debian package chromium');
  const rounds = Number(values.rounds);
  const big = ensureCapture({ ...DEFAULTS, bytes: Number(values.bytes) });
  const many = asFile('many.pcap', manyConnections(100_000));
  const long = asFile('long.pcap', longConnection(10_001));
  console.log(machine());
  console.log('\n| | |\n|---|---:|');
  const times = (measure: () => Promise<number>): Promise<number[]> => repeated(rounds, measure);

  tell('first contentful paint', await times(() => withPage((page) => page.evaluate(inPage.firstPaint))));
  const analysed: Analysed[] = [];
  for (let i = 0; i < rounds; i++) analysed.push(await withPage((page, stand) => analyse(page, stand, big)));
  const megabytes = statSync(big).size / 1e6;
  const rate = (seconds: readonly number[]): string => `${(megabytes / median(seconds)).toFixed(0)} MB/s`;
  line(`${megabytes.toFixed(0)} MB analysed, by the clock`, rate(analysed.map((a) => a.seconds)));
  line("  by the Worker's processor time", rate(analysed.map((a) => a.workerSeconds)));
  line(
    '  longest task of the main thread meanwhile, by the clock',
    worst(analysed.map((a) => a.longestTaskMs)),
  );
  line('  by its processor time', worst(analysed.map((a) => a.taskMs)));
  line('  longest time between two frames meanwhile', worst(analysed.map((a) => a.longestFrameMs)));
  const peak = Math.max(...analysed.map((a) => a.peakBytes)) / 1e6;
  line('  peak memory of the page and its Worker (resident)', `${peak.toFixed(0)} MB`);

  const cancels: { heardMs: number; shownMs: number }[] = [];
  for (let i = 0; i < rounds; i++) cancels.push(await withPage((page) => cancelled(page, big)));
  tell(
    'cancel: until the page has heard',
    cancels.map((c) => c.heardMs),
  );
  tell(
    'cancel: until what was known is shown',
    cancels.map((c) => c.shownMs),
  );
  const frames: number[] = [];
  for (let i = 0; i < rounds; i++) frames.push(...(await withPage((page) => scrolled(page, many))));
  frames.sort((a, b) => a - b);
  line('table of 100,000 rows: frames a second while it scrolls', (1_000 / median(frames)).toFixed(0));
  line('  95 % of the frames within', `${frames[Math.floor(frames.length * 0.95)]!.toFixed(1)} ms`);
  tell(
    'ladder of 10,001 segments, from the click',
    await times(() => withPage((page) => ladder(page, long))),
  );
}

async function repeated(rounds: number, measure: () => Promise<number>): Promise<number[]> {
  const all: number[] = [];
  for (let i = 0; i < rounds; i++) all.push(await measure());
  return all;
}

/** A browser of its own each time, so that nothing is left of what came before. */
async function withPage<T>(use: (page: Page, stand: PageStand) => Promise<T>): Promise<T> {
  const stand = await PageStand.make();
  try {
    const { page } = await stand.open();
    // tsx gives functions their names with a helper, which those that are sent to the page call too.
    await page.evaluate('globalThis.__name = (named) => named');
    return await use(page, stand);
  } finally {
    await stand.close();
  }
}

async function analyse(page: Page, stand: PageStand, path: string): Promise<Analysed> {
  await page.waitForTimeout(500);
  const used = await RendererWatch.begin(stand.browser);
  const watched = page.evaluate(inPage.watchAnalysis);
  await page.setInputFiles('input[type=file]', path);
  const seen = await watched;
  return { ...seen, ...(await used.end()) };
}

async function cancelled(page: Page, path: string): Promise<{ heardMs: number; shownMs: number }> {
  const watched = page.evaluate(inPage.cancelHalfWay);
  await page.setInputFiles('input[type=file]', path);
  return watched;
}

async function scrolled(page: Page, path: string): Promise<number[]> {
  await page.setInputFiles('input[type=file]', path);
  await page.waitForSelector('.row[aria-rowindex]', { timeout: 60_000 });
  await page.waitForTimeout(500);
  return page.evaluate(inPage.scrollFrames);
}

async function ladder(page: Page, path: string): Promise<number> {
  await page.setInputFiles('input[type=file]', path);
  await page.waitForSelector('.row[aria-rowindex]');
  await page.waitForTimeout(500);
  return page.evaluate(inPage.openLadder);
}

function tell(what: string, ms: readonly number[]): void {
  line(what, `${median(ms).toFixed(0)} ms`);
}

function worst(ms: readonly number[]): string {
  return `${Math.max(...ms).toFixed(0)} ms`;
}

function line(what: string, value: string): void {
  console.log(`| ${what} | ${value} |`);
}

function machine(): string {
  const cpu = cpus();
  const load = readFileSync('/proc/loadavg', 'utf8').split(' ')[0];
  return `${cpu.length} x ${cpu[0]!.model.trim()}, Node ${process.versions.node}, load ${load}`;
}

await main();
