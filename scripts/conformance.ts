/**
 * Runs a public suite of packetdrill scripts, which is given by its folder and never part of this repository; `--help` tells how.
 * With profile freebsd, scripts that have `#ifdef STANDARD` are read a second time with STANDARD in place of FreeBSD.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { renderMutation } from '../src/cli/drill-mutate-text.ts';
import { makeLook } from '../src/cli/look.ts';
import {
  type DrillResult,
  drill,
  type MutationReport,
  mutate,
  type ProfileName,
  reportLines,
} from '../src/drill/index.ts';

const USAGE = `npm run conformance -- DIR [options]

Runs the packetdrill scripts below DIR (google/packetdrill's gtests/net/tcp, freebsd-net/tcp-testsuite, test/drill).

  --list FILE      only the scripts that FILE names, one a line, by path in DIR
                   (FreeBSD's suite: ../shared/drill/freebsd-core.txt, where it is there)
  --profile NAME   linux, freebsd or rfc (freebsd for FreeBSD's suite, otherwise linux)
  --define N[=V]   a symbol for #ifdef, or a value; may be repeated
  --mutate N       then changes one expectation of a passing script at a time, N changes a script
  --seed N         of all randomness (1)
  --quiet          no reports of what did not pass

Exit code: 0 all scripts pass, 1 some do not or a mutant passes without a known reason, 2 a mistake in the command line.`;

const LOOK = makeLook('never', null, { isTty: false, columns: null }, {});
const PROFILES: readonly string[] = ['linux', 'freebsd', 'rfc'];
const FREEBSD_LIST = fileURLToPath(new URL('../../shared/drill/freebsd-core.txt', import.meta.url));

/** Subjects of google's suite that are about more than a TCP. */
const OUTSIDE = /(^|\/)(zerocopy|psp|epoll|splice|sendfile|md5|timestamping)\//;
const NEEDS_QDISC = /\btc qdisc (?!add dev tun0 root pfifo\s)/;

interface Task {
  readonly root: string;
  readonly list: string | null;
  readonly profile: ProfileName;
  readonly defines: Readonly<Record<string, string>>;
  readonly mutate: number;
  readonly seed: number;
  readonly quiet: boolean;
}

interface Script {
  readonly file: string;
  readonly text: string;
}

class UsageError extends Error {}

function taskOf(argv: readonly string[]): Task | null {
  const { values, positionals } = parsed(argv);
  if (values.help) return null;
  if (positionals.length !== 1) throw new UsageError('which folder? One, please.');
  const root = resolve(positionals[0]!);
  if (!statSync(root, { throwIfNoEntry: false })?.isDirectory()) throw new UsageError(`${root} is no folder`);
  const isFreebsd = existsSync(join(root, 'state-event-engine'));
  const list = values.list ?? (isFreebsd && existsSync(FREEBSD_LIST) ? FREEBSD_LIST : null);
  if (list !== null && !existsSync(list)) throw new UsageError(`there is no ${list}`);
  const profile = values.profile ?? (isFreebsd ? 'freebsd' : 'linux');
  if (!PROFILES.includes(profile))
    throw new UsageError(`--profile takes ${PROFILES.join(', ')}, not "${profile}"`);
  return {
    root,
    list,
    profile: profile as ProfileName,
    defines: Object.fromEntries((values.define ?? []).map(definition)),
    mutate: wholeNumber('mutate', values.mutate ?? '0', 0),
    seed: wholeNumber('seed', values.seed ?? '1', 0),
    quiet: values.quiet ?? false,
  };
}

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        list: { type: 'string' },
        profile: { type: 'string' },
        define: { type: 'string', short: 'D', multiple: true },
        mutate: { type: 'string' },
        seed: { type: 'string' },
        quiet: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function definition(text: string): [string, string] {
  const [, name, value] = /^([A-Za-z_]\w*)(?:=(.*))?$/s.exec(text) ?? [];
  if (name === undefined) throw new UsageError(`--define takes NAME or NAME=VALUE, not "${text}"`);
  return [name, value ?? ''];
}

function wholeNumber(name: string, text: string, least: number): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < least)
    throw new UsageError(`--${name} takes a whole number, not "${text}"`);
  return number;
}

function scriptsOf({ root, list }: Task): Script[] {
  const files = list === null ? filesBelow(root) : linesOf(list);
  const scripts = files.map((file) => ({ file, text: textOf(join(root, file)) }));
  if (scripts.length === 0) throw new UsageError(`no *.pkt below ${root}`);
  return list === null ? scripts.filter(({ text }) => !NEEDS_QDISC.test(text)) : scripts;
}

function filesBelow(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.pkt'))
    .sort();
}

