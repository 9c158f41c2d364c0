import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Flag } from '../wire/segment.ts';
import { Effect } from './effects.ts';
import { EVENT_NAMES, Event } from './events.ts';
import { Acks, classify, Fact, Facts, Known, readFact, Where, writeFact } from './facts.ts';
import { FREEBSD_TABLE } from './freebsd.ts';
import { EVERY_STATE, FIN_SENT, STATE_COUNT, State, setNames, stateSet } from './names.ts';
import { LINUX_TABLE, RFC_TABLE } from './profiles.ts';
import { classifyAll, Outcome, rowsOf, stepEvents, stepSet } from './table.ts';

const FACTS: readonly Fact[] = Object.values(Fact);

function exact(flags: number, more: Partial<Facts> = {}): Facts {
  const facts = new Facts();
  Object.assign(facts, {
    flags,
    where: Where.exact,
    acks: Acks.plain,
    readerGone: Known.no,
    passive: Known.no,
    newer: Known.no,
    listening: Known.no,
    ...more,
  });
  return facts;
}

function names(facts: Facts, state: State): string {
  const events = classify(facts, state);
  if (events < 0) return `needs fact ${-1 - events}`;
  return EVENT_NAMES.filter((_, event) => event < 31 && (events & (1 << event)) !== 0).join(' ');
}

const { fin, syn, rst, ack, psh } = Flag;

describe('classify with exact facts follows RFC 9293 3.10.7', () => {
  it('CLOSED answers all but RST', () => {
    expect(names(exact(ack), State.closed)).toBe('stray');
    expect(names(exact(syn), State.closed)).toBe('stray');
    expect(names(exact(rst | ack), State.closed)).toBe('rst-outside');
  });

  it('LISTEN looks at RST, ACK, SYN in this order', () => {
    expect(names(exact(rst | syn), State.listen)).toBe('rst-outside');
    expect(names(exact(syn | ack), State.listen)).toBe('bad-ack');
    expect(names(exact(syn), State.listen)).toBe('syn');
    expect(names(exact(syn | fin), State.listen)).toBe('syn-fin');
    expect(names(exact(fin), State.listen)).toBe('useless');
    expect(names(exact(syn, { room: Known.no }), State.listen)).toBe('no-room');
  });

  it('SYN-SENT looks at ACK, RST, SYN in this order', () => {
    expect(names(exact(syn | ack), State.synSent)).toBe('syn-ack');
    expect(names(exact(syn | ack | fin, { hasData: true }), State.synSent)).toBe('syn-ack data fin');
    expect(names(exact(syn), State.synSent)).toBe('syn');
    expect(names(exact(rst | ack), State.synSent)).toBe('rst');
    expect(names(exact(rst), State.synSent)).toBe('rst-outside');
    expect(names(exact(syn | ack, { acks: Acks.below }), State.synSent)).toBe('bad-ack');
    expect(names(exact(ack, { acks: Acks.unsent }), State.synSent)).toBe('bad-ack');
    expect(names(exact(rst | ack, { acks: Acks.below }), State.synSent)).toBe('rst-outside');
    expect(names(exact(ack), State.synSent)).toBe('useless');
  });

  it('SYN-RECEIVED remembers which OPEN began it', () => {
    expect(names(exact(ack), State.synReceived)).toBe('ack-of-syn');
    expect(names(exact(ack | fin, { hasData: true }), State.synReceived)).toBe('ack-of-syn data fin');
    expect(names(exact(rst), State.synReceived)).toBe('rst');
    expect(names(exact(rst, { passive: Known.yes }), State.synReceived)).toBe('rst-passive');
    expect(names(exact(syn), State.synReceived)).toBe('syn-on-connection');
    expect(names(exact(syn, { passive: Known.yes }), State.synReceived)).toBe('syn-passive');
    expect(names(exact(syn, { where: Where.before }), State.synReceived)).toBe('syn-again');
    expect(names(exact(syn | ack, { where: Where.before }), State.synReceived)).toBe('syn-ack');
    expect(names(exact(ack, { acks: Acks.unsent }), State.synReceived)).toBe('bad-ack');
    expect(names(exact(ack, { room: Known.no }), State.synReceived)).toBe('no-room');
  });

  it('a synchronised state takes an RST at RCV.NXT only, and challenges others in the window (RFC 5961)', () => {
    for (let state: number = State.established; state < STATE_COUNT; state += 1) {
      expect(names(exact(rst), state as State)).toBe('rst');
      expect(names(exact(rst | ack, { where: Where.ahead }), state as State)).toBe('rst-in-window');
      expect(names(exact(rst, { where: Where.beyond }), state as State)).toBe('rst-outside');
      expect(names(exact(rst, { where: Where.before }), state as State)).toBe('rst-outside');
      expect(names(exact(rst, { pawsFailed: Known.yes }), state as State)).toBe('rst');
    }
  });

  it('a synchronised state challenges every SYN, but TIME-WAIT asks whether it is new', () => {
    for (const where of [Where.exact, Where.ahead, Where.before, Where.beyond]) {
      expect(names(exact(syn, { where }), State.established)).toBe('syn-on-connection');
      expect(names(exact(syn | ack, { where }), State.timeWait)).toBe('syn-on-connection');
      expect(names(exact(syn, { where }), State.timeWait)).toBe('old-syn');
      const reopening = exact(syn, { where, newer: Known.yes, listening: Known.yes });
      expect(names(reopening, State.timeWait)).toBe('new-syn');
      expect(names(exact(syn, { where, newer: Known.yes }), State.timeWait)).toBe('old-syn');
    }
  });

  it('text and FIN come after the ACK', () => {
    expect(names(exact(ack), State.established)).toBe('ack');
    expect(names(exact(ack | psh, { hasData: true }), State.established)).toBe('ack data');
    expect(names(exact(ack | fin, { hasData: true }), State.established)).toBe('ack data fin');
    expect(names(exact(ack | fin, { acks: Acks.fin }), State.finWait1)).toBe('ack-of-fin fin');
    expect(names(exact(fin), State.established)).toBe('useless');
    expect(names(exact(ack | fin, { where: Where.overlap }), State.established)).toBe('ack fin');
  });

  it('a FIN ahead of a gap is none yet; the segment that fills the gap brings it', () => {
    expect(names(exact(ack | fin, { where: Where.ahead }), State.established)).toBe('ack');
    expect(names(exact(ack, { hasData: true, queuedFin: Known.yes }), State.established)).toBe(
      'ack data fin',
    );
  });

  it('bad ACKs end the processing', () => {
    expect(names(exact(ack | fin, { acks: Acks.below }), State.established)).toBe('ack-too-old');
    expect(names(exact(ack | fin, { acks: Acks.unsent }), State.established)).toBe('ack-of-unsent');
    expect(names(exact(ack | fin, { pawsFailed: Known.yes }), State.established)).toBe('paws-failed');
  });

  it('data after close exists in FIN-WAIT-1 and FIN-WAIT-2 only, and ends the processing', () => {
    const late = exact(ack | fin, { hasData: true, readerGone: Known.yes });
    expect(names(late, State.finWait1)).toBe('ack data-after-close');
    expect(names(late, State.finWait2)).toBe('ack data-after-close');
    expect(names(late, State.closing)).toBe('ack data fin');
    const half = exact(ack, { hasData: true });
    expect(names(half, State.finWait2)).toBe('ack data');
    expect(names(exact(ack | fin, { readerGone: Known.yes }), State.finWait2)).toBe('ack fin');
  });

  it('an old FIN is known again once one was taken', () => {
    const old = exact(ack | fin, { where: Where.before });
    expect(names(old, State.established)).toBe('unacceptable');
    expect(names(old, State.finWait2)).toBe('unacceptable');
    for (const state of [State.closeWait, State.closing, State.lastAck, State.timeWait]) {
      expect(names(old, state)).toBe('fin-again');
    }
  });

  it('LAST-ACK ends with the ACK of our FIN, whatever follows in the segment', () => {
    expect(names(exact(ack | fin, { acks: Acks.fin, hasData: true }), State.lastAck)).toBe('ack-of-fin');
  });
});

