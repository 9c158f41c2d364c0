import { OptionKind } from '../../wire/index.ts';
import type { ScriptOption } from '../run/expected.ts';
import type { Cursor } from './cursor.ts';

const MOST_BYTES = 40;
const MD5_BYTES = 16;
/** RFC 6994 experiment identifiers. */
const EXPERIMENT = { fastOpen: 0xf989, accEcn0: 0xacc0, accEcn1: 0xacc1, tarr: 0x00ac } as const;

/** `<mss 1460,nop,...>` behind a packet. Null: `<...>`, not looked at. */
export function parseTcpOptions(cursor: Cursor): readonly ScriptOption[] | null {
  if (!cursor.takeSign('<')) return [];
  if (cursor.takeSign('...')) {
    cursor.expectSign('>', 'behind <...');
    return null;
  }
  const first = cursor.token;
  const raw = rawOptions(cursor);
  const options = raw ?? listedOptions(cursor);
  cursor.expectSign('>', 'or "," behind a TCP option');
  const bytes = options.reduce((sum, { kind, data }) => sum + (kind <= 1 ? 1 : 2 + data.length), 0);
  if (bytes > MOST_BYTES) throw cursor.problem(`these options take ${bytes} octets, a header has 40`, first);
  if (bytes % 4 !== 0 && raw === null) {
    throw cursor.problem(
      `these options take ${bytes} octets, which is no multiple of 4: add nop or eol`,
      first,
    );
  }
  return options;
}

/** nplab: all octets of the options in hex. */
function rawOptions(cursor: Cursor): ScriptOption[] | null {
  const { kind, text } = cursor.token;
  const isHex = /^(0x)?[0-9a-fA-F]{4,}$/.test(text) && (kind === 'word' || kind === 'number');
  const { kind: after, text: sign } = cursor.following;
  if (!isHex || after !== 'sign' || sign !== '>') return null;
  const bytes = hexBytes(cursor, 'octets in hex');
  const options: ScriptOption[] = [];
  for (let at = 0; at < bytes.length; ) {
    const option = bytes[at]!;
    const length = option <= 1 ? 1 : (bytes[at + 1] ?? 0);
    if (length === 0 || at + length > bytes.length || (option > 1 && length < 2)) {
      throw cursor.unsupported('options whose lengths do not fit');
    }
    options.push({ kind: option, data: bytes.slice(at + Math.min(2, length), at + length) });
    at += length;
  }
  return options;
}

function listedOptions(cursor: Cursor): ScriptOption[] {
  const options: ScriptOption[] = [];
  do options.push(parseOption(cursor));
  while (cursor.takeSign(','));
  return options;
}

function parseOption(cursor: Cursor): ScriptOption {
  const name = cursor.expect('word', 'a TCP option');
  const parser = Object.hasOwn(PARSERS, name.text) ? PARSERS[name.text] : undefined;
  if (parser !== undefined) return parser(cursor);
  const generic = /^gen-(\d+)$/.exec(name.text);
  if (generic !== null && Number(generic[1]) < 256)
    return { kind: Number(generic[1]), data: hexData(cursor) };
  const experiment = /^exp-([0-9a-fA-F]{1,4})$/.exec(name.text);
  if (experiment !== null) return experimental(Number.parseInt(experiment[1]!, 16), hexData(cursor));
  throw cursor.problem(`there is no TCP option "${name.text}"`, name);
}

const PARSERS: Readonly<Record<string, (cursor: Cursor) => ScriptOption>> = {
  nop: () => ({ kind: OptionKind.nop, data: new Uint8Array() }),
  eol: () => ({ kind: OptionKind.end, data: new Uint8Array() }),
  mss: (cursor) => ({ kind: OptionKind.mss, data: be(cursor.number('an MSS', 0xffff), 2) }),
  wscale: (cursor) => ({ kind: OptionKind.windowScale, data: be(cursor.number('a window scale', 255), 1) }),
  sackOK: () => ({ kind: OptionKind.sackPermitted, data: new Uint8Array() }),
  sack: parseSack,
  TS: parseTimestamps,
  md5: parseMd5,
  FO: (cursor) => ({ kind: OptionKind.fastOpen, data: hexData(cursor) }),
  FOEXP: (cursor) => experimental(EXPERIMENT.fastOpen, hexData(cursor)),
  'exp-FO': (cursor) => experimental(EXPERIMENT.fastOpen, hexData(cursor)),
  'EXP-FO': (cursor) => experimental(EXPERIMENT.fastOpen, hexData(cursor)),
  ECN: parseEcn,
  AccECN0: (cursor) => ({ kind: OptionKind.accEcn0, data: counters(cursor, ['ee0b', 'eceb', 'ee1b']) }),
  AccECN1: (cursor) => ({ kind: OptionKind.accEcn1, data: counters(cursor, ['ee1b', 'eceb', 'ee0b']) }),
  'exp-AccECN0': (cursor) => experimental(EXPERIMENT.accEcn0, counters(cursor, ['ee0b', 'eceb', 'ee1b'])),
  'exp-AccECN1': (cursor) => experimental(EXPERIMENT.accEcn1, counters(cursor, ['ee1b', 'eceb', 'ee0b'])),
  'exp-tarr': (cursor) =>
    experimental(
      EXPERIMENT.tarr,
      cursor.token.kind === 'number' ? be(cursor.number('a rate', 127) << 1, 1) : new Uint8Array(),
    ),
};

