/** What `bench/page.ts` has the page do: each function is sent there as text, and so stands alone. */

export async function firstPaint(): Promise<number> {
  const entry = (): PerformanceEntry | undefined => performance.getEntriesByName('first-contentful-paint')[0];
  while (entry() === undefined) await new Promise(requestAnimationFrame);
  return entry()!.startTime;
}

/** From the first sign of the analysis to its result. Tasks under 50 ms are not told of by the browser, and count as 0. */
export async function watchAnalysis(): Promise<{
  seconds: number;
  longestTaskMs: number;
  longestFrameMs: number;
}> {
  let longestTaskMs = 0;
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longestTaskMs = Math.max(longestTaskMs, duration);
  });
  const has = (selector: string): boolean => document.querySelector(selector) !== null;
  const frame = (): Promise<number> => new Promise(requestAnimationFrame);
  while (!has('.reading')) await frame();
  observer.observe({ type: 'longtask' });
  const startedAt = performance.now();
  let [last, longestFrameMs] = [startedAt, 0];
  while (!has('.row[aria-rowindex]')) {
    const now = await frame();
    longestFrameMs = Math.max(longestFrameMs, now - last);
    last = now;
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  await new Promise((resolve) => setTimeout(resolve, 500));
  return { seconds, longestTaskMs, longestFrameMs };
}

export async function cancelHalfWay(): Promise<{ heardMs: number; shownMs: number }> {
  const frame = (): Promise<number> => new Promise(requestAnimationFrame);
  const share = (): number => document.querySelector<HTMLProgressElement>('.reading progress')?.value ?? 0;
  while (share() < 0.4) await frame();
  const startedAt = performance.now();
  const button = document.querySelector<HTMLButtonElement>('.reading button')!;
  button.click();
  while (!button.disabled && button.isConnected) await frame();
  const heardMs = performance.now() - startedAt;
  while (document.querySelector('.summary') === null) await frame();
  return { heardMs, shownMs: performance.now() - startedAt };
}

/** Milliseconds between frames while the table scrolls by three rows a frame. */
export async function scrollFrames(): Promise<number[]> {
  const grid = document.querySelector('.grid')!;
  const gaps: number[] = [];
  let last = await new Promise<number>(requestAnimationFrame);
  for (let i = 0; i < 240; i++) {
    grid.scrollTop += 90;
    const now = await new Promise<number>(requestAnimationFrame);
    gaps.push(now - last);
    last = now;
  }
  return gaps;
}

/** From the address of the connection to the frame that shows all of its ladder. */
export async function openLadder(): Promise<number> {
  const startedAt = performance.now();
  location.hash = '#/explain/1';
  const whole = (): boolean =>
    document.querySelector('.ladder .tools')?.textContent?.startsWith('10,001 ') ?? false;
  while (!whole()) await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  return performance.now() - startedAt;
}
