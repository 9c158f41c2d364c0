import { describe, expect, it } from 'vitest';
import { Flag } from '../wire/segment.ts';
import { Emission, emit, emitAfterLoss } from './emissions.ts';
import { Event, firstEvent } from './events.ts';
import { Acks, classify, Facts, Known, Where } from './facts.ts';
import {
  EVERY_STATE,
  FIN_ACKED,
  FIN_SENT,
  FIN_TAKEN,
  lowest,
  only,
  STATE_COUNT,
  STATE_NAMES,
  State,
  SYNCHRONISED,
  setNames,
  stateSet,
} from './names.ts';
import { compileProfile, LINUX_TABLE, linux, RFC_TABLE, rfc, rfc1337 } from './profiles.ts';
import { IMPOSSIBLE, next, stepSet, stepStates, type Table } from './table.ts';

/** One end of a connection, walked by calls, timers and classified segments. */
class Walk {
  readonly table: Table;
  state: State;
  path: string;
  constructor(table: Table, state: State = State.closed) {
    this.table = table;
    this.state = state;
    this.path = STATE_NAMES[state]!;
  }
  take(...events: readonly Event[]): this {
    for (const event of events) {
      const to = next(this.table, this.state, event);
      if (to === IMPOSSIBLE) throw new Error(`event ${event} cannot occur in ${STATE_NAMES[this.state]}`);
      if (to !== this.state) this.path += ` ${STATE_NAMES[to]}`;
      this.state = to;
    }
    return this;
  }
  receive(flags: number, more: Partial<Facts> = {}): this {
    const facts = Object.assign(new Facts(), {
      flags,
      where: Where.exact,
      acks: Acks.plain,
      readerGone: Known.no,
      passive: Known.no,
      newer: Known.no,
      listening: Known.no,
      ...more,
    });
    for (let rest = classify(facts, this.state); rest !== 0; rest &= rest - 1) this.take(firstEvent(rest));
    return this;
  }
}

const { syn, ack, fin, rst } = Flag;
const client = () => new Walk(RFC_TABLE).take(Event.openActive).receive(syn | ack);
const server = () => new Walk(RFC_TABLE).take(Event.openPassive).receive(syn).receive(ack);

describe('walks', () => {
  it('four-way close', () => {
    const active = client()
      .take(Event.close)
      .receive(ack, { acks: Acks.fin })
      .receive(ack | fin);
    expect(active.take(Event.timeWaitEnd).path).toBe(
      'CLOSED SYN-SENT ESTABLISHED FIN-WAIT-1 FIN-WAIT-2 TIME-WAIT CLOSED',
    );
    const passive = server()
      .receive(ack | fin)
      .take(Event.close)
      .receive(ack, { acks: Acks.fin });
    expect(passive.path).toBe('CLOSED LISTEN SYN-RECEIVED ESTABLISHED CLOSE-WAIT LAST-ACK CLOSED');
  });

  it('three segments: FIN and the ACK of ours in one', () => {
    const active = client()
      .take(Event.close)
      .receive(ack | fin, { acks: Acks.fin });
    expect(active.path).toBe('CLOSED SYN-SENT ESTABLISHED FIN-WAIT-1 FIN-WAIT-2 TIME-WAIT');
  });

  it('simultaneous close (Figure 13)', () => {
    for (const end of [client(), server()]) {
      end
        .take(Event.close)
        .receive(ack | fin)
        .receive(ack, { acks: Acks.fin });
      expect(end.path.split(' ').slice(-4).join(' ')).toBe('ESTABLISHED FIN-WAIT-1 CLOSING TIME-WAIT');
    }
  });

  it('simultaneous open (Figure 7)', () => {
    const walk = new Walk(RFC_TABLE).take(Event.openActive).receive(syn);
    walk.receive(syn | ack, { where: Where.before });
    expect(walk.path).toBe('CLOSED SYN-SENT SYN-RECEIVED ESTABLISHED');
    const acked = new Walk(RFC_TABLE).take(Event.openActive).receive(syn).receive(ack);
    expect(acked.path).toBe('CLOSED SYN-SENT SYN-RECEIVED ESTABLISHED');
  });

  it('half-close: data after shutdown is delivered, after close it is reset', () => {
    const half = client().take(Event.shutdownWrite).receive(ack, { acks: Acks.fin });
    half.receive(ack, { acks: Acks.fin, hasData: true });
    expect(half.state).toBe(State.finWait2);
    half.receive(ack | fin, { acks: Acks.fin });
    expect(half.state).toBe(State.timeWait);
    const full = client().take(Event.close).receive(ack, { acks: Acks.fin });
    full.receive(ack, { acks: Acks.fin, hasData: true, readerGone: Known.yes });
    expect(full.state).toBe(State.closed);
  });

  it('the last ACK lost: FIN again is acknowledged, TIME-WAIT stays', () => {
    const active = client()
      .take(Event.close)
      .receive(ack | fin, { acks: Acks.fin });
    active.receive(ack | fin, { acks: Acks.fin, where: Where.before });
    expect(active.state).toBe(State.timeWait);
  });

  it('an exact RST in each state', () => {
    const reset = (state: number, passive: number) =>
      new Walk(RFC_TABLE, state as State).receive(rst | ack, { passive }).state;
    const stays: readonly number[] = [State.closed, State.listen];
    for (let state = 0; state < STATE_COUNT; state += 1) {
      expect(reset(state, Known.no), STATE_NAMES[state]).toBe(stays.includes(state) ? state : State.closed);
    }
    expect(reset(State.synReceived, Known.yes)).toBe(State.listen);
  });

  it('a SYN in TIME-WAIT reopens only if it is newer and somebody listens', () => {
    const reopened = new Walk(RFC_TABLE, State.timeWait).receive(syn, {
      newer: Known.yes,
      listening: Known.yes,
    });
    expect(reopened.state).toBe(State.synReceived);
    expect(new Walk(RFC_TABLE, State.timeWait).receive(syn, { newer: Known.yes }).state).toBe(State.timeWait);
    expect(new Walk(RFC_TABLE, State.timeWait).receive(syn, { listening: Known.yes }).state).toBe(
      State.timeWait,
    );
  });

  it('RFC 1337 assassination, and the setting against it', () => {
    const old = { where: Where.before, hasData: true };
    const killed = new Walk(LINUX_TABLE, State.timeWait).receive(ack, old).receive(rst);
    expect(killed.state).toBe(State.closed);
    const kept = new Walk(compileProfile(linux, rfc1337), State.timeWait).receive(ack, old).receive(rst);
    expect(kept.state).toBe(State.timeWait);
  });

  it('a SYN to the end that still has the old connection is challenged; the RST then ends it', () => {
    const walk = server().receive(syn, { where: Where.beyond });
    expect(walk.state).toBe(State.established);
    expect(walk.receive(rst).state).toBe(State.closed);
  });

  it('keepalive, retransmission and user timeouts end a connection', () => {
    for (const event of [Event.probeGiveUp, Event.retransmitGiveUp, Event.userTimeout]) {
      expect(client().take(event).state).toBe(State.closed);
    }
  });
});

