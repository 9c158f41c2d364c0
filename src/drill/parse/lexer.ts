import { ScriptError } from './script-error.ts';

export type TokenKind =
  | 'number'
  | 'float'
  | 'word'
  | 'string'
  | 'command'
  | 'code'
  | 'option'
  | 'sign'
  | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** As it stands in the script; of strings, commands and code what is between the quotes. */
  readonly text: string;
  /** Of numbers. */
  readonly value: number;
  readonly line: number;
  readonly column: number;
  /** Where it begins and ends in the script. */
  readonly start: number;
  readonly end: number;
}

/** So that the tokens have room in memory. */
const MOST_CHARACTERS = 2_000_000;

interface Rule {
  readonly kind: TokenKind | 'nothing';
  readonly pattern: RegExp;
  /** Left out at both ends. */
  readonly quotes: number;
}

function rule(kind: Rule['kind'], pattern: RegExp, quotes: number = 0): Rule {
  return { kind, pattern: new RegExp(pattern.source, 'y'), quotes };
}

/** The first that matches counts. Words with a hyphen are nplab's. */
const RULES: readonly Rule[] = [
  rule('nothing', /[ \t\r\n]+|\/\/[^\n]*/),
  rule('nothing', /\/\*[^*]*\*+(?:[^/*][^*]*\*+)*\//),
  rule('code', /%\{[^}]*(?:\}(?!%)[^}]*)*\}%/, 2),
  rule(
    'option',
    /--[a-zA-Z0-9_]+(?:=(?:[a-zA-Z0-9_]+=)?(?:"[^"\\]*(?:\\[\s\S][^"\\]*)*"|`[^`\\]*(?:\\[\s\S][^`\\]*)*`|[^\s"`]+))?/,
  ),
  rule('string', /"[^"\\]*(?:\\[\s\S][^"\\]*)*"/, 1),
  rule('command', /`[^`\\]*(?:\\[\s\S][^`\\]*)*`/, 1),
  rule('sign', /\.\.\./),
  rule('word', /0x[0-9a-fA-F]+[g-zG-Z_]\w*/),
  rule('number', /0x[0-9a-fA-F]+/),
  rule('word', /(?:exp|EXP|gen)-\w+|voice-admit/),
  rule('float', /-?[0-9]*\.[0-9]+/),
  rule('word', /[0-9]+[a-zA-Z_]\w*/),
  rule('number', /-?[0-9]+/),
  rule('word', /\w+/),
  rule('sign', /[\s\S]/),
];

/** What begins these and does not match them whole has no end. */
const UNENDED: readonly (readonly [string, string])[] = [
  ['%{', 'code without }%'],
  ['/*', 'a comment without */'],
  ['"', 'a string without its closing quote'],
  ['`', 'a command without its closing `'],
];

/** A script as tokens, the last one of kind `end`. Throws `ScriptError`. Linear in the length of the text. */
export function tokenize(text: string): Token[] {
  if (text.length > MOST_CHARACTERS) {
    throw new ScriptError(
      1,
      1,
      `a script of ${text.length} characters is too long: ${MOST_CHARACTERS} are the most`,
    );
  }
  const tokens: Token[] = [];
  const places = new Places(text);
  let at = 0;
  while (at < text.length) {
    const unended = UNENDED.find(([opening]) => text.startsWith(opening, at));
    const found = match(text, at);
    if (unended !== undefined && found.kind === 'sign') {
      const { line, column } = places.at(at);
      throw new ScriptError(line, column, `${unended[1]}`);
    }
    const { kind, quotes, end } = found;
    if (kind !== 'nothing') {
      const inside = text.slice(at + quotes, end - quotes);
      tokens.push({ kind, text: inside, value: Number(inside), ...places.at(at), start: at, end });
    }
    at = end;
  }
  tokens.push({ kind: 'end', text: '', value: 0, ...places.at(at), start: at, end: at });
  return tokens;
}

function match(text: string, at: number): { kind: Rule['kind']; quotes: number; end: number } {
  for (const { kind, pattern, quotes } of RULES) {
    pattern.lastIndex = at;
    if (pattern.test(text)) return { kind, quotes, end: pattern.lastIndex };
  }
  throw new Error('every character is a sign at least');
}

/** Line and column of places that are asked for from the beginning to the end. */
class Places {
  readonly #text: string;
  #line = 1;
  #lineStart = 0;
  #nextLine: number;

  constructor(text: string) {
    this.#text = text;
    this.#nextLine = this.#lineAfter(0);
  }

  at(offset: number): { line: number; column: number } {
    while (this.#nextLine <= offset) {
      this.#line++;
      this.#lineStart = this.#nextLine;
      this.#nextLine = this.#lineAfter(this.#lineStart);
    }
    return { line: this.#line, column: offset - this.#lineStart + 1 };
  }

  /** Looked for once a line: a line may be long. */
  #lineAfter(start: number): number {
    const end = this.#text.indexOf('\n', start);
    return end < 0 ? Number.POSITIVE_INFINITY : end + 1;
  }
}
