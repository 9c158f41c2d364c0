import { describe, expect, it } from 'vitest';
import { runOnHosts } from './run-hosts.ts';
import type { Run } from './run-kernel.ts';
import { SCENARIOS } from './scenarios/index.ts';
import type { Scenario } from './script.ts';

/**
 * Linux's timers are late by some milliseconds or per cent, and so are the steps of a busy machine. A scenario in which a
 * timer and a step run that close a race has two right outcomes, and would fail now and then.
 */

const PAUSE_MS = 30;
const MARGIN_MS = 15;
const MARGIN_SHARE = 0.06;

function withPauses(scenario: Scenario, pause: (ms: number) => number): Scenario {
  const steps = scenario.steps.map((step) => ({
    ...step,
    waitMs: step.waitMs > PAUSE_MS ? pause(step.waitMs) : step.waitMs,
  }));
  return { ...scenario, steps };
}

/** Of each direction by itself: which of two segments that cross is first says nothing. */
function outcome({ results, lines }: Run): unknown {
  const sentBy = (end: string): string[] => lines.filter(({ from }) => from === end).map(({ text }) => text);
  return { results, client: sentBy('client'), server: sentBy('server') };
}

const CHANGES: readonly (readonly [string, (ms: number) => number])[] = [
  [`${MARGIN_MS} ms less`, (ms) => ms - MARGIN_MS],
  [`${MARGIN_MS} ms more`, (ms) => ms + MARGIN_MS],
  [`${MARGIN_SHARE * 100} % less`, (ms) => ms * (1 - MARGIN_SHARE)],
  [`${MARGIN_SHARE * 100} % more`, (ms) => ms * (1 + MARGIN_SHARE)],
];

describe('what a scenario shows does not hang on a few milliseconds', () => {
  it.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))('%s', (_, scenario) => {
    const planned = outcome(runOnHosts(scenario));
    for (const [change, pause] of CHANGES)
      expect(outcome(runOnHosts(withPauses(scenario, pause))), `pauses ${change}`).toEqual(planned);
  });
});