describe('sets', () => {
  it('are named, and have one member or not', () => {
    expect(setNames(stateSet(State.closeWait, State.established))).toBe('ESTABLISHED|CLOSE-WAIT');
    expect(setNames(0)).toBe('');
    expect(only(stateSet(State.timeWait))).toBe(State.timeWait);
    expect(only(0)).toBe(-1);
    expect(only(stateSet(State.closed, State.timeWait))).toBe(-1);
    expect(lowest(stateSet(State.closing, State.timeWait))).toBe(State.closing);
    expect(setNames(FIN_TAKEN)).toBe('CLOSE-WAIT|CLOSING|LAST-ACK|TIME-WAIT');
    expect(setNames(FIN_SENT & FIN_ACKED)).toBe('FIN-WAIT-2|TIME-WAIT');
    expect(setNames(EVERY_STATE & ~SYNCHRONISED)).toBe('CLOSED|LISTEN|SYN-SENT|SYN-RECEIVED');
  });

  it('step by calls and timers, and lose members to which those cannot happen', () => {
    const set = stateSet(State.established, State.closeWait);
    expect(setNames(stepStates(RFC_TABLE, set, Event.close))).toBe('FIN-WAIT-1|LAST-ACK');
    expect(setNames(stepStates(RFC_TABLE, set | stateSet(State.timeWait), Event.timeWaitEnd))).toBe('CLOSED');
    expect(stepStates(RFC_TABLE, set, Event.timeWaitEnd)).toBe(0);
  });
});

