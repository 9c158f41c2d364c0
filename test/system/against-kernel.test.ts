import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { beforeAll, describe, expect, it } from 'vitest';
import { compare, type Difference } from './compare/compare.ts';
import { DIFFERENCES } from './compare/differences.ts';
import { readRecording } from './compare/recording.ts';
import { runOnHosts } from './compare/run-hosts.ts';
import { type Run, runOnKernel, whatIsMissing } from './compare/run-kernel.ts';
import { SCENARIOS } from './compare/scenarios/index.ts';
import type { Scenario } from './compare/script.ts';

/**
 * The same scripts of socket calls, lost packets and injected segments on Linux and on two of our hosts with the profile
 * `linux`: what calls return, the segments that either end sends and their times must be the same, but for what
 * docs/against-linux.md argues.
 */

const RUNS_AT_ONCE = 6;
/** A machine that is busy with other things disturbs a run; a difference in what the kernel does shows every time. */
const ATTEMPTS = 4;

const recording = readRecording();
const ours = new Map(SCENARIOS.map((scenario) => [scenario.name, runOnHosts(scenario)]));

function known(scenario: Scenario): readonly Difference[] {
  return DIFFERENCES[scenario.name]?.lines ?? [];
}

function differences(scenario: Scenario, kernel: Run | Error | undefined): readonly Difference[] {
  if (kernel === undefined || kernel instanceof Error)
    return [`the kernel was not asked: ${kernel?.message}`];
  return compare(scenario, kernel, ours.get(scenario.name)!);
}

function isAsKnown(scenario: Scenario, kernel: Run | Error | undefined): boolean {
  return differences(scenario, kernel).join('\n') === known(scenario).join('\n');
}

describe(`the profile linux against Linux ${recording.kernel}, recorded`, () => {
  it.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))('%s', (name, scenario) => {
    expect(differences(scenario, recording.runs.get(name))).toEqual(known(scenario));
  });
});

/** Of the releases that we know nothing of, only newer ones are expected to do the same. */
function isOlder(kernel: string, than: string): boolean {
  const [major = 0, minor = 0] = kernel.split('.').map(Number);
  const [thanMajor = 0, thanMinor = 0] = than.split('.').map(Number);
  return major < thanMajor || (major === thanMajor && minor < thanMinor);
}

function whyNotLive(): string | null {
  const missing = whatIsMissing();
  if (missing !== null) return missing;
  return isOlder(release(), recording.kernel)
    ? `it runs Linux ${release()}, older than the ${recording.kernel} that the profile follows`
    : null;
}

const missing = whyNotLive();
if (missing !== null) console.log(`Our TCP is not compared with this machine's kernel: ${missing}.`);
const title = "the profile linux against this machine's kernel";

describe.skipIf(missing !== null)(missing === null ? title : `${title} (${missing})`, () => {
  const kernel = new Map<string, Run | Error>();

  beforeAll(async () => {
    let todo: readonly Scenario[] = SCENARIOS;
    for (let attempt = 0; attempt < ATTEMPTS && todo.length > 0; attempt++) {
      for (const [name, run] of await runOnKernel(todo, RUNS_AT_ONCE)) kernel.set(name, run);
      todo = todo.filter((scenario) => !isAsKnown(scenario, kernel.get(scenario.name)));
    }
  });

  it.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))('%s', (name, scenario) => {
    expect(differences(scenario, kernel.get(name))).toEqual(known(scenario));
  });
});

describe('docs/against-linux.md', () => {
  const page = readFileSync(new URL('../../docs/against-linux.md', import.meta.url), 'utf8');
  const headings = page.split('\n').filter((line) => line.startsWith('### '));

  it('argues every difference, and no other', () => {
    const argued = new Set(Object.values(DIFFERENCES).map(({ heading }) => `### ${heading}`));
    expect(headings).toEqual([...argued]);
  });

  it('names every scenario', () => {
    const rows = [...page.matchAll(/^\| `([a-z0-9-]+)` \|/gm)].map((match) => match[1]);
    expect(rows).toEqual(SCENARIOS.map(({ name }) => name));
  });
});
