import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventQueue } from './event-queue.ts';

const none = { name: '', fire: (): void => {} };

describe('the event queue', () => {
  it('gives what is due first, and at equal times what was planned first', () => {
    const queue = new EventQueue();
    const fired: string[] = [];
    const plan = (name: string, time: number): void => {
      queue.set(queue.open({ name, fire: () => fired.push(name) }), time);
    };
    plan('c', 5);
    plan('a', 1);
    plan('d', 5);
    plan('b', 1);
    while (queue.size > 0) queue.pop().fire();
    expect(fired).toEqual(['a', 'b', 'c', 'd']);
    expect(queue.earliest()).toBe(Infinity);
  });

  it('is a sorted list under any sequence of set, move, clear and pop', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('set' as const), slot: fc.nat(99), time: fc.nat(20) }),
      fc.record({ kind: fc.constant('clear' as const), slot: fc.nat(99), time: fc.constant(0) }),
      fc.record({ kind: fc.constant('pop' as const), slot: fc.constant(0), time: fc.constant(0) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const queue = new EventQueue();
        const handlers = Array.from({ length: 100 }, () => ({ ...none }));
        const slots = handlers.map((handler) => queue.open(handler));
        let model: { slot: number; time: number; order: number }[] = [];
        let order = 0;
        for (const { kind, slot, time } of steps) {
          if (kind !== 'pop') model = model.filter((entry) => entry.slot !== slot);
          if (kind === 'set') {
            queue.set(slots[slot]!, time);
            model.push({ slot, time, order: order++ });
          } else if (kind === 'clear') queue.clear(slots[slot]!);
          model.sort((a, b) => a.time - b.time || a.order - b.order);
          expect(queue.earliest()).toBe(model[0]?.time ?? Infinity);
          if (kind === 'pop' && model.length > 0) expect(queue.pop()).toBe(handlers[model.shift()!.slot]);
          expect(queue.size).toBe(model.length);
          for (const entry of model) expect(queue.timeOf(slots[entry.slot]!)).toBe(entry.time);
        }
      }),
    );
  });

  it('uses a closed slot again', () => {
    const queue = new EventQueue();
    const slot = queue.open(none);
    queue.set(slot, 3);
    queue.close(slot);
    expect(queue.size).toBe(0);
    expect(queue.open(none)).toBe(slot);
    expect(queue.timeOf(slot)).toBe(Infinity);
  });
});
