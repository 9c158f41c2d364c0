import { writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { RECORDED_FILE, readRecording, writeRun } from './recording.ts';
import { runOnHosts } from './run-hosts.ts';
import { type Run, runOnKernel } from './run-kernel.ts';
import { SCENARIOS } from './scenarios/index.ts';

/**
 * Runs every scenario, or those that are named, on this machine's kernel a few times and keeps the run that came nearest
 * to its plan: `npx tsx test/system/compare/record.ts [NAME...]`.
 */

const ROUNDS = 4;
const RUNS_AT_ONCE = 3;

function latenessUs(run: Run, plan: Run): number {
  const late = (i: number): number =>
    run.timesUs[i]! - run.timesUs[0]! - (plan.timesUs[i]! - plan.timesUs[0]!);
  return run.timesUs.length === 0 ? 0 : late(run.timesUs.length - 1);
}

const names = process.argv.slice(2);
const wanted = SCENARIOS.filter(({ name }) => names.length === 0 || names.includes(name));
const best = new Map<string, Run>();
for (let round = 0; round < ROUNDS; round++) {
  const runs = await runOnKernel(wanted, RUNS_AT_ONCE);
  for (const scenario of wanted) {
    const run = runs.get(scenario.name);
    if (run === undefined || run instanceof Error) {
      throw new Error(`${scenario.name}: ${run?.message ?? 'the kernel was not asked'}`);
    }
    const plan = runOnHosts(scenario);
    const before = best.get(scenario.name);
    if (before === undefined || latenessUs(run, plan) < latenessUs(before, plan))
      best.set(scenario.name, run);
  }
}
const before = names.length === 0 ? new Map<string, Run>() : readRecording().runs;
const lines = SCENARIOS.map(({ name }) => writeRun(name, (best.get(name) ?? before.get(name))!));
writeFileSync(RECORDED_FILE, `${[JSON.stringify({ kernel: release() }), ...lines].join('\n')}\n`);
