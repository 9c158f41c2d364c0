import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ending, step } from '../../test/support/endings.ts';
import type { LadderStep } from '../explain/types.ts';
import { folded, MAX_STEPS } from './fold.ts';
import { Clock } from './format.ts';
import { renderLadder } from './ladder.ts';
import { makeLook } from './look.ts';

const [syn, synAck, ack] = ending().ladder;

function transfer(from: number, count: number): LadderStep[] {
  return Array.from({ length: count }, (_, i) => step(from + i, from + i, 'client', 'ACK', { length: 1448 }));
}

describe('folding a ladder', () => {
  it('leaves a short one as it is', () => {
    expect(folded(ending()).ladder).toBe(ending().ladder);
  });

  it('keeps what changes a state, what is decisive and its neighbours', () => {
    const reset = step(103, 103, 'server', 'RST', { decisive: true, serverState: 'CLOSED' });
    const ladder = [syn!, synAck!, ack!, ...transfer(4, 99), reset, ...transfer(104, 50)];
    const { ladder: steps, after } = folded(ending({ ladder }));
    expect(steps.map((s) => s.packet)).toEqual([1, 2, 3, 4, 100, 101, 102, 103, 104, 105, 106]);
    expect(after!.packets).toBeGreaterThan(40);
  });

  it('counts every packet, shown or not', () => {
    const steps = fc.array(
      fc.record({
        decisive: fc.boolean(),
        skipped: fc.nat(5),
        flags: fc.constantFrom('ACK', 'FIN, ACK', 'RST'),
      }),
      { maxLength: 60, size: 'max' },
    );
    fc.assert(
      fc.property(steps, (list) => {
        const ladder = list.map(({ flags, ...over }, i) => step(i + 1, i, 'client', flags, over));
        const result = folded(ending({ ladder }));
        const total = (of: readonly LadderStep[]): number => of.reduce((sum, s) => sum + 1 + s.skipped, 0);
        expect(total(result.ladder) + (result.after?.packets ?? 0)).toBe(total(ladder));
        const packets = result.ladder.map((s) => s.packet);
        expect(packets).toEqual([...packets].sort((a, b) => a - b));
        expect(result.ladder.length).toBeLessThanOrEqual(MAX_STEPS);
        if (ladder.length > 0) expect(result.ladder.length).toBeGreaterThan(0);
      }),
    );
  });

  it('shows what it left out, also behind the last arrow', () => {
    const reset = step(20, 20, 'server', 'RST', { decisive: true });
    const ladder = [syn!, ...transfer(2, 18), reset, ...transfer(21, 40)];
    const look = makeLook('never', 100, { isTty: false, columns: null }, { LANG: 'C.UTF-8' });
    const lines = renderLadder(folded(ending({ ladder })), look, new Clock('relative'));
    expect(lines.filter((line) => line.includes('packets'))).toHaveLength(2);
    expect(lines.at(-1)).toMatch(/┊ +… \d+ packets, \d+ ms … +┊$/);
  });
});
