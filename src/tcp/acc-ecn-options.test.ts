import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeTcp, Flag, OptionBit, readOptions, Segment, type TcpOption } from '../wire/index.ts';
import {
  fieldCodePoint,
  fieldDelta,
  fieldsOf,
  findOption,
  fitLater,
  fitSyn,
  rawField,
  usedBytes,
  writeWithOption,
} from './acc-ecn-options.ts';
import { Outgoing } from './outgoing.ts';

const NOTHING = new Int32Array(4);

function written(out: Outgoing): TcpOption[] {
  const extra = out.extra!;
  return [...readOptions(extra, 0, extra.length)];
}

/** A segment with these octets of options, as a decoder leaves it. */
function arrived(options: Uint8Array): Segment {
  const segment = new Segment();
  segment.bytes = new Uint8Array(20 + options.length);
  segment.bytes.set(options, 20);
  segment.headerLength = 20 + options.length;
  return segment;
}

function segmentWith({ timestamps, blocks }: { timestamps: boolean; blocks: number }): Outgoing {
  const out = new Outgoing();
  if (timestamps) out.optionKinds |= OptionBit.timestamps;
  if (blocks > 0) out.optionKinds |= OptionBit.sack;
  out.sackCount = blocks;
  for (let i = 0; i < 2 * blocks; i++) out.sack[i] = 1000 * (i + 1);
  return out;
}

describe('the AccECN option', () => {
  it('fits any segment after the handshake, and the others are still read as they were', () => {
    const counters = fc.array(fc.nat(0xffffff), { minLength: 3, maxLength: 3 });
    const room = fc.record({ timestamps: fc.boolean(), blocks: fc.nat(3), required: fc.nat(3) });
    fc.assert(
      fc.property(room, counters, ({ timestamps, blocks, required }, [ect1, ect0, ce]) => {
        const out = segmentWith({ timestamps, blocks });
        const used = usedBytes(out);
        const { fields, bytes, blocks: left } = fitLater(required, used, blocks);
        if (fields < 0) {
          // Twelve octets beside timestamps and two blocks are too many, and no fewer blocks are sent for it.
          expect(timestamps && blocks >= 2 && required === 3).toBe(true);
          return;
        }
        expect(fields).toBeGreaterThanOrEqual(required);
        expect(left).toBeGreaterThanOrEqual(Math.min(blocks, 2));
        out.sackCount = left;
        writeWithOption(out, fields, Int32Array.of(0, ect1!, ect0!, ce!));
        expect(out.extra!.length).toBe(used + bytes);
        expect(out.extra!.length).toBeLessThanOrEqual(40);
        const all = written(out);
        const option = all.find(({ kind }) => kind === 'accEcn') as TcpOption & { kind: 'accEcn' };
        const whole = [(ect1! + 1) & 0xffffff, ce!, (ect0! + 1) & 0xffffff];
        expect(option).toMatchObject({ order: 1, counters: whole.slice(0, fields) });
        expect(all.some(({ kind }) => kind === 'timestamps')).toBe(timestamps);
        const sack = all.find(({ kind }) => kind === 'sack') as (TcpOption & { kind: 'sack' }) | undefined;
        expect(sack?.blocks.length ?? 0).toBe(left);
      }),
    );
  });

  it('is found and read back in both orders, whatever stands before it', () => {
    const before = fc.constantFrom<TcpOption[]>(
      [],
      [{ kind: 'nop' }],
      [{ kind: 'timestamps', value: 1, echo: 2 }],
      [{ kind: 'mss', mss: 1460 }, { kind: 'sackPermitted' }],
    );
    const counters = fc.array(fc.nat(0xffffff), { maxLength: 3 });
    fc.assert(
      fc.property(before, fc.constantFrom<0 | 1>(0, 1), counters, (first, order, values) => {
        const option: TcpOption = { kind: 'accEcn', order, counters: values, experiment: 0 };
        const tcp = encodeTcp('10.0.0.1', '10.0.0.2', {
          sourcePort: 1,
          destinationPort: 2,
          flags: Flag.ack,
          options: [...first, option],
        });
        const segment = arrived(tcp.subarray(20));
        const at = findOption(segment);
        expect(fieldsOf(segment.bytes, at)).toBe(values.length);
        expect(values.map((_, i) => rawField(segment.bytes, at, i))).toEqual(values);
        const points = values.map((_, i) => fieldCodePoint(segment.bytes, at, i));
        expect(points).toEqual((order === 1 ? [1, 3, 2] : [2, 3, 1]).slice(0, values.length));
      }),
    );
  });

  it('is not looked for behind the end of the list or an option of no length', () => {
    expect(findOption(arrived(Uint8Array.of(0, 174, 2, 0)))).toBe(-1);
    expect(findOption(arrived(Uint8Array.of(77, 0, 174, 2)))).toBe(-1);
    expect(findOption(arrived(Uint8Array.of(1, 1, 174, 2)))).toBe(22);
  });

  it('tells by how much a counter moved, round its end and back', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: -0x800000, max: 0x7fffff }), (known, delta) => {
        const told = (known + delta) & 0xffffff;
        expect(fieldDelta(told, 3, known)).toBe(delta);
        expect(fieldDelta((told + 1) & 0xffffff, 1, known)).toBe(delta);
      }),
    );
  });

  it('takes the place of NOPs: beside SACK blocks and timestamps as many counters as fit', () => {
    expect(fitLater(0, 12 + 4 + 2 * 8, 2)).toMatchObject({ fields: 2, bytes: 8, blocks: 2 });
    expect(fitLater(0, 12 + 4 + 3 * 8, 3)).toMatchObject({ fields: 0, bytes: 0, blocks: 3 });
    // What must be told makes the third block go.
    expect(fitLater(2, 12 + 4 + 3 * 8, 3)).toMatchObject({ fields: 2, bytes: 0, blocks: 2 });
  });

  it('stands between timestamps and window scale in a SYN-ACK', () => {
    const out = new Outgoing();
    out.optionKinds = OptionBit.mss | OptionBit.timestamps | OptionBit.sackPermitted | OptionBit.windowScale;
    const { fields } = fitSyn(out);
    writeWithOption(out, fields, NOTHING);
    expect(written(out).map(({ kind }) => kind)).toEqual([
      'mss',
      'sackPermitted',
      'timestamps',
      'accEcn',
      'nop',
      'nop',
      'windowScale',
    ]);
  });
});
