import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TcbPair } from '../../test/support/tcb-pair.ts';
import { classify, Facts } from '../states/index.ts';
import { Flag, OptionBit, Segment } from '../wire/index.ts';
import { factsOf, predicted } from './facts.ts';

/** Mostly what is expected, else near it. */
const NEAR = fc.constantFrom(0, 0, 0, 0, 0, 0, -70_000, -1500, -1, 1, 1500, 70_000);

describe('header prediction', () => {
  it('says what the facts say, or nothing', () => {
    const pair = new TcbPair().establish();
    const { tcb } = pair.left;
    const facts = new Facts();
    const segment = new Segment();
    let hits = 0;
    fc.assert(
      fc.property(
        fc.tuple(fc.constantFrom(Flag.ack, Flag.ack | Flag.psh, 0, 0x1ff), fc.nat(0x1ff), fc.boolean()),
        fc.tuple(NEAR, NEAR, NEAR, fc.constantFrom(0, 1, 1448, 70_000), fc.constantFrom(0, 1, 3000)),
        fc.tuple(fc.boolean(), fc.boolean(), fc.boolean(), fc.constantFrom(4, 4, 5, 6, 7)),
        ([usual, odd, isOdd], [seq, ack, tsVal, payload, out], [hasEcho, early, orphan, state]) => {
          Object.assign(tcb, { finArrivedEarly: early, finArrivedSeq: tcb.rcvNxt + 5, orphan, state });
          tcb.sndNxt = (tcb.sndUna + out) | 0;
          segment.flags = isOdd ? odd : usual;
          segment.seq = (tcb.rcvNxt + seq) | 0;
          segment.ack = (tcb.sndUna + ack) | 0;
          segment.tsVal = (tcb.tsRecent + tsVal) | 0;
          segment.optionKinds = hasEcho ? OptionBit.timestamps : 0;
          segment.payloadLength = payload;
          const events = predicted(tcb, segment);
          if (events === 0) return;
          hits++;
          factsOf(pair.left, tcb, segment, facts);
          expect(events).toBe(classify(facts, tcb.state));
        },
      ),
      { numRuns: 20_000 },
    );
    expect(hits).toBeGreaterThan(100);
  });
});
