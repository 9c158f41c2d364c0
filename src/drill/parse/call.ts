import type { Value } from '../calls/value.ts';
import type { CallStep, Place, StepTime } from '../run/steps.ts';
import { constantOf, type System } from './constants.ts';
import type { Cursor } from './cursor.ts';
import type { Token } from './lexer.ts';

/** Expressions within expressions; no script needs more, and the stack is bounded. */
const DEEPEST = 32;
const ANY: Value = { kind: 'any' };

export interface CallContext {
  readonly time: StepTime;
  readonly returnsUs: number | null;
  readonly system: System;
  readonly place: () => Place;
}

/** `accept(3, ..., ...) = 4` and `read(4, ..., 10) = -1 ECONNRESET (Connection reset by peer)`, from the name on. */
export function parseCall(cursor: Cursor, { time, returnsUs, system, place }: CallContext): CallStep {
  const name = cursor.expect('word', 'the name of a system call').text;
  cursor.expectSign('(', `behind ${name}`);
  const args: Value[] = [];
  if (!cursor.isSign(')')) {
    do args.push(parseExpression(cursor, system, 0));
    while (cursor.takeSign(','));
  }
  cursor.expectSign(')', 'or "," behind an argument');
  cursor.expectSign('=', `behind ${name}(...)`);
  const result = parseResult(cursor, system);
  const errno = cursor.token.kind === 'word' ? cursor.next() : null;
  if (errno !== null && !/^E[A-Z0-9]+$/.test(errno.text)) {
    throw cursor.problem(`"${errno.text}" is no name of an error`, errno);
  }
  skipNote(cursor);
  return { kind: 'call', name, args, result, errno: errno?.text ?? null, returnsUs, time, ...place() };
}

function parseResult(cursor: Cursor, system: System): number | null {
  const at = cursor.token;
  const value = parseExpression(cursor, system, 0);
  if (value.kind === 'any') return null;
  if (value.kind === 'number') return value.value;
  throw cursor.problem('the result of a call is a number or "..."', at);
}

/** `(Connection reset by peer)`: for people. */
function skipNote(cursor: Cursor): void {
  if (!cursor.isSign('(')) return;
  const opening = cursor.next();
  while (!cursor.takeSign(')')) {
    if (cursor.token.kind === 'end') throw cursor.problem('this note has no ")"', opening);
    cursor.next();
  }
}

/** Numbers, symbols, `a|b`, strings, `...`, `[list]`, `{struct}`. */
function parseExpression(cursor: Cursor, system: System, depth: number): Value {
  if (depth > DEEPEST) throw cursor.problem('expressions are nested too deeply here');
  let value = parsePrimary(cursor, system, depth);
  while (cursor.isSign('|')) {
    const bar = cursor.next();
    const right = parsePrimary(cursor, system, depth);
    if (value.kind !== 'number' || right.kind !== 'number')
      throw cursor.problem('"|" stands between numbers', bar);
    value = { kind: 'number', value: value.value | right.value, names: [...value.names, ...right.names] };
  }
  return value;
}

function parsePrimary(cursor: Cursor, system: System, depth: number): Value {
  const { token } = cursor;
  switch (token.kind) {
    case 'number':
      cursor.next();
      return { kind: 'number', value: token.value, names: [] };
    case 'string':
      return parseText(cursor);
    case 'word':
      return parseSymbol(cursor, cursor.next(), system);
    case 'sign':
      if (cursor.takeSign('...') || cursor.takeSign('*')) return ANY;
      if (cursor.takeSign('[')) return { kind: 'list', items: parseItems(cursor, system, depth, ']') };
      if (cursor.takeSign('{')) return parseBraces(cursor, system, depth);
  }
  throw cursor.unexpected('a number, a symbol, a string, "...", "[" or "{"');
}

/** Strings side by side are one; `"abc"...` is as long as the call says. */
function parseText(cursor: Cursor): Value {
  let text = '';
  while (cursor.token.kind === 'string') text += cursor.next().text;
  cursor.takeSign('...');
  return { kind: 'text', bytes: Uint8Array.from(unescaped(text)) };
}

const ESCAPES: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, 0: 0, a: 7, b: 8, f: 12, v: 11 };

function* unescaped(text: string): Generator<number> {
  const pattern = /\\x([0-9a-fA-F]{1,2})|\\([\s\S])|([\s\S])/gu;
  for (const [, hex, escaped, plain] of text.matchAll(pattern)) {
    if (hex !== undefined) yield Number.parseInt(hex, 16);
    else if (escaped !== undefined) yield ESCAPES[escaped] ?? escaped.charCodeAt(0);
    else yield* new TextEncoder().encode(plain);
  }
}

function parseSymbol(cursor: Cursor, name: Token, system: System): Value {
  if (cursor.isSign('(')) return parseConversion(cursor, name);
  const value = constantOf(name.text, system);
  if (value === null) throw cursor.unsupported(`the symbol ${name.text}`, name);
  return { kind: 'number', value, names: [name.text] };
}

/** `htons(8080)` is its number here, `inet_addr("192.0.2.1")` its text. */
function parseConversion(cursor: Cursor, name: Token): Value {
  cursor.next();
  const { kind, value } = cursor.token;
  const isNumber = name.text === 'htons' || name.text === 'htonl';
  if (!isNumber && name.text !== 'inet_addr' && name.text !== 'inet6_addr') {
    throw cursor.unsupported(`the function ${name.text}()`, name);
  }
  if (kind !== (isNumber ? 'number' : 'string'))
    throw cursor.unexpected(isNumber ? 'a number' : 'an address in quotes');
  const result: Value = isNumber
    ? { kind: 'number', value, names: [] }
    : { kind: 'text', bytes: new TextEncoder().encode(cursor.token.text) };
  cursor.next();
  cursor.expectSign(')', `behind the argument of ${name.text}`);
  return result;
}

function parseItems(cursor: Cursor, system: System, depth: number, closing: string): Value[] {
  const items: Value[] = [];
  if (cursor.takeSign(closing)) return items;
  do items.push(parseExpression(cursor, system, depth + 1));
  while (cursor.takeSign(','));
  cursor.expectSign(closing, 'or "," behind an item');
  return items;
}

/** `{name=value, ...}` is a struct, `{value, ...}` a list. */
function parseBraces(cursor: Cursor, system: System, depth: number): Value {
  if (cursor.token.kind !== 'word' || !beginsField(cursor)) {
    return { kind: 'list', items: parseItems(cursor, system, depth, '}') };
  }
  const fields = new Map<string, Value>();
  do {
    const name = cursor.expect('word', 'the name of a field');
    // `msg_iov(2)=`: the length stands once more in what follows.
    if (cursor.takeSign('(')) {
      parseExpression(cursor, system, depth + 1);
      cursor.expectSign(')', `behind the length of ${name.text}`);
    }
    cursor.expectSign('=', `behind ${name.text}`);
    fields.set(name.text, parseExpression(cursor, system, depth + 1));
  } while (cursor.takeSign(','));
  cursor.expectSign('}', 'or "," behind a field');
  return { kind: 'struct', fields };
}

function beginsField(cursor: Cursor): boolean {
  const { kind, text } = cursor.following;
  return kind === 'sign' && (text === '=' || (text === '(' && cursor.token.text.startsWith('msg_')));
}
