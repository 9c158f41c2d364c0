import { parseArgs } from 'node:util';
import { compare, type Difference } from './compare.ts';
import { draw } from './draw.ts';
import { hangsOn } from './margins.ts';
import { runOnHosts } from './run-hosts.ts';
import { runOnKernel } from './run-kernel.ts';
import type { Scenario } from './script.ts';

/**
 * Looks for differences from this machine's kernel with scenarios drawn at random, and prints those that show every time:
 * `npx tsx test/system/compare/search.ts [--seed N] [--count K] [--steps]`. Each is to be made small and kept in scenarios/.
 */

const ROUNDS = 3;
const RUNS_AT_ONCE = 6;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '60' },
    steps: { type: 'boolean', default: false },
  },
});

const scenarios: Scenario[] = [];
for (let seed = Number(values.seed); scenarios.length < Number(values.count); seed++) {
  const scenario = draw(seed);
  if (hangsOn(scenario).length === 0) scenarios.push(scenario);
}

let found = new Map<Scenario, readonly Difference[]>(scenarios.map((scenario) => [scenario, []]));
for (let round = 0; round < ROUNDS && found.size > 0; round++) {
  const runs = await runOnKernel([...found.keys()], RUNS_AT_ONCE);
  const still = new Map<Scenario, readonly Difference[]>();
  for (const [scenario, before] of found) {
    const kernel = runs.get(scenario.name);
    if (kernel === undefined || kernel instanceof Error)
      throw kernel ?? new Error('the kernel was not asked');
    const now = compare(scenario, kernel, runOnHosts(scenario));
    const both = round === 0 ? now : now.filter((line) => before.includes(line));
    if (both.length > 0) still.set(scenario, both);
  }
  found = still;
}

for (const [{ name, steps }, differences] of found) {
  console.log(`\n== ${name}`);
  if (values.steps) for (const step of steps) console.log(`   ${JSON.stringify(step)}`);
  for (const line of differences) console.log(`   ${line}`);
}
console.log(`\n${found.size} of ${scenarios.length} scenarios differ`);
