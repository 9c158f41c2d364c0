import type { ConnectionEnding, LadderStep } from '../explain/types.ts';
import { type Clock, durationText, endpointText, plural, wrap } from './format.ts';
import type { Look, Style } from './look.ts';

/** A silence of this length between two neighbouring packets is worth a line of its own. */
const SILENCE_SECONDS = 1;
const INDENT = 2;
const MAX_LANE = 64;
const MIN_LANE = 24;
/** Notes stand at the right where the lane keeps at least this width beside them. */
const LANE_BESIDE_NOTES = 44;
const MAX_NOTES = 34;

/** Where the columns of one ladder lie. */
interface Geometry {
  readonly number: number;
  readonly time: number;
  readonly client: number;
  readonly lane: number;
  readonly server: number;
  /** Width of the notes column, or 0: notes stand below their arrow. */
  readonly notes: number;
}

export type Ladder = Pick<ConnectionEnding, 'client' | 'server' | 'ladder'> & {
  /** Packets left out behind the last step, and when the last of them came. */
  readonly after?: { readonly packets: number; readonly at: number };
};

/** The ladder diagram: one line a packet, both ends' states at its sides where they change. */
export function renderLadder(ending: Ladder, look: Look, clock: Clock): string[] {
  if (ending.ladder.length === 0) return [];
  return new LadderRenderer(ending, look, clock).lines();
}

class LadderRenderer {
  private readonly ending: Ladder;
  private readonly look: Look;
  private readonly clock: Clock;
  private readonly geometry: Geometry;

  constructor(ending: Ladder, look: Look, clock: Clock) {
    this.ending = ending;
    this.look = look;
    this.clock = clock;
    this.geometry = measure(ending.ladder, look, clock);
  }

  lines(): string[] {
    const lines = this.header();
    let previous: LadderStep | null = null;
    for (const step of this.ending.ladder) {
      lines.push(...this.gap(previous, step), ...this.step(previous, step));
      previous = step;
    }
    const { after } = this.ending;
    if (after !== undefined && after.packets > 0 && previous !== null) {
      lines.push(this.gapLine(this.gapText(after.packets, after.at - previous.at)));
    }
    return lines;
  }

  /** Column where the client's lane stands. */
  private laneColumn(): number {
    const g = this.geometry;
    return INDENT + 2 + g.number + 2 + g.time + 2 + g.client + 1;
  }

  private header(): string[] {
    const { paint, width } = this.look;
    const g = this.geometry;
    const client = endpointText(this.ending.client);
    const server = endpointText(this.ending.server);
    const left = this.laneColumn();
    const right = left + 1 + g.lane;
    const columns = `${' '.repeat(INDENT + 2)}${'#'.padStart(g.number)}  ${'time'.padStart(g.time)}`;
    const clientAt = Math.max(columns.length + 2, Math.min(left + 1 - Math.ceil(client.length / 2), right));
    const serverAt = Math.min(right - Math.floor(server.length / 2), width - server.length);
    const first = paint.as(columns, 'dim') + ' '.repeat(clientAt - columns.length) + paint.as(client, 'bold');
    const used = clientAt + client.length;
    if (used + 2 <= serverAt) return [first + ' '.repeat(serverAt - used) + paint.as(server, 'bold')];
    return [first, ' '.repeat(Math.max(0, serverAt)) + paint.as(server, 'bold')];
  }

  /** What was left out before a step, or the silence before it. */
  private gap(previous: LadderStep | null, step: LadderStep): string[] {
    const elapsed = previous === null ? 0 : step.at - previous.at;
    if (step.skipped > 0) return [this.gapLine(this.gapText(step.skipped, elapsed))];
    return elapsed >= SILENCE_SECONDS ? [this.gapLine(`${durationText(elapsed)} of silence`)] : [];
  }

  private gapText(packets: number, elapsed: number): string {
    const { ellipsis } = this.look.glyphs;
    const time = elapsed > 0 ? `, ${durationText(elapsed)}` : '';
    return `${ellipsis} ${plural(packets, 'packet')}${time} ${ellipsis}`;
  }

  private gapLine(text: string): string {
    const { paint, glyphs } = this.look;
    const before = Math.max(0, Math.floor((this.geometry.lane - text.length) / 2));
    const after = Math.max(0, this.geometry.lane - text.length - before);
    const lane = `${glyphs.gapLane}${' '.repeat(before)}${text}${' '.repeat(after)}${glyphs.gapLane}`;
    return ' '.repeat(this.laneColumn()) + paint.as(lane, 'dim');
  }

  private step(previous: LadderStep | null, step: LadderStep): string[] {
    const { paint, glyphs } = this.look;
    const g = this.geometry;
    const client = changedState(previous?.clientState, step.clientState);
    const server = changedState(previous?.serverState, step.serverState);
    const notes = step.notes.join(', ');
    const beside = g.notes > 0 ? wrap(notes, g.notes) : [];
    const below = g.notes > 0 ? [] : wrap(notes, g.lane - 4);
    const mark = step.decisive ? paint.as(glyphs.mark, 'red') : ' ';
    const packet = String(step.packet).padStart(g.number);
    const time = this.clock.short(step.at).padStart(g.time);
    const lines: string[] = [];
    const height = Math.max(1, client.length, server.length, beside.length, 1 + below.length);
    for (let row = 0; row < height; row++) {
      const lead =
        row === 0
          ? `${' '.repeat(INDENT)}${mark} ${paint.as(packet, 'dim')}  ${time}  `
          : ' '.repeat(this.laneColumn() - g.client - 1);
      const lane = row === 0 ? this.arrow(previous, step) : this.below(below[row - 1] ?? '', step);
      const left = ' '.repeat(g.client - (client[row] ?? '').length) + this.state(client[row] ?? '');
      const right = this.state(server[row] ?? '') + ' '.repeat(g.server - (server[row] ?? '').length);
      const note = beside[row] === undefined ? '' : `  ${paint.as(beside[row]!, 'cyan')}`;
      lines.push(`${lead}${left} ${glyphs.lane}${lane}${glyphs.lane} ${right}${note}`.trimEnd());
    }
    return lines;
  }

