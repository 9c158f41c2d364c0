/**
 * Runs a public suite of packetdrill scripts, which is given by its folder and never part of this repository:
 * `npm run conformance -- DIR [--list FILE] [--profile linux|freebsd] [--mutate N] [--seed N]`.
 * DIR is freebsd-net/tcp-testsuite or google/packetdrill's gtests/net/tcp; `--list` names a file with the scripts that count, one a line
 * by path in DIR. `--mutate N` changes one expectation a time in N scripts that pass, and lists the mutants that pass too.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { type DrillResult, drill, mutate, type ProfileName, reportLines } from '../src/drill/index.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    list: { type: 'string' },
    profile: { type: 'string' },
    mutate: { type: 'string' },
    seed: { type: 'string', default: '1' },
    quiet: { type: 'boolean', default: false },
  },
});

/** Subjects of google's suite that are about more than a TCP. */
const OUTSIDE = /(^|\/)(zerocopy|psp|epoll|splice|sendfile|md5|timestamping)\//;
const NEEDS_QDISC = /\btc qdisc (?!add dev tun0 root pfifo\s)/;

function scriptsOf(root: string): string[] {
  if (values.list !== undefined) {
    return readFileSync(values.list, 'utf8')
      .split('\n')
      .map((line) => line.replace(/#.*/, '').trim())
      .filter((line) => line !== '');
  }
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.pkt'))
    .sort();
}

function profileOf(root: string): ProfileName {
  if (values.profile !== undefined) return values.profile as ProfileName;
  return existsSync(join(root, 'state-event-engine')) ? 'freebsd' : 'linux';
}

function summarise(results: readonly DrillResult[]): void {
  const folders = new Map<string, Record<string, number>>();
  for (const { file, outcome } of results) {
    const counts = folders.get(dirname(file)) ?? {};
    counts[outcome] = (counts[outcome] ?? 0) + 1;
    folders.set(dirname(file), counts);
  }
  const cell = (n: number | undefined): string => String(n ?? 0).padStart(12);
  const widest = Math.max(...[...folders.keys()].map((name) => name.length));
  for (const [name, counts] of folders) {
    console.log(
      name.padEnd(widest) +
        cell(counts.passed) +
        cell(counts.failed) +
        cell(counts.unsupported) +
        cell(counts.wrong),
    );
  }
  const passed = results.filter(({ outcome }) => outcome === 'passed').length;
  const inside = results.filter(({ file }) => !OUTSIDE.test(file)).length;
  console.log(
    `${passed} of ${results.length} pass; ${inside} are about TCP alone: ${((100 * passed) / inside).toFixed(1)} %`,
  );
}

function mutateSome(root: string, results: readonly DrillResult[], profile: ProfileName): void {
  const passing = results.filter(({ outcome }) => outcome === 'passed');
  const count = Math.min(Number(values.mutate), passing.length);
  let total = 0;
  const survivors: string[] = [];
  for (let i = 0; i < count; i++) {
    const { file } = passing[Math.floor((i * passing.length) / count)]!;
    const report = mutate(readFileSync(join(root, file), 'utf8'), { file, profile });
    total += report.mutants;
    survivors.push(...report.survivors.map(({ line, change }) => `${file}:${line}: ${change}`));
  }
  console.log(survivors.join('\n'));
  console.log(
    `${total} mutants of ${count} scripts, ${survivors.length} pass: ${((100 * (total - survivors.length)) / total).toFixed(2)} % fail`,
  );
}

const root = positionals[0];
if (root === undefined) throw new Error('which folder? npm run conformance -- DIR');
const profile = profileOf(root);
const began = performance.now();
const results = scriptsOf(root)
  .map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }))
  .filter(({ text }) => values.list !== undefined || !NEEDS_QDISC.test(text))
  .map(({ file, text }) => drill(text, { file, profile, seed: Number(values.seed) }));
const elapsed = performance.now() - began;
if (!values.quiet) {
  for (const result of results) {
    if (result.outcome !== 'passed') console.log(`${reportLines(result).join('\n')}\n`);
  }
}
summarise(results);
const { rss } = process.memoryUsage();
console.log(`${(elapsed / 1000).toFixed(2)} s, ${Math.round(rss / (1 << 20))} MiB, profile ${profile}`);
if (values.mutate !== undefined) mutateSome(root, results, profile);