function linesOf(list: string): string[] {
  return readFileSync(list, 'utf8')
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '');
}

function textOf(path: string): string {
  if (!existsSync(path)) throw new UsageError(`there is no ${path}`);
  return readFileSync(path, 'utf8');
}

/** Each item in turn; who watches a terminal sees how far it is. */
function each<T>(what: string, items: readonly Script[], work: (script: Script) => T): T[] {
  const watched = process.stderr.isTTY === true;
  const results = items.map((item, i) => {
    if (watched && i % 16 === 0) process.stderr.write(`\r${what}: ${i} of ${items.length}\x1b[K`);
    return work(item);
  });
  if (watched) process.stderr.write('\r\x1b[K');
  return results;
}

function run(task: Task, scripts: readonly Script[]): readonly DrillResult[] {
  const { profile, seed, defines } = task;
  const began = performance.now();
  const results = each('running', scripts, ({ file, text }) => drill(text, { file, profile, seed, defines }));
  const elapsed = performance.now() - began;
  if (!task.quiet) printReports(results);
  printTable(results);
  // Which the kernel counts in KiB.
  const peak = Math.round(process.resourceUsage().maxRSS / 1024);
  console.log(`${(elapsed / 1000).toFixed(2)} s on one core, at most ${peak} MiB; profile ${profile}`);
  return results;
}

function printReports(results: readonly DrillResult[]): void {
  for (const result of results) {
    if (result.outcome !== 'passed') console.log(`${reportLines(result).join('\n')}\n`);
  }
}

function printTable(results: readonly DrillResult[]): void {
  const folders = new Map<string, DrillResult[]>();
  for (const result of results) {
    const folder = dirname(result.file);
    folders.set(folder, [...(folders.get(folder) ?? []), result]);
  }
  const widest = Math.max(...[...folders.keys()].map((name) => name.length), 'folder'.length);
  const columns = ['passed', 'failed', 'unsupported', 'wrong'] as const;
  const row = (name: string, cells: readonly (number | string)[]): string =>
    name.padEnd(widest) + cells.map((cell) => String(cell).padStart(13)).join('');
  console.log(row('folder', columns));
  for (const [name, list] of folders)
    console.log(
      row(
        name,
        columns.map((one) => countOf(list, one)),
      ),
    );
  const passed = countOf(results, 'passed');
  const inside = results.filter(({ file }) => !OUTSIDE.test(file));
  const insidePassed = countOf(inside, 'passed');
  console.log(`\n${passed} of ${results.length} scripts pass`);
  if (inside.length === results.length) return;
  const share = ((100 * insidePassed) / inside.length).toFixed(1);
  console.log(`${insidePassed} of the ${inside.length} that are about TCP alone: ${share} %`);
}

function countOf(results: readonly DrillResult[], outcome: DrillResult['outcome']): number {
  return results.filter((result) => result.outcome === outcome).length;
}

/** FreeBSD's suite: what the standards ask for where FreeBSD does something else. */
function runStandard(task: Task, scripts: readonly Script[]): readonly DrillResult[] {
  const { profile, seed, defines } = task;
  const twofold = scripts.filter(({ text }) => /^#ifdef STANDARD$/m.test(text));
  if (profile !== 'freebsd' || twofold.length === 0 || 'STANDARD' in defines) return [];
  const results = twofold.map(({ file, text }) =>
    drill(text, { file, profile, seed, defines: { ...defines, STANDARD: '' } }),
  );
  if (!task.quiet) printReports(results);
  console.log(
    `${countOf(results, 'passed')} of the ${results.length} with #ifdef STANDARD pass in that reading too`,
  );
  return results;
}

function mutateAll({ profile, seed, defines, mutate: most }: Task, scripts: readonly Script[]): boolean {
  const began = performance.now();
  const reports: MutationReport[] = each('mutants', scripts, ({ file, text }) =>
    mutate(text, { file, profile, seed, defines, most }),
  );
  console.log();
  console.log(renderMutation(reports, LOOK).join('\n'));
  console.log(`${((performance.now() - began) / 1000).toFixed(1)} s, seed ${seed}`);
  return reports.every(({ survivors }) => survivors.every(({ reason }) => reason !== null));
}

function main(task: Task): boolean {
  const scripts = scriptsOf(task);
  const results = [...run(task, scripts), ...runStandard(task, scripts)];
  const isProven = task.mutate === 0 || mutateAll(task, scripts);
  return isProven && results.every(({ outcome }) => outcome === 'passed');
}

try {
  const task = taskOf(process.argv.slice(2));
  if (task === null) console.log(USAGE);
  else process.exitCode = main(task) ? 0 : 1;
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}
