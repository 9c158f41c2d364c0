import { describe, expect, it } from 'vitest';
import { Flag } from '../../wire/index.ts';
import type { Executable } from '../run/execute.ts';
import type { CallStep, IcmpStep, PacketStep, Step } from '../run/steps.ts';
import { tokenize } from './lexer.ts';
import { parseScript } from './script.ts';
import { ScriptError } from './script-error.ts';

function parse(text: string, defines: Readonly<Record<string, string>> = {}): Executable {
  return parseScript(text, { system: 'linux', defines: new Map(Object.entries(defines)), family: 4 });
}

function step(text: string): Step {
  return parse(text).steps[0]!;
}

function packet(text: string): PacketStep['packet'] {
  return (step(`+0 ${text}`) as PacketStep).packet;
}

function problem(text: string): string {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof ScriptError) return `${error.line}:${error.column} ${error.message}`;
    throw error;
  }
  return 'none';
}

describe('tokens', () => {
  it('have their places, and comments are none', () => {
    const tokens = tokenize('// one\n+0 /* two\n */ read("a\\"b")');
    expect(tokens.map(({ kind, text, line, column }) => `${line}:${column} ${kind} ${text}`)).toEqual([
      '2:1 sign +',
      '2:2 number 0',
      '3:5 word read',
      '3:9 sign (',
      '3:10 string a\\"b',
      '3:16 sign )',
      '3:17 end ',
    ]);
  });

  it.each([
    ['0 "abc', '1:3 a string without its closing quote'],
    ['0 `abc', '1:3 a command without its closing `'],
    ['0 %{ abc', '1:3 code without }%'],
    ['\n/* abc', '2:1 a comment without */'],
  ])('%s has no end', (text, message) => expect(problem(text)).toBe(message));
});

describe('times', () => {
  it.each([
    ['0.5 close(3) = 0', { kind: 'absolute', us: 500_000, endUs: null }],
    ['+.25 close(3) = 0', { kind: 'relative', us: 250_000, endUs: null }],
    ['* > . 1:1(0) ack 1', { kind: 'any', us: 0, endUs: null }],
    ['0.1~0.2 > . 1:1(0) ack 1', { kind: 'absolute', us: 100_000, endUs: 200_000 }],
    ['+0~+.01 > . 1:1(0) ack 1', { kind: 'relative', us: 0, endUs: 10_000 }],
  ])('%s', (text, time) => expect(step(text).time).toEqual(time));

  it('of calls that wait', () => {
    expect((step('+0.1...1.5 read(3, ..., 10) = 10') as CallStep).returnsUs).toBe(1_500_000);
  });

  it.each([
    ['+0~+.01 close(3) = 0', '1:1 only packets that the host sends have "*" or a range for a time'],
    ['0.2~0.1 > . 1:1(0) ack 1', '1:1 this range of times ends before it begins'],
    ['soon close(3) = 0', '1:1 expected a time in seconds, found "soon"'],
  ])('%s is wrong', (text, message) => expect(problem(text)).toBe(message));
});

describe('packets', () => {
  it('flags', () => {
    expect(packet('> S. 0:0(0) ack 1').flags).toBe(Flag.syn | Flag.ack);
    expect(packet('> FP. 1:2(1) ack 1').flags).toBe(Flag.fin | Flag.psh | Flag.ack);
    expect(packet('> - 1:1(0)').flags).toBe(0);
    expect(packet('> SEW 0:0(0)').flags).toBe(Flag.syn | Flag.ece | Flag.cwr);
    expect(packet('> SEWA 0:0(0)').flags).toBe(Flag.syn | Flag.ece | Flag.cwr | Flag.ae);
    expect(packet('> P.5 1:2(1) ack 1').flags).toBe(Flag.psh | Flag.ack | Flag.ae | Flag.ece);
  });

  it('what is not written is not looked at', () => {
    expect(packet('> . ...(10) ack 1 <...>')).toMatchObject({ seq: null, window: null, options: null });
    expect(packet('> . 1:11(10) ack 1')).toMatchObject({
      seq: 1,
      payloadLength: 10,
      window: null,
      options: [],
    });
  });

  it('sequence numbers wrap', () => {
    expect(packet('> . 4294967295:9(10) ack 1')).toMatchObject({ seq: 0xffffffff, payloadLength: 10 });
  });

  it('fields of the IP header', () => {
    expect(packet('> [ect0] . 1:1(0) ack 1').ip).toMatchObject({ tos: 2, tosMask: 3 });
    expect(packet('> [tos 0x8, ttl 7] . 1:1(0) ack 1').ip).toMatchObject({ tos: 8, hopLimit: 7 });
    expect(packet('> [ect01] . 1:1(0) ack 1').ip.ect).toBe(true);
  });

  it('options', () => {
    const kinds = packet('> S 0:0(0) <mss 1460,sackOK,TS val 5 ecr 0,nop,wscale 7>').options!.map(
      ({ kind }) => kind,
    );
    expect(kinds).toEqual([2, 4, 8, 1, 3]);
    expect(packet('> . 1:1(0) ack 1 <nop,nop,sack 10:20 30:40>').options![2]).toMatchObject({
      kind: 5,
      data: Uint8Array.of(0, 0, 0, 10, 0, 0, 0, 20, 0, 0, 0, 30, 0, 0, 0, 40),
    });
    expect(packet('> . 1:1(0) ack 1 <nop,nop,TS val ... ecr 9>').options![2]).toMatchObject({
      anyValue: true,
    });
  });

  it.each([
    ['+0 > X 0:0(0)', '1:6 "X" is no TCP flag: there are FSRPUEWA, "." and "-"'],
    ['+0 > SS 0:0(0)', '1:6 the flag S stands here twice'],
    ['+0 > . 1:5(3) ack 1', '1:8 1 and 3 octets make 4, not 5'],
    [
      '+0 < . 1:1(0) ack 1',
      '1:20 expected win: a packet to the host needs a window, found the end of the script',
    ],
    ['+0 > . 1:1(0) ack 1 win 65536', '1:25 a window is a number from 0 to 65535, not 65536'],
    ['+0 > . 1:1(0) ack 1 <mss 5>x', '1:28 expected a time in seconds, found "x"'],
    [
      '+0 > . 1:1(0) ack 1 <nop>',
      '1:22 these options take 1 octets, which is no multiple of 4: add nop or eol',
    ],
    ['+0 > . 1:1(0) ack 1 <bogus>', '1:22 there is no TCP option "bogus"'],
  ])('%s is wrong', (text, message) => expect(problem(text)).toBe(message));
});

