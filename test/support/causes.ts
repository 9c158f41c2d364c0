import { expect, it } from 'vitest';
import type { ConnectionEnding } from '../../src/explain/types.ts';
import { packetsOf, type TraceOptions, tell } from './trace.ts';

/** Round trips that every conversation is told with, in milliseconds: one host or rack, one country, the other side of the world. */
const ROUND_TRIPS = [0.05, 20, 200];

/** A conversation for a round trip in milliseconds. */
export type Conversation = (rtt: number) => string;

export interface Told extends TraceOptions {
  /** Which connection of the conversation is meant, from 0. */
  readonly flow?: number;
  /** True where the wire cannot decide: the cause must be in the set, not first in it. */
  readonly beside?: boolean;
  /** Told with the parts of client and server exchanged after the handshake as well. */
  readonly bothWays?: boolean;
}

interface Variant {
  readonly name: string;
  readonly text: string;
  readonly options: TraceOptions;
}

/** The conversation is explained by that cause, with every round trip, with and without timestamps. */
export function itShows(cause: string, what: string, text: Conversation, told: Told = {}): void {
  it(`${cause}: ${what}`, () => {
    for (const v of variantsOf(text, told)) {
      const { verdict } = endingOf(v, told);
      const all = [verdict.cause, ...verdict.alternatives];
      if (told.beside) expect(all, v.name).toContain(cause);
      else expect(all[0], `${v.name}: ${all.join()}`).toBe(cause);
    }
  });
}

/** A near neighbour: another cause comes first. */
export function itIsNot(cause: string, what: string, text: Conversation, told: Told = {}): void {
  it(`not ${cause}: ${what}`, () => {
    for (const v of variantsOf(text, told)) expect(endingOf(v, told).verdict.cause, v.name).not.toBe(cause);
  });
}

function variantsOf(text: Conversation, told: Told): Variant[] {
  const variants: Variant[] = [];
  for (const rtt of ROUND_TRIPS)
    for (const timestamps of [true, false])
      for (const swapped of told.bothWays ? [false, true] : [false]) {
        const said = text(rtt);
        variants.push({
          name: `round trip ${rtt} ms, timestamps ${timestamps}, swapped ${swapped}`,
          text: swapped ? swapEnds(said) : said,
          options: { ...told, timestamps: told.timestamps ?? timestamps },
        });
      }
  return variants;
}

/** Exchanges who says what, but for the handshake's three lines. */
function swapEnds(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const other: Readonly<Record<string, string>> = { C: 'S', S: 'C' };
  const swap = (line: string): string =>
    line.replace(/^(\s*\S+\s+)([CS])\b/, (_, before, end) => `${before}${other[end]}`);
  return [...lines.slice(0, 3), ...lines.slice(3).map(swap)].join('\n');
}

function endingOf(v: Variant, told: Told): ConnectionEnding {
  const { connections } = tell(v.text, v.options);
  const packets = packetsOf(v.text, v.options).length;
  for (const c of connections) expectSoundWords(c, packets, v.name);
  return connections[told.flow ?? 0]!;
}

/** What every story and every piece of evidence must be like, whatever the cause. */
function expectSoundWords(c: ConnectionEnding, packets: number, name: string): void {
  const { story, evidence, cause } = c.verdict;
  expect(story, name).not.toBe('');
  if (cause !== null) expect(story, name).toMatch(/\d/);
  const shown = evidence.map((e) => e.shows);
  for (const text of [story, ...shown])
    expect(text, name).not.toMatch(/undefined|NaN|null|(^|\s)-\d|\s{2}|\.\./);
  for (const sentence of story.split(/(?<=\.) /)) expect(sentence, name).toMatch(/^[A-Z0-9].*\.$/);
  expect(new Set(evidence.map((e) => e.packet)).size, name).toBe(evidence.length);
  for (const e of evidence) {
    expect(e.packet, name).toBeGreaterThanOrEqual(1);
    expect(e.packet, name).toBeLessThanOrEqual(packets);
    expect(e.at, name).toBeGreaterThanOrEqual(c.start);
    expect(e.at, name).toBeLessThanOrEqual(c.end);
  }
}
