import type { CloseKind, Finding, Summary } from '../explain/types.ts';
import { type BlockContext, percent, SEVERITY_STYLE } from './block.ts';
import type { Severity } from './engine.ts';
import { bytesText, countText, durationText, paragraph, plural, printable } from './format.ts';
import type { Group } from './groups.ts';
import { KIND_TEXT } from './outcome.ts';

const BAR = 24;
const MAX_CAUSES = 20;

/** One line: what was read, how it ended, the first causes. */
export function summaryLine(name: string, s: Summary, { catalogue }: BlockContext): string {
  const kinds = kindCounts(s).map(([kind, n]) => `${countText(n)} ${KIND_TEXT[kind]}`);
  const causes = s.causes
    .filter(({ cause }) => causeSeverity(cause, catalogue) !== 'ok')
    .slice(0, 3)
    .map(({ cause, connections }) => `${cause} (${countText(connections)})`);
  const parts = [
    `${printable(name)}: ${plural(s.connections, 'connection')}`,
    kinds.join(', '),
    causes.length === 0 ? 'nothing notable' : `first causes: ${causes.join(', ')}`,
  ].filter((part) => part !== '');
  return parts.join('; ') + (s.partial ? ' (partial: the input was not read to its end)' : '');
}

/** What was read, how the connections ended, and the causes, the most important first. */
export function renderSummary(name: string, s: Summary, context: BlockContext): string[] {
  const { paint } = context.look;
  const time = s.start === null || s.end === null ? '' : ` in ${durationText(s.end - s.start)}`;
  const what = `${plural(s.connections, 'connection')}, ${plural(s.packets, 'packet')}, ${bytesText(s.bytes)}${time}`;
  const began = s.start === null ? '' : `, from ${context.clock.full(s.start)}`;
  const lines = [`${paint.as(printable(name), 'bold')}: ${what}${paint.as(began, 'dim')}`];
  if (s.partial) lines.push(paint.as('Partial: the input was not read to its end.', 'yellow'));
  if (s.connections === 0) {
    lines.push(s.packets === 0 ? 'The capture holds no packets.' : 'The capture holds no TCP connections.');
    return lines;
  }
  lines.push('', `  ${paint.as('How they ended', 'bold')}`, ...kindTable(s, context));
  if (s.causes.length > 0) {
    lines.push('', `  ${paint.as('Why, what matters most first', 'bold')}`, ...causeTable(s, context));
  }
  return lines;
}

function kindCounts(s: Summary): [CloseKind, number][] {
  const kinds = Object.keys(KIND_TEXT) as CloseKind[];
  return kinds.map((kind) => [kind, s.closeKinds[kind] ?? 0] as [CloseKind, number]).filter(([, n]) => n > 0);
}

function kindTable(s: Summary, { look }: BlockContext): string[] {
  const rows = kindCounts(s).sort((a, b) => b[1] - a[1]);
  const most = Math.max(1, ...rows.map(([, n]) => n));
  const digits = Math.max(...rows.map(([, n]) => countText(n).length), 1);
  const words = Math.max(...rows.map(([kind]) => KIND_TEXT[kind].length), 1);
  return rows.map(([kind, n]) => {
    const bar = look.glyphs.bar.repeat(Math.max(1, Math.round((n / most) * BAR)));
    return `    ${countText(n).padStart(digits)}  ${KIND_TEXT[kind].padEnd(words)}  ${look.paint.as(bar, 'blue')}`;
  });
}

function causeSeverity(cause: string, catalogue: BlockContext['catalogue']): Severity {
  return catalogue.get(cause)?.severity ?? 'note';
}

function causeTable(s: Summary, { look, catalogue }: BlockContext): string[] {
  const rows = s.causes.slice(0, MAX_CAUSES);
  const digits = Math.max(...rows.map((row) => countText(row.connections).length));
  const words = Math.max(...rows.map((row) => row.cause.length));
  const lines = rows.map(({ cause, connections }) => {
    const severity = causeSeverity(cause, catalogue);
    // Without a cause, how much it matters depends on how each connection ended.
    const word = cause === 'undetermined' ? '?' : severity;
    const mark = look.paint.as(word.padEnd('warning'.length), SEVERITY_STYLE[severity]);
    const title = cause === 'undetermined' ? 'the packets do not tell' : catalogue.title(cause);
    const lead = `    ${countText(connections).padStart(digits)}  ${mark}  ${cause.padEnd(words)}`;
    const used = 4 + digits + 2 + 'warning'.length + 2 + words + 2;
    return `${lead}  ${look.paint.as(shorten(title, look.width - used, look.glyphs.ellipsis), 'dim')}`.trimEnd();
  });
  const rest = s.causes.length - rows.length;
  return rest > 0 ? [...lines, `    and ${plural(rest, 'further cause')}`] : lines;
}

