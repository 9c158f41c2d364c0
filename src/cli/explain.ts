import type { InputProblem } from '../explain/types.ts';
import type { BlockContext } from './block.ts';
import type { Catalogue } from './catalogue.ts';
import type { CreateEngine, Engine } from './engine.ts';
import { EXIT, type ExitCode, usageError } from './errors.ts';
import { Clock, plural, printable } from './format.ts';
import { helpText } from './help.ts';
import { CaptureError, CaptureReader, inputName, isDamage } from './input.ts';
import type { CommandIo } from './io.ts';
import { makeLook } from './look.ts';
import { Progress } from './progress.ts';
import { CsvReporter, JsonReporter, NdjsonReporter, type Reporter, Selection } from './report.ts';
import { TextReporter } from './report-text.ts';
import { type ExplainSettings, explainSettings } from './settings.ts';

/** `lastack explain FILE... | -` */
export async function explainCommand(
  argv: readonly string[],
  catalogue: Catalogue,
  createEngine: CreateEngine,
  io: CommandIo,
): Promise<ExitCode> {
  const settings = explainSettings(argv, catalogue);
  if (settings === null) {
    io.out.write(helpText('explain', makeLook('auto', null, io.out, io.env)));
    return EXIT.ok;
  }
  if (settings.files.includes('-') && io.stdinIsTty) {
    throw usageError(
      'standard input is a terminal: pipe a capture into it, e.g. tcpdump -w - | lastack explain -',
    );
  }
  const run = new ExplainRun(settings, catalogue, io);
  return run.run(createEngine);
}

class ExplainRun {
  private readonly settings: ExplainSettings;
  private readonly io: CommandIo;
  private readonly context: BlockContext;
  private readonly selection: Selection;
  private readonly progress: Progress | null;
  private damaged: boolean = false;
  private unreadable: boolean = false;
  private packets: number = 0;

  constructor(settings: ExplainSettings, catalogue: Catalogue, io: CommandIo) {
    this.settings = settings;
    this.io = io;
    const look = makeLook(settings.color, settings.width, io.out, io.env);
    this.context = { look, clock: new Clock(settings.time), catalogue };
    this.selection = new Selection(settings.flows, settings.filter);
    this.progress = this.makeProgress();
  }

  async run(createEngine: CreateEngine): Promise<ExitCode> {
    const { settings, io } = this;
    const reporter = this.makeReporter();
    const engine = await createEngine({
      mslUs: settings.mslUs,
      fullLadder: settings.ladderOnly ? settings.flows : new Set(),
      peer: settings.peer,
      signal: io.signal,
      onNotice: (message) => this.complain(message),
      onConnection: (connection) => reporter.connection(connection),
      onFinding: (finding) => reporter.finding(finding),
    });
    await this.readAll(engine, reporter);
    this.progress?.clear();
    if (this.unreadable && this.packets === 0 && !this.damaged) return EXIT.input;
    const interrupted = io.signal.aborted;
    engine.finish(interrupted || this.damaged);
    reporter.end(engine.summary());
    io.out.flush();
    return interrupted ? EXIT.interrupted : this.exitCode(reporter);
  }

  private exitCode(reporter: Reporter): ExitCode {
    if (this.unreadable) return EXIT.input;
    if (this.damaged) return EXIT.damaged;
    if (this.selection.isEverything || reporter.matched > 0) return EXIT.ok;
    const { flows } = this.settings;
    const what =
      flows.size > 0 ? `no connection ${[...flows].join(', ')} here` : 'no connection matches the filter';
    this.complain(what);
    return EXIT.nothingMatched;
  }

  /** An input that cannot be read is told of, and the others are read all the same. */
  private async readAll(engine: Engine, reporter: Reporter): Promise<void> {
    const { settings, io } = this;
    const reader = new CaptureReader({
      follow: settings.follow,
      signal: io.signal,
      onPacket: (packet) => {
        if (this.packets++ === 0) this.context.clock.origin = packet.timeUs / 1e6;
        engine.packet(packet);
      },
      onProblem: (problem) => this.problem(problem, engine, reporter),
      onProgress: (bytes, total) => this.progress?.update(performance.now(), bytes, total, this.packets),
      onPiece: () => this.piece(),
      onNotice: (message) => this.complain(message),
    });
    for (const file of settings.files) {
      if (io.signal.aborted) break;
      try {
        await reader.read(file);
      } catch (error) {
        if (!(error instanceof CaptureError)) throw error;
        this.unreadable = true;
        this.complain(nameInput(file, error.message));
      }
    }
  }

  /** What connections ended with this piece of input is shown now where somebody may be waiting for it. */
  private piece(): void {
    if (this.settings.format === 'ndjson' || this.settings.format === 'csv' || this.settings.follow)
      this.io.out.flush();
  }

  private problem(problem: InputProblem, engine: Engine, reporter: Reporter): void {
    if (isDamage(problem)) this.damaged = true;
    engine.problem(problem);
    reporter.problem(problem);
    const namesPlace = problem.offset === null || /\bbyte \d/.test(problem.message);
    const place = namesPlace ? '' : `byte ${problem.offset}: `;
    this.complain(nameInput(problem.file ?? '-', place + problem.message));
  }

  private complain(message: string): void {
    this.progress?.clear();
    this.io.err.write(`lastack: ${printable(message)}\n`);
    this.io.err.flush();
  }

  private makeReporter(): Reporter {
    const { settings, io, selection } = this;
    switch (settings.format) {
      case 'json':
        return new JsonReporter(io.out, selection);
      case 'ndjson':
        return new NdjsonReporter(io.out, selection);
      case 'csv':
        return new CsvReporter(io.out, selection);
      case 'text':
        return new TextReporter(io.out, selection, this.context, {
          name:
            settings.files.length === 1
              ? inputName(settings.files[0]!)
              : plural(settings.files.length, 'file'),
          limit: settings.limit,
          all: settings.all,
          ladderOnly: settings.ladderOnly,
          quiet: settings.quiet,
          streaming: settings.all || settings.follow,
        });
    }
  }

  /** No bar where results go to the same terminal meanwhile. */
  private makeProgress(): Progress | null {
    const { settings, io } = this;
    const streams = settings.all || settings.follow || settings.format !== 'text';
    if (!io.err.isTty || (streams && io.out.isTty)) return null;
    const draw = (text: string): void => {
      io.err.write(text);
      io.err.flush();
    };
    const unicode = this.context.look.glyphs.bar === '█';
    return new Progress(draw, performance.now(), unicode, () => io.err.columns ?? 80);
  }
}

/** The capture room's messages name the file where they have a path; standard input has none. */
function nameInput(file: string, message: string): string {
  return message.startsWith(file) && file !== '-' ? message : `${inputName(file)}: ${message}`;
}
