import type { ScriptIp } from '../run/expected.ts';
import type { Cursor } from './cursor.ts';

const ECN: Readonly<Record<string, number>> = { noecn: 0, ect1: 1, ect0: 2, ce: 3 };
const ECN_MASK = 3;
const DSCP_MASK = 0xfc;

/** Names of differentiated services code points (IANA). */
const DSCP: Readonly<Record<string, number>> = {
  ...Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`cs${i}`, i << 3])),
  ...Object.fromEntries(
    [1, 2, 3, 4].flatMap((i) => [1, 2, 3].map((j) => [`af${i}${j}`, (i << 3) | (j << 1)] as const)),
  ),
  ef: 46,
  'voice-admit': 44,
  le: 1,
};

type Draft = { -readonly [K in keyof ScriptIp]: ScriptIp[K] };

/** `[ect0]`, `(ttl 64, tos 0x10)` ...: what stands there of the IP header. */
export function parseIpFields(cursor: Cursor): ScriptIp {
  const ip: Draft = { tos: null, tosMask: 0, ect: false, hopLimit: null, flowLabel: 0 };
  const closing = cursor.takeSign('(') ? ')' : cursor.takeSign('[') ? ']' : null;
  if (closing === null) return ip;
  do parseField(cursor, ip);
  while (cursor.takeSign(','));
  cursor.expectSign(closing, 'behind the fields of the IP header');
  return ip;
}

function parseField(cursor: Cursor, ip: Draft): void {
  const name = cursor.expect('word', 'a field of the IP header');
  switch (name.text) {
    case 'ttl':
    case 'hlim':
      ip.hopLimit = cursor.number(name.text, 255);
      return;
    case 'tos':
    case 'class':
      set(cursor, ip, cursor.number(name.text, 255), 0xff);
      return;
    case 'flowlabel':
      ip.flowLabel = cursor.number('a flow label', 0xfffff);
      return;
    case 'dscp':
      set(cursor, ip, codePoint(cursor) << 2, DSCP_MASK);
      return;
    case 'ecn':
      setEcn(cursor, ip, cursor.expect('word', 'noecn, ect0, ect1, ce or ect01').text);
      return;
    default:
      setEcn(cursor, ip, name.text);
  }
}

function codePoint(cursor: Cursor): number {
  if (cursor.token.kind === 'number') return cursor.number('dscp', 63);
  const name = cursor.expect('word', 'a code point');
  const value = Object.hasOwn(DSCP, name.text) ? DSCP[name.text] : undefined;
  if (value === undefined) throw cursor.problem(`there is no code point "${name.text}"`, name);
  return value;
}

function setEcn(cursor: Cursor, ip: Draft, name: string): void {
  if (name === 'ect01') {
    ip.ect = true;
    return;
  }
  const value = Object.hasOwn(ECN, name) ? ECN[name] : undefined;
  if (value === undefined) throw cursor.problem(`the IP header has no field "${name}" here`);
  set(cursor, ip, value, ECN_MASK);
}

function set(cursor: Cursor, ip: Draft, value: number, mask: number): void {
  if ((ip.tosMask & mask) !== 0) throw cursor.problem('this part of the octet is set already');
  ip.tos = (ip.tos ?? 0) | value;
  ip.tosMask |= mask;
}
