import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Received } from './received.ts';

describe('Received', () => {
  it('counts as a set of octets does, in whatever order they come', () => {
    const segment = fc.tuple(fc.integer({ min: -3, max: 60 }), fc.integer({ min: 0, max: 12 }));
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 40 }), (segments) => {
        const received = new Received();
        const octets = new Set<number>();
        let next = 1;
        for (const [seq, length] of segments) {
          for (let i = 0; i < length; i++) octets.add(seq + i);
          const before = next;
          while (octets.has(next)) next++;
          expect(received.add(seq, length)).toBe(next - before);
        }
      }),
    );
  });
});
