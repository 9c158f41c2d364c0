import { describe, expect, it } from 'vitest';
import * as cites from './cites.ts';
import { DIAGRAM } from './diagram.ts';
import { Effect } from './effects.ts';
import { EVENT_TITLES } from './event-titles.ts';
import { EVENT_COUNT, EVENT_NAMES, Event, eventFamily, SEGMENT_EVENT_COUNT } from './events.ts';
import { FREEBSD_TABLE, freebsd } from './freebsd.ts';
import { NEVER } from './impossible.ts';
import { STATE_COUNT, STATE_IDS, STATE_NAMES, State } from './names.ts';
import { PATCH_TITLES } from './patch-titles.ts';
import {
  abortOnOverflow,
  icmpIsAdvice,
  insecureReset,
  insecureSyn,
  LINUX_TABLE,
  linux,
  RFC_TABLE,
  rfc1337,
  timeWaitReuse,
} from './profiles.ts';
import { ignore, inState } from './rows.ts';
import { cellOf, compile, effects, IMPOSSIBLE, next } from './table.ts';

const camel = (name: string): string =>
  name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

describe('the names', () => {
  it('number states and events as their lists do', () => {
    expect(Object.keys(State)).toEqual(STATE_IDS.map(camel));
    expect(Object.values(State)).toEqual(STATE_NAMES.map((_, index) => index));
    expect(STATE_NAMES).toHaveLength(STATE_COUNT);
    expect(Object.keys(Event)).toEqual(EVENT_NAMES.map(camel));
    expect(Object.keys(EVENT_TITLES)).toEqual(EVENT_NAMES);
    expect(Object.values(Event)).toEqual(EVENT_NAMES.map((_, index) => index));
    expect(EVENT_NAMES).toHaveLength(EVENT_COUNT);
    expect(Object.values(EVENT_TITLES).every((title) => title.length > 5)).toBe(true);
  });

  it('put segment events first, so that a set of them is a positive int32', () => {
    const families = Object.values(Event).map(eventFamily);
    expect(families.lastIndexOf('segment')).toBe(SEGMENT_EVENT_COUNT - 1);
    expect(families.filter((family) => family === 'segment')).toHaveLength(SEGMENT_EVENT_COUNT);
    expect(SEGMENT_EVENT_COUNT).toBeLessThan(31);
    expect(families.filter((family) => family === 'call')).toHaveLength(8);
    expect(families.filter((family) => family === 'timer')).toHaveLength(8);
    expect(families.filter((family) => family === 'host')).toHaveLength(4);
  });
});

