/**
 * Side by side on one big capture: `npm run bench -- [--bytes 1e9] [--rounds 5]`. Prints Markdown.
 * tshark runs once, as it takes many times longer and gigabytes of memory.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { DEFAULTS, ensureCapture } from './make-capture.ts';
import { findProgram, median, type Ran, run } from './run.ts';
import { measureStages } from './stages.ts';

const LASTACK = fileURLToPath(new URL('../bin/lastack.js', import.meta.url));
const DIST = fileURLToPath(new URL('../dist/bundle/lastack.js', import.meta.url));

interface Contender {
  readonly name: string;
  readonly program: string;
  readonly args: (file: string) => readonly string[];
  /** The Debian package that has it. */
  readonly debian: string | null;
}

const CONTENDERS: readonly Contender[] = [
  {
    name: 'lastack explain -q',
    program: process.execPath,
    args: (file) => [LASTACK, 'explain', file, '-q'],
    debian: null,
  },
  { name: 'argus -r', program: 'argus', args: (file) => ['-r', file, '-w', '-'], debian: 'argus-server' },
  { name: 'tcptrace -n', program: 'tcptrace', args: (file) => ['-n', file], debian: 'tcptrace' },
  { name: 'tcptrace -n -l', program: 'tcptrace', args: (file) => ['-n', '-l', file], debian: 'tcptrace' },
  {
    name: 'capinfos -c -u',
    program: 'capinfos',
    args: (file) => ['-c', '-u', file],
    debian: 'wireshark-common',
  },
];

const TSHARK: Contender = {
  name: 'tshark -q -z conv,tcp',
  program: 'tshark',
  args: (file) => ['-q', '-z', 'conv,tcp', '-r', file],
  debian: 'tshark',
};

interface Row {
  readonly name: string;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
}

/** Rounds of all contenders in turn, so that a busy minute of the machine hits all of them. */
async function race(contenders: readonly Contender[], file: string, rounds: number): Promise<Row[]> {
  const runs = new Map<Contender, Ran[]>(contenders.map((c) => [c, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const contender of contenders) {
      const ran = await run(contender.program, contender.args(file));
      runs.get(contender)!.push(ran);
      console.error(`round ${round}: ${contender.name} ${ran.seconds.toFixed(2)} s`);
    }
  }
  return [...runs].map(([{ name }, all]) => ({
    name,
    seconds: median(all.map((r) => r.seconds)),
    cpuSeconds: median(all.map((r) => r.cpuSeconds)),
    peakBytes: Math.max(...all.map((r) => r.peakBytes)),
  }));
}

function installed(contenders: readonly Contender[]): Contender[] {
  return contenders.flatMap((contender) => {
    const program = findProgram(contender.program) ?? (contender.debian === null ? contender.program : null);
    if (program !== null) return [{ ...contender, program }];
    console.error(`${contender.name} is left out: not installed (Debian package ${contender.debian})`);
    return [];
  });
}

function printTable(title: string, rows: readonly Row[], bytes: number, packets: number): void {
  const ours = rows[0]!;
  console.log(`\n### ${title}\n`);
  console.log('| | time s | CPU s | MB/s | packets/s | peak memory MB | time against lastack |');
  console.log('|---|---:|---:|---:|---:|---:|---:|');
  for (const row of rows) {
    const rate = (bytes / 1e6 / row.seconds).toFixed(0);
    const packetRate = `${(packets / row.seconds / 1e6).toFixed(2)} M`;
    const times = `${(row.seconds / ours.seconds).toFixed(2)}x`;
    console.log(
      `| ${row.name} | ${row.seconds.toFixed(2)} | ${row.cpuSeconds.toFixed(2)} | ${rate} | ${packetRate} | ` +
        `${megabytes(row.peakBytes)} | ${times} |`,
    );
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

function machine(): string {
  const cpu = cpus();
  const speed = readFileSync('/proc/loadavg', 'utf8').split(' ')[0];
  return `${cpu.length} x ${cpu[0]!.model.trim()}, Node ${process.versions.node}, load ${speed}`;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      bytes: { type: 'string', default: String(DEFAULTS.bytes) },
      rounds: { type: 'string', default: '5' },
    },
  });
  if (!existsSync(DIST)) throw new Error('dist/ is missing: run "npm run build" first');
  const bytes = Number(values.bytes);
  const big = ensureCapture({ ...DEFAULTS, bytes });
  const small = ensureCapture({ ...DEFAULTS, bytes: bytes / 10 });

  const contenders = installed(CONTENDERS);
  const stagesSmall = await measureStages(small, 2);
  const stages = await measureStages(big, 2);
  const rows = await race(contenders, big, Number(values.rounds));
  rows.push(...(await race(installed([TSHARK]), big, 1)));
  const smallRow = (await race(contenders.slice(0, 1), small, 3))[0]!;
  const size = statSync(big).size;
  const smallSize = statSync(small).size;
  console.log(
    `${machine()}; ${megabytes(size)} MB, ${stages.packets} packets, ${stages.connections} connections; ` +
      `median of ${values.rounds} rounds, tshark once`,
  );
  printTable(`${megabytes(size)} MB`, rows, size, stages.packets);
  printTable(`${megabytes(smallSize)} MB`, [smallRow], smallSize, stagesSmall.packets);

  console.log('\n### Time per stage\n\n| | s | share | ns per packet |\n|---|---:|---:|---:|');
  const whole = stages.stages.reduce((sum, stage) => sum + stage.seconds, 0);
  for (const { name, seconds } of stages.stages) {
    const share = ((100 * seconds) / whole).toFixed(0);
    const perPacket = ((seconds / stages.packets) * 1e9).toFixed(0);
    console.log(`| ${name} | ${seconds.toFixed(2)} | ${share} % | ${perPacket} |`);
  }
  console.log(
    `\nPeak memory of lastack: ${megabytes(smallRow.peakBytes)} MB on ${megabytes(smallSize)} MB, ` +
      `${megabytes(rows[0]!.peakBytes)} MB on ${megabytes(size)} MB at equal concurrency.`,
  );
}

await main();
