import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AckWork } from './recovery-work.ts';
import { Scoreboard, Sent } from './scoreboard.ts';

/** The naive model: one record for each octet outstanding. */
interface Octet {
  sacked: boolean;
  lost: boolean;
  again: boolean;
  ever: boolean;
  sentAt: number;
}

type Step =
  | { kind: 'push' | 'drop' | 'split'; n: number }
  | { kind: 'sack' | 'lose' | 'again' | 'unlose'; at: number }
  | { kind: 'forget' };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ kind: fc.constant('push' as const), n: fc.integer({ min: 1, max: 9 }) }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constantFrom('drop' as const, 'split' as const), n: fc.nat(60) }),
    },
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constantFrom('sack' as const, 'lose' as const, 'again' as const, 'unlose' as const),
        at: fc.nat(30),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('forget' as const) }) },
  ),
  { maxLength: 120 },
);

function check(board: Scoreboard, octets: Octet[], first: number): void {
  const count = (test: (octet: Octet) => boolean): number => octets.filter(test).length;
  expect(board.outstanding).toBe(octets.length);
  expect(board.sackedBytes).toBe(count((o) => o.sacked));
  expect(board.lostBytes).toBe(count((o) => o.lost));
  expect(board.retransBytes).toBe(count((o) => o.again));
  expect(board.pipe).toBe(
    Math.max(0, octets.length - count((o) => o.sacked) - count((o) => o.lost) + count((o) => o.again)),
  );
  let at = first;
  let sackedEntries = 0;
  for (let i = 0; i < board.count; i++) {
    expect(board.startOf(i)).toBe(at | 0);
    expect(board.lengthOf(i)).toBeGreaterThan(0);
    const flags = board.flagsOf(i);
    if ((flags & Sent.sacked) !== 0) sackedEntries++;
    for (let n = 0; n < board.lengthOf(i); n++, at++) {
      const octet = octets[at - first]!;
      expect((flags & Sent.sacked) !== 0).toBe(octet.sacked);
      expect((flags & Sent.lost) !== 0).toBe(octet.lost);
      expect((flags & Sent.inFlightAgain) !== 0).toBe(octet.again);
      expect((flags & Sent.retransmitted) !== 0).toBe(octet.ever);
      expect(board.sentAtOf(i)).toBe(octet.sentAt);
      expect(board.find(at | 0)).toBe(i);
    }
  }
  expect(at - first).toBe(octets.length);
  expect(board.sackedSegments).toBe(sackedEntries);
  const lost = octets.findIndex((o) => o.lost && !o.again);
  const next = board.nextLost();
  if (lost < 0) expect(next).toBe(-1);
  else expect(next).toBe(board.find((first + lost) | 0));
  const highest = octets.findLastIndex((o) => o.sacked);
  if (highest >= 0) expect(board.highestSacked).toBe((first + highest + 1) | 0);
}

describe('Scoreboard', () => {
  test('counts as a model with a record for each octet does', () => {
    fc.assert(
      fc.property(steps, fc.constantFrom(0, 0x7fffffe0, -40), (all, start) => {
        const board = new Scoreboard();
        let octets: Octet[] = [];
        let first = start;
        let now = 0;
        for (const step of all) {
          now++;
          if (step.kind === 'push') {
            const end = first + octets.length + step.n;
            board.push((first + octets.length) | 0, end | 0, now);
            for (let i = 0; i < step.n; i++) {
              octets.push({ sacked: false, lost: false, again: false, ever: false, sentAt: now });
            }
          } else if (step.kind === 'drop') {
            const n = Math.min(step.n, octets.length);
            board.dropBelow((first + n) | 0);
            octets = octets.slice(n);
            first += n;
          } else if (step.kind === 'split') {
            const at = board.splitAt((first + step.n) | 0);
            if (step.n < octets.length) expect(board.startOf(at)).toBe((first + step.n) | 0);
            else expect(at).toBe(board.count);
          } else if (step.kind === 'forget') {
            board.forgetSacks();
            for (const octet of octets) octet.sacked = false;
          } else if ('at' in step && step.at < board.count) {
            apply(board, octets, first, step.kind, step.at, now);
          }
          check(board, octets, first);
        }
      }),
      { numRuns: 400 },
    );
  });

  test('after reset it is as new', () => {
    const board = new Scoreboard();
    for (let i = 0; i < 100; i++) board.push(i * 10, i * 10 + 10, i);
    board.markLost(3);
    board.markSacked(50);
    board.markRetransmitted(3, 200);
    board.reset();
    expect([board.count, board.pipe, board.lostBytes, board.sackedBytes, board.retransBytes]).toEqual([
      0, 0, 0, 0, 0,
    ]);
    expect(board.retransmissionsAhead).toBe(false);
    expect(board.nextLost()).toBe(-1);
  });

  test('retransmissions are ahead until the last of them is acknowledged', () => {
    const board = new Scoreboard();
    for (let i = 0; i < 5; i++) board.push(i * 10, i * 10 + 10, i);
    board.markRetransmitted(0, 9);
    board.markRetransmitted(2, 9);
    board.dropBelow(20);
    expect(board.retransmissionsAhead).toBe(true);
    expect(board.highestRetransmitted).toBe(30);
    board.dropBelow(30);
    expect(board.retransmissionsAhead).toBe(false);
  });
});

function apply(
  board: Scoreboard,
  octets: Octet[],
  first: number,
  kind: 'sack' | 'lose' | 'again' | 'unlose',
  index: number,
  now: number,
): void {
  const from = (board.startOf(index) - first) | 0;
  const own = octets.slice(from, from + board.lengthOf(index));
  if (kind === 'sack') {
    board.markSacked(index);
    for (const o of own) Object.assign(o, { sacked: true, lost: false, again: false });
  } else if (kind === 'lose') {
    board.markLost(index);
    for (const o of own) if (!o.sacked) Object.assign(o, { lost: true, again: false });
  } else if (kind === 'unlose') {
    board.unmarkLost(index);
    for (const o of own) o.lost = false;
  } else {
    board.markRetransmitted(index, now);
    for (const o of own) Object.assign(o, { again: o.again || !o.sacked, ever: true, sentAt: now });
  }
}

describe('what is acknowledged while nothing unusual has happened', () => {
  const four = (): Scoreboard => {
    const board = new Scoreboard();
    for (let i = 0; i < 4; i++) board.push(10 * i, 10 * i + 10, 100 + i);
    return board;
  };

  test('goes at once, as far as it is whole', () => {
    const board = four();
    const work = new AckWork();
    expect(board.isPlain).toBe(true);
    expect(board.dropPlain(25, work)).toBe(20);
    expect([work.ackedSentAt, work.lastSentAt, work.lastOrder]).toEqual([100, 101, 1]);
    expect([board.count, board.startOf(0), board.outstanding]).toEqual([2, 20, 20]);
    expect(board.dropPlain(25, work)).toBe(0);
    expect(board.dropPlain(40, work)).toBe(20);
    expect([board.count, board.outstanding]).toEqual([0, 0]);
  });

  test('is no longer usual after a loss, a SACK or a retransmission', () => {
    const change = [
      (board: Scoreboard) => board.markLost(0),
      (board: Scoreboard) => board.markSacked(2),
      (board: Scoreboard) => board.markRetransmitted(0, 200),
    ];
    for (const apply of change) {
      const board = four();
      apply(board);
      expect(board.isPlain).toBe(false);
    }
  });
});