describe('the diagram', () => {
  it('has every state and event exactly once', () => {
    const rules = [...DIAGRAM, ...NEVER].map((cell) => cell.rule);
    const wanted = STATE_IDS.flatMap((state) => EVENT_NAMES.map((event) => `${state}.${event}`));
    expect([...rules].sort()).toEqual([...wanted].sort());
  });

  it('gives every row a source and every impossible pair a reason', () => {
    for (const cell of DIAGRAM) {
      if (cell.kind !== 'row') throw new Error(`${cell.rule} belongs to impossible.ts`);
      expect(cites.CITES[cell.cite as number], cell.rule).toMatch(/^RFC \d/);
    }
    for (const cell of NEVER)
      expect(cell.kind === 'impossible' ? cell.reason : '', cell.rule).toMatch(/\w{2}/);
  });

  it('has a text for every number that rows cite, and a number for every text', () => {
    const { CITES, ...numbers } = cites;
    expect(Object.values(numbers).sort((a, b) => a - b)).toEqual(Object.keys(CITES).map(Number));
    expect(new Set(Object.values(CITES)).size).toBe(Object.values(CITES).length);
  });

  it('has a title for every patch', () => {
    const settings = [rfc1337, timeWaitReuse, abortOnOverflow, insecureReset, insecureSyn, icmpIsAdvice];
    const names = [...linux.patches, ...freebsd.patches, ...settings].map((patch) => patch.name);
    expect(Object.keys(PATCH_TITLES).sort()).toEqual([...new Set(names)].sort());
  });

  it('takes what has no row for impossible', () => {
    const table = compile(DIAGRAM.filter((cell) => cell.rule !== 'time-wait.fin-again'));
    expect(next(RFC_TABLE, State.timeWait, Event.finAgain)).toBe(State.timeWait);
    expect(next(table, State.timeWait, Event.finAgain)).toBe(IMPOSSIBLE);
    expect(cellOf(table, State.timeWait, Event.finAgain)).toBeNull();
  });

  it('will not compile a pair that stands twice', () => {
    expect(() => compile([...DIAGRAM, ...inState('closed', ignore('RFC 1', 'stray'))])).toThrow(
      'closed.stray stands twice',
    );
  });

  it('frees the control block on every way to CLOSED, and begins 2MSL on every way to TIME-WAIT', () => {
    for (const table of [RFC_TABLE, LINUX_TABLE, FREEBSD_TABLE]) {
      for (const cell of table.cells) {
        if (cell?.kind !== 'row' || cell.next === cell.state) continue;
        expect(cell.effects.includes('deleteTcb'), cell.rule).toBe(cell.next === State.closed);
        expect(cell.effects.includes('startTimeWait'), cell.rule).toBe(cell.next === State.timeWait);
      }
    }
  });

  it('sends FIN only on the way into a state whose FIN is sent, or from one', () => {
    const sent = new Set<number>([State.finWait1, State.closing, State.lastAck]);
    for (const cell of RFC_TABLE.cells) {
      if (cell?.kind === 'row' && cell.effects.includes('sendFin'))
        expect(sent.has(cell.next), cell.rule).toBe(true);
    }
  });

  it('only moves within the eleven states', () => {
    for (const table of [RFC_TABLE, LINUX_TABLE, FREEBSD_TABLE]) {
      expect([...table.next].every((to) => to >= IMPOSSIBLE && to < STATE_COUNT)).toBe(true);
    }
  });
});

/** Every arrow of Figure 5 of RFC 9293, with its notes: from, event, to, what the arrow says is sent. */
const FIGURE_5: readonly (readonly [keyof typeof State, keyof typeof Event, keyof typeof State, number])[] = [
  ['closed', 'openPassive', 'listen', 0],
  ['closed', 'openActive', 'synSent', Effect.sendSyn],
  ['listen', 'shutdownWrite', 'closed', Effect.deleteTcb],
  ['listen', 'close', 'closed', Effect.deleteTcb],
  ['listen', 'send', 'synSent', Effect.sendSyn],
  ['listen', 'syn', 'synReceived', Effect.sendSynAck],
  ['synSent', 'shutdownWrite', 'closed', Effect.deleteTcb],
  ['synSent', 'close', 'closed', Effect.deleteTcb],
  ['synSent', 'syn', 'synReceived', Effect.sendSynAck],
  ['synSent', 'synAck', 'established', Effect.sendAck],
  ['synReceived', 'rstPassive', 'listen', 0],
  ['synReceived', 'ackOfSyn', 'established', 0],
  ['synReceived', 'shutdownWrite', 'finWait1', Effect.sendFin],
  ['synReceived', 'close', 'finWait1', Effect.sendFin],
  ['established', 'shutdownWrite', 'finWait1', Effect.sendFin],
  ['established', 'close', 'finWait1', Effect.sendFin],
  ['established', 'fin', 'closeWait', Effect.sendAck],
  ['finWait1', 'ackOfFin', 'finWait2', 0],
  ['finWait1', 'fin', 'closing', Effect.sendAck],
  ['finWait2', 'fin', 'timeWait', Effect.sendAck],
  ['closing', 'ackOfFin', 'timeWait', 0],
  ['closeWait', 'shutdownWrite', 'lastAck', Effect.sendFin],
  ['closeWait', 'close', 'lastAck', Effect.sendFin],
  ['lastAck', 'ackOfFin', 'closed', Effect.deleteTcb],
  ['timeWait', 'timeWaitEnd', 'closed', Effect.deleteTcb],
];

