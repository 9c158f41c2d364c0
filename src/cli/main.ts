import { existsSync, readFileSync } from 'node:fs';
import { nearest } from '../explain/filter/index.ts';
import { Catalogue } from './catalogue.ts';
import { causesCommand } from './causes.ts';
import type { CatalogueEntry, CreateEngine } from './engine.ts';
import { CliError, ClosedOutput, EXIT, type ExitCode, usageError } from './errors.ts';
import { explainCommand } from './explain.ts';
import { printable } from './format.ts';
import { COMMANDS, helpText, TOPICS } from './help.ts';
import type { CommandIo } from './io.ts';
import { makeLook } from './look.ts';
import { DescriptorOutput } from './output.ts';

/** What the commands are made of; tests give their own. */
export interface Parts {
  readonly causes: readonly CatalogueEntry[];
  readonly createEngine: CreateEngine;
}

/** Runs one command line (without `node` and the script). Every mistake becomes a line on standard error. */
export async function run(
  argv: readonly string[],
  io: CommandIo,
  loadParts: () => Promise<Parts>,
): Promise<ExitCode> {
  try {
    const code = await dispatch(argv, io, loadParts);
    io.out.flush();
    return code;
  } catch (error) {
    return failed(error, io);
  }
}

async function dispatch(
  argv: readonly string[],
  io: CommandIo,
  loadParts: () => Promise<Parts>,
): Promise<ExitCode> {
  const [first, ...rest] = argv;
  switch (first) {
    case 'explain':
      return explain(rest, io, loadParts);
    case 'causes':
      return causesCommand(rest, new Catalogue((await loadParts()).causes), io);
    case 'lab': {
      const { labCommand } = await import('./lab.ts');
      return labCommand(rest, new Catalogue((await loadParts()).causes), io);
    }
    case 'pressure': {
      const { pressureCommand } = await import('./pressure.ts');
      return pressureCommand(rest, io);
    }
    case 'reproduce': {
      const { reproduceCommand } = await import('./reproduce.ts');
      return reproduceCommand(rest, io);
    }
    case 'drill': {
      const { drillCommand } = await import('./drill.ts');
      return drillCommand(rest, io);
    }
    case 'open': {
      const { openCommand } = await import('./open.ts');
      return openCommand(rest, io);
    }
    case 'help':
      return helpCommand(rest, io);
    case '--help':
    case '-h':
      return helpCommand([], io);
    case '--version':
    case '-V':
      io.out.write(`${version()}\n`);
      return EXIT.ok;
    case undefined:
      io.err.write(helpText(null, makeLook('auto', null, io.err, io.env)));
      io.err.flush();
      return EXIT.usage;
  }
  // `lastack trace.pcap`, also with options before it, means the main job.
  if (first === '-' || existsSync(first) || /\.p?cap(ng)?(\.gz|\.zst)?$/i.test(first)) {
    return explain(argv, io, loadParts);
  }
  throw unknownCommand(first);
}

async function explain(
  argv: readonly string[],
  io: CommandIo,
  loadParts: () => Promise<Parts>,
): Promise<ExitCode> {
  const { causes, createEngine } = await loadParts();
  return explainCommand(argv, new Catalogue(causes), createEngine, io);
}

function helpCommand(argv: readonly string[], io: CommandIo): ExitCode {
  const topic = argv[0] ?? null;
  if (topic !== null && !TOPICS.includes(topic) && topic !== 'help') {
    const guess = nearest(topic, TOPICS);
    const hint =
      guess === null ? `there is help on ${TOPICS.join(', ')}` : `did you mean "lastack help ${guess}"?`;
    throw new CliError(EXIT.usage, `no help on "${printable(topic)}"`, hint);
  }
  io.out.write(helpText(topic, makeLook('auto', null, io.out, io.env)));
  return EXIT.ok;
}

function unknownCommand(word: string): CliError {
  if (word.startsWith('-')) return usageError(`unknown option ${printable(word)} before a command`, null);
  const guess = nearest(word, COMMANDS);
  const message = `unknown command "${printable(word)}", and no file of that name`;
  return guess === null
    ? usageError(message, null)
    : new CliError(EXIT.usage, message, `did you mean "lastack ${guess}"?`);
}

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

function failed(error: unknown, io: CommandIo): ExitCode {
  if (error instanceof ClosedOutput) return EXIT.ok;
  try {
    // What was known before the failure is not lost.
    io.out.flush();
    io.err.write(failureText(error));
    io.err.flush();
  } catch (second) {
    if (!(second instanceof ClosedOutput)) throw second;
  }
  return error instanceof CliError ? error.exitCode : EXIT.internal;
}

function failureText(error: unknown): string {
  if (error instanceof CliError) {
    return `lastack: ${error.message}\n${error.hint === null ? '' : `  ${error.hint}\n`}`;
  }
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `lastack: this is a fault of lastack ${version()} itself. Please report it with these lines, and with the capture if you may share it.\n${trace}\n`;
}

/** The program: runs the command line of this process and sets its exit code. */
export async function main(): Promise<void> {
  const interrupt = new AbortController();
  process.on('SIGINT', () => {
    // The second one wants out, whatever is lost.
    if (interrupt.signal.aborted) process.exit(EXIT.interrupted);
    interrupt.abort();
  });
  const io: CommandIo = {
    out: new DescriptorOutput(1, process.stdout),
    err: new DescriptorOutput(2, process.stderr),
    stdinIsTty: process.stdin.isTTY === true,
    env: process.env,
    signal: interrupt.signal,
  };
  const code = await run(process.argv.slice(2), io, async () => (await import('./wiring.ts')).PARTS);
  // A pending read of a terminal or pipe would keep the process alive.
  process.exit(code);
}
