import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ending } from '../../../test/support/endings.ts';
import type { ConnectionEnding } from '../types.ts';
import { parseAddress } from './address.ts';
import { compileFilter, FILTER_FIELDS, FilterError } from './index.ts';
import { editDistance, nearest } from './nearest.ts';
import { type Expression, parseFilter } from './parser.ts';

const six = ending({
  client: { address: '2001:db8::1:2', port: 50432 },
  server: { address: 'fe80::1', port: 443 },
});

const matches = (source: string, e: ConnectionEnding = ending()): boolean => compileFilter(source)(e);

function failure(source: string, causes: readonly string[] = []): FilterError {
  try {
    compileFilter(source, { causes });
  } catch (error) {
    if (error instanceof FilterError) return error;
    throw error;
  }
  throw new Error(`"${source}" was taken`);
}

describe('fields', () => {
  it.each([
    ['host=172.30.22.108', true],
    ['host=172.25.34.90', true],
    ['host=172.25.34.91', false],
    ['host!=172.25.34.90', false],
    ['host!=10.0.0.1', true],
    ['client=172.25.34.90', false],
    ['server=172.25.34.90:8080', true],
    ['server=172.25.34.90:80', false],
    ['server=:8080', true],
    ['host=172.16.0.0/12', true],
    ['host=172.25.34.88/30 and client=172.30.22.109/32', false],
    ['host=10.0.0.0/8,172.25.0.0/16', true],
    ['host=0.0.0.0/0', true],
    ['host~25.34', true],
    ['port=8080', true],
    ['port=80,5000', true],
    ['port!=5000', false],
    ['port<1024', false],
    ['cause=linger0-abort', true],
    ['CAUSE=Linger0-Abort', true],
    ['cause~linger', true],
    ['cause~/^linger\\d-/', true],
    ['cause~/^unread/', false],
    ['fits=admin-kill', true],
    ['cause=admin-kill', false],
    ['closer=client', true],
    ['closer=none', false],
    ['kind=rst,timeout', true],
    ['form=none', true],
    ['state=closed', true],
    ['client.state=ESTABLISHED', false],
    ['rst=client', true],
    ['timewait=none', true],
    ['sees=ECONNRESET', true],
    ['sees!=EPIPE', true],
    ['flow=7', true],
    ['flow>=3 flow<=6', false],
    ['packets>7', true],
    ['bytes=21', true],
    ['bytes>1k', false],
    ['duration>4.2s', true],
    ['duration<4230ms', false],
    ['duration=4.23', true],
    ['idle>=4.2s', true],
    ['rtt<13ms', true],
    ['confidence>=62%', true],
    ['confidence>0.7', false],
  ])('%s is %s', (source, expected) => {
    expect(matches(source)).toBe(expected);
  });

  it.each([
    ['client=2001:db8::/32', true],
    ['client=2001:db8:0:0:0:0:1:2', true],
    ['client=[2001:db8::1:2]:50432', true],
    ['client=[2001:db8::1:2]:1', false],
    ['client=2001:db8::1:3/128', false],
    ['server=fe80::/10', true],
    ['host=0.0.0.0/0', false],
    ['2001:db8::1:2', true],
  ])('%s of IPv6 is %s', (source, expected) => {
    expect(matches(source, six)).toBe(expected);
  });

  it('gives no answer for what was not seen, nor for its negation by order', () => {
    const unseen = ending({ rtt: null, states: { client: [], server: [] } });
    expect(matches('rtt<1s', unseen)).toBe(false);
    expect(matches('rtt>=1s', unseen)).toBe(false);
    expect(matches('state=CLOSED', unseen)).toBe(false);
  });

  it('names connections without a cause', () => {
    const open = ending({ verdict: { ...ending().verdict, cause: null } });
    expect(matches('cause=undetermined', open)).toBe(true);
    expect(matches('undetermined', open)).toBe(true);
  });

  it('reads every field of a connection without failing', () => {
    for (const field of FILTER_FIELDS) expect(() => field.get(ending())).not.toThrow();
  });
});

