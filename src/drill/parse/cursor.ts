import { type Token, type TokenKind, tokenize } from './lexer.ts';
import { ScriptError } from './script-error.ts';

/** What a word stands for, by `--define` or `-D`: the text of one token. */
export type Defines = ReadonlyMap<string, string>;

/** Reads tokens one after the other; words that are defined are replaced by what they stand for. */
export class Cursor {
  readonly text: string;
  readonly #tokens: readonly Token[];
  readonly #defines: Map<string, string>;
  #index = 0;

  constructor(text: string, defines: Defines) {
    this.text = text;
    this.#tokens = tokenize(text);
    this.#defines = new Map(defines);
  }

  define(name: string, value: string): void {
    if (!this.#defines.has(name)) this.#defines.set(name, value);
  }

  get token(): Token {
    return this.#substituted(this.#tokens[this.#index]!);
  }

  /** The token after the present one. */
  get following(): Token {
    return this.#tokens[Math.min(this.#index + 1, this.#tokens.length - 1)]!;
  }

  /** Where the token before the present one ended. */
  get lastEnd(): number {
    return this.#tokens[this.#index - 1]?.end ?? 0;
  }

  next(): Token {
    const token = this.token;
    if (token.kind !== 'end') this.#index++;
    return token;
  }

  isSign(sign: string): boolean {
    const { kind, text } = this.token;
    return kind === 'sign' && text === sign;
  }

  isWord(word: string): boolean {
    const { kind, text } = this.token;
    return kind === 'word' && text === word;
  }

  /** Passes over the sign if it stands here. */
  takeSign(sign: string): boolean {
    if (!this.isSign(sign)) return false;
    this.#index++;
    return true;
  }

  takeWord(word: string): boolean {
    if (!this.isWord(word)) return false;
    this.#index++;
    return true;
  }

  expectSign(sign: string, where: string): Token {
    if (!this.isSign(sign)) throw this.unexpected(`"${sign}" ${where}`);
    return this.next();
  }

  expect(kind: TokenKind, what: string): Token {
    if (this.token.kind !== kind) throw this.unexpected(what);
    return this.next();
  }

  /** A whole number from 0 to `most`. */
  number(what: string, most: number): number {
    const token = this.token;
    if (token.kind !== 'number') throw this.unexpected(what);
    if (token.value < 0 || token.value > most) {
      throw this.problem(`${what} is a number from 0 to ${most}, not ${token.text}`, token);
    }
    return this.next().value;
  }

  unexpected(what: string): ScriptError {
    return this.problem(`expected ${what}, found ${shown(this.token)}`);
  }

  problem(message: string, at: Token = this.token): ScriptError {
    return new ScriptError(at.line, at.column, message);
  }

  unsupported(what: string, at: Token = this.token): ScriptError {
    return new ScriptError(at.line, at.column, what, 'unsupported');
  }

  #substituted(token: Token): Token {
    if (token.kind !== 'word') return token;
    const value = this.#defines.get(token.text);
    if (value === undefined) return token;
    const [meant] = tokenize(value);
    return meant === undefined || meant.kind === 'end'
      ? token
      : { ...token, kind: meant.kind, text: meant.text, value: meant.value };
  }
}

function shown({ kind, text }: Token): string {
  if (kind === 'end') return 'the end of the script';
  const line = text.split('\n')[0]!;
  const short = line.length > 40 ? `${line.slice(0, 40)}…` : line;
  if (kind === 'string') return `the string "${short}"`;
  if (kind === 'command') return `the command \`${short}\``;
  if (kind === 'code') return 'code';
  return `"${short}"`;
}
