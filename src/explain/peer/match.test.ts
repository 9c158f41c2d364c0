import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Flag } from '../../wire/segment.ts';
import { NOBODY } from '../outcome.ts';
import { CLIENT, SERVER } from '../track/connection.ts';
import { type LoggedSegment, Note } from '../track/log.ts';
import { alignClocks } from './clock.ts';
import { missedBy } from './coverage.ts';
import { matchSegments, type Pair } from './match.ts';

const BASE: LoggedSegment = {
  packet: 0,
  atUs: 0,
  direction: 0,
  flags: Flag.ack,
  notes: 0,
  seq: 0,
  ack: 0,
  length: 0,
  window: 500,
  hopLimit: 64,
  identification: 0,
  tsVal: 0,
  payload: 0,
  sackRight: 0,
};

interface Plan {
  readonly direction: 0 | 1;
  readonly length: number;
  readonly gapUs: number;
  readonly wayUs: number;
  /** 0: arrives, 1: lost. */
  readonly fate: 0 | 1;
  readonly again: boolean;
}

const MIN_WAY_US = 10_000;

const plan: fc.Arbitrary<Plan> = fc.record({
  direction: fc.constantFrom<0 | 1>(0, 1),
  length: fc.constantFrom(0, 1, 100, 1448),
  gapUs: fc.integer({ min: 100, max: 400_000 }),
  wayUs: fc.integer({ min: MIN_WAY_US, max: MIN_WAY_US + 3_000 }),
  fate: fc.constantFrom<0 | 1>(0, 0, 0, 1),
  again: fc.boolean(),
});

interface Sent {
  readonly client: LoggedSegment | null;
  readonly server: LoggedSegment | null;
}

/** What the capture at each end has of a conversation; the server's clock is `aheadUs` ahead. */
function carry(plans: readonly Plan[], aheadUs: number, marked: boolean): Sent[] {
  const next = [1000, 9000];
  const last: (LoggedSegment | null)[] = [null, null];
  let atUs = 1_000_000_000;
  return plans.map((p, i) => {
    atUs += p.gapUs;
    const before = last[p.direction]!;
    const s: LoggedSegment = {
      ...BASE,
      direction: p.direction,
      seq: p.again && before !== null ? before.seq : next[p.direction]!,
      ack: p.again && before !== null ? before.ack : next[1 - p.direction]!,
      length: p.again && before !== null ? before.length : p.length,
      identification: marked ? i + 1 : 0,
      notes: marked ? Note.timestamps : 0,
      tsVal: Math.floor(atUs / 1000),
      atUs,
    };
    if (!(p.again && before !== null)) next[p.direction]! += p.length;
    last[p.direction] = s;
    const here = { ...s, packet: i + 1 };
    const there = { ...s, packet: i + 1, hopLimit: 60, atUs: atUs + p.wayUs };
    const [client, server] = p.direction === CLIENT ? [here, there] : [there, here];
    const lost = p.fate === 1;
    return {
      client: lost && p.direction === SERVER ? null : client,
      server: lost && p.direction === CLIENT ? null : { ...server, atUs: server.atUs + aheadUs },
    };
  });
}

const present = (s: LoggedSegment | null): s is LoggedSegment => s !== null;
const packets = (list: readonly LoggedSegment[]): number[] => list.map((s) => s.packet).sort((a, b) => a - b);

