import type { Row, ScoreReport } from './score.ts';

export function printReport(report: ScoreReport, verbose: boolean): void {
  const { rows } = report;
  const share = (pick: (r: Row) => boolean): string =>
    `${((100 * rows.filter(pick).length) / rows.length).toFixed(1)} %`;
  console.log(
    `${rows.length} captures scored, ${report.skipped.length} runs left out (nothing of the cause is on the wire)\n`,
  );
  console.log(`  first right      ${share((r) => r.result === 'first')}`);
  console.log(`  contained        ${share((r) => r.result === 'first' || r.result === 'contained')}`);
  console.log(`  undetermined     ${share((r) => r.result === 'undetermined')}`);
  console.log(`  wrong            ${share((r) => r.result === 'wrong')}`);
  const sets = rows.filter((r) => r.said !== null).map((r) => 1 + r.alternatives.length);
  console.log(`  mean set size    ${(sets.reduce((a, b) => a + b, 0) / sets.length).toFixed(2)}`);
  for (const [name, pick] of [
    ['first closer', (r: Row) => r.closer],
    ['close kind', (r: Row) => r.kind],
    ['RST sender', (r: Row) => r.rst],
    ['TIME-WAIT holder', (r: Row) => r.timeWait],
    ['states', (r: Row) => r.states],
  ] as const) {
    console.log(`  ${name.padEnd(16)} ${share(pick)}`);
  }
  console.log('\nConfusions (label -> said, captures):');
  const confusions = new Map<string, string[]>();
  for (const r of rows) {
    if (r.result === 'first') continue;
    const key = `${r.label.cause} -> ${r.said ?? 'undetermined'}${r.result === 'contained' ? ' (contained)' : ''}`;
    confusions.set(key, [...(confusions.get(key) ?? []), r.file]);
  }
  for (const [key, files] of [...confusions].sort((a, b) => b[1].length - a[1].length))
    console.log(`  ${String(files.length).padStart(3)}  ${key}   ${files.join(' ')}`);
  if (!verbose) return;
  console.log('\nDisagreements on closer, kind, RST sender, TIME-WAIT holder, states:');
  for (const r of rows) {
    const bad = [
      !r.closer && 'closer',
      !r.kind && 'kind',
      !r.rst && 'rst',
      !r.timeWait && 'time-wait',
      !r.states && 'states',
    ].filter(Boolean);
    if (bad.length === 0) continue;
    const l = r.label;
    console.log(
      `  ${r.file}: ${bad.join(', ')}\n    label kind=${l.close_kind} closer=${l.active_closer} rst=${l.rst_sender} tw=${l.time_wait_on} C:${l.states.client?.map((s) => s.state)} S:${l.states.server?.map((s) => s.state)}\n    saw   ${r.saw} cause=${r.said}`,
    );
  }
}
