import type { Endpoint } from '../../src/explain/types.ts';
import { durationText, endpointText, offsetText } from '../app/format.ts';
import type { Strings } from '../strings/index.ts';
import { type Layout, type Line, toServer } from './layout.ts';

const LANE = 56;
const STATE = 12;

/** The ladder as text, one line a packet, as `lastack explain` draws it. */
export function ladderText(
  layout: Layout,
  client: Endpoint,
  server: Endpoint,
  origin: number,
  label: (line: Line) => string,
  t: Strings['ladder'],
): string {
  const number = Math.max(1, ...layout.lines.map((line) => String(line.step.packet).length));
  const indent = ' '.repeat(number + 2 + 12 + 2 + STATE + 3);
  const head = `${indent}${endpointText(client)}  →  ${endpointText(server)}`;
  const lines = layout.lines.flatMap((line, i) => {
    const gap = line.gap === null ? [] : [`${indent}┊ ${gapText(line, t)}`];
    return [...gap, lineText(line, layout.lines[i - 1], number, origin, label)];
  });
  return `${[head, ...lines].join('\n')}\n`;
}

function gapText({ gap }: Line, t: Strings['ladder']): string {
  const time = gap!.seconds > 0 ? durationText(gap!.seconds) : '';
  return gap!.packets > 0 ? t.left(gap!.packets, time) : t.silence(time);
}

function lineText(
  line: Line,
  before: Line | undefined,
  number: number,
  origin: number,
  label: (line: Line) => string,
): string {
  const { step } = line;
  const lead = `${step.decisive ? '●' : ' '} ${String(step.packet).padStart(number)}  ${offsetText(step.at - origin).padStart(12)}`;
  const right = toServer(line, before);
  const words = ` ${label(line).slice(0, LANE - 6)} `;
  const run = (step.decisive ? '━' : '─').repeat(Math.max(1, LANE - words.length - 3));
  const head = step.notes.includes('lost') ? '✕' : right ? '►' : '◄';
  const arrow = right ? `──${words}${run}${head}` : `${head}${run}${words}──`;
  const client = (line.client ?? '').slice(0, STATE).padStart(STATE);
  const notes = step.notes.length === 0 ? '' : `  ${step.notes.join(', ')}`;
  return `${lead}  ${client} │${arrow}│ ${(line.server ?? '').padEnd(STATE)}${notes}`.trimEnd();
}