describe('matching two captures', () => {
  it('finds what was lost, packet by packet, and the clocks within half the round trip', () => {
    fc.assert(
      fc.property(
        fc.array(plan, { minLength: 4, maxLength: 60 }),
        fc.integer({ min: -3_600_000_000, max: 3_600_000_000 }),
        (plans, aheadUs) => {
          const sent = carry(plans, aheadUs, true);
          const here = sent.map((s) => s.client).filter(present);
          const there = sent.map((s) => s.server).filter(present);
          const m = matchSegments(here, there);
          const lost = (side: 'client' | 'server'): number[] =>
            sent.flatMap((s, i) => (s[side] === null ? [i + 1] : []));
          expect(packets(m.onlyHere)).toEqual(lost('server'));
          expect(packets(m.onlyThere)).toEqual(lost('client'));
          for (const p of m.pairs) expect(p.here.packet).toBe(p.there.packet);
          const clocks = alignClocks(m.pairs);
          if (clocks?.bothWays) {
            expect(clocks.at).toBe(CLIENT);
            expect(Math.abs(clocks.aheadUs - aheadUs)).toBeLessThanOrEqual(1_501);
          }
        },
      ),
      { seed: 7, numRuns: 300 },
    );
  });

  it('tells repetitions apart by time where they carry no mark', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 2, maxLength: 8 }), (lost) => {
        const probes = lost.map((_, i) => ({
          ...BASE,
          packet: i + 10,
          seq: 500,
          ack: 7,
          atUs: 1e9 + i * 1e6,
        }));
        const anchor = { ...BASE, packet: 1, seq: 1, ack: 1, length: 9, atUs: 1e9 - 1e6 };
        const move = (s: LoggedSegment): LoggedSegment => ({ ...s, atUs: s.atUs + 5e9 + 20_000 });
        const there = [anchor, ...probes.filter((_, i) => !lost[i])].map(move);
        const m = matchSegments([anchor, ...probes], there);
        expect(packets(m.onlyHere)).toEqual(probes.filter((_, i) => lost[i]).map((s) => s.packet));
        expect(m.onlyThere).toEqual([]);
      }),
      { seed: 7, numRuns: 60 },
    );
  });

  it('matches a super-segment with its pieces, and not when one piece is missing', () => {
    const whole = { ...BASE, packet: 5, seq: 100, length: 4344, atUs: 1e9 };
    const pieces = [0, 1, 2].map((i) => ({
      ...BASE,
      packet: 20 + i,
      seq: 100 + i * 1448,
      length: 1448,
      atUs: 1e9 + 9_000 + i,
    }));
    for (const [a, b] of [
      [[whole], pieces],
      [pieces, [whole]],
    ] as const) {
      const m = matchSegments(a, b);
      expect([m.pairs.length, m.onlyHere, m.onlyThere]).toEqual([1, [], []]);
    }
    expect(packets(matchSegments([whole], pieces.slice(0, 2)).onlyHere)).toEqual([5]);
  });

  it('does not take another sending of the same text for this one', () => {
    const first = { ...BASE, packet: 1, seq: 100, length: 50, notes: Note.timestamps, tsVal: 1 };
    const second = { ...first, packet: 2, tsVal: 900, atUs: 900_000 };
    expect(packets(matchSegments([first, second], [{ ...second, packet: 7 }]).onlyHere)).toEqual([1]);
  });
});

describe('aligning clocks', () => {
  const pair = (direction: 0 | 1, sentUs: number, wayUs: number, aheadUs: number): Pair => {
    const out = direction === CLIENT;
    return {
      here: { ...BASE, direction, atUs: out ? sentUs : sentUs + wayUs },
      there: { ...BASE, direction, atUs: (out ? sentUs + wayUs : sentUs) + aheadUs },
    };
  };

  it('goes by the fastest packets, whatever the queues did to the others, from either side', () => {
    const ways = [400_000, 10_000, 250_000, 900_000];
    const pairs = ways.flatMap((way, i) => [
      pair(0, i * 1e6, way, 7_000_000),
      pair(1, i * 1e6, 10_000, 7_000_000),
    ]);
    expect(alignClocks(pairs)).toMatchObject({ aheadUs: 7_000_000, at: CLIENT, bothWays: true });
    const swapped = pairs.map((p) => ({ here: p.there, there: p.here }));
    expect(alignClocks(swapped)).toMatchObject({ aheadUs: -7_000_000, at: SERVER });
  });

  it('tells the side by TTL where the clocks cannot', () => {
    const p = pair(0, 1e6, 10, 0);
    expect(alignClocks([{ here: p.here, there: { ...p.there, hopLimit: 60 } }])).toMatchObject({
      at: CLIENT,
    });
    expect(alignClocks([p])).toMatchObject({ at: NOBODY, bothWays: false });
    expect(alignClocks([])).toBeNull();
  });
});

describe('the edges of a capture', () => {
  const at = (direction: 0 | 1, atUs: number, flags: number = Flag.ack): LoggedSegment => ({
    ...BASE,
    direction,
    atUs,
    flags,
    packet: atUs,
  });
  const sameClock = (): number => 0;
  const other = { segments: [], appended: 0, startUs: 1_000_000, endUs: 9_000_000 };

  it('what one host sent after the last packet of the capture there shows that it was over', () => {
    const own = [at(0, 9_500_000), at(1, 9_600_000)];
    expect(missedBy(own, own, other, SERVER, sameClock)).toEqual([]);
  });

  it('what never arrived at the end of a capture is lost, and an RST in its host name is strange', () => {
    const own = [at(0, 9_500_000), at(1, 9_600_000, Flag.rst)];
    expect(missedBy(own, own, other, SERVER, sameClock)).toEqual(own);
  });

  it('a capture that began later missed nothing before', () => {
    const own = [at(1, 500_000), at(0, 600_000), at(0, 5_000_000)];
    expect(missedBy(own, own, other, SERVER, sameClock).map((s) => s.atUs)).toEqual([5_000_000]);
  });

  it('a log with a hole says nothing about what fell into it', () => {
    const segments = Array.from({ length: 64 }, (_, i) => at(0, i < 32 ? 2_000_000 + i : 8_000_000 + i));
    const long = { ...other, segments, appended: 500 };
    const own = [at(0, 1_500_000), at(0, 5_000_000)];
    expect(missedBy(own, own, long, SERVER, sameClock).map((s) => s.atUs)).toEqual([1_500_000]);
  });
});
