import { describe, expect, it } from 'vitest';
import { hangsOn } from './margins.ts';
import { SCENARIOS } from './scenarios/index.ts';

describe('what a scenario shows does not hang on a few milliseconds', () => {
  it.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))('%s', (_, scenario) => {
    expect(hangsOn(scenario)).toEqual([]);
  });
});
