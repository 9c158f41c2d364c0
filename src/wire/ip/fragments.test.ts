import { describe, expect, it } from 'vitest';
import { Segment } from '../segment.ts';
import { Walk } from '../walk.ts';
import { FragmentReassembler } from './fragments.ts';

/** Gives the reassembler one fragment of `length` bytes for the datagram `id`. */
function add(
  fragments: FragmentReassembler,
  id: number,
  offset: number,
  length: number,
  more: boolean,
): boolean {
  const walk = new Walk(new Segment(), fragments);
  walk.bytes = new Uint8Array(length);
  walk.end = length;
  walk.wireEnd = length;
  return fragments.add(walk, 6, id, offset, more);
}

describe('the bounds of reassembly', () => {
  it('hold against a flood of first fragments', () => {
    const fragments = new FragmentReassembler({ maxDatagrams: 100, maxBytes: 1 << 20 });
    for (let id = 0; id < 20_000; id++) add(fragments, id, 0, 1480, true);
    expect(fragments.pending).toBe(100);
    expect(fragments.heldBytes).toBeLessThanOrEqual(1 << 20);
    // The newest are kept and can still be completed.
    expect(add(fragments, 19_999, 1480, 10, false)).toBe(true);
    expect(add(fragments, 5, 1480, 10, false)).toBe(false);
  });

  it('hold against fragments far behind', () => {
    const fragments = new FragmentReassembler({ maxBytes: 1 << 20 });
    for (let id = 0; id < 5000; id++) add(fragments, id, 65_000, 8, true);
    expect(fragments.heldBytes).toBeLessThanOrEqual((1 << 20) + 65_535);
    expect(fragments.pending).toBeGreaterThan(0);
  });

  it('hold against a datagram of nothing but holes', () => {
    const fragments = new FragmentReassembler();
    for (let offset = 8; offset < 65_000; offset += 16) add(fragments, 1, offset, 8, true);
    expect(fragments.pending).toBe(1);
    expect(fragments.heldBytes).toBe(0);
  });

  it('give back what completed datagrams held', () => {
    const fragments = new FragmentReassembler();
    for (let id = 0; id < 1000; id++) {
      expect(add(fragments, id, 8, 8, false)).toBe(false);
      expect(add(fragments, id, 0, 8, true)).toBe(true);
    }
    expect([fragments.pending, fragments.heldBytes]).toEqual([0, 0]);
  });
});
