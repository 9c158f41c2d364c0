import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Segment } from '../../wire/index.ts';
import { FlowTable } from './flow-table.ts';

interface Tuple {
  readonly family: 4 | 6;
  readonly a: number;
  readonly b: number;
  readonly port: number;
  readonly toPort: number;
}

function segmentOf(t: Tuple, reversed = false): Segment {
  const s = new Segment();
  s.family = t.family;
  const [from, to] = reversed ? [t.b, t.a] : [t.a, t.b];
  const words = (x: number): number[] => (t.family === 4 ? [0, 0, 0, x] : [0x20010db8, x >>> 3, 7, x]);
  s.source.set(words(from));
  s.destination.set(words(to));
  s.sourcePort = reversed ? t.toPort : t.port;
  s.destinationPort = reversed ? t.port : t.toPort;
  return s;
}

const tuple = fc.record({
  family: fc.constantFrom<4 | 6>(4, 6),
  a: fc.integer({ min: 0, max: 5 }),
  b: fc.integer({ min: 0, max: 5 }),
  port: fc.integer({ min: 1, max: 4 }),
  toPort: fc.integer({ min: 1, max: 4 }),
});

function nameOf(t: Tuple): string {
  const ends = [`${t.a}:${t.port}`, `${t.b}:${t.toPort}`].sort();
  return `${t.family} ${ends.join(' ')}`;
}

describe('FlowTable', () => {
  it('agrees with a map of strings over any run of insertions, look-ups and removals, in both directions', () => {
    const operation = fc.record({ tuple, remove: fc.boolean(), reversed: fc.boolean() });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 300 }), (operations) => {
        const table = new FlowTable(16);
        const model = new Map<string, number>();
        for (const { tuple: t, remove, reversed } of operations) {
          const slot = table.find(segmentOf(t, reversed));
          expect(slot).toBe(model.get(nameOf(t)) ?? -1);
          if (slot < 0) model.set(nameOf(t), table.insert());
          else if (remove) {
            table.remove(slot);
            model.delete(nameOf(t));
          }
          expect(table.size).toBe(model.size);
        }
      }),
    );
  });

  it('tells the two directions of a connection apart', () => {
    const table = new FlowTable();
    const t: Tuple = { family: 4, a: 1, b: 2, port: 10, toPort: 20 };
    table.find(segmentOf(t));
    const there = table.reversed;
    table.find(segmentOf(t, true));
    expect(table.reversed).toBe(!there);
  });

  it('keeps slots valid while it grows', () => {
    const table = new FlowTable(16);
    const slots = new Map<number, number>();
    for (let i = 0; i < 5_000; i++) {
      table.find(segmentOf({ family: 4, a: i, b: 9, port: 1, toPort: 2 }));
      slots.set(i, table.insert());
    }
    for (const [i, slot] of slots) {
      expect(table.find(segmentOf({ family: 4, a: i, b: 9, port: 1, toPort: 2 }))).toBe(slot);
    }
  });
});
