/**
 * Checks `test/drill/*.pkt` against the kernel of this machine and writes docs/drill-kernel.md:
 * `npx tsx scripts/drill-kernel.ts --packetdrill PATH [--jobs 8] [--only PART] [--dry]`.
 * PATH is google's packetdrill. Each script runs in a network namespace of its own, so root is needed. `--only` runs
 * the scripts whose name holds PART, and like `--dry` writes no table.
 */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

interface Script {
  readonly name: string;
  readonly path: string;
  /** The comment at its head: what the script shows. */
  readonly shows: string;
  /** Seconds that its events are apart, at least. */
  readonly seconds: number;
}

interface Result {
  readonly script: Script;
  /** What packetdrill objected to, null if it passed. */
  readonly objection: string | null;
  readonly attempt: number;
}

/**
 * A busy machine makes packetdrill late by more than its 4 ms. It says so, and only then a script is tried again: any
 * other objection is about what the kernel did.
 */
const ATTEMPTS = 5;
/** From here on a script mostly waits, and the table tells how long. */
const LONG_SECONDS = 5;
const SHORT_JOBS = 2;

const LATE = 'timing error';

const FOLDER = fileURLToPath(new URL('../test/drill/', import.meta.url));
const TABLE = new URL('../docs/drill-kernel.md', import.meta.url);

function readScript(name: string): Script {
  const path = `${FOLDER}${name}.pkt`;
  const lines = readFileSync(path, 'utf8').split('\n');
  const end = lines.findIndex((line) => !line.startsWith('//'));
  const shows = lines.slice(0, end).map((line) => line.slice(2).trim());
  let seconds = 0;
  for (const line of lines) seconds += Number(/^\+(\d*\.?\d+)/.exec(line)?.[1] ?? 0);
  return { name, path, shows: shows.join(' '), seconds };
}

/** Paths leave the table, so that it does not depend on where the checkout lies. */
function firstObjection(output: string, script: Script): string {
  const line = output.split('\n').find((text) => text.trim() !== '') ?? 'no message';
  return line.replaceAll(script.path, basename(script.path)).trim();
}

function runOnce(packetdrill: string, script: Script, attempt: number): Promise<Result> {
  const inside = 'ip link set lo up && exec "$0" "$1"';
  const command = ['-n', 'sh', '-c', inside, packetdrill, script.path];
  return new Promise((resolve) => {
    execFile(
      'unshare',
      command,
      { timeout: Math.ceil(script.seconds * 2 + 30) * 1000 },
      (error, stdout, stderr) => {
        const objection = error === null ? null : firstObjection(`${stderr}${stdout}`, script);
        if (objection !== null) console.log(`attempt ${attempt}: ${objection}`);
        resolve({ script, objection, attempt });
      },
    );
  });
}

/** A pool of `jobs` workers; scripts that were late go to its end. */
async function runPool(packetdrill: string, scripts: readonly Script[], jobs: number): Promise<Result[]> {
  const queue = scripts.map((script) => ({ script, attempt: 1 }));
  const results: Result[] = [];
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const result = await runOnce(packetdrill, next.script, next.attempt);
      const wasLate = result.objection?.includes(LATE) ?? false;
      if (wasLate && next.attempt < ATTEMPTS) queue.push({ ...next, attempt: next.attempt + 1 });
      else results.push(result);
    }
  };
  await Promise.all(Array.from({ length: jobs }, worker));
  return results;
}

/** Those that wait long disturb nobody, `jobs` of them go at once; of the others SHORT_JOBS. */
async function runAll(packetdrill: string, scripts: readonly Script[], jobs: number): Promise<Result[]> {
  const long = scripts.filter((script) => script.seconds >= LONG_SECONDS);
  const short = scripts.filter((script) => script.seconds < LONG_SECONDS);
  const pools = [runPool(packetdrill, long, jobs), runPool(packetdrill, short, Math.min(jobs, SHORT_JOBS))];
  const results = (await Promise.all(pools)).flat();
  return results.sort((a, b) => (a.script.name < b.script.name ? -1 : 1));
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}

function row({ script, objection }: Result): string {
  const waits = script.seconds >= LONG_SECONDS ? `${Math.round(script.seconds)} s` : '';
  return `| \`${script.name}\` | ${cell(script.shows)} | ${objection === null ? 'passes' : 'fails'} | ${waits} |`;
}

function table(results: readonly Result[]): string {
  const failed = results.filter((result) => result.objection !== null);
  const first = results.filter((result) => result.objection === null && result.attempt === 1).length;
  const objections = failed.map(({ script, objection }) => `- \`${script.name}\`: ${objection}`);
  return [
    '# Our drill scripts on the kernel',
    '',
    'Written by `scripts/drill-kernel.ts`; do not edit by hand.',
    '',
    `Kernel: Linux ${release()}, ${process.arch}. Runner: google/packetdrill, default tolerance, one network namespace`,
    'for each script; the sysctls that a script depends on are set at its head, the others are those of a new namespace.',
    `${results.length} scripts, ${results.length - failed.length} pass, ${first} of them at the first attempt. Only a script that`,
    `packetdrill stopped for being late ("${LATE}", this machine had other work) was tried again, ${ATTEMPTS} times at most.`,
    '',
    ...(failed.length === 0 ? [] : ['What packetdrill objects to:', '', ...objections, '']),
    '| Script | Shows | Kernel | Waits |',
    '| --- | --- | --- | --- |',
    ...results.map(row),
    '',
  ].join('\n');
}

const { values } = parseArgs({
  options: {
    packetdrill: { type: 'string' },
    jobs: { type: 'string', default: '8' },
    only: { type: 'string' },
    dry: { type: 'boolean', default: false },
  },
});
const jobs = Number(values.jobs);
if (values.packetdrill === undefined || !Number.isInteger(jobs) || jobs < 1) {
  console.error('usage: npx tsx scripts/drill-kernel.ts --packetdrill PATH [--jobs 8] [--only PART] [--dry]');
  process.exit(2);
}
const packetdrill = values.packetdrill;
const scripts = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.pkt') && file.includes(values.only ?? ''))
  .map((file) => readScript(basename(file, '.pkt')));

const results = await runAll(packetdrill, scripts, jobs);
const failed = results.filter((result) => result.objection !== null);
for (const { script, objection } of failed) console.log(`${script.name} fails: ${objection}`);
console.log(`${results.length - failed.length} of ${results.length} pass on Linux ${release()}`);
if (!values.dry && values.only === undefined) writeFileSync(TABLE, table(results));
process.exitCode = failed.length === 0 ? 0 : 1;
