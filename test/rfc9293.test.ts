import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';

/*
 * docs/rfc9293.md against the tests that it names: each of them must exist, have run under that name and have passed, and no
 * requirement of RFC 9293 Appendix B may be missing.
 */

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const VITEST = join(ROOT, 'node_modules/vitest/vitest.mjs');

/** Rows of Appendix B by requirement, where it has more than one. */
const SEVERAL: Readonly<Record<string, number>> = {
  'SHLD-5': 2,
  'MUST-15': 2,
  'MUST-46': 2,
  'MUST-57': 2,
  'MUST-20': 2,
  'MUST-56': 3,
};

function numbered(prefix: string, last: number): string[] {
  return Array.from({ length: last }, (_, i) => `${prefix}-${i + 1}`);
}

const REQUIREMENTS: readonly string[] = [
  ...numbered('MUST', 69),
  ...numbered('SHLD', 31),
  ...numbered('MAY', 18),
  'REC-1',
];

interface Row {
  readonly id: string;
  readonly section: string;
  readonly status: string;
  readonly tests: readonly string[];
  readonly remarks: string;
}

/** The rows of the document's tables: `| id | requirement | section | status | tests | remarks |`. */
function readRows(markdown: string): Row[] {
  const rows: Row[] = [];
  for (const line of markdown.split('\n')) {
    if (!/^\| (MUST|SHLD|MAY|REC)-\d+ \|/.test(line)) continue;
    const cells = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    expect(cells.length, line).toBe(6);
    rows.push({
      id: cells[0]!,
      section: cells[2]!,
      status: cells[3]!,
      tests: [...cells[4]!.matchAll(/`([^`]+)`/g)].map((match) => match[1]!),
      remarks: cells[5]!,
    });
  }
  return rows;
}

interface Ran {
  readonly name: string;
  readonly status: string;
}

function runConformance(): Ran[] {
  const folder = mkdtempSync(join(tmpdir(), 'lastack-rfc9293-'));
  const file = join(folder, 'result.json');
  const env = { ...process.env };
  for (const key of Object.keys(env)) if (key.startsWith('VITEST')) delete env[key];
  const run = spawnSync(
    process.execPath,
    [VITEST, 'run', 'test/rfc9293/', '--reporter=json', `--outputFile=${file}`],
    { cwd: ROOT, env, encoding: 'utf8' },
  );
  try {
    const report = JSON.parse(readFileSync(file, 'utf8')) as {
      testResults: { name: string; message: string; assertionResults: { title: string; status: string }[] }[];
    };
    const broken = report.testResults.filter((one) => one.assertionResults.length === 0);
    expect(broken.map((one) => `${one.name}: ${one.message}`)).toEqual([]);
    return report.testResults.flatMap((one) =>
      one.assertionResults.map(({ title, status }) => ({ name: title, status })),
    );
  } catch (error) {
    throw new Error(`the conformance tests did not run: ${run.stderr}`, { cause: error });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A name of the document stands for the test of that name, or for all that add a parameter to it: `name (parameter)`. */
function isNamed(test: string, name: string): boolean {
  return test === name || (test.startsWith(`${name} (`) && test.endsWith(')'));
}

describe('docs/rfc9293.md', () => {
  const rows = readRows(readFileSync(join(ROOT, 'docs/rfc9293.md'), 'utf8'));
  let ran: Ran[] = [];

  beforeAll(() => {
    ran = runConformance();
  });

  it('has every row of Appendix B', () => {
    const wrong = REQUIREMENTS.filter(
      (id) => rows.filter((row) => row.id === id).length !== (SEVERAL[id] ?? 1),
    );
    expect(wrong).toEqual([]);
    expect(rows.length).toBe(126);
    for (const row of rows) expect(row.section).toMatch(/^\d(\.\d+)+$/);
  });

  it('says of every MUST that it is met, and argues every deviation', () => {
    const unmet = rows.filter((row) => row.id.startsWith('MUST') && row.status !== 'met');
    expect(unmet.map((row) => `${row.id}: ${row.status}`)).toEqual([]);
    const silent = rows.filter((row) => row.status !== 'met' && row.remarks.length < 20);
    expect(silent.map((row) => row.id)).toEqual([]);
    for (const row of rows) {
      expect(['met', 'not met', 'deviates', 'not taken', 'not ours'], row.id).toContain(row.status);
    }
  });

  it('names a test for every requirement that it calls met', () => {
    expect(rows.filter((row) => row.status === 'met' && row.tests.length === 0)).toEqual([]);
  });

  it('names only tests of the requirement that exist, ran and passed', () => {
    expect(ran.length).toBeGreaterThan(100);
    const wrong: string[] = [];
    for (const row of rows) {
      for (const name of row.tests) {
        if (!name.startsWith(`${row.id}: `)) wrong.push(`${row.id} names a test of another: ${name}`);
        const tests = ran.filter((test) => isNamed(test.name, name));
        if (tests.length === 0) wrong.push(`no test ran under the name: ${name}`);
        for (const test of tests) if (test.status !== 'passed') wrong.push(`${test.status}: ${test.name}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('names every test there is', () => {
    const names = rows.flatMap((row) => row.tests);
    const unnamed = ran.filter((test) => !names.some((name) => isNamed(test.name, name)));
    expect(unnamed.map((test) => test.name)).toEqual([]);
  });

  it('would notice a name that no test has', () => {
    expect(isNamed('MUST-1: a', 'MUST-1: a')).toBe(true);
    expect(isNamed('MUST-1: a (rfc)', 'MUST-1: a')).toBe(true);
    expect(isNamed('MUST-1: ab', 'MUST-1: a')).toBe(false);
    expect(isNamed('MUST-1: a', 'MUST-1: ab')).toBe(false);
  });
});
