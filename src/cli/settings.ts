import { compileFilter, FilterError, type FilterPredicate } from '../explain/filter/index.ts';
import type { Catalogue } from './catalogue.ts';
import { CliError, EXIT, usageError } from './errors.ts';
import type { TimeMode } from './format.ts';
import type { ColorMode } from './look.ts';
import { type OptionSpec, oneOf, type ParsedOptions, parseOptions, wholeNumber } from './options.ts';

export const EXPLAIN_OPTIONS: readonly OptionSpec[] = [
  {
    name: 'all',
    describes: 'a block for every connection, orderly endings too, in the order in which they end',
  },
  {
    name: 'flow',
    value: 'N',
    repeatable: true,
    describes: 'only connection N, with every detail; may be repeated',
  },
  {
    name: 'filter',
    value: 'EXPR',
    describes: "only connections that match, e.g. 'cause~linger and server=10.0.0.0/8'",
  },
  { name: 'limit', value: 'N', describes: 'how many sorts of endings get a block (10)' },
  { name: 'ladder', describes: 'ladder diagrams only; whole ones with --flow' },
  { name: 'quiet', short: 'q', describes: 'one line: how many connections and how they ended' },
  { name: 'json', describes: 'one JSON document: connections, findings, summary' },
  { name: 'ndjson', describes: 'one JSON object a line, as connections end; the summary last' },
  { name: 'csv', describes: 'one line a connection (RFC 4180)' },
  { name: 'follow', describes: 'wait for more as the file grows, and report connections as they end' },
  { name: 'peer', value: 'FILE', describes: 'a second capture of the same traffic, taken at the other end' },
  {
    name: 'time',
    value: 'MODE',
    describes: 'times as utc, local, or relative to the first packet (relative)',
  },
  {
    name: 'msl',
    value: 'SECONDS',
    describes: 'maximum segment lifetime; TIME-WAIT lasts twice as long (30, as on Linux)',
  },
  {
    name: 'color',
    value: 'WHEN',
    describes: 'auto, always or never (auto; NO_COLOR and FORCE_COLOR are respected)',
  },
  {
    name: 'width',
    value: 'COLUMNS',
    describes: 'width of the text, 60 to 160 (that of the terminal, or 100)',
  },
  { name: 'help', short: 'h', describes: 'this help' },
];

export type OutputFormat = 'text' | 'json' | 'ndjson' | 'csv';

export interface ExplainSettings {
  readonly files: readonly string[];
  readonly format: OutputFormat;
  readonly all: boolean;
  readonly flows: ReadonlySet<number>;
  readonly filter: FilterPredicate | null;
  readonly limit: number;
  readonly ladderOnly: boolean;
  readonly quiet: boolean;
  readonly follow: boolean;
  readonly peer: string | null;
  readonly time: TimeMode;
  readonly mslUs: number | null;
  readonly color: ColorMode;
  readonly width: number | null;
}

const COMMAND = 'explain';
const DEFAULT_LIMIT = 10;
const MAX_MSL_SECONDS = 3600;

/** The settings of `lastack explain`, or null where its help is asked for. Throws a usage error. */
export function explainSettings(argv: readonly string[], catalogue: Catalogue): ExplainSettings | null {
  const options = parseOptions(COMMAND, EXPLAIN_OPTIONS, argv);
  if (options.has('help')) return null;
  const number = (name: string, least: number): number | null => {
    const text = options.value(name);
    return text === null ? null : wholeNumber(COMMAND, name, text, least);
  };
  const settings: ExplainSettings = {
    files: options.positionals,
    format: formatOf(options),
    all: options.has('all'),
    flows: new Set(options.values('flow').map((text) => wholeNumber(COMMAND, 'flow', text, 1))),
    filter: filterOf(options, catalogue),
    limit: number('limit', 0) ?? DEFAULT_LIMIT,
    ladderOnly: options.has('ladder'),
    quiet: options.has('quiet'),
    follow: options.has('follow'),
    peer: options.value('peer'),
    time: oneOf(COMMAND, 'time', options.value('time') ?? 'relative', ['utc', 'local', 'relative']),
    mslUs: mslOf(options),
    color: oneOf(COMMAND, 'color', options.value('color') ?? 'auto', ['auto', 'always', 'never']),
    width: number('width', 1),
  };
  checkTogether(options, settings);
  return settings;
}

function formatOf(options: ParsedOptions): OutputFormat {
  const given = (['json', 'ndjson', 'csv'] as const).filter((name) => options.has(name));
  if (given.length > 1) throw usageError(`choose one of ${given.map((name) => `--${name}`).join(' and ')}`);
  return given[0] ?? 'text';
}

function filterOf(options: ParsedOptions, catalogue: Catalogue): FilterPredicate | null {
  const source = options.value('filter');
  if (source === null) return null;
  try {
    return compileFilter(source, { causes: catalogue.entries.map((entry) => entry.id) });
  } catch (error) {
    if (error instanceof FilterError)
      throw new CliError(EXIT.usage, error.show(), 'see "lastack help filter"');
    throw error;
  }
}

/** `--msl` in microseconds, or null where it is not given. */
export function mslOf(options: ParsedOptions, command: string = 'explain'): number | null {
  const text = options.value('msl');
  if (text === null) return null;
  const seconds = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || seconds <= 0 || seconds > MAX_MSL_SECONDS) {
    throw usageError(
      `--msl takes seconds, more than 0 and at most ${MAX_MSL_SECONDS}, not "${text}"`,
      command,
    );
  }
  return Math.round(seconds * 1e6);
}

/** Options that make no sense together are a mistake worth telling, not a choice for us to make. */
function checkTogether(options: ParsedOptions, s: ExplainSettings): void {
  const clash = (a: string, b: string, why: string): void => {
    if (options.has(a) && options.has(b)) throw usageError(`--${a} and --${b} do not go together: ${why}`);
  };
  if (s.files.length === 0) throw usageError('which capture? Give a file, or "-" for standard input');
  if (s.files.filter((file) => file === '-').length > 1)
    throw usageError('standard input ("-") can be read only once');
  clash('all', 'flow', '--flow already says which connections');
  clash('all', 'limit', '--all shows every connection');
  clash('all', 'quiet', '--quiet prints one line only');
  clash('flow', 'limit', '--flow already says which connections');
  clash('ladder', 'quiet', '--quiet prints one line only');
  clash('flow', 'quiet', '--quiet prints one line about the whole capture');
  clash('filter', 'quiet', '--quiet prints one line about the whole capture');
  for (const text of ['ladder', 'quiet', 'limit'] as const) {
    for (const format of ['json', 'ndjson', 'csv'] as const) {
      clash(text, format, `--${text} is for text, and --${format} has its own form`);
    }
  }
  clash('follow', 'json', 'the document would not end; use --ndjson');
  clash('follow', 'quiet', 'the line comes at the end of the input; leave out --follow');
  clash('follow', 'limit', 'connections are reported as they end');
  clash('follow', 'peer', 'clocks can only be aligned over whole captures');
  if (s.follow && s.files.length > 1) throw usageError('--follow takes one file');
  if (s.follow && s.files[0] === '-') {
    throw usageError('--follow is for files: standard input is read until its writer ends anyway');
  }
  if (s.peer === '-') throw usageError('--peer takes a file, not standard input');
}