describe('Figure 5 of RFC 9293', () => {
  for (const [from, event, to, sent] of FIGURE_5) {
    it(`${from} -- ${event} --> ${to}`, () => {
      expect(next(RFC_TABLE, State[from], Event[event])).toBe(State[to]);
      expect(effects(RFC_TABLE, State[from], Event[event]) & sent).toBe(sent);
    });
  }

  it('has no arrow by an orderly segment or call that the figure lacks', () => {
    const orderly = new Set<number>(FIGURE_5.map(([, event]) => Event[event]));
    // The figure leaves ABORT and RST out, and 3.10.7 adds the two ways by which SYN-RECEIVED may be left.
    const known = new Set(['syn-received.syn-ack', 'syn-received.fin', 'listen.open-active']);
    const drawn = new Set(FIGURE_5.map(([from, event]) => `${State[from]} ${Event[event]}`));
    for (const cell of DIAGRAM) {
      if (cell.kind !== 'row' || cell.next === cell.state || !orderly.has(cell.event)) continue;
      expect(drawn.has(`${cell.state} ${cell.event}`) || known.has(cell.rule), cell.rule).toBe(true);
    }
  });
});

describe('profiles', () => {
  it('name only rules that differ from what they replace', () => {
    for (const profile of [linux, freebsd]) {
      for (const patch of profile.patches) {
        for (const cell of patch.rows) {
          const base = cellOf(RFC_TABLE, cell.state, cell.event);
          const { cite: _, ...now } = cell as { cite?: string };
          const { cite: __, ...before } = (base ?? {}) as { cite?: string };
          expect(now, `${patch.name} ${cell.rule}`).not.toEqual(before);
        }
      }
    }
  });

  it('do not contradict each other within a profile', () => {
    for (const profile of [linux, freebsd]) {
      const rules = profile.patches.flatMap((patch) => patch.rows.map((cell) => cell.rule));
      expect(new Set(rules).size).toBe(rules.length);
    }
  });

  it('RFC 1337: an RST ends TIME-WAIT by default on Linux, not with rfc1337 and not on FreeBSD', () => {
    const protectedLinux = compile(DIAGRAM, ...linux.patches.map((patch) => patch.rows), rfc1337.rows);
    expect(next(RFC_TABLE, State.timeWait, Event.rst)).toBe(State.closed);
    expect(next(LINUX_TABLE, State.timeWait, Event.rst)).toBe(State.closed);
    expect(next(protectedLinux, State.timeWait, Event.rst)).toBe(State.timeWait);
    expect(effects(protectedLinux, State.timeWait, Event.rst)).toBe(0);
    expect(next(FREEBSD_TABLE, State.timeWait, Event.rst)).toBe(State.timeWait);
  });

  it('close with unread data: RST by RFC 9293 and Linux, FIN on FreeBSD', () => {
    for (const table of [RFC_TABLE, LINUX_TABLE]) {
      expect(next(table, State.established, Event.closeUnread)).toBe(State.closed);
      expect(effects(table, State.established, Event.closeUnread) & Effect.sendRst).not.toBe(0);
    }
    expect(next(FREEBSD_TABLE, State.established, Event.closeUnread)).toBe(State.finWait1);
    expect(next(FREEBSD_TABLE, State.closeWait, Event.closeUnread)).toBe(State.lastAck);
    expect(effects(FREEBSD_TABLE, State.established, Event.closeUnread) & Effect.sendFin).not.toBe(0);
  });

  it('FIN-WAIT-2 has an end on Linux and FreeBSD, none in RFC 9293', () => {
    expect(next(RFC_TABLE, State.finWait2, Event.finWait2End)).toBe(IMPOSSIBLE);
    expect(next(LINUX_TABLE, State.finWait2, Event.finWait2End)).toBe(State.closed);
    expect(next(FREEBSD_TABLE, State.finWait2, Event.finWait2End)).toBe(State.closed);
  });

  it('settings change one thing each', () => {
    const reuse = compile(DIAGRAM, timeWaitReuse.rows);
    expect(next(RFC_TABLE, State.timeWait, Event.openActive)).toBe(State.timeWait);
    expect(next(reuse, State.timeWait, Event.openActive)).toBe(State.synSent);
    const abort = compile(DIAGRAM, abortOnOverflow.rows);
    expect(effects(RFC_TABLE, State.synReceived, Event.noRoom)).toBe(0);
    expect(effects(abort, State.synReceived, Event.noRoom)).toBe(Effect.replyRst);
  });
});
