import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OptionBit, Problem, Segment } from '../segment.ts';
import { writeOptions } from './encode.ts';
import { readOptions, readOptionsInto, type TcpOption } from './options.ts';

function read(...bytes: number[]): Segment {
  const segment = new Segment();
  readOptionsInto(segment, Uint8Array.from(bytes), 0, bytes.length);
  return segment;
}

function typed(...bytes: number[]): TcpOption[] {
  return [...readOptions(Uint8Array.from(bytes), 0, bytes.length)];
}

const none = { experiment: 0 } as const;

describe('TCP options', () => {
  it('reads those of a SYN', () => {
    const segment = read(2, 4, 5, 0xb4, 4, 2, 8, 10, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1, 1, 3, 3, 7);
    expect(segment).toMatchObject({
      mss: 1460,
      windowScale: 7,
      tsVal: -1,
      tsEcr: 1,
      problems: 0,
      sackCount: 0,
    });
    expect(segment.optionKinds).toBe(
      OptionBit.mss | OptionBit.sackPermitted | OptionBit.timestamps | OptionBit.windowScale,
    );
  });

  it('reads padded timestamps, alone and in another order, alike', () => {
    const stamp = [8, 10, 1, 2, 3, 4, 5, 6, 7, 8];
    for (const segment of [read(1, 1, ...stamp), read(...stamp, 1, 1), read(1, ...stamp, 0)]) {
      expect(segment).toMatchObject({
        optionKinds: OptionBit.timestamps,
        tsVal: 0x01020304,
        tsEcr: 0x05060708,
      });
    }
  });

  it('reads up to four SACK blocks', () => {
    const blocks = Array.from({ length: 32 }, (_, i) => i);
    const segment = read(5, 34, ...blocks, 1, 1);
    expect(segment.sackCount).toBe(4);
    expect(segment.sack[0]).toBe(0x00010203);
    expect(segment.sack[7]).toBe(0x1c1d1e1f);
    expect(read(5, 10, ...blocks.slice(0, 8)).sackCount).toBe(1);
  });

  it.each([
    [
      'fast open',
      OptionBit.fastOpen,
      [34, 6, 1, 2, 3, 4],
      { kind: 'fastOpen', cookie: Uint8Array.of(1, 2, 3, 4), ...none },
    ],
    [
      'a fast open request',
      OptionBit.fastOpen,
      [34, 2],
      { kind: 'fastOpen', cookie: Uint8Array.of(), ...none },
    ],
    [
      'experimental fast open',
      OptionBit.fastOpen,
      [254, 6, 0xf9, 0x89, 1, 2],
      { kind: 'fastOpen', cookie: Uint8Array.of(1, 2), experiment: 254 },
    ],
    [
      'MPTCP',
      OptionBit.mptcp,
      [30, 4, 0x01, 0x81],
      { kind: 'mptcp', subtype: 0, data: Uint8Array.of(1, 0x81) },
    ],
    [
      'MD5',
      OptionBit.md5,
      [19, 18, ...new Array<number>(16).fill(9)],
      { kind: 'md5', digest: new Uint8Array(16).fill(9) },
    ],
    [
      'AO',
      OptionBit.ao,
      [29, 6, 1, 2, 3, 4],
      { kind: 'ao', keyId: 1, nextKeyId: 2, mac: Uint8Array.of(3, 4) },
    ],
    ['UTO', OptionBit.userTimeout, [28, 4, 0x80, 5], { kind: 'userTimeout', minutes: true, timeout: 5 }],
    [
      'AccECN order 0',
      OptionBit.accEcn,
      [172, 8, 0, 0, 1, 1, 0, 0],
      { kind: 'accEcn', order: 0, counters: [1, 65536], ...none },
    ],
    [
      'AccECN order 1',
      OptionBit.accEcn,
      [174, 5, 0, 1, 2],
      { kind: 'accEcn', order: 1, counters: [258], ...none },
    ],
    [
      'experimental AccECN',
      OptionBit.accEcn,
      [254, 7, 0xac, 0xc1, 0, 0, 7],
      { kind: 'accEcn', order: 1, counters: [7], experiment: 254 },
    ],
    [
      'EDO',
      OptionBit.edo,
      [253, 6, 0x0e, 0xd0, 0, 9],
      { kind: 'edo', data: Uint8Array.of(0, 9), experiment: 253 },
    ],
    [
      'another experiment',
      OptionBit.unknown,
      [254, 4, 1, 2],
      { kind: 'unknown', number: 254, data: Uint8Array.of(1, 2) },
    ],
    [
      'an unknown one',
      OptionBit.unknown,
      [77, 3, 5],
      { kind: 'unknown', number: 77, data: Uint8Array.of(5) },
    ],
  ] as [string, number, number[], TcpOption][])('reads %s and writes it back', (_, bit, bytes, option) => {
    expect(read(...bytes)).toMatchObject({ optionKinds: bit, problems: 0 });
    expect(typed(...bytes)).toEqual([option]);
    const written = new Uint8Array(64);
    const length = writeOptions(written, 0, [option]);
    expect([...written.subarray(0, bytes.length)]).toEqual(bytes);
    expect(length).toBe((bytes.length + 3) & ~3);
  });

  it.each([
    ['a length of 0', [77, 0]],
    ['a length of 1', [77, 1]],
    ['a length past the end', [77, 5, 0]],
    ['no length at all', [77]],
    ['MSS', [2, 3, 0]],
    ['window scale', [3, 4, 0, 0]],
    ['SACK permitted', [4, 3, 0]],
    ['SACK without a block', [5, 2]],
    ['SACK with half a block', [5, 6, 0, 0, 0, 0]],
    ['timestamps', [8, 9, 0, 0, 0, 0, 0, 0, 0]],
    ['MD5', [19, 17, ...new Array<number>(15).fill(0)]],
    ['UTO', [28, 3, 0]],
    ['AccECN', [172, 4, 0, 0]],
  ])('stops at a bad one (%s) and keeps those before', (_, bytes) => {
    const segment = read(3, 3, 9, ...bytes);
    expect(segment).toMatchObject({
      windowScale: 9,
      problems: Problem.badOption,
      optionKinds: OptionBit.windowScale,
    });
    expect(typed(3, 3, 9, ...bytes).at(-1)).toMatchObject({ kind: 'malformed', number: bytes[0] });
  });

  it('ends the list at the end option', () => {
    expect(read(0, 2, 4, 1, 1)).toMatchObject({ optionKinds: 0, mss: -1, problems: 0 });
    expect(typed(1, 0, 2, 4, 1, 1)).toEqual([{ kind: 'nop' }, { kind: 'end' }]);
  });

  it('reads back any list that it writes', () => {
    const int32 = fc.integer({ min: -0x80000000, max: 0x7fffffff });
    const data = fc.uint8Array({ maxLength: 8 });
    const option: fc.Arbitrary<TcpOption> = fc.oneof(
      fc.constant<TcpOption>({ kind: 'nop' }),
      fc.record({ kind: fc.constant('mss' as const), mss: fc.nat(0xffff) }),
      fc.record({ kind: fc.constant('windowScale' as const), shift: fc.nat(255) }),
      fc.record({ kind: fc.constant('timestamps' as const), value: int32, echo: int32 }),
      fc.record({
        kind: fc.constant('sack' as const),
        blocks: fc.array(fc.record({ left: int32, right: int32 }), { minLength: 1, maxLength: 4 }),
      }),
      fc.record({
        kind: fc.constant('fastOpen' as const),
        cookie: data,
        experiment: fc.constantFrom(0, 253, 254),
      }),
      fc.record({
        kind: fc.constant('accEcn' as const),
        order: fc.constantFrom(0, 1),
        counters: fc.array(fc.nat(0xffffff), { maxLength: 3 }),
        experiment: fc.constantFrom(0, 253, 254),
      }),
      fc.record({ kind: fc.constant('unknown' as const), number: fc.integer({ min: 200, max: 250 }), data }),
    );
    fc.assert(
      fc.property(fc.array(option, { maxLength: 5 }), (options) => {
        const bytes = new Uint8Array(256);
        const length = writeOptions(bytes, 3, options);
        const back = [...readOptions(bytes, 3, length)];
        expect(back.filter(({ kind }) => kind !== 'end')).toEqual(options);
      }),
    );
  });
});
