import { describe, expect, it } from 'vitest';
import { Complaint } from '../calls/value.ts';
import { compileCode } from './code.ts';

function run(text: string, given: Readonly<Record<string, number>> = {}): string | null {
  const code = compileCode(text, (message) => new Error(message));
  return code.run({ own: new Map(), given: new Map(Object.entries(given)) });
}

describe('code of a script', () => {
  it.each([
    'assert 1 + 2 * 3 == 7',
    'assert (1 + 2) * 3 == 9',
    'assert 7 // 2 == 3 and 7 % 3 == 1 and -7 // 2 == -4',
    'assert 6 / 4 == 1.5',
    'assert 1 << 4 | 3 == 19 and 0x10 & 24 == 16 and 5 ^ 1 == 4',
    'assert not 0 and not not 1',
    'assert 1 <= 2 < 3',
    'assert 2 in (1, 2) and 2 in [2]',
    'assert True and not False and not None',
    'assert abs(-3) == 3 and min(4, 2, 3) == 2 and max((1, 9)) == 9 and int(2.7) == 2 and len("ab") == 2',
    'assert "%d of %s" % (1, "x") == "1 of x"',
    'x = 1; x += 2\nassert x == 3',
    'if 1 > 2: assert 0\nassert 1',
    'import sys\nfrom a import b\nprint("a", 1)\npass',
    'assert 1 == 1, \\\n  "a message"',
    'assert (1 +\n 1) == 2 # two',
  ])('%s', (text) => expect(run(text)).toBeNull());

  it('knows what it is given, and what it set', () => {
    expect(run('assert tcpi_snd_cwnd == 10', { tcpi_snd_cwnd: 10 })).toBeNull();
    expect(() => run('assert tcpi_nothing == 1')).toThrow(
      new Complaint('unsupported', 'the variable tcpi_nothing'),
    );
  });

  it('tells which assertion does not hold', () => {
    expect(run('x = 4\nassert (x == 5)')).toBe('assert (x == 5)');
    expect(run('assert x < 3, "x is %d" % x', { x: 7 })).toBe('assert x < 3: x is 7');
    expect(run('if 1: assert 0, (1, 2)')).toBe('assert 0: (1, 2)');
  });

  it.each([
    ['while True: pass', 'expected the end of the statement, found "True"'],
    ['assert', 'expected a value, found its end'],
    ['open("/etc/passwd")', 'there is no function open()'],
    ['assert 1 ? 2', 'this code cannot be read from " ? 2" on'],
    ['if 1:\n  assert 0', 'the body of an "if" has to stand on its line'],
    [`assert ${'('.repeat(40)}`, 'nested too deeply'],
    [`assert 1${' + 1'.repeat(600)}`, 'this statement is too long'],
    [`${'if 1: '.repeat(40)}pass`, 'nested too deeply'],
  ])('%s cannot be read', (text, message) => expect(() => run(text)).toThrow(message));

  it('denies one assertion of several', () => {
    const code = compileCode(
      'assert 1\nif 1: assert 2; assert 3\nif 0: assert 4\nassert 5',
      (text) => new Error(text),
    );
    const scope = { own: new Map(), given: new Map() };
    expect(code.asserts).toBe(5);
    expect(code.run(scope)).toBeNull();
    const told = Array.from({ length: 5 }, (_, i) => code.denying(i).run(scope));
    expect(told).toEqual(['assert 1', 'assert 2', 'assert 3', null, 'assert 5']);
  });

  it('bits are of whole numbers, and nothing grows without end', () => {
    expect(() => run('assert 1.5 | 1')).toThrow('bits of 1.5, which is no whole number');
    expect(() => run('assert 1 / 0')).toThrow('a division by zero');
    expect(() => run('assert (1, 2) + (1, 2)')).toThrow('values that are no numbers');
    expect(() => run(`x = "a"\n${'x = x + x\n'.repeat(30)}`)).toThrow('this string is too long');
    expect(() => run(`x = (1, 2)\n${'x = (x, x)\n'.repeat(30)}`)).toThrow('lists are nested too deeply');
  });
});
