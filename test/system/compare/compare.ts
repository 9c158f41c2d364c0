import type { Run } from './run-kernel.ts';
import type { End, Scenario, Step, StepResult } from './script.ts';
import type { Line } from './transcript.ts';

const ENDS: readonly End[] = ['client', 'server'];

/** Linux's timers go by jiffies of up to 10 ms and a wheel that may be 12 % late, and this machine has other work to do. */
const TIME_SLACK_US = 25_000;
const TIME_SLACK_SHARE = 0.05;

/** One thing that two runs do not agree on. `-`: only the kernel, `+`: only our TCP, `~`: another time. */
export type Difference = string;

function textOf(line: Line): string {
  return line.text;
}

function stepText(step: Step, result: StepResult): string {
  const { end, call } = step;
  const socket = 'socket' in step ? ` ${step.socket}` : '';
  return `${end} ${call}${socket} = ${result}`;
}

function compareResults(steps: readonly Step[], kernel: Run, ours: Run): Difference[] {
  return steps.flatMap((step, i) => {
    const [truth, own] = [kernel.results[i]!, ours.results[i]!];
    return truth === own ? [] : [`- [${i}] ${stepText(step, truth)}`, `+ [${i}] ${stepText(step, own)}`];
  });
}

/** Which lines of one run are which of the other: the longest common subsequence, as pairs in order. */
function align(kernel: readonly string[], ours: readonly string[]): [number, number][] {
  const columns = ours.length + 1;
  const common = new Uint16Array((kernel.length + 1) * columns);
  for (let i = kernel.length - 1; i >= 0; i--) {
    for (let j = ours.length - 1; j >= 0; j--) {
      common[i * columns + j] =
        kernel[i] === ours[j]
          ? common[(i + 1) * columns + j + 1]! + 1
          : Math.max(common[(i + 1) * columns + j]!, common[i * columns + j + 1]!);
    }
  }
  const pairs: [number, number][] = [];
  let i = 0;
  let j = 0;
  while (i < kernel.length && j < ours.length) {
    if (kernel[i] === ours[j]) pairs.push([i++, j++]);
    else if (common[(i + 1) * columns + j]! >= common[i * columns + j + 1]!) i++;
    else j++;
  }
  return pairs;
}

/**
 * Time since the script began. A machine that is late with its steps is late with what they cause, so a line's time is
 * that of the plan: what steps were late by is taken off.
 */
function plannedUs(line: Line, run: Run, plan: Run): number {
  let last = 0;
  for (let i = 0; i < run.timesUs.length && run.timesUs[i]! <= line.timeUs; i++) last = i;
  return line.timeUs - run.timesUs[last]! + plan.timesUs[last]! - plan.timesUs[0]!;
}

function compareTimes(kernel: Line, ours: Line, run: Run, plan: Run): Difference[] {
  const truth = plannedUs(kernel, run, plan);
  const own = plannedUs(ours, plan, plan);
  const differ = Math.abs(truth - own) > TIME_SLACK_US + TIME_SLACK_SHARE * truth;
  return differ ? [`~ ${ours.text}: ${own < truth ? 'earlier' : 'later'} than the kernel`] : [];
}

/** Each direction by itself: which of two segments that cross is captured first is chance, and ACK numbers tell the rest. */
function compareDirection(from: End, kernel: Run, ours: Run): Difference[] {
  const truth = kernel.lines.filter((line) => line.from === from);
  const own = ours.lines.filter((line) => line.from === from);
  const differences: Difference[] = [];
  let i = 0;
  let j = 0;
  for (const [k, o] of [...align(truth.map(textOf), own.map(textOf)), [truth.length, own.length]] as const) {
    while (i < k) differences.push(`- ${truth[i++]!.text}`);
    while (j < o) differences.push(`+ ${own[j++]!.text}`);
    if (k < truth.length) differences.push(...compareTimes(truth[i++]!, own[j++]!, kernel, ours));
  }
  return differences;
}

/** Calls that returned something else, segments that only one of the two sent or that one sent at quite another time. */
export function compare({ steps }: Scenario, kernel: Run, ours: Run): Difference[] {
  return [
    ...compareResults(steps, kernel, ours),
    ...ENDS.flatMap((end) => compareDirection(end, kernel, ours)),
  ];
}
