import { dirname } from 'node:path';
import { type DrillOutcome, type DrillResult, reportLines } from '../drill/index.ts';
import { plural, printable } from './format.ts';
import type { Look, Style } from './look.ts';

const OUTCOMES: readonly DrillOutcome[] = ['passed', 'failed', 'unsupported', 'wrong'];

const STYLES: Readonly<Record<DrillOutcome, Style>> = {
  passed: 'green',
  failed: 'red',
  unsupported: 'yellow',
  wrong: 'red',
};

/** What did not pass, line by line, and a table by folder. */
export function renderDrill(results: readonly DrillResult[], look: Look): string[] {
  const reports = results
    .filter(({ outcome }) => outcome !== 'passed')
    .flatMap((result) => {
      const [first, ...rest] = reportLines(result).map(printable);
      return [look.paint.as(first!, STYLES[result.outcome]), ...rest, ''];
    });
  return [...reports, ...table(results, look)];
}

type Counts = Record<DrillOutcome, number>;

function countsOf(results: readonly DrillResult[]): Counts {
  const counts: Counts = { passed: 0, failed: 0, unsupported: 0, wrong: 0 };
  for (const { outcome } of results) counts[outcome]++;
  return counts;
}

function table(results: readonly DrillResult[], look: Look): string[] {
  const folders = new Map<string, DrillResult[]>();
  for (const result of results) {
    const folder = dirname(result.file);
    const before = folders.get(folder);
    if (before === undefined) folders.set(folder, [result]);
    else before.push(result);
  }
  const total = countsOf(results);
  const summary = `${plural(results.length, 'script')}: ${OUTCOMES.filter((one) => total[one] > 0)
    .map((one) => look.paint.as(`${total[one]} ${one}`, STYLES[one]))
    .join(', ')}`;
  if (folders.size < 2) return [summary];
  const widest = Math.max(...[...folders.keys()].map((name) => name.length), 'folder'.length);
  const header = `${'folder'.padEnd(widest)}${OUTCOMES.map((one) => one.padStart(13)).join('')}`;
  const rows = [...folders].map(([name, list]) => {
    const counts = countsOf(list);
    return `${printable(name).padEnd(widest)}${OUTCOMES.map((one) => String(counts[one]).padStart(13)).join('')}`;
  });
  return [look.paint.as(header, 'bold'), ...rows, '', summary];
}
