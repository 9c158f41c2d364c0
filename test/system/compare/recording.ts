import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Run } from './run-kernel.ts';
import type { StepResult } from './script.ts';

/*
 * What Linux did with every scenario, kept in `recorded.jsonl` so that machines without root compare too. The first line
 * names the kernel; `npx tsx test/system/compare/record.ts` writes the file anew.
 */

export const RECORDED_FILE: string = fileURLToPath(new URL('recorded.jsonl', import.meta.url));

interface Record {
  readonly name: string;
  readonly results: readonly StepResult[];
  readonly timesUs: readonly number[];
  readonly lines: readonly (readonly [timeUs: number, text: string, window: number])[];
}

export interface Recording {
  /** `uname -r`. */
  readonly kernel: string;
  readonly runs: ReadonlyMap<string, Run>;
}

/** Times count from the first step. */
export function writeRun(name: string, { results, timesUs, lines }: Run): string {
  const start = timesUs[0]!;
  const record: Record = {
    name,
    results,
    timesUs: timesUs.map((timeUs) => timeUs - start),
    lines: lines.map(({ timeUs, text, window }) => [timeUs - start, text, window]),
  };
  return JSON.stringify(record);
}

function readRun({ results, timesUs, lines }: Record): Run {
  return {
    results,
    timesUs,
    lines: lines.map(([timeUs, text, window]) => {
      const from = text.split(' ')[1] === '>' ? 'client' : 'server';
      return { timeUs, text, window, from };
    }),
  };
}

export function readRecording(): Recording {
  const [head, ...texts] = readFileSync(RECORDED_FILE, 'utf8').trimEnd().split('\n');
  const { kernel } = JSON.parse(head!) as { kernel: string };
  const records = texts.map((text) => JSON.parse(text) as Record);
  return { kernel, runs: new Map(records.map((record) => [record.name, readRun(record)])) };
}
