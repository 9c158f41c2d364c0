import { writeFileSync } from 'node:fs';
import { nearest } from '../explain/filter/index.ts';
import {
  type AnyValues,
  LabRun,
  parseValue,
  SCENARIOS,
  type Scenario,
  scenarioByName,
  type Value,
  ValueError,
} from '../lab/index.ts';
import type { Catalogue } from './catalogue.ts';
import { lookOf } from './command-look.ts';
import { CliError, EXIT, type ExitCode, usageError } from './errors.ts';
import { printable } from './format.ts';
import { helpText } from './help.ts';
import type { CommandIo } from './io.ts';
import { LAB_OPTIONS } from './lab-options.ts';
import { remedyCommand } from './lab-remedy.ts';
import { renderLab, renderParameters, renderScenarios } from './lab-text.ts';
import { joined, type Look } from './look.ts';
import { type ParsedOptions, parseOptions, wholeNumber } from './options.ts';
import { inTurns } from './turns.ts';

const COMMAND = 'lab';
const DEFAULT_SEED = 1;
/** Virtual time that is run at once. */
const SLICE_US = 1_000_000;

/** `lastack lab [NAME]`, `lastack lab remedy` */
export async function labCommand(
  argv: readonly string[],
  catalogue: Catalogue,
  io: CommandIo,
): Promise<ExitCode> {
  if (argv[0] === 'remedy') return remedyCommand(argv.slice(1), io);
  const options = parseOptions(COMMAND, LAB_OPTIONS, argv);
  const look = lookOf(COMMAND, options, io);
  const [name, ...more] = options.positionals;
  if (more.length > 0)
    throw usageError(`lab takes one scenario, and found "${printable(more[0]!)}" too`, COMMAND);
  if (name === undefined && options.has('help')) {
    io.out.write(helpText(COMMAND, look));
    return EXIT.ok;
  }
  if (name === undefined) return list(options, look, io);
  const scenario = scenarioByName(name);
  if (scenario === undefined) throw noSuchScenario(name);
  if (options.has('help')) {
    io.out.write(joined(renderParameters(scenario, look), look));
    return EXIT.ok;
  }
  return runOne(scenario, options, look, catalogue, io);
}

export function seedOf(command: string, options: ParsedOptions): number {
  const text = options.value('seed');
  return text === null ? DEFAULT_SEED : wholeNumber(command, 'seed', text, 0);
}

function list(options: ParsedOptions, look: Look, io: CommandIo): ExitCode {
  for (const name of ['set', 'seed', 'pcap']) {
    if (options.has(name))
      throw usageError(`--${name} needs a scenario: lastack lab NAME --${name} ...`, COMMAND);
  }
  if (options.has('json')) io.out.write(`${JSON.stringify(SCENARIOS.map(described), null, 2)}\n`);
  else io.out.write(joined(renderScenarios(SCENARIOS, look), look));
  return EXIT.ok;
}

function described({ name, title, story, causes, parameters }: Scenario): object {
  return { name, title, story, causes, parameters };
}

async function runOne(
  scenario: Scenario,
  options: ParsedOptions,
  look: Look,
  catalogue: Catalogue,
  io: CommandIo,
): Promise<ExitCode> {
  const run = makeRun(scenario, givenValues(scenario, options.values('set')), seedOf(COMMAND, options));
  let untilUs = 0;
  const ended = await inTurns(io.signal, () => {
    untilUs += SLICE_US;
    return run.runTo(untilUs);
  });
  if (!ended) {
    io.err.write(`lastack: interrupted after ${untilUs / SLICE_US} s of virtual time\n`);
    return EXIT.interrupted;
  }
  const report = run.finish();
  const files = writeCaptures(run, options.value('pcap'));
  if (options.has('json')) io.out.write(`${JSON.stringify(report, null, 2)}\n`);
  else io.out.write(joined(renderLab(report, scenario, files, { look, catalogue }), look));
  return EXIT.ok;
}

function makeRun(scenario: Scenario, given: AnyValues, seed: number): LabRun {
  try {
    return new LabRun(scenario, given, seed);
  } catch (error) {
    if (error instanceof ValueError) throw wrongValue(scenario, error);
    throw error;
  }
}

/** `--set KEY=VALUE`, each key once. */
function givenValues(scenario: Scenario, settings: readonly string[]): AnyValues {
  const given: Record<string, Value> = {};
  for (const setting of settings) {
    const at = setting.indexOf('=');
    if (at <= 0) throw usageError(`--set takes KEY=VALUE, not "${printable(setting)}"`, COMMAND);
    const key = setting.slice(0, at);
    const parameter = Object.hasOwn(scenario.parameters, key) ? scenario.parameters[key] : undefined;
    if (parameter === undefined) throw noSuchKey(scenario, key);
    if (Object.hasOwn(given, key)) throw usageError(`--set ${key}=... may be given only once`, COMMAND);
    try {
      given[key] = parseValue(key, parameter, setting.slice(at + 1));
    } catch (error) {
      if (error instanceof ValueError) throw wrongValue(scenario, error);
      throw error;
    }
  }
  return given;
}

function wrongValue(scenario: Scenario, error: ValueError): CliError {
  return new CliError(
    EXIT.usage,
    printable(error.message),
    `its parameters: lastack lab ${scenario.name} --help`,
  );
}

function noSuchKey(scenario: Scenario, key: string): CliError {
  const keys = Object.keys(scenario.parameters);
  const guess = nearest(key, keys);
  const hint =
    guess === null ? `it has ${keys.join(', ')}` : `did you mean ${guess}? It has ${keys.join(', ')}`;
  return new CliError(EXIT.usage, `${scenario.name} has no parameter "${printable(key)}"`, hint);
}

function noSuchScenario(name: string): CliError {
  const names = ['remedy', ...SCENARIOS.map((scenario) => scenario.name)];
  const guess = nearest(name, names);
  const hint = guess === null ? 'see the list: lastack lab' : `did you mean ${guess}? The list: lastack lab`;
  return new CliError(EXIT.nothingMatched, `no scenario "${printable(name)}"`, hint);
}

/** The capture, and where the verdict stands on two, the one taken at the other end. */
function writeCaptures(run: LabRun, path: string | null): readonly string[] {
  const taps = run.taps();
  if (path === null || taps === null) return [];
  const files: [string, Uint8Array][] = [[path, taps.main.pcapng()]];
  if (run.lab.usePeer) files.push([peerPath(path), taps.peer.pcapng()]);
  for (const [file, bytes] of files) {
    try {
      writeFileSync(file, bytes);
    } catch (error) {
      throw new CliError(EXIT.usage, `--pcap ${printable(file)}: ${(error as Error).message}`);
    }
  }
  return files.map(([file]) => file);
}

/** `out.pcapng` -> `out.peer.pcapng` */
function peerPath(path: string): string {
  const dot = path.lastIndexOf('.');
  return dot > path.lastIndexOf('/') + 1 ? `${path.slice(0, dot)}.peer${path.slice(dot)}` : `${path}.peer`;
}
