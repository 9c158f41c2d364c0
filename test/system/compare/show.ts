import { compare } from './compare.ts';
import { readRecording } from './recording.ts';
import { runOnHosts } from './run-hosts.ts';
import { type Run, runOnKernel } from './run-kernel.ts';
import { SCENARIOS } from './scenarios/index.ts';
import type { Step } from './script.ts';

/**
 * Prints where our TCP differs from the kernel: `npx tsx test/system/compare/show.ts [--live] [--all] [NAME...]`, of the
 * scenarios whose names begin so, against the recording or this machine's kernel; with `--all` both runs whole.
 */

const RUNS_AT_ONCE = 4;

function print(run: Run, steps: readonly Step[]): void {
  run.results.forEach((result, i) => {
    const { end, call, waitMs: _, ...rest } = steps[i]!;
    console.log(`   ${end}.${call} ${JSON.stringify(rest)} = ${result}`);
  });
  for (const { timeUs, text, window } of run.lines) {
    console.log(`   ${((timeUs - run.timesUs[0]!) / 1000).toFixed(1).padStart(8)} ${text} | win ${window}`);
  }
}

const options = process.argv.slice(2).filter((text) => text.startsWith('--'));
const names = process.argv.slice(2).filter((text) => !text.startsWith('--'));
const wanted = SCENARIOS.filter(
  ({ name }) => names.length === 0 || names.some((start) => name.startsWith(start)),
);
const runs = options.includes('--live') ? await runOnKernel(wanted, RUNS_AT_ONCE) : readRecording().runs;
let same = 0;
for (const scenario of wanted) {
  const { name, title, steps } = scenario;
  const kernel = runs.get(name);
  if (kernel === undefined || kernel instanceof Error) {
    console.log(`\n== ${name}: ${kernel?.message ?? 'not recorded'}`);
    continue;
  }
  const ours = runOnHosts(scenario);
  const differences = compare(scenario, kernel, ours);
  if (differences.length === 0) same++;
  if (differences.length === 0 && !options.includes('--all')) continue;
  console.log(`\n== ${name}: ${title}`);
  if (options.includes('--all')) {
    print(kernel, steps);
    console.log('   --- ours');
    print(ours, steps);
  }
  for (const difference of differences) console.log(`   ${difference}`);
}
console.log(`\n${same} of ${wanted.length} scenarios agree`);
