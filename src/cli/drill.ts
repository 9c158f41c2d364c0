import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { ByteCollector, PcapngWriter } from '../capture/index.ts';
import {
  type DrillOptions,
  type DrillResult,
  drill,
  type MutationReport,
  mutate,
  type ProfileName,
} from '../drill/index.ts';
import { Tracer } from '../drill/trace.ts';
import { CAPTURE_EPOCH_US } from '../link/index.ts';
import { LinkType } from '../wire/index.ts';
import { lookOf } from './command-look.ts';
import { findScripts, readScript } from './drill-files.ts';
import { runInJobs } from './drill-jobs.ts';
import { renderMutation } from './drill-mutate-text.ts';
import { DRILL_OPTIONS } from './drill-options.ts';
import { renderDrill } from './drill-text.ts';
import { CliError, EXIT, type ExitCode, usageError } from './errors.ts';
import { printable } from './format.ts';
import { helpText } from './help.ts';
import type { CommandIo } from './io.ts';
import { seedOf } from './lab.ts';
import { joined } from './look.ts';
import { oneOf, type ParsedOptions, parseOptions, wholeNumber } from './options.ts';
import { inTurns } from './turns.ts';

const COMMAND = 'drill';
const PROFILES: readonly ProfileName[] = ['linux', 'freebsd', 'rfc'];

/** `lastack drill PATH...` */
export async function drillCommand(argv: readonly string[], io: CommandIo): Promise<ExitCode> {
  const options = parseOptions(COMMAND, DRILL_OPTIONS, argv);
  const look = lookOf(COMMAND, options, io);
  if (options.has('help')) {
    io.out.write(helpText(COMMAND, look));
    return EXIT.ok;
  }
  if (options.positionals.length === 0)
    throw usageError('drill needs scripts or folders of scripts', COMMAND);
  if (options.has('json') && options.has('trace')) throw usageError('--json goes without --trace', COMMAND);
  const files = findScripts(options.positionals);
  if (options.has('mutate')) return mutateAll(files, options, io);
  const results = await runAll(files, options, io);
  if (options.has('json')) io.out.write(`${JSON.stringify({ results }, null, 2)}\n`);
  else io.out.write(joined(renderDrill(results, look), look));
  if (io.signal.aborted) return EXIT.interrupted;
  return results.every(({ outcome }) => outcome === 'passed') ? EXIT.ok : EXIT.nothingMatched;
}

/** Only what passes can be changed so that it ought to fail; a survivor whose reason is known is no mistake. */
async function mutateAll(files: readonly string[], options: ParsedOptions, io: CommandIo): Promise<ExitCode> {
  for (const other of ['tap', 'trace', 'strict']) {
    if (options.has(other)) throw usageError(`--mutate goes without --${other}`, COMMAND);
  }
  const reports = await mutationReports(files, options, io);
  const look = lookOf(COMMAND, options, io);
  if (options.has('json')) io.out.write(`${JSON.stringify({ results: reports }, null, 2)}\n`);
  else io.out.write(joined(renderMutation(reports, look), look));
  if (io.signal.aborted) return EXIT.interrupted;
  const isWell = ({ outcome, survivors }: MutationReport): boolean =>
    outcome === 'passed' && survivors.every(({ reason }) => reason !== null);
  return reports.every(isWell) ? EXIT.ok : EXIT.nothingMatched;
}

async function mutationReports(
  files: readonly string[],
  options: ParsedOptions,
  io: CommandIo,
): Promise<readonly MutationReport[]> {
  const jobs = jobsOf(options);
  const value = options.value('mutate') ?? '';
  const most = value === '' ? Number.POSITIVE_INFINITY : wholeNumber(COMMAND, 'mutate', value, 1);
  const shared = sharedOptions(options);
  if (jobs > 1 && files.length > 1) {
    return runInJobs(files, jobs, [...passedOn(options), `--mutate=${value}`], io.signal);
  }
  const reports: MutationReport[] = [];
  await forEach(files, io.signal, (file) => {
    reports.push(mutate(readScript(file), { ...shared, file, most }));
  });
  return reports;
}

