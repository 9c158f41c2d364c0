import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SendBuffer } from './send-buffer.ts';

function octets(from: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (from + i) * 7);
}

function content(buffer: SendBuffer): number[] {
  const out = new Uint8Array(buffer.length + 2);
  buffer.copyTo(0, out, 1, buffer.length);
  expect(out[0]).toBe(0);
  expect(out[buffer.length + 1]).toBe(0);
  return [...out.subarray(1, buffer.length + 1)];
}

type Step =
  | { kind: 'write'; n: number }
  | { kind: 'drop'; share: number }
  | { kind: 'limit'; n: number }
  | { kind: 'reset' };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('write' as const), n: fc.nat(9_000) }) },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('drop' as const),
        share: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('limit' as const), n: fc.nat(40_000) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('reset' as const) }) },
  ),
  { maxLength: 40 },
);

describe('SendBuffer', () => {
  test('behaves as a plain list of octets', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const buffer = new SendBuffer();
        buffer.limit = 20_000;
        let model: number[] = [];
        let written = 0;
        for (const step of all) {
          if (step.kind === 'write') {
            const source = octets(written, step.n);
            const growth = buffer.growthFor(step.n);
            const before = buffer.bytes;
            const took = buffer.write(source, 0, step.n);
            expect(took).toBe(Math.max(0, Math.min(step.n, buffer.limit - model.length)));
            expect(buffer.bytes - before).toBe(growth);
            model.push(...source.subarray(0, took));
            written += took;
          } else if (step.kind === 'drop') {
            const n = Math.floor(step.share * model.length);
            buffer.drop(n);
            model = model.slice(n);
          } else if (step.kind === 'limit') {
            buffer.limit = step.n;
          } else {
            buffer.reset();
            model = [];
          }
          expect(buffer.length).toBe(model.length);
          expect(buffer.free).toBe(Math.max(0, buffer.limit - model.length));
          expect(content(buffer)).toEqual(model);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('views show what copyTo copies, piece by piece', () => {
    const buffer = new SendBuffer();
    buffer.write(octets(0, 2000), 0, 2000);
    buffer.drop(1500);
    buffer.write(octets(2000, 1400), 0, 1400);
    const seen: number[] = [];
    while (seen.length < buffer.length) {
      const view = buffer.view(seen.length, buffer.length);
      expect(view.length).toBeGreaterThan(0);
      seen.push(...view);
    }
    expect(seen).toEqual(content(buffer));
    expect(buffer.view(10, 5)).toEqual(Uint8Array.from(content(buffer).slice(10, 15)));
  });

  test('takes no memory while it is empty', () => {
    const buffer = new SendBuffer();
    expect(buffer.bytes).toBe(0);
    buffer.write(octets(0, 5000), 0, 5000);
    expect(buffer.bytes).toBe(8192);
    buffer.drop(5000);
    expect(buffer.bytes).toBe(0);
  });

  test('a ring that was given back serves the next connection', () => {
    const first = new SendBuffer();
    first.write(octets(0, 3000), 0, 3000);
    const ring = first.view(0, 1).buffer;
    first.reset();
    const second = new SendBuffer();
    second.write(octets(0, 3000), 0, 3000);
    expect(second.view(0, 1).buffer).toBe(ring);
  });
});