describe('what an end sent tells its state', () => {
  const reached = (emission: Emission, ...from: readonly State[]) =>
    setNames(emit(RFC_TABLE, stateSet(...from), emission));

  it('FIN', () => {
    expect(reached(Emission.fin, State.established)).toBe('FIN-WAIT-1');
    expect(reached(Emission.fin, State.synReceived)).toBe('FIN-WAIT-1');
    expect(reached(Emission.fin, State.closeWait)).toBe('LAST-ACK');
    expect(reached(Emission.fin, State.established, State.closeWait)).toBe('FIN-WAIT-1|LAST-ACK');
  });

  it('FIN again', () => {
    for (const state of [State.finWait1, State.closing, State.lastAck]) {
      expect(reached(Emission.fin, state)).toBe(STATE_NAMES[state]);
    }
    expect(reached(Emission.fin, State.finWait2)).toBe('');
    expect(reached(Emission.fin, State.timeWait)).toBe('');
  });

  it('SYN and SYN-ACK', () => {
    expect(reached(Emission.syn, State.closed, State.synSent)).toBe('SYN-SENT');
    expect(reached(Emission.syn, State.timeWait)).toBe('SYN-SENT');
    expect(reached(Emission.synAck, State.synReceived, State.listen)).toBe('SYN-RECEIVED');
    expect(reached(Emission.synAck, State.listen)).toBe('');
  });

  it('data', () => {
    expect(reached(Emission.data, State.established, State.closeWait)).toBe('ESTABLISHED|CLOSE-WAIT');
    expect(reached(Emission.data, State.finWait1, State.finWait2)).toBe('FIN-WAIT-1');
    expect(reached(Emission.data, State.timeWait)).toBe('');
  });

  it('ACK', () => {
    expect(reached(Emission.ack, State.closed, State.listen, State.timeWait)).toBe('TIME-WAIT');
    expect(reached(Emission.ack, State.synSent)).toBe('');
  });

  it('RST', () => {
    for (let state: number = State.established; state < STATE_COUNT; state += 1) {
      expect(reached(Emission.rst, state as State)).toBe('CLOSED');
    }
    expect(reached(Emission.rstReply, State.synSent)).toBe('CLOSED|SYN-SENT');
    expect(reached(Emission.rstAbort, State.synReceived)).toBe('CLOSED');
    expect(reached(Emission.rstAbort, State.closed)).toBe('');
    expect(reached(Emission.rstAbort, State.timeWait)).toBe('');
  });

  it('an answer is possible in the state that the answered segment led to', () => {
    const facts = Object.assign(new Facts(), { flags: ack | fin, where: Where.exact, acks: Acks.plain });
    const stepped = stepSet(RFC_TABLE, stateSet(State.established), facts);
    expect(setNames(emit(RFC_TABLE, stepped, Emission.ack))).toBe('CLOSE-WAIT');
    const late = Object.assign(new Facts(), {
      flags: ack,
      hasData: true,
      where: Where.exact,
      acks: Acks.fin,
    });
    const unsure = stepSet(RFC_TABLE, stateSet(State.finWait2), late);
    expect(setNames(unsure)).toBe('CLOSED|FIN-WAIT-2');
    expect(setNames(emit(RFC_TABLE, unsure, Emission.ack))).toBe('FIN-WAIT-2');
    expect(setNames(emit(RFC_TABLE, unsure, Emission.rst))).toBe('CLOSED');
  });

  it('missed segments widen it, within one incarnation', () => {
    const lost = (emission: Emission, from: State) =>
      setNames(emitAfterLoss(RFC_TABLE, stateSet(from), emission));
    expect(lost(Emission.data, State.closeWait)).toBe('CLOSE-WAIT|LAST-ACK');
    expect(lost(Emission.synAck, State.listen)).toBe('SYN-RECEIVED');
    expect(lost(Emission.synAck, State.established)).toBe('');
    for (const emission of Object.values(Emission)) {
      for (let state = 0; state < STATE_COUNT; state += 1) {
        const seen = emit(RFC_TABLE, 1 << state, emission);
        expect(seen & ~emitAfterLoss(RFC_TABLE, 1 << state, emission)).toBe(0);
      }
    }
  });
});

describe('cost', () => {
  it('stepping and inferring allocate nothing', () => {
    const facts = new Facts();
    const table = compileProfile(rfc);
    let sum = 0;
    const run = (rounds: number): void => {
      for (let i = 0; i < rounds; i += 1) {
        facts.flags = i & 0x1f;
        facts.hasData = (i & 0x20) !== 0;
        facts.where = (i & 0x40) !== 0 ? Where.exact : Where.unknown;
        facts.acks = (i & 0x80) !== 0 ? Acks.plain : Acks.unknown;
        sum += stepSet(table, (i * 31) & EVERY_STATE, facts);
        sum += emit(table, (i * 31) & EVERY_STATE, (i & 7) as Emission);
      }
    };
    run(100_000);
    const grown: number[] = [];
    for (let n = 0; n < 5; n += 1) {
      const before = process.memoryUsage().heapUsed;
      run(20_000);
      grown.push(process.memoryUsage().heapUsed - before);
    }
    // One object a round would be 320 kB at least; a collection or a compilation may disturb one measurement.
    expect(grown.sort((a, b) => a - b)[2]).toBeLessThan(100_000);
    expect(sum).toBeGreaterThan(0);
  });
});