function shorten(text: string, room: number, ellipsis: string): string {
  return text.length <= room ? text : text.slice(0, Math.max(0, room - ellipsis.length)).trimEnd() + ellipsis;
}

/** A verdict about several connections. */
export function renderFinding(f: Finding, context: BlockContext): string[] {
  const { look, catalogue } = context;
  const { paint, glyphs } = look;
  const head = `finding over ${plural(f.count, 'connection')}`;
  const rule = glyphs.rule.repeat(Math.max(2, look.width - head.length - 4));
  const severity = causeSeverity(f.cause, catalogue);
  const title = catalogue.title(f.cause) || f.cause;
  const lines = [
    `${paint.as(glyphs.rule.repeat(2), 'dim')} ${paint.as(head, 'bold')} ${paint.as(rule, 'dim')}`,
    '',
    ...paragraph(`${title} [${f.cause}, ${percent(f.confidence)} sure]`, `  ${severity}  `, look.width),
    '',
    ...paragraph(f.story, '  ', look.width),
  ];
  lines[2] = lines[2]!.replace(severity, paint.as(severity, SEVERITY_STYLE[severity], 'bold'));
  const part = (name: string, text: string): void => {
    if (text !== '') lines.push('', `  ${paint.as(name, 'bold')}`, ...paragraph(text, '    ', look.width));
  };
  part('Connections', flowList(f.connections, f.count, glyphs.ellipsis));
  part('What to change', f.remedy);
  part('Also fits', f.alternatives.join(', '));
  part('What would settle it', f.wouldSettle.join('; '));
  return lines;
}

export function flowList(flows: readonly number[], count: number, ellipsis: string): string {
  const shown = flows.slice(0, 5);
  return `flow${count === 1 ? '' : 's'} ${shown.join(', ')}${count > shown.length ? `, ${ellipsis}` : ''}`;
}

/** Below an exemplar: how many more there are, and the options that show them all, ready to be copied. */
export function renderMore(group: Group, story: string | null, { look }: BlockContext): string[] {
  if (group.count < 2) return [];
  const others = group.flows.filter((flow) => flow !== group.exemplar.flow);
  const flows = flowList(others, group.count - 1, look.glyphs.ellipsis);
  const text = `and ${countText(group.count - 1)} more like this (${flows}); all of them:`;
  const together = story === null ? [] : paragraph(story, '  = ', look.width);
  return ['', ...together, `  = ${text}`, `    ${allOf(group)}`].map((line) => look.paint.as(line, 'cyan'));
}

/** A scan takes one line, and one for the options that show its attempts. */
export function renderScan(group: Group, story: string | null, { look }: BlockContext): string[] {
  const { paint, glyphs } = look;
  const flows = flowList(group.flows, group.count, glyphs.ellipsis);
  const how = `${KIND_TEXT[group.closeKind]} [${group.causeId ?? 'undetermined'}]`;
  const text = `${plural(group.count, 'attempt')} at many servers or ports, ${how} (${flows}); all of them:`;
  const lead = `${paint.as(glyphs.rule.repeat(2), 'dim')} ${paint.as(`scan by ${group.scanner}`, 'bold', 'blue')}: `;
  const lines = paragraph(text, ' '.repeat(3 + `scan by ${group.scanner}: `.length), look.width);
  const together = story === null ? [] : paragraph(story, '   ', look.width);
  return [
    lead + lines[0]!.trimStart(),
    ...lines.slice(1),
    ...together,
    paint.as(`   ${allOf(group)}`, 'cyan'),
  ];
}

function allOf(group: Group): string {
  return `--all --filter '${groupFilter(group)}'`;
}

function groupFilter(group: Group): string {
  const parts = [`cause=${group.causeId ?? 'undetermined'}`, `kind=${group.closeKind}`];
  parts.push(`closer=${group.closer ?? 'none'}`);
  if (group.scanner !== null) parts.push(`client=${group.scanner}`);
  else if (group.server !== null) parts.push(`server=${group.server}`);
  return parts.join(' and ');
}
