import { nearest } from '../explain/filter/index.ts';
import { SEVERITY_STYLE } from './block.ts';
import type { Catalogue } from './catalogue.ts';
import { CAUSES_OPTIONS } from './causes-options.ts';
import type { CatalogueEntry } from './engine.ts';
import { CliError, EXIT, type ExitCode, usageError } from './errors.ts';
import { paragraph, plural, printable } from './format.ts';
import { helpText } from './help.ts';
import type { CommandIo } from './io.ts';
import { joined, type Look, makeLook } from './look.ts';
import { oneOf, parseOptions, wholeNumber } from './options.ts';

const COMMAND = 'causes';

/** `lastack causes [ID | WORD]` */
export function causesCommand(argv: readonly string[], catalogue: Catalogue, io: CommandIo): ExitCode {
  const options = parseOptions(COMMAND, CAUSES_OPTIONS, argv);
  const color = oneOf(COMMAND, 'color', options.value('color') ?? 'auto', ['auto', 'always', 'never']);
  const width = options.value('width');
  const look = makeLook(
    color,
    width === null ? null : wholeNumber(COMMAND, 'width', width, 1),
    io.out,
    io.env,
  );
  if (options.has('help')) {
    io.out.write(helpText(COMMAND, look));
    return EXIT.ok;
  }
  if (options.positionals.length > 1) throw usageError('causes takes one id or word', COMMAND);
  const wanted = options.positionals[0] ?? null;
  const one = wanted === null ? undefined : catalogue.get(wanted.toLowerCase());
  const found = one !== undefined ? [one] : search(catalogue, wanted);
  if (found.length === 0) throw noSuchCause(catalogue, wanted ?? '');
  if (options.has('json')) io.out.write(`${JSON.stringify(one ?? found, entryOnly, 2)}\n`);
  else io.out.write(joined(one !== undefined ? renderEntry(one, look) : renderList(found, look), look));
  return EXIT.ok;
}

function search(catalogue: Catalogue, wanted: string | null): readonly CatalogueEntry[] {
  if (wanted === null) return catalogue.entries;
  const part = wanted.toLowerCase();
  const inText = (entry: CatalogueEntry): boolean =>
    [entry.id, entry.group, entry.title, entry.summary, entry.recognise, entry.remedy].some((text) =>
      text.toLowerCase().includes(part),
    );
  const inName = catalogue.entries.filter((entry) => entry.id.includes(part) || entry.group === part);
  return inName.length > 0 ? inName : catalogue.entries.filter(inText);
}

function noSuchCause(catalogue: Catalogue, wanted: string): CliError {
  const guess = nearest(
    wanted,
    catalogue.entries.map((entry) => entry.id),
  );
  const hint =
    guess === null ? 'see the list: lastack causes' : `did you mean ${guess}? The list: lastack causes`;
  return new CliError(EXIT.nothingMatched, `no cause with "${printable(wanted)}" in its id or text`, hint);
}

/** Causes carry functions and state of the engine; only the catalogue's own fields are for others. */
const FIELDS: readonly (keyof CatalogueEntry)[] = [
  'id',
  'group',
  'severity',
  'title',
  'summary',
  'recognise',
  'remedy',
  'wouldSettle',
  'references',
  'scenario',
];

function entryOnly(key: string, value: unknown): unknown {
  if (key !== '' && Number.isNaN(Number(key))) return value;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(FIELDS.map((field) => [field, (value as CatalogueEntry)[field]]));
}

function renderList(entries: readonly CatalogueEntry[], look: Look): string[] {
  const { paint } = look;
  const widest = Math.max(...entries.map((entry) => entry.id.length));
  const lines: string[] = [];
  for (const group of new Set(entries.map((entry) => entry.group))) {
    lines.push(paint.as(group, 'bold'));
    for (const entry of entries.filter((candidate) => candidate.group === group)) {
      const text = paragraph(entry.title, `  ${entry.id.padEnd(widest)}  `, look.width);
      lines.push(
        ...text.map((line, i) =>
          i === 0 ? line.replace(entry.id, paint.as(entry.id, SEVERITY_STYLE[entry.severity])) : line,
        ),
      );
    }
    lines.push('');
  }
  lines.push(paint.as(`${plural(entries.length, 'cause')}; one in detail: lastack causes ID`, 'dim'));
  return lines;
}

function renderEntry(entry: CatalogueEntry, look: Look): string[] {
  const { paint, glyphs, width } = look;
  const mark = paint.as(entry.severity, SEVERITY_STYLE[entry.severity], 'bold');
  const lines = [
    `${paint.as(entry.id, 'bold')}  ${paint.as(`(${entry.group})`, 'dim')}  ${mark}`,
    ...paragraph(entry.title, '', width).map((line) => paint.as(line, 'bold')),
    '',
    ...paragraph(entry.summary, '  ', width),
  ];
  const section = (title: string, body: readonly string[]): void => {
    if (body.length > 0) lines.push('', paint.as(title, 'bold'), ...body);
  };
  const list = (items: readonly string[]): string[] =>
    items.flatMap((item) => paragraph(item, `  ${glyphs.bullet} `, width));
  section('How it is recognised', paragraph(entry.recognise, '  ', width));
  section('What to change', paragraph(entry.remedy, '  ', width));
  section('What would settle it', list(entry.wouldSettle));
  section('References', list(entry.references));
  return lines;
}
