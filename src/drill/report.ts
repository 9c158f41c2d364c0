import type { DrillProblem, DrillResult } from './result.ts';
import { isShown } from './run/diff.ts';
import { seconds } from './run/timing.ts';

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

function comparison({ expected, got, marks, differences }: DrillProblem): string[] {
  const lines: string[] = [];
  if (expected !== null) lines.push(...labelled('expected', expected));
  if (got !== null) lines.push(...labelled('got', got));
  if (marks !== null) lines.push(...labelled('', marks));
  // What a script's line does not show of a packet: fields of IP, checksums, the octets themselves.
  const others = differences.filter((difference) => !isShown(difference));
  const widest = Math.max(0, ...others.map(({ field }) => field.length));
  for (const difference of others) {
    lines.push(
      `           ${difference.field.padEnd(widest)}  expected ${difference.expected}, got ${difference.got}`,
    );
  }
  return lines;
}

function labelled(label: string, text: string): string[] {
  return text.split('\n').map((line, i) => `  ${(i === 0 ? label : '').padEnd(8)} ${line}`);
}

function whereabouts({ timeUs, hostState, peerState, rule, sentByRule }: DrillProblem): string {
  const what = sentByRule ? 'it was sent by rule' : 'the last rule was';
  const last = rule === null ? '' : `; ${what} ${rule}`;
  return `  at ${seconds(timeUs)}: the host is in ${hostState}, by the script's packets the peer in ${peerState}${last}`;
}
