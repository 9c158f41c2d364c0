import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatAddress, formatEndpoint, parseAddress } from './address.ts';

const format = (text: string): string | null => {
  const address = parseAddress(text);
  return address === null ? null : formatAddress(address.family, address.words);
};

describe('addresses as text', () => {
  it('writes IPv6 as RFC 5952 section 4 says', () => {
    expect(format('2001:0db8:0000:0000:0000:0000:0002:0001')).toBe('2001:db8::2:1');
    expect(format('2001:db8:0:1:1:1:1:1')).toBe('2001:db8:0:1:1:1:1:1');
    expect(format('2001:0:0:1:0:0:0:1')).toBe('2001:0:0:1::1');
    expect(format('2001:db8:0:0:1:0:0:1')).toBe('2001:db8::1:0:0:1');
    expect(format('2001:DB8::AbCd')).toBe('2001:db8::abcd');
    expect(format('::')).toBe('::');
    expect(format('::1')).toBe('::1');
    expect(format('1::')).toBe('1::');
    expect(format('::ffff:192.0.2.1')).toBe('::ffff:192.0.2.1');
    expect(format('64:ff9b::192.0.2.1')).toBe('64:ff9b::c000:201');
  });

  it('keeps IPv4 in word 3', () => {
    const address = parseAddress('192.0.2.255');
    expect(address).toEqual({ family: 4, words: Int32Array.of(0, 0, 0, 0xc00002ff | 0) });
    expect(formatAddress(4, address!.words)).toBe('192.0.2.255');
  });

  it('joins address and port', () => {
    expect(formatEndpoint(4, parseAddress('10.0.0.1')!.words, 80)).toBe('10.0.0.1:80');
    expect(formatEndpoint(6, parseAddress('2001:db8::1')!.words, 80)).toBe('[2001:db8::1]:80');
  });

  it.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.x',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '12345::',
    'g::',
    '1:2:3:4:5:6:7:8::',
    '::1.2.3',
    '1.2.3.4::',
    ':1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:',
  ])('refuses %j', (text) => {
    expect(parseAddress(text)).toBeNull();
  });

  it('reads back what it writes', () => {
    const word = fc.oneof(
      fc.constant(0),
      fc.integer({ min: -0x80000000, max: 0x7fffffff }),
      fc.integer({ min: 0, max: 0xffff }),
    );
    fc.assert(
      fc.property(fc.tuple(word, word, word, word), (four) => {
        const words = Int32Array.from(four);
        expect(parseAddress(formatAddress(6, words))).toEqual({ family: 6, words });
        const ip4 = Int32Array.of(0, 0, 0, four[3]);
        expect(parseAddress(formatAddress(4, ip4))).toEqual({ family: 4, words: ip4 });
      }),
    );
  });
});
