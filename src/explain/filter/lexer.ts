import { FilterError } from './error.ts';

export type Operator = '=' | '!=' | '~' | '<' | '<=' | '>' | '>=';

/** `at` and `length` give the place in the filter's text. */
export interface Token {
  readonly kind: 'word' | 'string' | 'regex' | 'operator' | 'and' | 'or' | 'not' | '(' | ')' | 'end';
  readonly text: string;
  readonly at: number;
  readonly length: number;
}

const SPACE = /\s/;
const WORD = /[^\s()=!~<>&|"']/;
const KEYWORDS: ReadonlySet<string> = new Set(['and', 'or', 'not']);

/** Cuts a filter's text into tokens; the last one is `end`. Throws FilterError. */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < source.length) {
    if (SPACE.test(source[at]!)) {
      at++;
      continue;
    }
    const previous = tokens.at(-1);
    const token = readToken(source, at, previous?.kind === 'operator' && previous.text === '~');
    tokens.push(token);
    at += token.length;
  }
  tokens.push({ kind: 'end', text: '', at: source.length, length: 0 });
  return tokens;
}

function readToken(source: string, at: number, afterMatch: boolean): Token {
  const first = source[at]!;
  if (first === '(' || first === ')') return { kind: first, text: first, at, length: 1 };
  if (first === '"' || first === "'") return readDelimited(source, at, 'string');
  if (afterMatch && first === '/') return readDelimited(source, at, 'regex');
  const two = source.slice(at, at + 2);
  if (two === '&&') return { kind: 'and', text: two, at, length: 2 };
  if (two === '||') return { kind: 'or', text: two, at, length: 2 };
  if (two === '==') return { kind: 'operator', text: '=', at, length: 2 };
  if (two === '!=' || two === '<=' || two === '>=') return { kind: 'operator', text: two, at, length: 2 };
  if (first === '=' || first === '~' || first === '<' || first === '>') {
    return { kind: 'operator', text: first, at, length: 1 };
  }
  if (first === '!') return { kind: 'not', text: first, at, length: 1 };
  if (first === '&' || first === '|') {
    throw new FilterError(`write "${first}${first}" or "${first === '&' ? 'and' : 'or'}"`, source, at, 1);
  }
  return readWord(source, at);
}

function readWord(source: string, at: number): Token {
  let end = at;
  while (end < source.length && WORD.test(source[end]!)) end++;
  const text = source.slice(at, end);
  const lower = text.toLowerCase();
  const kind = KEYWORDS.has(lower) ? (lower as 'and' | 'or' | 'not') : 'word';
  return { kind, text, at, length: end - at };
}

/** A quoted string or a `/regex/`: a backslash before the delimiter keeps it, any other backslash stays as it is. */
function readDelimited(source: string, at: number, kind: 'string' | 'regex'): Token {
  const delimiter = source[at]!;
  let text = '';
  for (let i = at + 1; i < source.length; i++) {
    const c = source[i]!;
    if (c === delimiter) return { kind, text, at, length: i + 1 - at };
    if (c === '\\' && (source[i + 1] === delimiter || (kind === 'string' && source[i + 1] === '\\'))) {
      text += source[++i]!;
    } else if (c === '\\' && kind === 'regex' && i + 1 < source.length) {
      text += c + source[++i]!;
    } else {
      text += c;
    }
  }
  const what =
    kind === 'string' ? 'this text has no closing quote' : 'this regular expression has no closing "/"';
  throw new FilterError(what, source, at, source.length - at);
}
