import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ReceiveBuffer } from './receive-buffer.ts';

/** The naive model: one cell for each octet of the stream, filled by whoever comes first. */
class Model {
  readonly cells: (number | undefined)[] = [];
  head = 0;
  next = 0;

  insert(offset: number, bytes: Uint8Array, limit: number): number {
    const end = this.head + limit;
    for (let i = 0; i < bytes.length; i++) {
      const at = this.next + offset + i;
      if (at < this.next || at >= end) continue;
      if (this.cells[at] === undefined) this.cells[at] = bytes[i]!;
    }
    const before = this.next;
    while (this.cells[this.next] !== undefined) this.next++;
    return this.next - before;
  }

  ranges(): [number, number][] {
    const found: [number, number][] = [];
    for (let at = this.next; at < this.cells.length; at++) {
      if (this.cells[at] === undefined) continue;
      const start = at;
      while (this.cells[at] !== undefined) at++;
      found.push([start - this.next, at - this.next]);
    }
    return found;
  }
}

function rangesOf(buffer: ReceiveBuffer): [number, number][] {
  const edges = new Int32Array(256);
  const n = buffer.ranges(edges, 128);
  expect(n).toBe(buffer.rangeCount);
  return Array.from({ length: n }, (_, i) => [edges[2 * i]!, edges[2 * i + 1]!]);
}

const arrivals = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant('insert' as const),
        offset: fc.integer({ min: -30, max: 300 }),
        length: fc.nat(80),
        seed: fc.nat(255),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('read' as const), length: fc.nat(200) }) },
  ),
  { maxLength: 80 },
);

