import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type DrillOutcome, drill } from '../src/drill/index.ts';
import { Random } from '../src/link/index.ts';
import { damaged } from './support/damaged-texts.ts';

const FOLDER = new URL('./drill/', import.meta.url);
const TEXTS = 5000;
/** Milliseconds that any text may take; nearly all take less than one. */
const PATIENCE = 2000;

function scripts(): string[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.pkt'))
    .map((name) => readFileSync(new URL(name, FOLDER), 'utf8'));
}

describe('damaged scripts', () => {
  it(`${TEXTS} of them run or are refused with line and column, and none for long`, () => {
    const random = new Random(4, 'damaged scripts');
    const originals = scripts();
    const seen = new Set<DrillOutcome>();
    for (let i = 0; i < TEXTS; i++) {
      const text = damaged(originals[random.below(originals.length)]!, random);
      const began = performance.now();
      const { outcome, problem } = drill(text);
      expect(performance.now() - began, text).toBeLessThan(PATIENCE);
      seen.add(outcome);
      if (problem === null) continue;
      expect(problem.line, text).toBeGreaterThanOrEqual(1);
      expect(problem.line, text).toBeLessThanOrEqual(text.split('\n').length);
      expect(problem.column, text).toBeGreaterThanOrEqual(1);
      expect(problem.message, text).not.toBe('');
    }
    expect([...seen].sort()).toEqual(['failed', 'passed', 'unsupported', 'wrong']);
  });
});

const MANY = 200_000;

const CONNECTED = `0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
+0 < S 0:0(0) win 1000 <mss 1000>
+0 > S. 0:0(0) ack 1 <...>
+0 < . 1:1(0) ack 1 win 65535
+0 accept(3, ..., ...) = 4
`;

/** What asks for much work with few words. */
const GREEDY: Readonly<Record<string, string>> = {
  'a huge write': `${CONNECTED}+0 write(4, ..., 1000000000000) = 1`,
  'a negative read': `${CONNECTED}+0 read(4, ..., -1) = 1`,
  'a huge vector': `${CONNECTED}+0 writev(4, [{..., 1000000000000}], 1) = 1`,
  'a time beyond all numbers': `${'9'.repeat(400)}.0 close(3) = 0`,
  'a time of 1e300': '1e300 close(3) = 0',
  'a wait for ever': `${CONNECTED}+0 read(4, ..., 1) = 1`,
  'nothing but "("': `0 socket(${'('.repeat(MANY)}`,
  'nothing but "["': `0 socket(${'['.repeat(MANY)}`,
  '#ifdef within #ifdef': '#ifdef A\n'.repeat(MANY),
  'a long line': `0 socket${'x'.repeat(MANY)}`,
  'a long string': `0 write(3, "${'\\"'.repeat(MANY)}", 5) = 5`,
  'a long sum': `0 %{ assert 1${'+1'.repeat(MANY)} }%`,
  'ifs within ifs': `0 %{ ${'if 1: '.repeat(MANY)}pass }%`,
  'brackets in code': `0 %{ assert ${'('.repeat(MANY)} }%`,
  'blanks in code': `0 %{ ${' '.repeat(MANY)}x }%`,
  'an endless loop': '0 %{ while True: pass }%',
  'strings that double': `0 %{ x = "a"\n${'x = x + x\n'.repeat(60)}}%`,
  'lists that double': `0 %{ x = (1, 1)\n${'x = (x, x)\n'.repeat(60)}assert x == x }%`,
  'bits of a fraction': '0 %{ assert 1.5 | 1 }%',
  'a pattern that never ends': `0 \`echo ${'a'.repeat(60)} | grep "(a+)+b"\``,
  'a blank that is none': '0 `echo \v`\n+0 close(3) = 0',
  'timers of no length': '0 `sysctl -q net.ipv4.tcp_keepalive_time=0`',
  'a text of megabytes': 'x'.repeat(3_000_000),
};

describe('greedy scripts', () => {
  it.each(Object.keys(GREEDY))('%s', (name) => {
    const began = performance.now();
    const { problem } = drill(GREEDY[name]!);
    expect(performance.now() - began).toBeLessThan(PATIENCE);
    expect(problem?.line).toBeGreaterThanOrEqual(1);
    expect(problem?.column).toBeGreaterThanOrEqual(1);
  });

  it('waits in virtual time end at the greatest time', () => {
    expect(drill(`${CONNECTED}+50 close(4) = 0`, { maxTimeUs: 10_000_000 }).problem?.message).toContain(
      'longer than the 10.000000 s of --max-time',
    );
  });
});