describe('ICMP', () => {
  it.each([
    [
      'unreachable frag_needed mtu 1200 [1:1001(1000)]',
      { type: 3, code: 4, mtu: 1200, seq: 1, payloadLength: 1000 },
    ],
    ['parameter_problem code_2 [1:1(0)]', { type: 12, code: 2 }],
    ['type_11 code_1 [1:1(0)]', { type: 11, code: 1 }],
  ])('%s', (text, fields) => expect(step(`+0 < icmp ${text}`) as IcmpStep).toMatchObject(fields));

  it('codes are octets', () => {
    expect(problem('+0 < icmp unreachable code_256 [1:1(0)]')).toContain('has no code "code_256"');
  });
});

describe('calls', () => {
  it('arguments, results and errors', () => {
    expect(step('+0 setsockopt(3, SOL_SOCKET, SO_LINGER, {onoff=1, linger=0}, 8) = 0')).toMatchObject({
      name: 'setsockopt',
      result: 0,
      errno: null,
      args: [
        { value: 3 },
        { value: 1, names: ['SOL_SOCKET'] },
        { value: 13 },
        {
          kind: 'struct',
          fields: new Map([
            ['onoff', { kind: 'number', value: 1, names: [] }],
            ['linger', { kind: 'number', value: 0, names: [] }],
          ]),
        },
        { value: 8 },
      ],
    });
    expect(step('+0 read(4, ..., 10) = -1 ECONNRESET (Connection reset by peer)')).toMatchObject({
      result: -1,
      errno: 'ECONNRESET',
    });
    expect(step('+0 write(4, "a" "\\x41\\n", 3) = ...')).toMatchObject({
      result: null,
      args: [{ value: 4 }, { bytes: Uint8Array.of(97, 65, 10) }, { value: 3 }],
    });
    expect(step('+0 poll([{fd=4, events=POLLIN|POLLOUT, revents=0}], 1, 0) = 0')).toMatchObject({
      args: [{ kind: 'list', items: [{ kind: 'struct' }] }, { value: 1 }, { value: 0 }],
    });
  });

  it.each([
    ['+0 close(3)', '1:12 expected "=" behind close(...), found the end of the script'],
    ['+0 close(3 = 0', '1:12 expected ")" or "," behind an argument, found "="'],
    ['+0 close(NOT_THERE) = 0', '1:10 the symbol NOT_THERE'],
    ['+0 close(3) = -1 Oops', '1:18 "Oops" is no name of an error'],
    ['+0 close("a"|3) = 0', '1:13 "|" stands between numbers'],
    [`+0 close(${'['.repeat(40)}`, '1:43 expressions are nested too deeply here'],
  ])('%s is wrong', (text, message) => expect(problem(text)).toBe(message));
});

describe('what stands around the lines', () => {
  it('options, and what they define', () => {
    const script = parse('--mtu=1280\n--tolerance_usecs=75000\n--define=N=7\n+0 write(3, ..., N) = N');
    expect(script.settings).toMatchObject([
      { name: 'mtu', value: '1280' },
      { name: 'tolerance_usecs', value: '75000' },
    ]);
    expect(script.steps).toMatchObject([{ result: 7 }]);
  });

  it('#ifdef, with places as in the whole text', () => {
    const text =
      '#ifdef A\n+0 close(3) = 0\n#else\n+0 close(4) = 0\n#endif\n#ifndef A\n+0 close(5) = 0\n#endif\n';
    expect(parse(text, { A: '' }).steps.map(({ line }) => line)).toEqual([2]);
    expect(parse(text).steps.map(({ line }) => line)).toEqual([4, 7]);
    expect(problem('#ifdef A\n')).toBe('1:1 #ifdef without #endif');
    expect(problem('#else\n')).toBe('1:1 #else without #ifdef');
  });

  it('commands, with or without a time', () => {
    expect(parse('`sysctl -q a=1`\n+0 `true`').steps).toMatchObject([
      { kind: 'command', command: 'sysctl -q a=1' },
      { kind: 'command', command: 'true' },
    ]);
  });
});
