import type { Endpoint } from '../../src/explain/types.ts';
import { durationText, endpointText, offsetText } from '../app/format.ts';
import type { Strings } from '../strings/index.ts';
import {
  GAP_HEIGHT,
  HEAD_HEIGHT,
  type Layout,
  type Line,
  linesBetween,
  STEP_HEIGHT,
  toServer,
} from './layout.ts';
import type { Palette } from './palette.ts';
import { CHARACTER, type Pen } from './pen.ts';

/** Where the columns lie. */
export interface Geometry {
  readonly width: number;
  readonly number: number;
  readonly time: number;
  readonly client: number;
  readonly server: number;
  /** Whether there is room for the states' whole names. */
  readonly wholeNames: boolean;
  readonly notes: number;
}

const BAR = 8;
const STATE = 12 * CHARACTER + 8;
const SHORT_STATE = 5 * CHARACTER + 8;
const MIN_LANE = 250;
const SLOPE = 8;

export function measure(width: number, layout: Layout): Geometry {
  const last = layout.lines.at(-1)?.step.packet ?? 0;
  const number = 22 + String(last).length * CHARACTER;
  const time = number + 11 * CHARACTER + 6;
  const room = width - time;
  const wholeNames = room - 2 * STATE - 2 * BAR >= MIN_LANE;
  const side = wholeNames ? STATE : SHORT_STATE;
  const spare = room - 2 * side - 2 * BAR - MIN_LANE - 120;
  const notes = layout.notes && spare > 130 ? Math.min(spare, 230) : 0;
  return { width, number, time, client: time + side, server: width - side - notes - BAR, wholeNames, notes };
}

/** What is drawn of a ladder, and how. */
export interface Drawing {
  readonly layout: Layout;
  readonly geometry: Geometry;
  readonly client: Endpoint;
  readonly server: Endpoint;
  /** First packet of the capture: times count from it. */
  readonly origin: number;
  /** Index of the chosen line, or -1. */
  readonly chosen: number;
  /** Index of the line under the pointer, or -1. */
  readonly pointed: number;
  /** Lines from here on are still to come (a run at its cursor); null: all are there. */
  readonly until: number | null;
  readonly label: (line: Line) => string;
  readonly strings: Strings;
}

/** Draws what lies between two heights, moved up by `top`. */
export function draw(pen: Pen, palette: Palette, drawing: Drawing, top: number, bottom: number): void {
  const { layout, geometry } = drawing;
  pen.rect(0, 0, geometry.width, bottom - top, palette.paper);
  const [first, end] = linesBetween(layout, top, bottom);
  drawLanes(pen, palette, drawing, top, bottom, first, end);
  for (let i = first; i < end; i++) drawLine(pen, palette, drawing, i, top);
  drawHead(pen, palette, drawing);
}

/** Stays at the top while the rest scrolls. */
function drawHead(pen: Pen, palette: Palette, { geometry, client, server }: Drawing): void {
  pen.rect(0, 0, geometry.width, HEAD_HEIGHT - 4, palette.paper);
  pen.line(0, HEAD_HEIGHT - 4, geometry.width, HEAD_HEIGHT - 4, palette.rule, 1);
  const y = HEAD_HEIGHT / 2 - 2;
  const style = { color: palette.text, bold: true };
  const most = Math.floor((geometry.width / 2 - 12) / CHARACTER);
  const [near, far] = [client, server].map((end) => endingOf(endpointText(end), most)) as [string, string];
  const middle = (geometry.client + geometry.server) / 2;
  const nearAt = Math.min(geometry.client, middle - 8 - pen.width(near));
  pen.text(near, Math.max(4, nearAt), y, { ...style, align: 'left' });
  const farAt = Math.max(geometry.server + BAR, middle + 8 + pen.width(far));
  pen.text(far, Math.min(geometry.width - 4, farAt), y, { ...style, align: 'right' });
}

/** The end of a text tells addresses of one network apart. */
function endingOf(text: string, most: number): string {
  return text.length <= most ? text : `…${text.slice(1 - most)}`;
}

