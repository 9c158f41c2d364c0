import type { LadderStep } from '../../src/explain/types.ts';

/** A silence of this length between two neighbouring packets is folded to a line of its own. */
const SILENCE_SECONDS = 1;
export const STEP_HEIGHT = 28;
export const GAP_HEIGHT = 24;
export const HEAD_HEIGHT = 30;

/** What a segment is for: its colour. */
export type Meaning = 'syn' | 'data' | 'ack' | 'fin' | 'rst' | 'repeat' | 'probe';

export interface Gap {
  readonly packets: number;
  readonly seconds: number;
}

/** A line of the ladder: a packet, with what was left out before it. */
export interface Line {
  readonly step: LadderStep;
  readonly meaning: Meaning;
  readonly y: number;
  /** Drawn above the packet. */
  readonly gap: Gap | null;
  /** The states after it, where they are others than before; null where they stay. */
  readonly client: string | null;
  readonly server: string | null;
}

export interface Layout {
  readonly lines: readonly Line[];
  readonly height: number;
  /** Whether a column for notes is wanted. */
  readonly notes: boolean;
}

export function layoutLadder(steps: readonly LadderStep[]): Layout {
  const lines: Line[] = [];
  let y = HEAD_HEIGHT;
  let notes = false;
  let previous: LadderStep | null = null;
  for (const step of steps) {
    const gap = gapBefore(previous, step);
    if (gap !== null) y += GAP_HEIGHT;
    const client = previous?.clientState === step.clientState ? null : step.clientState;
    const server = previous?.serverState === step.serverState ? null : step.serverState;
    lines.push({ step, meaning: meaningOf(step), y, gap, client, server });
    if (step.notes.length > 0) notes = true;
    y += STEP_HEIGHT;
    previous = step;
  }
  return { lines, height: y + 6, notes };
}

function gapBefore(previous: LadderStep | null, step: LadderStep): Gap | null {
  const seconds = previous === null ? 0 : step.at - previous.at;
  if (step.skipped > 0) return { packets: step.skipped, seconds };
  return seconds >= SILENCE_SECONDS ? { packets: 0, seconds } : null;
}

export function meaningOf({ flags, notes, length }: LadderStep): Meaning {
  if (flags.includes('RST') || flags.startsWith('ICMP')) return 'rst';
  if (notes.includes('retransmission')) return 'repeat';
  if (flags.includes('FIN')) return 'fin';
  if (flags.includes('SYN')) return 'syn';
  if (notes.includes('keepalive probe') || notes.includes('window probe')) return 'probe';
  return length > 0 ? 'data' : 'ack';
}

/** The lines between two heights: their first index, and the one behind the last. */
export function linesBetween({ lines }: Layout, top: number, bottom: number): readonly [number, number] {
  const first = Math.max(0, firstBelow(lines, top) - 1);
  const end = Math.min(lines.length, firstBelow(lines, bottom + GAP_HEIGHT) + 1);
  return [first, end];
}

/** The line at a height, or -1. */
export function lineAt({ lines }: Layout, y: number): number {
  const index = firstBelow(lines, y) - 1;
  const line = lines[index];
  return line !== undefined && y < line.y + STEP_HEIGHT ? index : -1;
}

/** Index of the first line that begins below a height. */
function firstBelow(lines: readonly Line[], y: number): number {
  let low = 0;
  let high = lines.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (lines[middle]!.y > y) high = middle;
    else low = middle + 1;
  }
  return low;
}

export function toServer(line: Line, before: Line | undefined): boolean {
  const { step } = line;
  if (step.from !== 'middlebox') return step.from === 'client';
  // A packet of neither end goes to the one whose state it changes.
  return (
    before !== undefined &&
    before.step.serverState !== step.serverState &&
    before.step.clientState === step.clientState
  );
}

/** In the terms of Wireshark's Info column. */
export function labelOf({ flags, seq, ack, window, length }: LadderStep): string {
  if (flags.startsWith('ICMP')) return flags;
  return `${flags} Seq=${seq}${ack === null ? '' : ` Ack=${ack}`} Win=${window} Len=${length}`;
}
