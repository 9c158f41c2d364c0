import {
  parseValue,
  REMEDIES,
  RemedyMeasurement,
  type RemedyReport,
  type RemedyRow,
  type RemedyWorkload,
  type Value,
  ValueError,
  valuesOf,
  WORKLOAD,
} from '../lab/index.ts';
import { valueText } from '../lab/values.ts';
import { lookOf } from './command-look.ts';
import { EXIT, type ExitCode, usageError } from './errors.ts';
import { bytesText, countText, durationText, paragraph } from './format.ts';
import { helpText } from './help.ts';
import type { CommandIo } from './io.ts';
import { seedOf } from './lab.ts';
import { REMEDY_OPTIONS } from './lab-options.ts';
import { joined, type Look } from './look.ts';
import { type ParsedOptions, parseOptions } from './options.ts';
import { inTurns } from './turns.ts';

const COMMAND = 'lab remedy';
const BAR_WIDTH = 24;

/** `lastack lab remedy` */
export async function remedyCommand(argv: readonly string[], io: CommandIo): Promise<ExitCode> {
  const options = parseOptions(COMMAND, REMEDY_OPTIONS, argv);
  const look = lookOf(COMMAND, options, io);
  if (options.has('help')) {
    io.out.write(helpText(COMMAND, look));
    return EXIT.ok;
  }
  if (options.positionals.length > 0)
    throw usageError(`lab remedy takes options only, and found "${options.positionals[0]}"`, COMMAND);
  const workload = workloadOf(options);
  const progress = new RemedyProgress(io, look);
  const measurement = new RemedyMeasurement(workload, seedOf(COMMAND, options));
  await inTurns(io.signal, () => {
    if (measurement.remedy !== null) progress.update(measurement.share, measurement.remedy.name);
    return measurement.step();
  });
  progress.clear();
  const report = measurement.report();
  if (options.has('json')) io.out.write(`${JSON.stringify(report, null, 2)}\n`);
  else if (report.rows.length > 0) io.out.write(joined(renderRemedies(report, look), look));
  if (!report.partial) return EXIT.ok;
  const total = REMEDIES.length;
  io.err.write(`lastack: interrupted: ${report.rows.length} of ${total} remedies were measured\n`);
  return EXIT.interrupted;
}

function workloadOf(options: ParsedOptions): RemedyWorkload {
  const given: Record<string, Value> = {};
  try {
    for (const [name, parameter] of Object.entries(WORKLOAD)) {
      const text = options.value(name);
      if (text !== null) given[name] = parseValue(`--${name}`, parameter, text);
    }
    return valuesOf(WORKLOAD, given) as unknown as RemedyWorkload;
  } catch (error) {
    if (error instanceof ValueError) throw usageError(error.message, COMMAND);
    throw error;
  }
}

const HEAD = [
  'remedy',
  'sustained/s',
  'TIME-WAIT client',
  'server',
  'failed',
  'resets',
  'bytes lost',
  'old segments',
] as const;

function renderRemedies(report: RemedyReport, look: Look): string[] {
  const { workload: w, portLimit, scale, seed, rows } = report;
  const values = Object.entries(WORKLOAD).map(
    ([name, parameter]) => `${name}=${valueText(parameter, w[name as keyof RemedyWorkload])}`,
  );
  const cells = rows.map(cellsOf);
  const widths = HEAD.map((head, i) => Math.max(head.length, ...cells.map((row) => row[i]!.length)));
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ');
  const scaled =
    scale === 1
      ? ''
      : ` Each run was made ${scale} times smaller (rate and ports), its counts ${scale} times larger.`;
  const widest = Math.max(...rows.map((row) => row.remedy.length));
  return [
    ...paragraph(`seed=${seed}  ${values.join('  ')}`, '', look.width),
    '',
    ...paragraph(
      `Measured over the last ${durationText(60)} of ${durationText(w.seconds)}; resets, bytes and old segments over the whole run.${scaled} ` +
        `The ports alone allow ${portLimit.toFixed(1)} connections/s: ${countText(w.ports * w.destinations)} / 60 s.`,
      '',
      look.width,
    ),
    '',
    `  ${look.paint.as(line(HEAD), 'bold')}`,
    ...cells.map((row) => `  ${line(row)}`),
    '',
    ...rows.flatMap((row) => paragraph(row.describes, `  ${row.remedy.padEnd(widest)}  `, look.width)),
  ];
}

function cellsOf(row: RemedyRow): readonly string[] {
  const share =
    row.failedShare === 0 ? '0' : `${countText(row.failed)} (${(100 * row.failedShare).toFixed(1)} %)`;
  return [
    row.remedy,
    row.sustained.toFixed(1),
    countText(row.timeWaitClient),
    countText(row.timeWaitServer),
    share,
    countText(row.resets),
    bytesText(row.bytesLost),
    countText(row.oldSegmentsAccepted),
  ];
}

/** A line on the terminal while runs go on; nothing where standard error is none. */
class RemedyProgress {
  private readonly io: CommandIo;
  private readonly filled: string;
  private readonly empty: string;
  private shown = -1;

  constructor(io: CommandIo, look: Look) {
    this.io = io;
    this.filled = look.glyphs.bar;
    this.empty = look.glyphs.bar === '#' ? '.' : '░';
  }

  update(share: number, remedy: string): void {
    const { err } = this.io;
    const percent = Math.floor(share * 100);
    if (!err.isTty || percent === this.shown) return;
    this.shown = percent;
    const bar = this.filled.repeat(Math.round(share * BAR_WIDTH)).padEnd(BAR_WIDTH, this.empty);
    err.write(`\r${bar} ${percent} %  ${remedy}\x1b[K`);
    err.flush();
  }

  clear(): void {
    if (this.shown < 0) return;
    this.io.err.write('\r\x1b[K');
    this.io.err.flush();
  }
}
