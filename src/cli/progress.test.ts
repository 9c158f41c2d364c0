import { describe, expect, it } from 'vitest';
import { Progress } from './progress.ts';

function bar(columns: number): { readonly progress: Progress; readonly written: string[] } {
  const written: string[] = [];
  return {
    written,
    progress: new Progress(
      (text) => written.push(text),
      1000,
      false,
      () => columns,
    ),
  };
}

describe('the progress line', () => {
  it('is silent in the first half second, and then drawn at most ten times a second', () => {
    const { progress, written } = bar(200);
    progress.update(1400, 100, 1000, 1);
    progress.clear();
    expect(written).toEqual([]);
    for (let ms = 1500; ms < 2500; ms += 10) progress.update(ms, 100, 1000, 1);
    expect(written).toHaveLength(10);
  });

  it('has share, rate, packets and the time left', () => {
    const { progress, written } = bar(200);
    progress.update(3000, 25_000_000, 100_000_000, 1234);
    expect(written).toEqual([
      '\r######.................. 25 %  25 MB of 100 MB, 12.5 MB/s, 1,234 packets, 6 s left\x1b[K',
    ]);
  });

  it('has no share where the size is not known', () => {
    const { progress, written } = bar(200);
    progress.update(3000, 25_000_000, null, 1234);
    expect(written).toEqual(['\r25 MB read, 12.5 MB/s, 1,234 packets\x1b[K']);
  });

  it('keeps to one line of the terminal and clears it', () => {
    const { progress, written } = bar(40);
    progress.update(3000, 25_000_000, 100_000_000, 1234);
    progress.clear();
    progress.clear();
    expect(written).toHaveLength(2);
    expect(written[0]!.length).toBeLessThanOrEqual(1 + 39 + '\x1b[K'.length);
    expect(written[1]).toBe('\r\x1b[K');
  });
});
