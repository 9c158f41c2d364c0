import { Explainer } from '../explain/engine.ts';
import { DEFAULT_PORTS, type PortRange, Pressure, type PressureReport } from '../explain/pressure/index.ts';
import { lookOf } from './command-look.ts';
import { csvField } from './csv.ts';
import { EXIT, type ExitCode, usageError } from './errors.ts';
import { printable } from './format.ts';
import { helpText } from './help.ts';
import { CaptureError, CaptureReader, inputName, isDamage } from './input.ts';
import type { CommandIo } from './io.ts';
import { joined } from './look.ts';
import { type ParsedOptions, parseOptions, wholeNumber } from './options.ts';
import { PRESSURE_OPTIONS } from './pressure-options.ts';
import { renderPressure } from './pressure-text.ts';
import { Progress } from './progress.ts';
import { mslOf } from './settings.ts';

const COMMAND = 'pressure';

/** `lastack pressure FILE... | -` */
export async function pressureCommand(argv: readonly string[], io: CommandIo): Promise<ExitCode> {
  const options = parseOptions(COMMAND, PRESSURE_OPTIONS, argv);
  const look = lookOf(COMMAND, options, io);
  if (options.has('help')) {
    io.out.write(helpText(COMMAND, look));
    return EXIT.ok;
  }
  const files = options.positionals;
  if (files.length === 0) throw usageError('which capture? Give a file, or "-" for standard input', COMMAND);
  if (options.has('json') && options.has('csv'))
    throw usageError('--json and --csv do not go together: one form at a time', COMMAND);
  const limit = wholeNumber(COMMAND, 'limit', options.value('limit') ?? '5', 1);
  const { report, code } = await readAll(files, options, io);
  if (report.start === null && code !== EXIT.ok) return code;
  if (options.has('json')) io.out.write(`${JSON.stringify(report, null, 2)}\n`);
  else if (options.has('csv')) writeCsv(report, io);
  else io.out.write(joined(renderPressure(report, limit, look), look));
  return code;
}

async function readAll(
  files: readonly string[],
  options: ParsedOptions,
  io: CommandIo,
): Promise<{ readonly report: PressureReport; readonly code: ExitCode }> {
  const mslUs = mslOf(options, COMMAND) ?? 30_000_000;
  const pressure = new Pressure(mslUs, portsOf(options.value('ports')));
  const explainer = new Explainer({ mslUs, pressure });
  const progress = makeProgress(io);
  let code: ExitCode = EXIT.ok;
  const complain = (message: string): void => {
    progress?.clear();
    io.err.write(`lastack: ${printable(message)}\n`);
    io.err.flush();
  };
  const reader = new CaptureReader({
    follow: false,
    signal: io.signal,
    onPacket: (packet) => explainer.packet(packet),
    onProblem: (problem) => {
      if (isDamage(problem) && code === EXIT.ok) code = EXIT.damaged;
      const place =
        problem.offset === null || /\bbyte \d/.test(problem.message) ? '' : `byte ${problem.offset}: `;
      complain(`${inputName(problem.file ?? '-')}: ${place}${problem.message}`);
    },
    onProgress: (bytes, total) => progress?.update(performance.now(), bytes, total, explainer.packetCount),
    onPiece: () => {},
    onNotice: complain,
  });
  for (const file of files) {
    try {
      await reader.read(file);
    } catch (error) {
      if (!(error instanceof CaptureError)) throw error;
      code = EXIT.input;
      complain(error.message.startsWith(file) ? error.message : `${inputName(file)}: ${error.message}`);
    }
    if (io.signal.aborted) break;
  }
  progress?.clear();
  explainer.finish({ partial: io.signal.aborted });
  const { start, end } = explainer.summary();
  const report = pressure.report(start === null ? -1 : start * 1e6, end === null ? -1 : end * 1e6);
  return { report, code: io.signal.aborted ? EXIT.interrupted : code };
}

/** `32768-60999` */
function portsOf(text: string | null): PortRange {
  if (text === null) return DEFAULT_PORTS;
  const match = /^(\d{1,5})[-:](\d{1,5})$/.exec(text.trim());
  const from = Number(match?.[1]);
  const to = Number(match?.[2]);
  if (match === null || from < 1 || to > 65_535 || from > to)
    throw usageError(`--ports takes a range such as 32768-60999, not "${printable(text)}"`, COMMAND);
  return { from, to };
}

function writeCsv(report: PressureReport, io: CommandIo): void {
  const header = ['time', 'client', 'server', 'opened', 'closed', 'client_time_wait', 'server_time_wait'];
  io.out.write(`${[...header, 'ports_held'].join(',')}\r\n`);
  for (const { client, server, series } of report.pairs) {
    for (let i = 0; i < series.opened.length; i++) {
      const at = (report.start! + (i + 1) * report.bucketSeconds).toFixed(3);
      const { opened, closed, clientTimeWait, serverTimeWait, portsHeld } = series;
      const cells = [at, client, server, opened[i]!, closed[i]!, clientTimeWait[i]!, serverTimeWait[i]!];
      io.out.write(`${[...cells, portsHeld[i]!].map(csvField).join(',')}\r\n`);
    }
  }
}

function makeProgress(io: CommandIo): Progress | null {
  if (!io.err.isTty) return null;
  const draw = (text: string): void => {
    io.err.write(text);
    io.err.flush();
  };
  return new Progress(draw, performance.now(), true, () => io.err.columns ?? 80);
}
