import type { ConnectionEnding, End, EndReport } from '../explain/types.ts';
import type { Catalogue } from './catalogue.ts';
import type { Severity } from './engine.ts';
import { folded } from './fold.ts';
import {
  bytesText,
  type Clock,
  countText,
  durationText,
  endpointText,
  paragraph,
  plural,
  wrap,
} from './format.ts';
import { renderLadder } from './ladder.ts';
import type { Look, Style } from './look.ts';
import { outcomeText } from './outcome.ts';

export interface BlockContext {
  readonly look: Look;
  readonly clock: Clock;
  readonly catalogue: Catalogue;
}

/** Longer lines of prose are hard to read. */
const PROSE = 104;

export const SEVERITY_STYLE: Readonly<Record<Severity, Style>> = {
  error: 'red',
  warning: 'yellow',
  note: 'cyan',
  ok: 'green',
};

/** One connection, written like a compiler's diagnostic. `details` adds the states' times and what each end did. */
export function renderBlock(e: ConnectionEnding, context: BlockContext, details: boolean): string[] {
  const body = [
    ...headline(e, context),
    ...indented(e.verdict.story, context),
    ...spaced(renderLadder(details ? e : folded(e), context.look, context.clock)),
    ...spaced(facts(e, context)),
    ...(details ? spaced(detailLines(e, context)) : []),
    ...section('Both captures', bothCaptures(e, context), context),
    ...section('Evidence', evidence(e, context), context),
    ...section('What to change', indentedText(e.verdict.remedy, context), context),
    ...section('Also fits', alternatives(e.verdict.alternatives, context), context),
    ...section('What would settle it', bullets(e.verdict.wouldSettle, context), context),
  ];
  return [...renderHeader(e, context), ...body];
}

/** The rule with flow number, addresses and outcome that begins a block. */
export function renderHeader(e: ConnectionEnding, { look }: BlockContext): string[] {
  const { paint, glyphs, width } = look;
  const flow = `flow ${e.flow}`;
  const ends = `${endpointText(e.client)} ${glyphs.arrow} ${endpointText(e.server)}`;
  const outcome = outcomeText(e);
  const lead = paint.as(glyphs.rule.repeat(2), 'dim');
  const left = `${lead} ${paint.as(flow, 'bold', 'blue')}  ${paint.as(ends, 'bold')} `;
  const used = 3 + flow.length + 2 + ends.length + 1;
  const room = width - used - outcome.length - 1;
  if (room >= 2) return [`${left}${paint.as(glyphs.rule.repeat(room), 'dim')} ${paint.as(outcome, 'bold')}`];
  return [
    left + paint.as(glyphs.rule.repeat(Math.max(0, width - used)), 'dim'),
    `   ${paint.as(outcome, 'bold')}`,
  ];
}

function headline(e: ConnectionEnding, { look, catalogue }: BlockContext): string[] {
  const { paint } = look;
  const { cause, confidence, reason } = e.verdict;
  const severity = catalogue.severity(cause, e.closeKind);
  const word = paint.as(severity, SEVERITY_STYLE[severity], 'bold');
  if (cause === null) {
    const text = reason === null ? 'undetermined' : `undetermined: ${reason}`;
    const lines = wrap(text, look.width - 4 - severity.length);
    return [
      '',
      ...lines.map(
        (line, i) => `  ${i === 0 ? word : ' '.repeat(severity.length)}  ${paint.as(line, 'bold')}`,
      ),
      '',
    ];
  }
  const title = catalogue.title(cause);
  const tag = `${cause}, ${percent(confidence)} sure`;
  const lines = wrap(title === '' ? tag : `${title} [${tag}]`, look.width - 4 - severity.length);
  const shown = lines.map((line, i) => {
    const bold = paint.as(line, 'bold');
    return `  ${i === 0 ? word : ' '.repeat(severity.length)}  ${bold}`;
  });
  return ['', ...shown, ''];
}

export function percent(share: number): string {
  // Only certainty is 100%.
  const rounded = Math.round(share * 100);
  return `${rounded === 100 && share < 1 ? 99 : rounded}%`;
}

function facts(e: ConnectionEnding, { look, clock }: BlockContext): string[] {
  const rows: [string, string][] = [];
  const errors = (['client', 'server'] as const)
    .filter((end) => e.ends[end].applicationSees !== null)
    .map((end) => `${end} reads ${errorText(e.ends[end].applicationSees!)}`);
  if (errors.length > 0) rows.push(['Application', errors.join('; ')]);
  rows.push(['TIME-WAIT', timeWaitText(e, clock)]);
  rows.push(['Data', `${sentText('client', e.ends.client)}; ${sentText('server', e.ends.server)}`]);
  if (e.notes.length > 0) rows.push(['Notes', e.notes.join('; ')]);
  return table(rows, look);
}

