import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Packet } from '../host/packet.ts';
import { Flight } from './flight.ts';

it('gives packets by time, and at equal times in the order in which they were put in', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat(30)), { maxLength: 200 }), (steps) => {
      const flight = new Flight();
      const model: { time: number; order: number; packet: Packet }[] = [];
      for (const [order, time] of steps.entries()) {
        if (time === null) {
          if (model.length === 0) continue;
          const first = model.shift()!;
          expect([flight.time, flight.order]).toEqual([first.time, first.order]);
          expect(flight.shift()).toBe(first.packet);
        } else {
          const packet = new Packet(1);
          const entry = { time, order, packet };
          model.push(entry);
          model.sort((a, b) => a.time - b.time || a.order - b.order);
          expect(flight.insert(time, order, packet)).toBe(model[0] === entry);
        }
        expect(flight.length).toBe(model.length);
      }
    }),
  );
});