describe('bare words', () => {
  it.each([
    ['8080', true],
    ['80', false],
    ['172.25.34.90', true],
    ['172.30.0.0/16', true],
    ['172.25.34.90:8080', true],
    ['linger', true],
    ['unread', false],
    ['linger 8080', true],
    ['linger not 8080', false],
  ])('%s is %s', (source, expected) => {
    expect(matches(source)).toBe(expected);
  });
});

describe('grammar', () => {
  it('binds not over and over or', () => {
    expect(matches('port=1 and port=2 or port=8080')).toBe(true);
    expect(matches('port=1 and (port=2 or port=8080)')).toBe(false);
    expect(matches('not port=1 and port=8080')).toBe(true);
    expect(matches('not (port=1 or port=8080)')).toBe(false);
    expect(matches('!port=1 && port=8080 || port=3')).toBe(true);
  });

  it('takes quotes and keeps commas inside them', () => {
    expect(matches('cause="linger0-abort"')).toBe(true);
    expect(matches('cause~"a,b"')).toBe(false);
    expect(matches("cause='linger0-abort' and 'linger'")).toBe(true);
  });

  const strip = (e: Expression): unknown => {
    switch (e.kind) {
      case 'and':
      case 'or':
        return [e.kind, ...e.items.map(strip)];
      case 'not':
        return ['not', strip(e.item)];
      case 'word':
        return e.word.text;
      case 'compare':
        return [e.field.text, e.operator, e.value.text];
    }
  };
  const leaf = fc.oneof(
    fc
      .constantFrom('443', 'linger', '10.0.0.0/8', '2001:db8::1')
      .map((text) => ({ text, tree: text as unknown })),
    fc
      .tuple(
        fc.constantFrom('port', 'cause', 'flow'),
        fc.constantFrom('=', '!=', '~', '<', '>='),
        fc.constantFrom('1', 'x-y', '"a b"'),
      )
      .map(([f, o, v]) => ({ text: `${f}${o}${v}`, tree: [f, o, v.replaceAll('"', '')] as unknown })),
  );
  const tree = fc.letrec<{ node: { text: string; tree: unknown } }>((tie) => ({
    node: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaf,
      tie('node').map((n) => ({ text: `not (${n.text})`, tree: ['not', n.tree] })),
      fc
        .tuple(fc.constantFrom('and', 'or'), fc.array(tie('node'), { minLength: 2, maxLength: 3 }))
        .map(([word, items]) => ({
          text: items.map((item) => `(${item.text})`).join(` ${word} `),
          tree: [word, ...items.map((item) => item.tree)],
        })),
    ),
  })).node;

  it('reads back any expression that is written with parentheses', () => {
    fc.assert(
      fc.property(tree, ({ text, tree: expected }) => {
        expect(strip(parseFilter(text))).toEqual(expected);
      }),
    );
  });

  it('agrees with De Morgan on any two terms', () => {
    const term = fc.constantFrom('port=8080', 'port=1', 'cause~linger', 'flow>9', 'rst=client', 'kind=fin');
    fc.assert(
      fc.property(term, term, (a, b) => {
        expect(matches(`not (${a} and ${b})`)).toBe(matches(`not ${a} or not ${b}`));
        expect(matches(`not (${a} or ${b})`)).toBe(matches(`not ${a} and not ${b}`));
      }),
    );
  });

  it('takes or refuses any text, with a place inside it', () => {
    const piece = fc.constantFrom(
      'port',
      '=',
      '!=',
      '~',
      '/',
      '(',
      ')',
      'and',
      'or',
      'not',
      ' ',
      '"',
      '10.0.0.1',
      '443',
      '<',
      ',',
      '[',
      ':',
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(piece).map((pieces) => pieces.join('')),
    );
    fc.assert(
      fc.property(text, (source) => {
        try {
          expect(typeof compileFilter(source)(ending())).toBe('boolean');
        } catch (error) {
          expect(error).toBeInstanceOf(FilterError);
          const { position, length } = error as FilterError;
          expect(position).toBeGreaterThanOrEqual(0);
          expect(position).toBeLessThanOrEqual(source.length);
          expect(length).toBeGreaterThan(0);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('mistakes', () => {
  it('are shown with their place', () => {
    expect(failure('closer=cilent and port=443').show()).toBe(
      [
        'filter, column 8: "cilent" is no closer: client, server, both, none; did you mean client?',
        '  closer=cilent and port=443',
        '         ^^^^^^',
      ].join('\n'),
    );
  });

  it.each([
    ['', 'the filter is empty', 0],
    ['  ', 'the filter is empty', 2],
    ['prot=80', 'there is no field "prot"; did you mean port?', 0],
    ['port=', 'a value is missing after "="', 5],
    ['port=http', '"http" is no port (0 to 65535)', 5],
    ['port=70000', '"70000" is no port (0 to 65535)', 5],
    ['port=80 and', 'something is missing at the end', 11],
    ['(port=80', 'a ")" is missing', 8],
    ['port=80)', 'this ")" has no "("', 7],
    ['=80', 'a field name is missing before "="', 0],
    ['and port=80', '"and" needs something before it', 0],
    ['port=80 & flow=1', 'write "&&" or "and"', 8],
    ['cause="x', 'this text has no closing quote', 6],
    ['cause~/x', 'this regular expression has no closing "/"', 6],
    ['duration>3 parsecs', '"parsecs" is part of no cause, and no address or port', 11],
    ['duration>3x', '"3x" is no duration: write 250ms, 1.5s, 2m or 1h', 9],
    ['cause<x', '"cause" has no order: use =, != or ~', 0],
    ['cause=linger0-abrt', '"linger0-abrt" is no cause; did you mean linger0-abort?', 6],
  ])('%j: %s', (source, message, position) => {
    const error = failure(source, ['linger0-abort']);
    expect({ message: error.message, position: error.position }).toEqual({ message, position });
  });

  it('names the fault of a regular expression', () => {
    expect(failure('cause~/(/').message).toMatch(/^this is no regular expression: \S/);
    expect(failure('cause~/(/').position).toBe(6);
  });

  it('refuses to nest without bound', () => {
    expect(failure('('.repeat(20_000)).message).toContain('levels deep');
    expect(failure('not '.repeat(20_000)).message).toContain('levels deep');
  });
});

describe('addresses', () => {
  it.each([
    ['1.2.3.4', [1, 2, 3, 4]],
    ['::', new Array(16).fill(0)],
    ['::ffff:1.2.3.4', [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 1, 2, 3, 4]],
    ['fe80::1%eth0', [0xfe, 0x80, ...new Array(13).fill(0), 1]],
  ])('%s', (text, bytes) => {
    expect([...parseAddress(text)!]).toEqual(bytes);
  });

  it.each([
    '1.2.3',
    '1.2.3.256',
    '1.2.3.4.5',
    '1::2::3',
    ':',
    ':::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    'g::',
    '12345::',
  ])('refuses %s', (text) => {
    expect(parseAddress(text)).toBeNull();
  });

  it('reads every IPv6 address that the URL parser writes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        const groups = Array.from({ length: 8 }, (_, i) =>
          ((bytes[2 * i]! << 8) | bytes[2 * i + 1]!).toString(16),
        );
        const short = new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1);
        expect(parseAddress(short)).toEqual(bytes);
      }),
    );
  });
});

describe('nearest', () => {
  it('counts edits', () => {
    expect(editDistance('flw', 'flow')).toBe(1);
    expect(editDistance('cilent', 'client')).toBe(1);
    expect(editDistance('', 'abc')).toBe(3);
    expect(editDistance('abc', 'abc')).toBe(0);
  });

  it('finds what was meant and nothing else', () => {
    expect(nearest('flw', ['filter', 'flow', 'follow'])).toBe('flow');
    expect(nearest('exp', ['causes', 'explain'])).toBe('explain');
    expect(nearest('zzzzz', ['filter', 'flow'])).toBeNull();
  });
});