/** POSIX names with strerror's words, which is what logs show. */
const ERROR_WORDS: Readonly<Record<string, string>> = {
  ECONNRESET: 'connection reset by peer',
  ECONNREFUSED: 'connection refused',
  ECONNABORTED: 'software caused connection abort',
  ETIMEDOUT: 'connection timed out',
  EPIPE: 'broken pipe',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network is unreachable',
  EOF: 'end of file: read returns 0',
};

function errorText(name: string): string {
  const words = ERROR_WORDS[name];
  return words === undefined ? name : `${name} (${words})`;
}

function timeWaitText(e: ConnectionEnding, clock: Clock): string {
  if (e.timeWait === null) return 'at neither end';
  const where = e.timeWait === 'both' ? 'at both ends' : `at the ${e.timeWait}`;
  return e.timeWaitUntil === null ? where : `${where}, until ${clock.short(e.timeWaitUntil)}`;
}

function sentText(end: End, report: EndReport): string {
  if (report.bytes === 0) return `${end} sent none`;
  const acked =
    report.bytesAcked >= report.bytes ? 'all acknowledged' : `${bytesText(report.bytesAcked)} acknowledged`;
  const again = report.retransmissions > 0 ? `, ${plural(report.retransmissions, 'retransmission')}` : '';
  return `${end} sent ${bytesText(report.bytes)}, ${acked}${again}`;
}

/** What the second capture shows: clocks, where each was taken, and what only one of them has. */
function bothCaptures(e: ConnectionEnding, { look }: BlockContext): string[] {
  const { peer } = e;
  if (peer === undefined) return [];
  if (!peer.seenByPeer)
    return paragraph('The other capture has nothing of this connection.', '    ', look.width);
  const other = peer.takenAt === 'client' ? 'server' : 'client';
  const here = peer.takenAt === null ? 'this end' : `the ${peer.takenAt}`;
  const there = peer.takenAt === null ? 'the other end' : `the ${other}`;
  const list = (numbers: readonly number[]): string =>
    numbers.length === 0
      ? 'none'
      : `packet ${numbers.slice(0, 8).join(', ')}${numbers.length > 8 ? `, ${look.glyphs.ellipsis}` : ''}`;
  const rows: [string, string][] = [
    ['Clocks', `${offsetText(peer.clockOffset)}; ${plural(peer.matched, 'packet')} in both`],
    [`Lost from ${here}`, `${list(peer.lostToPeer)} (of this capture)`],
    [`Lost from ${there}`, `${list(peer.lostFromPeer)} (of the other capture)`],
  ];
  if (peer.strangeHere.length > 0) rows.push([`Not sent by ${there}`, list(peer.strangeHere)]);
  if (peer.strangeAtPeer.length > 0)
    rows.push([`Not sent by ${here}`, `${list(peer.strangeAtPeer)} (of the other capture)`]);
  if (peer.translated) rows.push(['Addresses', 'translated on the way']);
  if (peer.remapped) rows.push(['Ports', 'part of the flow arrived under other ports']);
  return table(rows, look).map((line) => `  ${line}`);
}

function offsetText(seconds: number): string {
  if (seconds === 0) return 'equal';
  return `the other capture's is ${durationText(Math.abs(seconds))} ${seconds > 0 ? 'behind' : 'ahead'}`;
}

function detailLines(e: ConnectionEnding, { look, clock }: BlockContext): string[] {
  const rows: [string, string][] = [];
  for (const end of ['client', 'server'] as const) {
    const steps = e.states[end].map((step) => `${step.state} ${clock.short(step.at)}`);
    if (steps.length > 0) rows.push([`${capital(end)} states`, steps.join(` ${look.glyphs.arrow} `)]);
  }
  for (const end of ['client', 'server'] as const) rows.push([capital(end), endText(e.ends[end])]);
  rows.push(['Path', pathText(e)]);
  return table(rows, look);
}

