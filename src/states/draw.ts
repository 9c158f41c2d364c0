import { CITES } from './cites.ts';
import { DIAGRAM } from './diagram.ts';
import { Effect, effectNames } from './effects.ts';
import { EVENT_TITLES } from './event-titles.ts';
import { EVENT_COUNT, EVENT_NAMES, Event, eventFamily } from './events.ts';
import { freebsd } from './freebsd.ts';
import { NEVER } from './impossible.ts';
import { STATE_COUNT, STATE_NAMES, type State } from './names.ts';
import { PATCH_TITLES } from './patch-titles.ts';
import {
  abortOnOverflow,
  icmpIsAdvice,
  insecureReset,
  insecureSyn,
  linux,
  type Patch,
  RFC_TABLE,
  rfc1337,
  timeWaitReuse,
} from './profiles.ts';
import type { Impossible, Row } from './rows.ts';
import { cellOf, effects, next, type Table } from './table.ts';

const mermaidId = (state: State): string => STATE_NAMES[state]!.replaceAll('-', '_');

/** Whether an arrow belongs to what is written on the wire: effects that show there or end the connection. */
const SHOWN =
  Effect.sendSyn | Effect.sendSynAck | Effect.sendAck | Effect.sendFin | Effect.sendRst | Effect.replyRst;

/**
 * The arrows of a table as a Mermaid `stateDiagram-v2`: event, and after a slash what is sent. Arrows to CLOSED by
 * timers and by the host itself are left out, as Figure 5 of RFC 9293 leaves them out.
 */
export function drawMermaid(table: Table): string {
  const lines = ['stateDiagram-v2'];
  for (let state = 0; state < STATE_COUNT; state += 1) {
    lines.push(`  state "${STATE_NAMES[state]}" as ${mermaidId(state as State)}`);
  }
  for (let state = 0; state < STATE_COUNT; state += 1) lines.push(...arrowsFrom(table, state as State));
  return `${lines.join('\n')}\n`;
}

function arrowsFrom(table: Table, state: State): readonly string[] {
  const labels = new Map<State, string[]>();
  for (let event = 0; event < EVENT_COUNT; event += 1) {
    const to = next(table, state, event as Event);
    if (to === -1 || to === state || !isDrawn(event as Event, to)) continue;
    const sent = effectNames(effects(table, state, event as Event) & SHOWN);
    const label = sent.length === 0 ? EVENT_NAMES[event]! : `${EVENT_NAMES[event]} / ${sent.join(' ')}`;
    const list = labels.get(to);
    if (list === undefined) labels.set(to, [label]);
    else list.push(label);
  }
  return [...labels].map(([to, list]) => `  ${mermaidId(state)} --> ${mermaidId(to)}: ${list.join('<br/>')}`);
}

function isDrawn(event: Event, to: State): boolean {
  const family = eventFamily(event);
  return family === 'segment' || family === 'call' || event === Event.timeWaitEnd || to !== 0;
}

/** All rows of a table as Markdown, one table for each state; impossible pairs follow with their reasons. */
export function drawMarkdown(table: Table): string {
  const parts: string[] = [];
  for (let state = 0; state < STATE_COUNT; state += 1) {
    parts.push(`### ${STATE_NAMES[state]}\n\n${stateTable(table, state as State)}\n`);
  }
  return parts.join('\n');
}

function stateTable(table: Table, state: State): string {
  const lines = ['| event | next | effects | source |', '|---|---|---|---|'];
  const reasons = new Map<string, string[]>();
  for (let event = 0; event < EVENT_COUNT; event += 1) {
    const cell = cellOf(table, state, event as Event) ?? neverCell(state, event);
    if (cell.kind === 'row') {
      lines.push(rowLine(cell));
      continue;
    }
    const list = reasons.get(cell.reason);
    if (list === undefined) reasons.set(cell.reason, [code(event)]);
    else list.push(code(event));
  }
  const impossible = [...reasons].map(([reason, names]) => `- ${names.join(', ')}: ${reason}`);
  return `${lines.join('\n')}\n\nCannot occur:\n\n${impossible.join('\n')}`;
}

const code = (event: number): string => `\`${EVENT_NAMES[event]}\``;

function neverCell(state: State, event: number): Impossible {
  return NEVER.find((cell) => cell.state === state && cell.event === event) as Impossible;
}

const source = (row: Row): string => (typeof row.cite === 'number' ? CITES[row.cite]! : row.cite);

function rowLine(cell: Row): string {
  const to = cell.next === cell.state ? '' : `**${STATE_NAMES[cell.next]}**`;
  return `| ${code(cell.event)} | ${to} | ${cell.effects.join(', ')} | ${source(cell)} |`;
}

function patchTable(patch: Patch): string {
  const lines = patch.rows.map((cell) => {
    const to = cell.kind === 'row' ? `${STATE_NAMES[cell.next]}` : 'cannot occur';
    const doing = cell.kind === 'row' ? cell.effects.join(', ') : '';
    const from = cell.kind === 'row' ? source(cell) : cell.reason;
    return `| \`${cell.rule}\` | ${to} | ${doing} | ${from} |`;
  });
  const head = '| rule | next | effects | source |\n|---|---|---|---|';
  const title = PATCH_TITLES[patch.name]!;
  return `#### ${patch.name}\n\n${title[0]!.toUpperCase()}${title.slice(1)}.\n\n${head}\n${lines.join('\n')}\n`;
}

function eventTable(): string {
  const lines = EVENT_NAMES.map(
    (name, event) => `| \`${name}\` | ${eventFamily(event as Event)} | ${EVENT_TITLES[name]} |`,
  );
  return `| event | kind | meaning |\n|---|---|---|\n${lines.join('\n')}\n`;
}

/** The page `docs/states.md`. */
export function drawPage(): string {
  const patched = [linux, freebsd].map(
    (profile) => `### Profile ${profile.name}\n\n${profile.patches.map(patchTable).join('\n')}`,
  );
  const settings = [rfc1337, timeWaitReuse, abortOnOverflow, insecureReset, insecureSyn, icmpIsAdvice]
    .map(patchTable)
    .join('\n');
  return `# The state diagram

This page is drawn from the table in \`src/states/diagram.ts\`; a test keeps the two the same. The table is Figure 5 and
section 3.10 of RFC 9293 with RFC 5961, 6191 and 7323: ${DIAGRAM.length} rows, and ${NEVER.length} pairs of state and event that cannot occur,
each with its reason. A rule is cited as \`state.event\`, for example \`time-wait.fin-again\`.

\`\`\`mermaid
${drawMermaid(RFC_TABLE)}\`\`\`

Arrows to CLOSED by timers and by the host are in the tables, not in the drawing.

## Events

Segment events stand in the order in which RFC 9293 3.10.7 comes to them. One segment can be several events: a FIN that
acknowledges our FIN is \`ack-of-fin\`, then \`fin\`.

${eventTable()}
## Rows

An empty *next* means that the state stays. An ACK among the effects may be delayed, or ride on a segment that is sent
anyway.

${drawMarkdown(RFC_TABLE)}
## Profiles

A profile replaces rows of the same state and event.

${patched.join('\n')}
### Settings

${settings}`;
}
