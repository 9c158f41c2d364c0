import type { DrillProblem, DrillResult } from './result.ts';

/** A result as lines of text: the place, the script's line, what was expected and what came instead. */
export function reportLines(result: DrillResult): string[] {
  const { file, outcome, problem } = result;
  if (problem === null) return [`${file}: ${outcome}`];
  const lines = [`${file}:${problem.line}:${problem.column}: ${outcome}: ${problem.message}`];
  for (const [i, text] of problem.text.split('\n').entries()) {
    lines.push(`  ${String(problem.line + i).padStart(4)} | ${text}`);
  }
  lines.push(...comparison(problem));
  if (outcome === 'failed') lines.push(whereabouts(problem));
  return lines;
}

function comparison({ expected, got, differences, text }: DrillProblem): string[] {
  const lines: string[] = [];
  if (expected !== null && expected !== text.trim()) lines.push(...labelled('expected', expected));
  if (got !== null) lines.push(...labelled('got', got));
  const widest = Math.max(0, ...differences.map(({ field }) => field.length));
  for (const difference of differences) {
    lines.push(
      `       ${difference.field.padEnd(widest)}  expected ${difference.expected}, got ${difference.got}`,
    );
  }
  return lines;
}

function labelled(label: string, text: string): string[] {
  return text.split('\n').map((line, i) => `  ${(i === 0 ? label : '').padEnd(8)} ${line}`);
}

function whereabouts({ timeUs, hostState, peerState, rule }: DrillProblem): string {
  const last = rule === null ? '' : `; last rule ${rule}`;
  return `  at ${(timeUs / 1_000_000).toFixed(6)} s: host ${hostState}, peer ${peerState}${last}`;
}