const tables = fc.constantFrom(RFC_TABLE, LINUX_TABLE, FREEBSD_TABLE);
const aState = fc.integer({ min: 0, max: STATE_COUNT - 1 }) as fc.Arbitrary<State>;
/** Often one state alone: in a large set a state that goes missing hides behind the others. */
const aSet = fc.oneof(
  aState.map((state) => 1 << state),
  fc.integer({ min: 1, max: EVERY_STATE }),
);
const flags = fc.oneof(
  fc.constantFrom(syn, syn | ack, ack, ack | fin, rst, rst | ack),
  fc.integer({ min: 0, max: 0x1ff }),
);
const tri = fc.integer({ min: 1, max: 3 });

/** Any knowledge about a segment. */
const someFacts: fc.Arbitrary<Facts> = fc
  .record({
    flags,
    hasData: fc.boolean(),
    where: fc.integer({ min: 1, max: Where.unknown }),
    acks: fc.integer({ min: 1, max: Acks.unknown }),
    pawsFailed: tri,
    queuedFin: tri,
    readerGone: tri,
    passive: tri,
    newer: tri,
    listening: tri,
    room: tri,
  })
  .map((fields) => Object.assign(new Facts(), fields));

/** Picks one of the values that a fact may have. */
function refine(facts: Facts, fact: Fact, choice: number): Facts {
  const values = [1, 2, 4, 8, 16].filter((bit) => (readFact(facts, fact) & bit) !== 0);
  const refined = Object.assign(new Facts(), facts);
  writeFact(refined, fact, values[choice % values.length]!);
  return refined;
}

