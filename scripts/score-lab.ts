/**
 * The closed loop as a number: runs every scenario of the lab with parameters drawn at random and has `explain` name what was
 * provoked: `npm run score-lab -- [--draws 50] [--seed 1] [--scenarios NAME,NAME...] [--json] [--verbose]`.
 * Each draw has its own parameters, seed, and end at which it is captured. Its whole capture is scored; then the same
 * capture is scored again with each damage (packets lost, reordered, cut, one direction only), in a table of its own.
 * Exit code 1 where the whole captures of a scenario miss the aims: contained >= 97 %, wrong <= 1 %.
 */
import { parseArgs } from 'node:util';
import { SCENARIOS } from '../src/lab/scenarios/index.ts';
import { type Draw, drawScenario } from './score/lab.ts';
import { markdown, scoreDraws } from './score/lab-print.ts';

const { values } = parseArgs({
  options: {
    draws: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    scenarios: { type: 'string' },
    json: { type: 'boolean', default: false },
    verbose: { type: 'boolean', short: 'v', default: false },
  },
});
const count = Number(values.draws);
const seed = Number(values.seed);
const wanted = values.scenarios?.split(',');
const unknown = wanted?.filter((name) => SCENARIOS.every((one) => one.name !== name)) ?? [];
if (!Number.isInteger(count) || count < 1 || !Number.isInteger(seed) || unknown.length > 0) {
  console.error(
    unknown.length > 0
      ? `no such scenario: ${unknown.join(', ')}`
      : 'usage: npm run score-lab -- [--draws N] [--seed N] [--scenarios NAME,NAME...] [--json] [--verbose]',
  );
  process.exit(2);
}
const scenarios = SCENARIOS.filter(({ name }) => wanted?.includes(name) ?? true);
const draws: Draw[] = [];
let broken = 0;
for (const [i, scenario] of scenarios.entries()) {
  const startMs = performance.now();
  try {
    for (const draw of drawScenario(scenario, count, seed)) draws.push(draw);
  } catch (error) {
    // A run that breaks is a fault of the scenario or of our TCP; what the others showed is told all the same.
    console.error(`${scenario.name}: ${error instanceof Error ? error.stack : error}`);
    broken++;
  }
  const seconds = ((performance.now() - startMs) / 1_000).toFixed(1);
  console.error(`${i + 1} of ${scenarios.length}: ${scenario.name}, ${seconds} s`);
}
const score = scoreDraws(draws, count, seed);
console.log(values.json ? JSON.stringify(score, null, 1) : markdown(score, values.verbose));
process.exitCode = score.below.length === 0 && broken === 0 ? 0 : 1;
