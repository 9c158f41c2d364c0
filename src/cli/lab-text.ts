import type { ConnectionEnding } from '../explain/types.ts';
import type { LabReport, LabVerdict, Scenario } from '../lab/index.ts';
import { valueText } from '../lab/values.ts';
import { percent, renderBlock, SEVERITY_STYLE } from './block.ts';
import type { Catalogue } from './catalogue.ts';
import { folded } from './fold.ts';
import { Clock, countText, durationText, paragraph, plural } from './format.ts';
import { takes } from './lab-options.ts';
import { tableLines } from './lab-tables.ts';
import { renderLadder } from './ladder.ts';
import type { Look } from './look.ts';

export interface LabContext {
  readonly look: Look;
  readonly catalogue: Catalogue;
}

const PROSE = 104;
const MOST_LADDERS = 2;
const MOST_CALLS = 14;
const MOST_EVENTS = 12;

/** What `lastack lab` without a name prints. */
export function renderScenarios(scenarios: readonly Scenario[], look: Look): string[] {
  const { paint } = look;
  const widest = Math.max(...scenarios.map((one) => one.name.length));
  const lines = scenarios.flatMap(({ name, title }) =>
    paragraph(title, `  ${name.padEnd(widest)}  `, look.width).map((line, i) =>
      i === 0 ? line.replace(name, paint.as(name, 'cyan')) : line,
    ),
  );
  const remedy = paragraph(
    'what the remedies for port exhaustion bring and cost, measured',
    `  ${'remedy'.padEnd(widest)}  `,
    look.width,
  ).map((line, i) => (i === 0 ? line.replace('remedy', paint.as('remedy', 'cyan')) : line));
  const note = `${plural(scenarios.length, 'scenario')}; run one: lastack lab NAME; its parameters: lastack lab NAME --help`;
  return [...lines, ...remedy, '', paint.as(note, 'dim')];
}

/** `lastack lab NAME --help` */
export function renderParameters(scenario: Scenario, look: Look): string[] {
  const { paint, width } = look;
  const entries = Object.entries(scenario.parameters);
  const widest = Math.max(...entries.map(([key]) => key.length));
  const lines = entries.flatMap(([key, parameter]) => {
    const standard = valueText(parameter, parameter.default);
    const text = `${parameter.describes}; ${takes(parameter)} (${standard})`;
    return paragraph(text, `  ${key.padEnd(widest)}  `, width).map((line, i) =>
      i === 0 ? line.replace(key, paint.as(key, 'cyan')) : line,
    );
  });
  const [key, parameter] = entries[0]!;
  const example = `lastack lab ${scenario.name} --set ${key}=${valueText(parameter, parameter.default).replace(' ', '')} --pcap out.pcapng`;
  return [
    ...titleLines(scenario.name, scenario.title, look),
    '',
    ...prose(scenario.story, look),
    '',
    paint.as('Parameters: --set KEY=VALUE', 'bold'),
    ...lines,
    '',
    paint.as('Leads to', 'bold'),
    ...paragraph(scenario.causes.join(', '), '  ', width),
    '',
    paint.as('Example', 'bold'),
    `  ${example}`,
  ];
}

/** One run, told. `files`: captures that were written. */
export function renderLab(
  report: LabReport,
  scenario: Scenario,
  files: readonly string[],
  context: LabContext,
): string[] {
  const { look } = context;
  const clock = new Clock('relative');
  clock.origin = report.start;
  const values = Object.entries(scenario.parameters).map(
    ([key, parameter]) => `${key}=${valueText(parameter, report.values[key]!)}`,
  );
  return [
    ...titleLines(report.scenario, report.title, look),
    ...paragraph(`seed=${report.seed}  ${values.join('  ')}`, '  ', look.width),
    '',
    ...prose(report.story, look),
    ...section('What passed, and the states both ends were in', ladderLines(report, clock, look), look),
    ...section('What the network did', eventLines(report, clock, look), look),
    ...section('What the applications got', callLines(report, clock, look), look),
    ...section('Sockets', tableLines(report.tables, clock, look), look),
    ...section('Counters', counterLines(report, look), look),
    ...section('Found out', factLines(report, look), look),
    ...section('What explain says of the capture', verdictLines(report.verdict, clock, context), look),
    ...fileLines(files, look),
  ];
}

function titleLines(name: string, title: string, { paint, width }: Look): string[] {
  return paragraph(title, `${name}  `, width).map((line, i) =>
    i === 0 ? line.replace(name, paint.as(name, 'bold', 'cyan')) : line,
  );
}

function prose(text: string, look: Look): string[] {
  return paragraph(text, '  ', Math.min(PROSE, look.width));
}

function section(title: string, lines: readonly string[], { paint }: Look): string[] {
  return lines.length === 0 ? [] : ['', paint.as(title, 'bold'), ...lines];
}

