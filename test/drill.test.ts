import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCapture } from '../src/capture/index.ts';
import { drill, MUTANT_KINDS, type MutationReport, mutate, reportLines } from '../src/drill/index.ts';
import { type Ending, explainCapture } from '../src/explain/index.ts';
import { runCli } from './support/cli.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** `linux-7`: what kernels before 7.0 refuse (tcp_ecn 3 to 5), so that those at hand cannot check it. */
const FOLDERS = ['./drill/', './drill/linux-7/', '../../shared/drill-close/'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);

function scriptsIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((name) => name.endsWith('.pkt'));
}

describe.each(FOLDERS)('%s', (folder) => {
  const names = scriptsIn(folder);
  it.runIf(names.length > 0).each(names)('%s', (name) => {
    const result = drill(readFileSync(join(folder, name), 'utf8'), { file: name, profile: 'linux' });
    expect(reportLines(result).join('\n')).toBe(`${name}: passed`);
  });
});

it('every script that docs/drill-kernel.md tells of exists', () => {
  const table = readFileSync(new URL('../docs/drill-kernel.md', import.meta.url), 'utf8');
  const told = [...table.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => `${name}.pkt`);
  expect(told.length).toBeGreaterThanOrEqual(80);
  const there = new Set(scriptsIn(FOLDERS[0]!));
  expect(told.filter((name) => !there.has(name))).toEqual([]);
});

const HANDSHAKE = `0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
+0 < S 0:0(0) win 32792 <mss 1000>
+0 > S. 0:0(0) ack 1 win 64240 <mss 1460>
+.1 < . 1:1(0) ack 1 win 32792
+0 accept(3, ..., ...) = 4
`;
const CLOSES = `${HANDSHAKE}+0 fcntl(4, F_SETFL, O_NONBLOCK) = 0
+0 getsockopt(4, SOL_SOCKET, SO_ERROR, [0], [4]) = 0
+0 read(4, ..., 10) = -1 EAGAIN (Resource temporarily unavailable)
+.1 %{ assert tcpi_state == TCP_ESTABLISHED }%
+0 close(4) = 0
+0 > F. 1:1(0) ack 1
`;
const WRONG_ACK = CLOSES.replace('F. 1:1(0) ack 1', 'F. 1:1(0) ack 2');

