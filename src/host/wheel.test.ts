import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Wheel } from './wheel.ts';

/** A wheel and a plain map of deadlines beside it. */
function wheelOf(deadlines: Map<number, number>): Wheel {
  const wheel: Wheel = new Wheel({
    deadlineOf: (id) => deadlines.get(id) ?? Number.POSITIVE_INFINITY,
    dropped: (id) => {
      deadlines.delete(id);
    },
  });
  return wheel;
}

function popAll(wheel: Wheel, now: number): number[] {
  const ids: number[] = [];
  for (let id = wheel.popDue(now); id !== -1; id = wheel.popDue(now)) ids.push(id);
  return ids.sort((a, b) => a - b);
}

const command = fc.oneof(
  fc.record({ kind: fc.constant('insert' as const), id: fc.nat(40), in: fc.nat(300_000_000) }),
  fc.record({ kind: fc.constant('soon' as const), id: fc.nat(40), in: fc.nat(50_000) }),
  fc.record({ kind: fc.constant('remove' as const), id: fc.nat(40), in: fc.constant(0) }),
  fc.record({ kind: fc.constant('postpone' as const), id: fc.nat(40), in: fc.nat(200_000_000) }),
  fc.record({ kind: fc.constant('advance' as const), id: fc.constant(0), in: fc.nat(100_000_000) }),
  fc.record({ kind: fc.constant('leap' as const), id: fc.constant(0), in: fc.nat(100_000_000_000) }),
);

describe('timing wheel', () => {
  it('gives out exactly what is due, and knows the earliest deadline', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 50), fc.array(command, { maxLength: 80 }), (start, commands) => {
        const deadlines = new Map<number, number>();
        const wheel = wheelOf(deadlines);
        let now = start;
        for (const step of commands) {
          const isIn = deadlines.has(step.id);
          if ((step.kind === 'insert' || step.kind === 'soon') && !isIn) {
            deadlines.set(step.id, now + step.in);
            wheel.insert(step.id, now + step.in, now);
          } else if (step.kind === 'remove' && isIn) {
            wheel.remove(step.id);
            deadlines.delete(step.id);
          } else if (step.kind === 'postpone' && isIn) {
            deadlines.set(step.id, deadlines.get(step.id)! + step.in);
          } else if (step.kind === 'advance' || step.kind === 'leap') {
            now += step.in;
            const due = [...deadlines].filter(([, at]) => at <= now).map(([id]) => id);
            expect(popAll(wheel, now)).toEqual(due.sort((a, b) => a - b));
            for (const id of due) deadlines.delete(id);
          }
          // Lazy: a deadline that moved back may be told too early, never too late.
          expect(wheel.next()).toBeLessThanOrEqual(Math.min(...deadlines.values()));
          expect(wheel.size).toBe(deadlines.size);
        }
        now += 1e12;
        popAll(wheel, now);
        expect(wheel.size).toBe(0);
        expect(wheel.next()).toBe(Number.POSITIVE_INFINITY);
      }),
      { numRuns: 300 },
    );
  });

  it('tells deadlines exactly once it has looked', () => {
    const deadlines = new Map([
      [1, 5_000_123],
      [2, 5_000_100],
      [3, 7_200_000_000],
    ]);
    const wheel = wheelOf(deadlines);
    for (const [id, at] of deadlines) wheel.insert(id, at, 0);
    expect(wheel.next()).toBe(5_000_100);
    expect(popAll(wheel, 5_000_100)).toEqual([2]);
    expect(wheel.next()).toBe(5_000_123);
    expect(popAll(wheel, 5_000_123)).toEqual([1]);
    expect(wheel.next()).toBe(7_200_000_000);
  });

  it('drops what has no deadline any more', () => {
    const deadlines = new Map([[7, 1000]]);
    const wheel = wheelOf(deadlines);
    wheel.insert(7, 1000, 0);
    deadlines.delete(7);
    expect(wheel.popDue(2000)).toBe(-1);
    expect(wheel.size).toBe(0);
  });
});