/** Facts that the same end could never see together with its state. */
function contradicts(facts: Facts, state: State): boolean {
  return (facts.flags & ack) !== 0 && facts.acks === Acks.fin && ((1 << state) & FIN_SENT) === 0;
}

describe('knowledge', () => {
  it('exact facts are never ambiguous, and never leave the diagram', () => {
    fc.assert(
      fc.property(tables, aState, someFacts, fc.nat(), (table, state, vague, choice) => {
        let facts = vague;
        for (const fact of FACTS) facts = refine(facts, fact, choice);
        const events = classify(facts, state);
        expect(events).toBeGreaterThan(0);
        const after = stepEvents(table, state, events);
        expect(stepSet(table, 1 << state, facts)).toBe(after);
        if (!contradicts(facts, state)) expect(after & (after - 1)).toBe(0);
        if (!contradicts(facts, state)) expect(after).not.toBe(0);
        expect(after & ~EVERY_STATE).toBe(0);
      }),
      { numRuns: 5000 },
    );
  });

  it('to know more is to have fewer possible states', () => {
    fc.assert(
      fc.property(
        tables,
        aSet,
        someFacts,
        fc.constantFrom(...FACTS),
        fc.nat(),
        (table, set, facts, fact, n) => {
          const before = stepSet(table, set, facts);
          expect(stepSet(table, set, refine(facts, fact, n)) & ~before).toBe(0);
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('what is unknown is the union of what it can be', () => {
    fc.assert(
      fc.property(tables, aSet, someFacts, fc.constantFrom(...FACTS), (table, set, facts, fact) => {
        let union = 0;
        for (let n = 0; n < 5; n += 1) union |= stepSet(table, set, refine(facts, fact, n));
        expect(stepSet(table, set, facts)).toBe(union);
      }),
      { numRuns: 3000 },
    );
  });

  it('a set steps as its members do', () => {
    fc.assert(
      fc.property(tables, aSet, aSet, someFacts, (table, a, b, facts) => {
        expect(stepSet(table, a | b, facts)).toBe(stepSet(table, a, facts) | stepSet(table, b, facts));
      }),
      { numRuns: 3000 },
    );
  });

  it('the facts come out as they went in', () => {
    fc.assert(
      fc.property(tables, aSet, someFacts, (table, set, facts) => {
        const before = { ...facts };
        stepSet(table, set, facts);
        expect({ ...facts }).toEqual(before);
      }),
    );
  });

  it('certain effects are those of every possibility', () => {
    fc.assert(
      fc.property(tables, aSet, someFacts, (table, set, facts) => {
        const out = new Outcome();
        classifyAll(table, set, facts, out);
        expect(out.certainEffects & ~out.effects).toBe(0);
      }),
    );
    const out = new Outcome();
    const late = exact(ack, { hasData: true, readerGone: Known.unknown });
    classifyAll(RFC_TABLE, stateSet(State.finWait2), late, out);
    expect(setNames(out.after)).toBe('CLOSED|FIN-WAIT-2');
    expect(out.effects & Effect.replyRst).not.toBe(0);
    expect(out.certainEffects).toBe(0);
  });

  it('a fact that is known to contradict a state removes it', () => {
    const facts = exact(ack, { acks: Acks.fin });
    expect(setNames(stepSet(RFC_TABLE, stateSet(State.established, State.finWait1), facts))).toBe(
      'FIN-WAIT-2',
    );
    expect(stepSet(RFC_TABLE, stateSet(State.established), facts)).toBe(0);
  });

  it('nothing known at all still keeps to what the flags allow', () => {
    const facts = new Facts();
    facts.flags = ack | fin;
    expect(setNames(stepSet(RFC_TABLE, stateSet(State.established), facts))).toBe('ESTABLISHED|CLOSE-WAIT');
    expect(setNames(stepSet(RFC_TABLE, stateSet(State.synReceived), facts))).toBe(
      'SYN-RECEIVED|ESTABLISHED|CLOSE-WAIT',
    );
    facts.flags = rst;
    expect(setNames(stepSet(RFC_TABLE, stateSet(State.synSent), facts))).toBe('SYN-SENT');
    expect(setNames(stepSet(RFC_TABLE, stateSet(State.established), facts))).toBe('CLOSED|ESTABLISHED');
  });

  it('rules are cited in the order they were taken', () => {
    const facts = exact(ack | fin, { acks: Acks.fin });
    const rules = rowsOf(RFC_TABLE, State.finWait1, classify(facts, State.finWait1)).map((row) => row.rule);
    expect(rules).toEqual(['fin-wait-1.ack-of-fin', 'fin-wait-2.fin']);
    expect(rowsOf(RFC_TABLE, State.established, 1 << Event.ackOfFin)).toEqual([]);
  });
});