describe('lastack drill', () => {
  let folder = '';
  const file = (name: string): string => join(folder, name);

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'lastack-drill-'));
    writeFileSync(file('closes.pkt'), CLOSES);
    writeFileSync(file('wrong-ack.pkt'), WRONG_ACK);
    writeFileSync(file('late.pkt'), CLOSES.replace('+0 > F.', '+.5 > F.'));
    writeFileSync(file('silent.pkt'), `${HANDSHAKE}+0 > . 1:1(0) ack 1\n`);
    writeFileSync(file('errno.pkt'), CLOSES.replace('-1 EAGAIN', '-1 ENOTCONN'));
    writeFileSync(file('unknown.pkt'), `${HANDSHAKE}+0 \`frobnicate\`\n`);
    writeFileSync(file('typo.pkt'), `${HANDSHAKE}+0 > X. 1:1(0) ack 1\n`);
    writeFileSync(
      file('value.pkt'),
      `${HANDSHAKE}+0 write(4, ..., LENGTH) = LENGTH\n+0 > P. 1:LAST(LENGTH) ack 1\n`,
    );
    writeFileSync(file('left.pkt'), CLOSES.replace('+0 > F. 1:1(0) ack 1\n', ''));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('says that all passed', async () => {
    const { code, out } = await runCli(['drill', file('closes.pkt')]);
    expect(out).toBe('1 script: 1 passed\n');
    expect(code).toBe(0);
  });

  it('puts what was expected over what came, with the states and the rule that sent it', async () => {
    const { code, out } = await runCli(['drill', file('wrong-ack.pkt')]);
    expect(code).toBe(1);
    expect(out.replaceAll(folder, '')).toBe(
      `/wrong-ack.pkt:13:1: failed: the host sent another packet
    13 | +0 > F. 1:1(0) ack 2
  expected 0.200000 > F. 1:1(0) ack 2
  got      0.200000 > F. 1:1(0) ack 1 win 64240
                                    ^
  at 0.200000: the host is in FIN-WAIT-1, by the script's packets the peer in CLOSE-WAIT; it was sent by rule established.close

1 script: 1 failed
`,
    );
  });

  it.each([
    ['late.pkt', 'expected the packet at 0.700000 s, it happened at 0.200000 s'],
    ['silent.pkt', 'no packet until 0.104000; no timer of the connection runs'],
    ['errno.pkt', '  expected -1 ENOTCONN\n  got      -1 EAGAIN\n'],
    ['unknown.pkt', ':8:1: unsupported: not known here: frobnicate'],
    ['typo.pkt', ':8:6: wrong: "X" is no TCP flag'],
  ])('%s: tells what is wrong', async (name, message) => {
    const { code, out } = await runCli(['drill', file(name)]);
    expect(code).toBe(1);
    expect(out).toContain(message);
  });

  it('takes values from the command line', async () => {
    const argv = ['drill', file('value.pkt'), '-D', 'LENGTH=100', '--define', 'LAST=101'];
    expect(await runCli(argv)).toMatchObject({ code: 0, out: '1 script: 1 passed\n' });
    expect((await runCli(['drill', file('value.pkt'), '-D', '1=2'])).code).toBe(2);
  });

  it('--strict: what nobody asked for at the end is a failure', async () => {
    expect((await runCli(['drill', file('left.pkt')])).code).toBe(0);
    const { code, out } = await runCli(['drill', file('left.pkt'), '--strict']);
    expect(code).toBe(1);
    expect(out).toContain('got      > F. 1:1(0) ack 1 win 64240');
  });

  it('counts by folder', async () => {
    const { code, out } = await runCli(['drill', folder]);
    expect(code).toBe(1);
    expect(out).toContain('9 scripts: 2 passed, 4 failed, 2 unsupported, 1 wrong');
  });

  it('--json: everything as one document', async () => {
    const { out } = await runCli(['drill', file('wrong-ack.pkt'), file('closes.pkt'), '--json']);
    const { results } = JSON.parse(out);
    expect(results).toMatchObject([
      {
        outcome: 'failed',
        problem: {
          line: 13,
          column: 1,
          differences: [{ field: 'acknowledgment number', expected: '2', got: '1' }],
          hostState: 'FIN-WAIT-1',
          peerState: 'CLOSE-WAIT',
          rule: 'established.close',
        },
      },
      { outcome: 'passed', problem: null, timeUs: 200_000, leftOver: [] },
    ]);
  });

  it('--trace: packets as a script has them', async () => {
    const { out } = await runCli(['drill', file('closes.pkt'), '--trace']);
    expect(out.split('\n').slice(0, 4)).toEqual([
      '0.000000 < S 0:0(0) win 32792 <mss 1000>',
      '0.000000 > S. 0:0(0) ack 1 win 64240 <mss 1460>',
      '0.100000 < . 1:1(0) ack 1 win 32792',
      '0.200000 > F. 1:1(0) ack 1 win 64240',
    ]);
  });

  it('--tap: a capture of both directions', async () => {
    const path = file('out.pcapng');
    expect((await runCli(['drill', file('closes.pkt'), '--tap', path])).code).toBe(0);
    const endings: Ending[] = [];
    for await (const ending of explainCapture(await openCapture(readFileSync(path)))) endings.push(ending);
    expect(endings).toMatchObject([
      { type: 'connection', server: { port: 8080 }, client: { port: 50_001 }, rstSender: null },
    ]);
  });

  it('--jobs: the same in several processes', () => {
    const argv = [
      '--import',
      'tsx',
      'test/support/lastack.ts',
      'drill',
      folder,
      '-D',
      'LENGTH=9',
      '-D',
      'LAST=10',
    ];
    const run = (...more: string[]): { status: number | null; stdout: string } =>
      spawnSync(process.execPath, [...argv, ...more], { cwd: ROOT, encoding: 'utf8' });
    const alone = run('--json');
    const shared = run('--json', '--jobs', '3');
    expect(shared.status).toBe(1);
    expect(JSON.parse(shared.stdout)).toEqual(JSON.parse(alone.stdout));
    expect(JSON.parse(run('--json', '--jobs=2', '--mutate=5').stdout)).toEqual(
      JSON.parse(run('--json', '--mutate=5').stdout),
    );
  });

  it.each([
    [[], 'drill needs scripts'],
    [['nowhere.pkt'], 'no such file or folder'],
    [['.', '--profile', 'windows'], '--profile takes linux, freebsd or rfc'],
    [['.', '--mutate', '--trace'], '--mutate goes without --trace'],
    [['.', '--json', '--trace'], '--json goes without --trace'],
  ])('%j is a mistake', async (argv, message) => {
    const { code, err } = await runCli(['drill', ...argv]);
    expect([2, 3]).toContain(code);
    expect(err).toContain(message);
  });
});