function ladderLines({ connections }: LabReport, clock: Clock, look: Look): string[] {
  const shown = connections.slice(0, MOST_LADDERS);
  const lines = shown.flatMap((connection, i) => {
    const drawn = renderLadder(folded(connection), look, clock);
    return i === 0 ? drawn : ['', ...drawn];
  });
  const rest = connections.length - shown.length;
  if (rest > 0)
    lines.push('', look.paint.as(`  and ${plural(rest, 'more connection')}: --json has them`, 'dim'));
  return lines;
}

function eventLines({ events }: LabReport, clock: Clock, look: Look): string[] {
  const lines = events
    .slice(0, MOST_EVENTS)
    .flatMap(({ at, text }) => paragraph(text, `  ${clock.short(at).padStart(12)}  `, look.width));
  if (events.length > MOST_EVENTS) lines.push(`  and ${countText(events.length - MOST_EVENTS)} more`);
  return lines;
}

function callLines({ applications }: LabReport, clock: Clock, look: Look): string[] {
  const { paint } = look;
  return applications.flatMap(({ host, process, calls }) => {
    const name = process === host ? host : `${process} on ${host}`;
    const shown =
      calls.length <= MOST_CALLS ? calls : [...calls.slice(0, MOST_CALLS - 4), ...calls.slice(-4)];
    const widest = Math.max(...shown.map((call) => call.call.length));
    const lines = shown.map(({ at, call, shows, error, seconds }) => {
      const took = seconds === null || seconds === 0 ? '' : `  after ${durationText(seconds)}`;
      const result = error === null ? shows : paint.as(shows, 'red');
      return `    ${clock.short(at).padStart(12)}  ${call.padEnd(widest)} = ${result}${paint.as(took, 'dim')}`;
    });
    const left = calls.length - shown.length;
    if (left > 0) lines.splice(MOST_CALLS - 4, 0, paint.as(`    ${countText(left)} calls left out`, 'dim'));
    return [`  ${paint.as(name, 'bold')}`, ...lines];
  });
}

function counterLines({ counters }: LabReport, look: Look): string[] {
  return Object.entries(counters).flatMap(([host, values]) => {
    const text = Object.entries(values)
      .map(([name, value]) => `${name} ${countText(value)}`)
      .join('  ');
    return text === '' ? [] : paragraph(text, `  ${host}  `, look.width);
  });
}

function factLines({ facts }: LabReport, look: Look): string[] {
  return facts.flatMap(({ text }) => paragraph(text, `  ${look.glyphs.bullet} `, look.width));
}

function verdictLines(verdict: LabVerdict | null, clock: Clock, context: LabContext): string[] {
  if (verdict === null) return [];
  const { look, catalogue } = context;
  const { paint } = look;
  const lines = agreement(verdict, look);
  const shown = verdict.match?.as === 'finding' ? null : mostTelling(verdict);
  if (shown !== null) {
    const block = renderBlock({ ...shown, ladder: [] }, { look, clock, catalogue }, false);
    lines.push('', ...block);
  }
  for (const finding of verdict.findings.slice(0, 3)) {
    const severity = catalogue.severity(finding.cause, 'open');
    const head = `  finding  ${finding.cause}, ${percent(finding.confidence)} sure`;
    lines.push('', paint.as(head, SEVERITY_STYLE[severity]), ...paragraph(finding.story, '  ', look.width));
  }
  const others = verdict.connections.length - (shown === null ? 0 : 1);
  if (others > 0) {
    const causes = verdict.summary.causes.map(
      ({ cause, connections }) => `${cause} ${countText(connections)}`,
    );
    lines.push(
      '',
      ...paragraph(
        `All ${plural(verdict.summary.connections, 'connection')}: ${causes.join(', ')}`,
        '  ',
        look.width,
      ),
    );
  }
  return lines;
}

function agreement({ expected, match }: LabVerdict, look: Look): string[] {
  const { paint } = look;
  if (expected.length === 0)
    return paragraph('Nothing of this shows on the wire, and explain has to say so.', '  ', look.width);
  if (match !== null) {
    const how =
      match.as === 'first'
        ? 'as the first cause'
        : match.as === 'finding'
          ? 'in a finding'
          : 'among those that also fit';
    return [`  ${paint.as('named', 'green', 'bold')}  ${match.cause}, ${how}`];
  }
  return [`  ${paint.as('not named', 'red', 'bold')}  ${expected.join(' or ')} was to be expected`];
}

/** The connection with the cause that the scenario is about, otherwise the first. */
function mostTelling({ connections, expected }: LabVerdict): ConnectionEnding | null {
  const named = connections.find((c) => c.verdict.cause !== null && expected.includes(c.verdict.cause));
  const other = connections.find((c) => c.verdict.alternatives.some((id) => expected.includes(id)));
  return named ?? other ?? connections[0] ?? null;
}

function fileLines(files: readonly string[], { paint }: Look): string[] {
  if (files.length === 0) return [];
  const [main, peer] = files;
  const command = peer === undefined ? `lastack explain ${main}` : `lastack explain ${main} --peer ${peer}`;
  return ['', paint.as(`written: ${files.join(', ')}; look at it: ${command}`, 'dim')];
}