/** One script after the other, until Ctrl-C. */
async function forEach(
  files: readonly string[],
  signal: AbortSignal,
  run: (file: string) => void,
): Promise<void> {
  let next = 0;
  await inTurns(signal, () => {
    if (next === files.length) return false;
    run(files[next++]!);
    return true;
  });
}

/** More processes than this for each core only wait for each other. */
const MOST_JOBS_A_CORE = 4;

function jobsOf(options: ParsedOptions): number {
  const jobs = wholeNumber(COMMAND, 'jobs', options.value('jobs') ?? '1', 1);
  return Math.min(jobs, MOST_JOBS_A_CORE * availableParallelism());
}

async function runAll(
  files: readonly string[],
  options: ParsedOptions,
  io: CommandIo,
): Promise<readonly DrillResult[]> {
  const jobs = jobsOf(options);
  const shared = sharedOptions(options);
  const tap = options.value('tap');
  if (tap !== null && files.length > 1) throw usageError('--tap takes the packets of one script', COMMAND);
  if (jobs > 1 && files.length > 1 && !options.has('trace')) {
    return runInJobs(files, jobs, passedOn(options), io.signal);
  }
  const results: DrillResult[] = [];
  await forEach(files, io.signal, (file) => {
    const packets: TappedPacket[] = [];
    const tracer = options.has('trace') ? new Tracer() : null;
    const onPacket: DrillOptions['onPacket'] = (direction, bytes, timeUs) => {
      if (tap !== null) packets.push({ bytes, timeUs });
      if (tracer !== null) io.out.write(`${tracer.line(direction, bytes, timeUs)}\n`);
    };
    results.push(drill(readScript(file), { ...shared, file, onPacket }));
    if (tap !== null) writeTap(tap, packets);
  });
  return results;
}

function sharedOptions(options: ParsedOptions): DrillOptions {
  const profile = oneOf(COMMAND, 'profile', options.value('profile') ?? 'linux', PROFILES);
  const maxTime = wholeNumber(COMMAND, 'max-time', options.value('max-time') ?? '86400', 1);
  const defines = options.values('define').map((text): [string, string] => {
    const at = text.indexOf('=');
    const name = at < 0 ? text : text.slice(0, at);
    if (!/^[A-Za-z_]\w*$/.test(name)) {
      throw usageError(`--define takes NAME or NAME=VALUE, not "${printable(text)}"`, COMMAND);
    }
    return [name, at < 0 ? '' : text.slice(at + 1)];
  });
  return {
    profile,
    maxTimeUs: maxTime * 1_000_000,
    seed: seedOf(COMMAND, options),
    strict: options.has('strict'),
    defines: Object.fromEntries(defines),
  };
}

/** The same options for the processes that share the work. */
function passedOn(options: ParsedOptions): string[] {
  const values = ['profile', 'max-time', 'seed'].flatMap((name) => {
    const value = options.value(name);
    return value === null ? [] : [`--${name}=${value}`];
  });
  const defines = options.values('define').map((text) => `--define=${text}`);
  return [...values, ...defines, ...(options.has('strict') ? ['--strict'] : [])];
}

interface TappedPacket {
  readonly bytes: Uint8Array;
  readonly timeUs: number;
}

function writeTap(path: string, packets: readonly TappedPacket[]): void {
  const collector = new ByteCollector();
  const writer = new PcapngWriter(collector.sink, { application: 'lastack' });
  const id = writer.addInterface({ linkType: LinkType.raw, name: COMMAND, snaplen: 0 });
  for (const { bytes, timeUs } of packets) {
    writer.write(id, CAPTURE_EPOCH_US + timeUs, bytes, { originalLength: bytes.length });
  }
  try {
    writeFileSync(path, collector.bytes());
  } catch (error) {
    throw new CliError(EXIT.input, `--tap ${printable(path)}: ${(error as Error).message}`);
  }
}
