import { runOnHosts } from './run-hosts.ts';
import type { Run } from './run-kernel.ts';
import type { Scenario } from './script.ts';

/** Shorter pauses only let things happen in their order. */
const PAUSE_MS = 30;
const MARGIN_MS = 15;
const MARGIN_SHARE = 0.06;

const CHANGES: readonly (readonly [string, (ms: number) => number])[] = [
  [`${MARGIN_MS} ms shorter`, (ms) => ms - MARGIN_MS],
  [`${MARGIN_MS} ms longer`, (ms) => ms + MARGIN_MS],
  [`${MARGIN_SHARE * 100} % shorter`, (ms) => ms * (1 - MARGIN_SHARE)],
  [`${MARGIN_SHARE * 100} % longer`, (ms) => ms * (1 + MARGIN_SHARE)],
];

function withPauses(scenario: Scenario, pause: (ms: number) => number): Scenario {
  const steps = scenario.steps.map((step) => ({
    ...step,
    waitMs: step.waitMs > PAUSE_MS ? pause(step.waitMs) : step.waitMs,
  }));
  return { ...scenario, steps };
}

/** Of each direction by itself: which of two segments that cross is first says nothing. */
function outcome({ results, lines }: Run): string {
  const sentBy = (end: string): string[] => lines.filter(({ from }) => from === end).map(({ text }) => text);
  return [...results, ...sentBy('client'), ...sentBy('server')].join('\n');
}

/**
 * How the pauses of a scenario may not be changed without changing what it shows. Linux's timers are late by some milliseconds or per
 * cent, and so are the steps of a busy machine: where a timer and a step run that close a race, there are two right outcomes.
 */
export function hangsOn(scenario: Scenario): readonly string[] {
  const planned = outcome(runOnHosts(scenario));
  return CHANGES.filter(([, pause]) => outcome(runOnHosts(withPauses(scenario, pause))) !== planned).map(
    ([change]) => change,
  );
}