function experimental(id: number, data: Uint8Array): ScriptOption {
  return { kind: OptionKind.experiment2, data: joined([be(id, 2), data]) };
}

function parseSack(cursor: Cursor): ScriptOption {
  const edges: Uint8Array[] = [];
  while (cursor.token.kind === 'number') {
    edges.push(be(cursor.number('the left edge of a SACK block', 0xffffffff), 4));
    cursor.expectSign(':', 'between the edges of a SACK block');
    edges.push(be(cursor.number('the right edge of a SACK block', 0xffffffff), 4));
  }
  if (edges.length === 0) throw cursor.unexpected('a SACK block');
  return { kind: OptionKind.sack, data: joined(edges) };
}

function parseTimestamps(cursor: Cursor): ScriptOption {
  if (!cursor.takeWord('val')) throw cursor.unexpected('val');
  const anyValue = cursor.takeSign('...');
  const value = anyValue ? 0 : cursor.number('a timestamp', 0xffffffff);
  if (!cursor.takeWord('ecr')) throw cursor.unexpected('ecr');
  const anyEcho = cursor.takeSign('...');
  const echo = anyEcho ? 0 : cursor.number('a timestamp', 0xffffffff);
  const absoluteEcho = cursor.takeSign('!');
  return {
    kind: OptionKind.timestamps,
    data: joined([be(value, 4), be(echo, 4)]),
    anyValue,
    anyEcho,
    absoluteEcho,
  };
}

function parseMd5(cursor: Cursor): ScriptOption {
  if (cursor.isWord('valid')) throw cursor.unsupported('MD5 signatures that have to be right');
  const data = hexData(cursor);
  if (data.length !== MD5_BYTES)
    throw cursor.problem(`an MD5 digest has ${MD5_BYTES} octets, not ${data.length}`);
  return { kind: OptionKind.md5, data };
}

/** google: the counters in the order in which they stand in the option. */
function parseEcn(cursor: Cursor): ScriptOption {
  const order = cursor.isWord('e1b') ? ['e1b', 'ceb', 'e0b'] : ['e0b', 'ceb', 'e1b'];
  return {
    kind: order[0] === 'e0b' ? OptionKind.accEcn0 : OptionKind.accEcn1,
    data: counters(cursor, order),
  };
}

function counters(cursor: Cursor, order: readonly string[]): Uint8Array {
  const values: Uint8Array[] = [];
  for (const name of order) {
    if (!cursor.takeWord(name)) break;
    values.push(be(cursor.number(name, 0xffffff), 3));
  }
  return joined(values);
}

/** Hex digits, if any stand here. */
function hexData(cursor: Cursor): Uint8Array {
  const { kind } = cursor.token;
  return kind === 'word' || kind === 'number' ? hexBytes(cursor, 'octets in hex') : new Uint8Array();
}

function hexBytes(cursor: Cursor, what: string): Uint8Array {
  const token = cursor.next();
  const digits = token.text.replace(/^0x/, '');
  if (!/^([0-9a-fA-F]{2})+$/.test(digits))
    throw cursor.problem(`expected ${what}, found "${token.text}"`, token);
  return Uint8Array.from(digits.match(/../g)!, (pair) => Number.parseInt(pair, 16));
}

/** Most significant octet first. */
function be(value: number, bytes: number): Uint8Array {
  const result = new Uint8Array(bytes);
  for (let i = bytes - 1, rest = value; i >= 0; i--, rest = Math.floor(rest / 256)) result[i] = rest % 256;
  return result;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}
