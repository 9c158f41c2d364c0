import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAddress } from '../wire/index.ts';
import { AddressBook } from './addresses.ts';
import { TimeWaitFields, TimeWaitTable } from './time-wait.ts';

const book = (): AddressBook => new AddressBook(['10.0.0.1', '2001:db8::1']);
const PEER4 = parseAddress('10.0.0.2')!.words;
const PEER6 = parseAddress('2001:db8::2')!.words;

function fieldsOf(localIndex: number, localPort: number, remotePort: number): TimeWaitFields {
  return Object.assign(new TimeWaitFields(), { localIndex, localPort, remotePort, sndNxt: localPort * 7 });
}

describe('TIME-WAIT table', () => {
  it('takes at most 64 bytes for each of a million records, of either family', () => {
    const addresses = book();
    const table = new TimeWaitTable(addresses, 1);
    const fields = new TimeWaitFields();
    for (let i = 0; i < 1_000_000; i++) {
      fields.localIndex = i & 1;
      fields.localPort = i % 50_000;
      fields.remotePort = Math.floor(i / 50_000) + 1;
      table.insert(i & 1 ? PEER6 : PEER4, fields, 60_000_000 + i, i);
    }
    expect(table.size).toBe(1_000_000);
    expect(table.bytes / 1_000_000).toBeLessThanOrEqual(64);
    let ended = 0;
    while (table.popDue(60_500_000) !== -1) ended++;
    expect(ended).toBe(500_001);
  });

  it('keeps what was put in', () => {
    const addresses = book();
    const table = new TimeWaitTable(addresses, 1);
    const put = Object.assign(new TimeWaitFields(), {
      localIndex: 1,
      localPort: 65_535,
      remotePort: 1,
      flags: 0x30,
      rcvScale: 14,
      rcvWindow: 0x3fffc000,
      sndNxt: -5,
      rcvNxt: 0x7fffffff,
      tsRecent: -1,
      tsOffset: 12,
    });
    const id = table.insert(PEER6, put, 60_000_400, 0);
    const got = new TimeWaitFields();
    table.read(id, got);
    expect({ ...got, flags: got.flags & 0xf0 }).toEqual({ ...put });
    const remote = new Int32Array(4);
    table.readRemote(id, remote);
    expect(remote).toEqual(PEER6);
    // Rounded up to a millisecond.
    expect(table.deadlineOf(id)).toBe(60_001_000);
  });

  it('lets one answer of the rationed kind go in an interval', () => {
    const table = new TimeWaitTable(book(), 1);
    const id = table.insert(PEER4, fieldsOf(0, 1, 1), 60_000_000, 0);
    const at = [0, 10_000, 490_000, 505_000, 700_000, 1_010_000, 655_350_000, 655_900_000];
    expect(at.map((us) => table.takeAnswer(id, us, 500_000))).toEqual([
      true,
      false,
      false,
      true,
      false,
      true,
      true,
      true,
    ]);
    expect(table.takeAnswer(id, 655_900_000, 0)).toBe(true);
  });

  it('finds what it holds and nothing else, whatever came and went', () => {
    const step = fc.record({
      kind: fc.constantFrom('insert', 'remove', 'advance', 'postpone'),
      localIndex: fc.nat(1),
      port: fc.nat(30),
      remotePort: fc.nat(3),
      us: fc.nat(90_000_000),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), fc.nat(2 ** 45), (steps, start) => {
        const addresses = book();
        const table = new TimeWaitTable(addresses, 99);
        const model = new Map<string, number>();
        let now = start;
        const find = (localIndex: number, port: number, remotePort: number): number => {
          const own = addresses.list[localIndex]!;
          return table.find(own.words, port, localIndex === 0 ? PEER4 : PEER6, remotePort, own.family);
        };
        for (const { kind, localIndex, port, remotePort, us } of steps) {
          const key = `${localIndex} ${port} ${remotePort}`;
          if (kind === 'insert' && !model.has(key)) {
            table.insert(
              localIndex === 0 ? PEER4 : PEER6,
              fieldsOf(localIndex, port, remotePort),
              now + us,
              now,
            );
            model.set(key, Math.ceil((now + us) / 1000) * 1000);
          } else if (kind === 'remove' && model.has(key)) {
            table.remove(find(localIndex, port, remotePort));
            model.delete(key);
          } else if (kind === 'postpone' && model.has(key)) {
            const later = model.get(key)! + us;
            table.postpone(find(localIndex, port, remotePort), later);
            model.set(key, Math.ceil(later / 1000) * 1000);
          } else if (kind === 'advance') {
            now += us;
            while (table.popDue(now) !== -1);
            for (const [one, at] of model) if (at <= now) model.delete(one);
          }
          expect(table.size).toBe(model.size);
          for (let p = 0; p < 31; p += 5) {
            for (let index = 0; index < 2; index++) {
              expect(find(index, p, 1) !== -1).toBe(model.has(`${index} ${p} 1`));
            }
          }
        }
      }),
      { numRuns: 100 },
    );
  });
});