describe('ReceiveBuffer', () => {
  test('behaves as a stream of which every octet is kept as it came first', () => {
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 100, max: 5000 }), (all, limit) => {
        const buffer = new ReceiveBuffer();
        buffer.limit = limit;
        buffer.maxRanges = 1000;
        const model = new Model();
        for (const step of all) {
          if (step.kind === 'insert') {
            const bytes = Uint8Array.from({ length: step.length }, (_, i) => step.seed + i * 3);
            const holder = new Uint8Array(step.length + 5);
            holder.set(bytes, 5);
            expect(buffer.insert(step.offset, holder, 5, step.length)).toBe(
              model.insert(step.offset, bytes, limit),
            );
          } else {
            const want = Math.min(step.length, model.next - model.head);
            const expected = model.cells.slice(model.head, model.head + want) as number[];
            const target = new Uint8Array(step.length);
            const peeked = new Uint8Array(step.length);
            expect(buffer.peek(peeked, 0, step.length)).toBe(want);
            expect(buffer.read(target, 0, step.length)).toBe(want);
            const got = target.subarray(0, want);
            expect(peeked.subarray(0, want)).toEqual(got);
            expect([...got]).toEqual(expected);
            model.head += want;
          }
          expect(buffer.readable).toBe(model.next - model.head);
          const ranges = model.ranges();
          expect(rangesOf(buffer).sort((a, b) => a[0] - b[0])).toEqual(ranges);
          expect(buffer.outOfOrderBytes).toBe(ranges.reduce((sum, [a, b]) => sum + b - a, 0));
          expect(buffer.highest).toBe(ranges.at(-1)?.[1] ?? 0);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('positions wrap with the sequence space and rings', () => {
    const buffer = new ReceiveBuffer();
    const target = new Uint8Array(5000);
    const chunk = Uint8Array.from({ length: 3333 }, (_, i) => i);
    for (let i = 0; i < 50; i++) {
      expect(buffer.insert(1000, chunk, 1000, 2333)).toBe(0);
      expect(buffer.insert(0, chunk, 0, 1000)).toBe(3333);
      expect(buffer.read(target, 0, 5000)).toBe(3333);
      expect(target.subarray(0, 3333)).toEqual(chunk);
    }
  });

  test('ranges are listed by the time of their last change (RFC 2018 4)', () => {
    const buffer = new ReceiveBuffer();
    const bytes = new Uint8Array(10);
    buffer.insert(100, bytes, 0, 10);
    buffer.insert(200, bytes, 0, 10);
    buffer.insert(300, bytes, 0, 10);
    buffer.insert(110, bytes, 0, 10);
    expect(rangesOf(buffer)).toEqual([
      [100, 120],
      [300, 310],
      [200, 210],
    ]);
    const edges = new Int32Array(4);
    expect(buffer.ranges(edges, 2)).toBe(2);
    expect([...edges]).toEqual([100, 120, 300, 310]);
  });

  test('beyond the bound nothing goes that SACK may have reported: one range more is not taken (RFC 2018 8)', () => {
    const buffer = new ReceiveBuffer();
    buffer.maxRanges = 3;
    const bytes = new Uint8Array(10);
    for (const offset of [100, 200, 300]) buffer.insert(offset, bytes, 0, 10);
    expect(buffer.growthFor(40_000, 10)).toBe(0);
    expect(buffer.insert(40_000, bytes, 0, 10)).toBe(0);
    expect([buffer.kept, buffer.outOfOrderBytes]).toEqual([0, 30]);
    // What prolongs a range is, and so is what comes in order.
    expect(buffer.insert(310, bytes, 0, 10)).toBe(0);
    expect(rangesOf(buffer)).toEqual([
      [300, 320],
      [200, 210],
      [100, 110],
    ]);
    expect(buffer.insert(0, new Uint8Array(100), 0, 100)).toBe(110);
  });

  test('whether all of a stretch is held out of order', () => {
    const buffer = new ReceiveBuffer();
    buffer.insert(100, new Uint8Array(10), 0, 10);
    buffer.insert(110, new Uint8Array(10), 0, 10);
    buffer.insert(130, new Uint8Array(10), 0, 10);
    expect(buffer.holds(100, 120)).toBe(true);
    expect(buffer.holds(105, 110)).toBe(true);
    expect(buffer.holds(99, 120)).toBe(false);
    expect(buffer.holds(100, 121)).toBe(false);
    expect(buffer.holds(115, 135)).toBe(false);
    expect(buffer.holds(150, 160)).toBe(false);
  });

  test('what is here already is told (RFC 2883)', () => {
    const buffer = new ReceiveBuffer();
    const bytes = new Uint8Array(50);
    buffer.insert(100, bytes, 0, 50);
    expect(buffer.overlapEnd).toBe(0);
    buffer.insert(120, bytes, 0, 50);
    expect([buffer.overlapStart, buffer.overlapEnd, buffer.kept]).toEqual([120, 150, 20]);
    buffer.insert(120, bytes, 0, 20);
    expect([buffer.overlapStart, buffer.overlapEnd, buffer.kept]).toEqual([120, 140, 0]);
    buffer.insert(0, new Uint8Array(130), 0, 130);
    expect([buffer.overlapStart, buffer.overlapEnd, buffer.kept]).toEqual([100, 130, 100]);
    expect(buffer.readable).toBe(170);
  });

  test('memory is told before it is taken, and given back when all is read', () => {
    const buffer = new ReceiveBuffer();
    const bytes = new Uint8Array(1448);
    expect(buffer.growthFor(0, 1448)).toBe(2048);
    buffer.insert(0, bytes, 0, 1448);
    expect(buffer.bytes).toBe(2048);
    expect(buffer.growthFor(20_000, 1448)).toBe(32_768 - 2048);
    buffer.insert(20_000, bytes, 0, 1448);
    expect(buffer.bytes).toBe(32_768);
    buffer.dropRanges();
    expect(buffer.rangeCount).toBe(0);
    buffer.read(new Uint8Array(2000), 0, 2000);
    expect(buffer.bytes).toBe(0);
  });

  describe('urgent octet', () => {
    function filled(): ReceiveBuffer {
      const buffer = new ReceiveBuffer();
      buffer.markUrgent(3);
      buffer.insert(0, Uint8Array.of(10, 11, 12, 13, 14, 15), 0, 6);
      return buffer;
    }

    test('a read stops before it and the next one leaves it out', () => {
      const buffer = filled();
      const target = new Uint8Array(10);
      expect(buffer.read(target, 0, 10)).toBe(3);
      expect(buffer.atMark).toBe(true);
      expect(buffer.readUrgent()).toBe(13);
      expect(buffer.readUrgent()).toBe(-2);
      expect(buffer.peek(target, 0, 10)).toBe(2);
      expect(buffer.read(target, 0, 10)).toBe(2);
      expect([...target.subarray(0, 2)]).toEqual([14, 15]);
      expect(buffer.urgentPending).toBe(false);
    });

    test('inline it is read in its place', () => {
      const buffer = filled();
      const target = new Uint8Array(10);
      expect(buffer.read(target, 0, 10, true)).toBe(3);
      expect(buffer.read(target, 0, 10, true)).toBe(3);
      expect([...target.subarray(0, 3)]).toEqual([13, 14, 15]);
    });

    test('is announced before it arrives', () => {
      const buffer = new ReceiveBuffer();
      buffer.markUrgent(1);
      expect(buffer.urgentPending).toBe(true);
      expect(buffer.readUrgent()).toBe(-1);
      buffer.insert(0, Uint8Array.of(1, 2, 3), 0, 3);
      expect(buffer.readUrgent(true)).toBe(2);
      expect(buffer.readUrgent()).toBe(2);
    });
  });
});
