import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PrefixTable, prefixHolds, toPrefix } from './addresses.ts';

const address4 = fc.integer({ min: 0, max: 0xffffffff }).map((word) => Int32Array.of(0, 0, 0, word));

it('finds the longest prefix that holds an address', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(address4, fc.nat(32)), { maxLength: 30 }),
      fc.array(address4, { maxLength: 10 }),
      (entries, others) => {
        const table = new PrefixTable<number>();
        const prefixes = entries.map(([words, bits]) => toPrefix(`${dotted(words)}/${bits}`));
        for (const [i, prefix] of prefixes.entries()) table.set(prefix, i);
        for (const words of [...others, ...entries.map(([word]) => word)]) {
          let best = -1;
          for (const [i, prefix] of prefixes.entries()) {
            const longest = best < 0 ? -1 : prefixes[best]!.bits;
            if (prefixHolds(prefix, 4, words) && prefix.bits >= longest) best = i;
          }
          expect(table.get(4, words)).toBe(best < 0 ? null : best);
          expect(table.get(6, words)).toBe(null);
        }
      },
    ),
  );
});

it('reads prefixes of both families', () => {
  const prefix = toPrefix('2001:db8:ff::/41');
  expect(prefixHolds(prefix, 6, toPrefix('2001:db8:80::1').words)).toBe(true);
  expect(prefixHolds(prefix, 6, toPrefix('2001:db8:7f::1').words)).toBe(false);
  expect(prefixHolds(toPrefix('0.0.0.0/0'), 4, toPrefix('255.0.0.1').words)).toBe(true);
  expect(prefixHolds(toPrefix('10.1.0.0/16'), 4, toPrefix('10.2.0.0').words)).toBe(false);
  for (const wrong of ['10.0.0.0/33', 'ten', '10.0.0.1/', '::/129', '10.0.0.0/-1', '10.0.0.0/1.5']) {
    expect(() => toPrefix(wrong)).toThrow();
  }
});

function dotted(words: Int32Array): string {
  return [24, 16, 8, 0].map((shift) => (words[3]! >>> shift) & 255).join('.');
}