/** The bars of both ends, coloured by the state that the end is in. */
function drawLanes(
  pen: Pen,
  palette: Palette,
  { layout, geometry, until }: Drawing,
  top: number,
  bottom: number,
  first: number,
  end: number,
): void {
  for (let i = first; i < end; i++) {
    const line = layout.lines[i]!;
    if (until !== null && i >= until) break;
    const last = i + 1 >= layout.lines.length || (until !== null && i + 1 >= until);
    const from = Math.max(top, line.y + STEP_HEIGHT / 2);
    const below = last ? line.y + STEP_HEIGHT : layout.lines[i + 1]!.y + STEP_HEIGHT / 2;
    const to = Math.min(bottom, below);
    if (to <= from) continue;
    for (const [x, state] of [
      [geometry.client, line.step.clientState],
      [geometry.server, line.step.serverState],
    ] as const)
      if (state !== '') pen.rect(x, from - top, BAR, to - from, palette.state(state));
  }
}

function drawLine(pen: Pen, palette: Palette, drawing: Drawing, index: number, top: number): void {
  const { layout, geometry, until, origin } = drawing;
  const line = layout.lines[index]!;
  const y = line.y - top;
  const middle = y + STEP_HEIGHT / 2;
  if (until !== null && index >= until) return;
  if (line.gap !== null) drawGap(pen, palette, drawing, line, y - GAP_HEIGHT / 2);
  drawGround(pen, palette, drawing, index, y);
  if (line.step.decisive) dot(pen, 9, middle, palette.meaning.rst);
  if (line.step.packet > 0)
    pen.text(String(line.step.packet), geometry.number, middle, { color: palette.muted, align: 'right' });
  pen.text(offsetText(line.step.at - origin), geometry.time - 8, middle, {
    color: palette.text,
    align: 'right',
  });
  drawStates(pen, palette, geometry, line, middle);
  drawArrow(pen, palette, drawing, index, y);
  drawNotes(pen, palette, geometry, line, middle);
}

/** Under the chosen line, one that is telling, or the one under the pointer. */
function drawGround(pen: Pen, palette: Palette, drawing: Drawing, index: number, y: number): void {
  const { layout, geometry, chosen, pointed } = drawing;
  const { decisive } = layout.lines[index]!.step;
  if (index !== chosen && !decisive && index !== pointed) return;
  const color = index === chosen ? palette.chosen : decisive ? palette.evidence : palette.ground;
  pen.rect(0, y, geometry.width, STEP_HEIGHT, color, index === chosen ? 0 : 4);
  repaintBars(pen, palette, drawing, index, y);
}

/** Over the ground of a line. */
function repaintBars(
  pen: Pen,
  palette: Palette,
  { geometry, layout }: Drawing,
  index: number,
  y: number,
): void {
  const line = layout.lines[index]!;
  const before = layout.lines[index - 1];
  const half = STEP_HEIGHT / 2;
  for (const [x, now, then] of [
    [geometry.client, line.step.clientState, before?.step.clientState ?? ''],
    [geometry.server, line.step.serverState, before?.step.serverState ?? ''],
  ] as const) {
    if (then !== '') pen.rect(x, y, BAR, half, palette.state(then));
    if (now !== '') pen.rect(x, y + half, BAR, half, palette.state(now));
  }
}

function dot(pen: Pen, x: number, y: number, color: string): void {
  pen.rect(x - 4, y - 4, 8, 8, color, 4);
}

function drawGap(pen: Pen, palette: Palette, { geometry, strings }: Drawing, { gap }: Line, y: number): void {
  const time = gap!.seconds > 0 ? durationText(gap!.seconds) : '';
  const t = strings.ladder;
  const text = gap!.packets > 0 ? t.left(gap!.packets, time) : t.silence(time);
  const middle = (geometry.client + geometry.server + BAR) / 2;
  const half = pen.width(text) / 2 + 10;
  pen.line(geometry.client + BAR, y, middle - half, y, palette.rule, 1, true);
  pen.line(middle + half, y, geometry.server, y, palette.rule, 1, true);
  pen.text(text, middle, y, { color: palette.muted, align: 'center' });
}