function endText(r: EndReport): string {
  const parts = [plural(r.segments, 'segment'), `${countText(r.bytes)} bytes`];
  if (r.outOfOrder > 0) parts.push(`${countText(r.outOfOrder)} out of order`);
  const counts: readonly (readonly [number, string])[] = [
    [r.retransmissions, 'retransmission'],
    [r.duplicateAcks, 'duplicate ACK'],
    [r.keepaliveProbes, 'keepalive probe'],
    [r.syns, 'SYN'],
    [r.fins, 'FIN'],
    [r.resets, 'RST'],
  ];
  for (const [n, noun] of counts) if (n > 0) parts.push(plural(n, noun));
  if (r.zeroWindows > 0)
    parts.push(`window 0 ${plural(r.zeroWindows, 'time')}, ${durationText(r.zeroWindowSeconds)}`);
  if (r.closeWaitSeconds !== null) parts.push(`CLOSE-WAIT for ${durationText(r.closeWaitSeconds)}`);
  if (r.finWait2Seconds !== null) parts.push(`FIN-WAIT-2 for ${durationText(r.finWait2Seconds)}`);
  const options = r.options === null ? [] : optionNames(r.options);
  if (options.length > 0) parts.push(`options: ${options.join(' ')}`);
  return parts.join(', ');
}

function optionNames(o: NonNullable<EndReport['options']>): string[] {
  const names: string[] = [];
  if (o.mss !== null) names.push(`MSS=${o.mss}`);
  if (o.windowScale !== null) names.push(`WS=${o.windowScale}`);
  if (o.sackPermitted) names.push('SACK');
  if (o.timestamps) names.push('TS');
  if (o.fastOpen) names.push('TFO');
  if (o.mptcp) names.push('MPTCP');
  return names;
}

function pathText(e: ConnectionEnding): string {
  const parts: string[] = [];
  if (e.rtt !== null) parts.push(`round trip at least ${durationText(e.rtt)}`);
  parts.push(`longest silence ${durationText(e.longestIdle)}`);
  for (const end of ['client', 'server'] as const) {
    const { hopLimit, initialHopLimit } = e.ends[end];
    if (hopLimit === null) continue;
    const hops = initialHopLimit === null ? '' : ` (${plural(initialHopLimit - hopLimit, 'hop')} away)`;
    parts.push(`${end} TTL ${hopLimit}${hops}`);
  }
  if (e.capturedAt !== null)
    parts.push(`captured ${e.capturedAt === 'between' ? 'between both' : `at the ${e.capturedAt}`}`);
  return parts.join(', ');
}

function evidence(e: ConnectionEnding, { look, clock }: BlockContext): string[] {
  const items = e.verdict.evidence;
  const number = Math.max(0, ...items.map((item) => String(item.packet).length));
  const time = Math.max(0, ...items.map((item) => clock.short(item.at).length));
  return items.flatMap((item) => {
    const packet = String(item.packet).padStart(number);
    const at = clock.short(item.at).padStart(time);
    return paragraph(item.shows, `    packet ${packet}  ${at}  `, look.width);
  });
}

function alternatives(ids: readonly string[], { look, catalogue }: BlockContext): string[] {
  const widest = Math.max(0, ...ids.map((id) => id.length));
  return ids.flatMap((id) => {
    const lines = paragraph(
      catalogue.title(id) || 'see the catalogue',
      `    ${id.padEnd(widest)}  `,
      look.width,
    );
    return lines.map((line, i) => (i === 0 ? line.replace(id, look.paint.as(id, 'cyan')) : line));
  });
}

function bullets(items: readonly string[], { look }: BlockContext): string[] {
  return items.flatMap((item) => paragraph(item, `    ${look.glyphs.bullet} `, look.width));
}

function indentedText(text: string, { look }: BlockContext): string[] {
  return wrap(text, Math.min(PROSE, look.width) - 4).map((line) => `    ${line}`);
}

function indented(text: string, { look }: BlockContext): string[] {
  return wrap(text, Math.min(PROSE, look.width) - 2).map((line) => `  ${line}`);
}

function section(title: string, lines: readonly string[], { look }: BlockContext): string[] {
  return lines.length === 0 ? [] : ['', `  ${look.paint.as(title, 'bold')}`, ...lines];
}

function spaced(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', ...lines];
}

function table(rows: readonly (readonly [string, string])[], { paint, width }: Look): string[] {
  const widest = Math.max(0, ...rows.map(([name]) => name.length));
  return rows.flatMap(([name, text]) => {
    const lines = paragraph(text, `  ${name.padEnd(widest)}  `, width);
    return lines.map((line, i) => (i === 0 ? line.replace(name, paint.as(name, 'dim')) : line));
  });
}

function capital(word: string): string {
  return word[0]!.toUpperCase() + word.slice(1);
}
