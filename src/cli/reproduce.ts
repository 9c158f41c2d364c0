import { writeFileSync } from 'node:fs';
import { Explainer } from '../explain/engine.ts';
import type { ConnectionEnding } from '../explain/types.ts';
import { type Reproduction, reproduce } from '../reproduce/index.ts';
import { lookOf } from './command-look.ts';
import { CliError, EXIT, type ExitCode, usageError } from './errors.ts';
import { plural, printable } from './format.ts';
import { helpText } from './help.ts';
import { CaptureError, CaptureReader, inputName } from './input.ts';
import type { CommandIo } from './io.ts';
import { joined, type Look } from './look.ts';
import { oneOf, type ParsedOptions, parseOptions, wholeNumber } from './options.ts';
import { REPRODUCE_OPTIONS } from './reproduce-options.ts';

const COMMAND = 'reproduce';

/** `lastack reproduce CAPTURE --flow N` */
export async function reproduceCommand(argv: readonly string[], io: CommandIo): Promise<ExitCode> {
  const options = parseOptions(COMMAND, REPRODUCE_OPTIONS, argv);
  const look = lookOf(COMMAND, options, io);
  if (options.has('help')) {
    io.out.write(helpText(COMMAND, look));
    return EXIT.ok;
  }
  const [file, ...more] = options.positionals;
  if (file === undefined) throw usageError('which capture? Give a file, or "-" for standard input', COMMAND);
  if (more.length > 0) throw usageError('reproduce takes one capture', COMMAND);
  const end = options.value('end');
  const profile = oneOf(COMMAND, 'profile', options.value('profile') ?? 'linux', ['linux', 'freebsd', 'rfc']);
  const { ending, captureEnd } = await find(file, options, io);
  const result = reproduce(ending, {
    name: inputName(file),
    profile,
    captureEnd,
    ...(end === null ? {} : { end: oneOf(COMMAND, 'end', end, ['client', 'server']) }),
  });
  show(result, options, look, io);
  if (io.signal.aborted) return EXIT.interrupted;
  return result.same ? EXIT.ok : EXIT.nothingMatched;
}

interface Found {
  readonly ending: ConnectionEnding;
  readonly captureEnd: number | null;
}

/** Reads the whole capture: what comes after the connection may still say something of it. */
async function find(file: string, options: ParsedOptions, io: CommandIo): Promise<Found> {
  const text = options.value('flow');
  const flow = text === null ? null : wholeNumber(COMMAND, 'flow', text, 1);
  let ending: ConnectionEnding | null = null;
  let count = 0;
  const explainer = new Explainer({
    onConnection: (view) => {
      count++;
      if (view.flow === (flow ?? 1)) ending = view.report();
    },
  });
  const complain = (message: string): void => {
    io.err.write(`lastack: ${printable(message)}\n`);
    io.err.flush();
  };
  const reader = new CaptureReader({
    follow: false,
    signal: io.signal,
    onPacket: (packet) => explainer.packet(packet),
    onProblem: (problem) => complain(`${inputName(problem.file ?? '-')}: ${problem.message}`),
    onProgress: () => {},
    onPiece: () => {},
    onNotice: complain,
  });
  try {
    await reader.read(file);
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    const message = error.message.startsWith(file) ? error.message : `${inputName(file)}: ${error.message}`;
    throw new CliError(EXIT.input, message);
  }
  explainer.finish({ partial: io.signal.aborted });
  if (flow === null && count > 1)
    throw usageError(
      `${inputName(file)} holds ${plural(count, 'connection')}: which one? Give --flow N`,
      COMMAND,
    );
  if (ending === null)
    throw new CliError(
      EXIT.nothingMatched,
      flow === null ? 'no TCP connection here' : `no connection ${flow} here`,
    );
  return { ending, captureEnd: explainer.summary().end };
}

function show(result: Reproduction, options: ParsedOptions, look: Look, io: CommandIo): void {
  const path = options.value('output');
  if (path !== null && result.script !== null) writeScript(path, result.script);
  if (options.has('json')) {
    io.out.write(`${JSON.stringify(result, null, 2)}\n`);
    return;
  }
  if (path === null && result.script !== null) io.out.write(result.script);
  // The script may be piped into a file: what is said about it goes beside it.
  const target = path === null ? io.err : io.out;
  target.write(joined(verdictLines(result, look), look));
  target.flush();
}

function writeScript(path: string, script: string): void {
  try {
    writeFileSync(path, script);
  } catch (error) {
    throw new CliError(EXIT.input, `--output ${printable(path)}: ${(error as Error).message}`);
  }
}

function verdictLines(
  { end, script, compared, same, reason, flow }: Reproduction,
  { paint }: Look,
): string[] {
  if (script === null) return [`connection ${flow} cannot be played: ${reason}`];
  const word = same ? paint.as('the same ending', 'green') : paint.as('another ending', 'yellow');
  const lines = [`connection ${flow}, its ${end} played by our TCP: ${word}`];
  for (const one of compared) {
    const text = one.same ? one.observed : `${one.observed}, here ${one.reproduced}`;
    lines.push(`  ${one.what.padEnd(14)}${one.same ? text : paint.as(text, 'yellow')}`);
  }
  if (!same && compared.every((one) => one.same)) lines.push(`  ${reason}`);
  return lines;
}