function drawStates(pen: Pen, palette: Palette, geometry: Geometry, line: Line, y: number): void {
  const name = geometry.wholeNames ? marked : abbreviated;
  const style = { color: palette.text, bold: true };
  if (line.client !== null && line.client !== '')
    pen.text(name(line.client), geometry.client - 6, y, { ...style, align: 'right' });
  if (line.server !== null && line.server !== '')
    pen.text(name(line.server), geometry.server + BAR + 6, y, { ...style, align: 'left' });
}

/** Of several possible states the first, marked. */
function marked(state: string): string {
  const [first] = state.split('|');
  return first === state ? state : `${first}?`;
}

const SHORT_NAMES: Readonly<Record<string, string>> = {
  CLOSED: 'CLOSD',
  LISTEN: 'LISTN',
  'SYN-SENT': 'SYN-S',
  'SYN-RECEIVED': 'SYN-R',
  ESTABLISHED: 'ESTAB',
  'FIN-WAIT-1': 'FINW1',
  'FIN-WAIT-2': 'FINW2',
  'CLOSE-WAIT': 'CLS-W',
  CLOSING: 'CLSNG',
  'LAST-ACK': 'L-ACK',
  'TIME-WAIT': 'TIM-W',
};

function abbreviated(state: string): string {
  return SHORT_NAMES[state.split('|')[0]!] ?? '';
}

function drawArrow(pen: Pen, palette: Palette, drawing: Drawing, index: number, y: number): void {
  const { geometry, layout, label } = drawing;
  const line = layout.lines[index]!;
  const { step } = line;
  const color = palette.meaning[line.meaning];
  const toRight = toServer(line, layout.lines[index - 1]);
  const [near, far] = [geometry.client + BAR + 2, geometry.server - 2];
  const start = step.from === 'middlebox' ? (near + far) / 2 : toRight ? near : far;
  const lost = step.notes.includes('lost');
  const full = toRight ? far : near;
  const end = lost ? full + (toRight ? -1 : 1) * (far - near) * 0.15 : full;
  const [y1, y2] = [y + STEP_HEIGHT - 13, y + STEP_HEIGHT - 13 + SLOPE];
  const heavy = step.decisive || line.meaning === 'rst';
  pen.line(start, y1, end, y2, color, heavy ? 2.6 : 1.4);
  if (step.from === 'middlebox') pen.rect(start - 4, y1 - 4, 8, 8, color, 1);
  if (lost) drawCross(pen, end, y2, color);
  else drawHeadOf(pen, end, y2, toRight ? 1 : -1, color, heavy);
  const [left, right] = step.from === 'middlebox' ? [start, full] : [near, far];
  const room = Math.abs(right - left) - 16;
  const middle = (left + right) / 2;
  const text = shortened(label(line), room);
  pen.text(text, middle, y + 8, { color, align: 'center', bold: heavy || line.meaning === 'fin' });
}

/** Without its last fields where there is no room for all: what is left is whole. */
function shortened(label: string, room: number): string {
  const most = Math.floor(room / CHARACTER);
  let text = label;
  for (const field of [/ Win=\d+/, / Len=0/, / Ack=\d+/, / Len=\d+/, / Seq=\d+/])
    if (text.length > most) text = text.replace(field, '');
  return fitted(text, room);
}

function fitted(text: string, room: number): string {
  const most = Math.floor(room / CHARACTER);
  return text.length <= most ? text : `${text.slice(0, Math.max(1, most - 1))}…`;
}

function drawHeadOf(pen: Pen, x: number, y: number, way: 1 | -1, color: string, heavy: boolean): void {
  const size = heavy ? 6 : 4.5;
  pen.polygon(
    [
      [x, y],
      [x - way * size * 2, y - size],
      [x - way * size * 2, y + size],
    ],
    color,
  );
}

function drawCross(pen: Pen, x: number, y: number, color: string): void {
  pen.line(x - 5, y - 5, x + 5, y + 5, color, 2);
  pen.line(x - 5, y + 5, x + 5, y - 5, color, 2);
}

function drawNotes(pen: Pen, palette: Palette, geometry: Geometry, { step }: Line, y: number): void {
  if (geometry.notes === 0 || step.notes.length === 0) return;
  const text = fitted(step.notes.join(', '), geometry.notes - 8);
  pen.text(text, geometry.width - geometry.notes, y, { color: palette.muted, align: 'left' });
}
