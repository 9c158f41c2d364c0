import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bytesText,
  Clock,
  countText,
  durationText,
  endpointText,
  paragraph,
  printable,
  wrap,
} from './format.ts';

describe('numbers', () => {
  it.each([
    [0, '0 s'],
    [0.0000004, '0 µs'],
    [0.000812, '812 µs'],
    [0.0042, '4.2 ms'],
    [0.99994, '1 s'],
    [1.25, '1.25 s'],
    [99.94, '99.9 s'],
    [99.96, '1 min 40 s'],
    [200, '3 min 20 s'],
    [7500, '2 h 5 min'],
    [3599.7, '1 h'],
    [356400, '4 d 3 h'],
    [-1.5, '-1.5 s'],
  ])('%d seconds are %s', (seconds, text) => {
    expect(durationText(seconds)).toBe(text);
  });

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1500, '1.5 kB'],
    [999_600, '1 MB'],
    [2_250_000_000, '2.25 GB'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(bytesText(bytes)).toBe(text);
  });

  it('groups digits', () => {
    expect([0, 999, 1000, 1234567].map(countText)).toEqual(['0', '999', '1,000', '1,234,567']);
  });
});

describe('times', () => {
  it('are relative to the first packet', () => {
    const clock = new Clock('relative');
    clock.origin = 1_700_000_000.25;
    expect(clock.short(1_700_000_001.750001)).toBe('1.500001');
  });

  it('keep microseconds in UTC', () => {
    const clock = new Clock('utc');
    expect(clock.short(1_700_000_000.000001)).toBe('22:13:20.000001');
    expect(clock.short(1_700_000_000.999999)).toBe('22:13:20.999999');
    expect(clock.full(1_700_000_000.5)).toBe('2023-11-14 22:13:20Z');
  });

  it('have a zone where they are local', () => {
    expect(new Clock('local').full(1_700_000_000)).toMatch(/^2023-11-1[45] \d\d:\d\d:\d\d[+-]\d\d:\d\d$/);
  });

  it('are shown as they are where no calendar has them', () => {
    expect(new Clock('utc').short(1e18)).toBe('1000000000000000000.000000');
    expect(new Clock('local').full(1e18)).toContain('?');
  });
});

describe('text', () => {
  it('puts IPv6 addresses in brackets', () => {
    expect(endpointText({ address: '2001:db8::1', port: 80 })).toBe('[2001:db8::1]:80');
    expect(endpointText({ address: '192.0.2.1', port: 80 })).toBe('192.0.2.1:80');
  });

  it('lets no control character through', () => {
    expect(printable('a\x1b[31mb\x07\x9bc')).toBe('a?[31mb??c');
    expect(printable('täst → ok')).toBe('täst → ok');
  });

  it('loses no word in wrapping, and keeps to the width', () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { maxLength: 40 });
    fc.assert(
      fc.property(words, fc.integer({ min: 12, max: 60 }), (list, width) => {
        const lines = wrap(list.join(' '), width);
        expect(lines.join(' ')).toBe(list.join(' '));
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
      }),
    );
  });

  it('hangs a paragraph from its first words', () => {
    expect(paragraph('one two three four five six', '  = ', 24)).toEqual([
      '  = one two three four',
      '    five six',
    ]);
  });
});
