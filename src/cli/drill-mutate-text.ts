import { MUTANT_KINDS, type MutantKind, type MutationReport, type Survivor } from '../drill/index.ts';
import { countText, paragraph, plural, printable } from './format.ts';
import type { Look } from './look.ts';

interface Total {
  mutants: number;
  failed: number;
  byCount: number;
}

const NO_REASON = 'no reason known: the runner does not look at this, or the host does it too';

/** How many mutants there were and failed, kind by kind, and those that passed all the same. */
export function renderMutation(reports: readonly MutationReport[], look: Look): string[] {
  const { paint } = look;
  const passing = reports.filter(({ outcome }) => outcome === 'passed');
  const possible = passing.reduce((sum, report) => sum + report.possible, 0);
  const rows = totals(passing);
  const all = sumOf([...rows.values()]);
  const survivors = all.mutants - all.failed;
  const others = reports.length - passing.length;
  const notRun =
    others === 0 ? '' : `; ${plural(others, 'script')} did not pass as they are, and were left out`;
  const style = survivors === 0 ? 'green' : 'yellow';
  return [
    ...survivorLines(passing, look),
    ...kindTable(rows, all, look),
    '',
    `${plural(passing.length, 'script')}, ${countText(all.mutants)} of ${plural(possible, 'mutant')}: ` +
      `${paint.as(`${countText(all.failed)} fail (${share(all.failed, all.mutants)})`, style)}, ` +
      `${countText(survivors)} survive${notRun}`,
  ];
}

function share(part: number, whole: number): string {
  // 100.00 % is said only where it is all of them.
  const percent = whole === 0 ? 0 : Math.floor((10_000 * part) / whole) / 100;
  return `${percent.toFixed(2)} %`;
}

function totals(reports: readonly MutationReport[]): Map<MutantKind, Total> {
  const rows = new Map<MutantKind, Total>();
  for (const name of MUTANT_KINDS) {
    const counts = reports.flatMap(({ kinds }) => kinds.filter(({ kind }) => kind === name));
    if (counts.length > 0) rows.set(name, sumOf(counts));
  }
  return rows;
}

function sumOf(counts: readonly Total[]): Total {
  const total: Total = { mutants: 0, failed: 0, byCount: 0 };
  for (const { mutants, failed, byCount } of counts) {
    total.mutants += mutants;
    total.failed += failed;
    total.byCount += byCount;
  }
  return total;
}

function kindTable(rows: ReadonlyMap<string, Total>, all: Total, look: Look): string[] {
  const width = Math.max(...MUTANT_KINDS.map((kind) => kind.length));
  const line = (name: string, cells: readonly string[]): string =>
    name.padEnd(width) + cells.map((cell) => cell.padStart(15)).join('');
  const row = (name: string, { mutants, failed, byCount }: Total): string =>
    line(name, [mutants, failed, byCount, mutants - failed].map(countText));
  return [
    look.paint.as(line('change', ['mutants', 'fail', 'only by count', 'survive']), 'bold'),
    ...[...rows].map(([kind, total]) => row(kind, total)),
    row('all', all),
  ];
}

/** Under each reason the lines that it holds for. */
function survivorLines(reports: readonly MutationReport[], look: Look): string[] {
  const byReason = new Map<string, string[]>();
  for (const { file, survivors } of reports) {
    for (const survivor of survivors) {
      const reason = survivor.reason ?? NO_REASON;
      byReason.set(reason, [...(byReason.get(reason) ?? []), ...survivorText(file, survivor)]);
    }
  }
  return [...byReason].flatMap(([reason, lines]) => [
    ...paragraph(`Survivors: ${reason}`, '', look.width).map((text) => look.paint.as(text, 'yellow')),
    ...lines,
    '',
  ]);
}

function survivorText(file: string, { line, column, text, kind, change }: Survivor): string[] {
  const shown = text.split('\n')[0]!;
  return [
    printable(`  ${file}:${line}:${column}: ${kind}: ${change}`),
    printable(`  ${String(line).padStart(6)} | ${shown}`),
  ];
}