describe('mutants', () => {
  const report = mutate(CLOSES);

  it('all fail, of every kind that the script can have', () => {
    expect(report.survivors).toEqual([]);
    expect(report.failed).toBe(report.mutants);
    const absent = ['IP field'];
    expect(report.kinds.map(({ kind }) => kind)).toEqual(
      MUTANT_KINDS.filter((kind) => !absent.includes(kind)),
    );
  });

  it('a packet that is left out is noticed, at the end of the script by counting', () => {
    expect(report.kinds.find(({ kind }) => kind === 'dropped packet')).toEqual({
      kind: 'dropped packet',
      mutants: 2,
      failed: 2,
      byCount: 1,
    });
  });

  it('the seed picks some', () => {
    const some = (seed: number): MutationReport => mutate(CLOSES, { most: 10, seed });
    expect(some(1)).toEqual(some(1));
    expect(some(1).mutants).toBe(10);
    expect(some(1).possible).toBe(report.mutants);
    expect(some(2).kinds).not.toEqual(some(1).kinds);
  });

  it('what the script leaves open survives, with its line', () => {
    // Nothing of the script tells whether the ACK of the FIN has to come before what the host sends next.
    const open = `${HANDSHAKE}+.1 < F. 1:1(0) ack 1 win 32792
+0~+.1 > . 1:1(0) ack 2
+0 write(4, ..., 10) = 10
+0 > P. 1:11(10) ack 2
`;
    expect(mutate(open).survivors).toMatchObject([
      { line: 9, kind: 'dropped packet', change: 'the line left out' },
    ]);
  });

  it('a script that does not pass is not changed', () => {
    expect(mutate(WRONG_ACK)).toMatchObject({ outcome: 'failed', mutants: 0 });
    expect(mutate('nonsense')).toMatchObject({ outcome: 'wrong', mutants: 0 });
  });

  it('--mutate [N] prints a table, or JSON', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lastack-mutate-'));
    const path = join(folder, 'closes.pkt');
    writeFileSync(path, CLOSES);
    const { code, out } = await runCli(['drill', '--mutate', path]);
    expect(code).toBe(0);
    expect(out).toMatch(/^change +mutants +fail +only by count +survive\n/);
    expect(out).toContain(
      `1 script, ${report.mutants} of ${report.mutants} mutants: ${report.mutants} fail (100.00 %)`,
    );
    const some = await runCli(['drill', path, '--mutate', '5', '--json']);
    expect(JSON.parse(some.out).results).toMatchObject([{ file: path, mutants: 5, failed: 5 }]);
    rmSync(folder, { recursive: true });
  });
});