  private below(text: string, step: LadderStep): string {
    const space = this.geometry.lane - text.length - 4;
    const shown = this.look.paint.as(text, 'cyan');
    return step.from === 'server'
      ? `${' '.repeat(space + 2)}${shown}  `
      : `  ${shown}${' '.repeat(space + 2)}`;
  }

  private arrow(previous: LadderStep | null, step: LadderStep): string {
    const { paint, glyphs } = this.look;
    const toServer = step.from === 'client' || (step.from === 'middlebox' && resetsServer(previous, step));
    const length =
      step.from === 'middlebox'
        ? Math.max(MIN_LANE / 2, Math.floor(this.geometry.lane / 2))
        : this.geometry.lane;
    const line = step.decisive ? glyphs.heavyLine : glyphs.line;
    const styles = arrowStyles(step);
    const shaft = (text: string): string => paint.as(text, ...styles);
    const tail = step.from === 'middlebox' ? glyphs.middle : line;
    const head = step.notes.includes('lost') ? glyphs.lost : toServer ? glyphs.headRight : glyphs.headLeft;
    // A lost packet's arrow ends before it arrives.
    const short = step.notes.includes('lost') ? 4 : 0;
    const label = fitLabel(step, length - short - 6);
    const run = Math.max(0, length - short - label.length - 5);
    const words = paint.as(label, ...styles, 'bold');
    const drawn = toServer
      ? `${shaft(tail + line)} ${words} ${shaft(line.repeat(run) + head)}${' '.repeat(short)}`
      : `${' '.repeat(short)}${shaft(head + line.repeat(run))} ${words} ${shaft(line + tail)}`;
    const pad = ' '.repeat(Math.max(0, this.geometry.lane - length));
    return toServer ? pad + drawn : drawn + pad;
  }

  private state(text: string): string {
    return this.look.paint.as(text, ...stateStyles(text));
  }
}

/** A forged RST goes to both ends or to one: the end whose state it changes is the one that the arrow shows. */
function resetsServer(previous: LadderStep | null, step: LadderStep): boolean {
  return (
    previous !== null &&
    previous.serverState !== step.serverState &&
    previous.clientState === step.clientState
  );
}

/** The lines of a state column: nothing where the state stays, one line for each state that it may be. */
function changedState(before: string | undefined, now: string): string[] {
  if (now === before || now === '') return [];
  const states = now.split('|');
  return states.map((state, index) => (index === states.length - 1 ? state : `${state}|`));
}

function measure(steps: readonly LadderStep[], look: Look, clock: Clock): Geometry {
  let number = 1;
  let time = 4;
  let client = 0;
  let server = 0;
  let longestNote = 0;
  for (const step of steps) {
    number = Math.max(number, String(step.packet).length);
    time = Math.max(time, clock.short(step.at).length);
    client = Math.max(client, ...changedState(undefined, step.clientState).map((line) => line.length));
    server = Math.max(server, ...changedState(undefined, step.serverState).map((line) => line.length));
    longestNote = Math.max(longestNote, step.notes.join(', ').length);
  }
  const room = look.width - (INDENT + 2 + number + 2 + time + 2 + client + 1 + 1 + 1 + 1 + server);
  const wanted = Math.min(longestNote, MAX_NOTES);
  const notes = wanted > 0 && room - wanted - 2 >= LANE_BESIDE_NOTES ? wanted : 0;
  const lane = Math.max(MIN_LANE, Math.min(MAX_LANE, notes > 0 ? room - notes - 2 : room));
  return { number, time, client, lane, server, notes };
}

/** The longest description of a packet that fits, in the terms of Wireshark's Info column. */
function fitLabel(step: LadderStep, room: number): string {
  if (step.flags.startsWith('ICMP')) return cut(step.flags, room);
  const seq = ` Seq=${step.seq}`;
  const ack = step.ack === null ? '' : ` Ack=${step.ack}`;
  const win = ` Win=${step.window}`;
  const len = ` Len=${step.length}`;
  const lenIfAny = step.length > 0 ? len : '';
  const candidates = [
    step.flags + seq + ack + win + len,
    step.flags + seq + ack + (step.window === 0 ? win : '') + lenIfAny,
    step.flags + seq + ack + lenIfAny,
    step.flags + seq + lenIfAny,
    step.flags + lenIfAny,
  ];
  return candidates.find((label) => label.length <= room) ?? cut(step.flags, room);
}

function cut(text: string, room: number): string {
  return text.length <= room ? text : text.slice(0, Math.max(1, room));
}

function arrowStyles(step: LadderStep): Style[] {
  if (step.flags.includes('RST') || step.flags.startsWith('ICMP')) return ['red'];
  if (step.flags.includes('FIN')) return ['yellow'];
  if (step.flags.includes('SYN')) return ['green'];
  return [];
}

function stateStyles(state: string): Style[] {
  const name = state.replace('|', '');
  if (name === 'ESTABLISHED') return ['green'];
  if (name === 'CLOSED') return ['red'];
  if (name === 'TIME-WAIT' || name === 'CLOSE-WAIT') return ['yellow'];
  return name === '' ? [] : ['cyan'];
}
