import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteWindow } from './window.ts';

describe('ByteWindow', () => {
  it('shows the same bytes whatever the chunks, the demands and the skips', () => {
    const steps = fc.array(fc.record({ take: fc.nat(40), ahead: fc.nat(60), skip: fc.boolean() }), {
      minLength: 1,
    });
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 50 })), steps, (chunkSizes, demands) => {
        const window = new ByteWindow();
        let pushed = 0;
        let offset = 0;
        let turn = 0;
        for (const size of chunkSizes) {
          window.push(Uint8Array.from({ length: size }, (_, i) => (pushed + i) & 0xff));
          pushed += size;
          for (let tries = 0; tries < 5; tries++) {
            const { take, ahead, skip } = demands[turn++ % demands.length]!;
            expect(window.available).toBe(pushed - offset);
            expect(window.offset).toBe(offset);
            expect(window.need(take + ahead)).toBe(pushed - offset >= take + ahead);
            if (!window.need(take)) break;
            for (let i = 0; i < take; i++) {
              expect(window.bytes[window.position + i]).toBe((offset + i) & 0xff);
              expect(window.view.getUint8(window.position + i)).toBe((offset + i) & 0xff);
            }
            if (skip) expect(window.skip(take)).toBe(take);
            else window.position += take;
            offset += take;
          }
        }
        expect(window.totalBytes).toBe(pushed);
      }),
      { numRuns: 200 },
    );
  });

  it('reads a chunk in place where nothing straddles', () => {
    const window = new ByteWindow();
    const chunk = new Uint8Array(10);
    window.push(chunk);
    expect(window.need(10)).toBe(true);
    expect(window.bytes).toBe(chunk);
  });

  it('copies only what straddles and then reads in place again', () => {
    const window = new ByteWindow();
    window.push(new Uint8Array(10));
    window.position += 8;
    const second = new Uint8Array(10);
    window.push(second);
    expect(window.need(4)).toBe(true);
    expect(window.bytes).not.toBe(second);
    window.position += 4;
    expect(window.need(8)).toBe(true);
    expect(window.bytes).toBe(second);
    expect(window.offset).toBe(12);
  });
});
