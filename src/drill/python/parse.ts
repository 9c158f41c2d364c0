import { wrong } from '../calls/value.ts';
import { lookUp, type Scope } from './code.ts';
import { format, isEqual, isTrue, type PyValue } from './values.ts';

export type Expression = (scope: Scope) => PyValue;

export type Statement =
  | { readonly kind: 'set'; readonly name: string; readonly value: Expression }
  | { readonly kind: 'value'; readonly value: Expression }
  | { readonly kind: 'if'; readonly condition: Expression; readonly body: readonly Statement[] }
  | {
      readonly kind: 'assert';
      readonly condition: Expression;
      readonly text: string;
      readonly message: Expression | null;
    };

const TOKEN =
  /[ \t]*(?:(\d+\.\d+|0x[0-9a-fA-F]+|\d+)|([A-Za-z_]\w*)|('[^'\\]*(?:\\.[^'\\]*)*'|"[^"\\]*(?:\\.[^"\\]*)*")|(\*\*|\/\/|<<|>>|[-+*/%&|^]=|[=!<>]=|[-+*/%&|^~<>=(),;:[\]\n])|(#[^\n]*))/y;

/** Expressions within expressions, and operators of one statement: what runs it is as deep. */
const DEEPEST = 32;
const MOST_OPERATORS = 500;
/** Characters of a string that code puts together. */
const MOST_TEXT = 1 << 16;

type Make = (message: string) => Error;

/** Python as far as assertions need it: assignments, `assert`, `print`, `if` with its body on the line. `problem` makes errors. */
export function parseCode(text: string, problem: Make): Statement[] {
  return new CodeParser(tokensOf(text, problem), problem).statements();
}

interface Token {
  readonly kind: 'number' | 'name' | 'string' | 'sign' | 'end';
  readonly text: string;
}

function tokensOf(text: string, problem: Make): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  const lines = text.split('\n').map((line) => line.trimEnd());
  const source = lines.join('\n').replace(/\\\n/g, ' ').trimEnd();
  let at = 0;
  // Within brackets a line goes on below.
  let open = 0;
  while (at < source.length) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(source);
    if (match === null) {
      if (/^[ \t]+$/.test(source.slice(at))) break;
      throw problem(`this code cannot be read from "${source.slice(at, at + 20)}" on`);
    }
    const [, number, name, string, sign] = match;
    if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else if (name !== undefined) tokens.push({ kind: 'name', text: name });
    else if (string !== undefined) tokens.push({ kind: 'string', text: string.slice(1, -1) });
    else if (sign !== undefined) {
      if (sign === '(' || sign === '[') open++;
      else if (sign === ')' || sign === ']') open--;
      if (sign !== '\n' || open <= 0) tokens.push({ kind: 'sign', text: sign });
    }
    at = TOKEN.lastIndex;
  }
  tokens.push({ kind: 'end', text: '' });
  return tokens;
}

/** Binary operators by how closely they bind, loosest first. */
const LEVELS: readonly (readonly string[])[] = [
  ['|'],
  ['^'],
  ['&'],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '//', '%'],
];

const COMPARISONS: Readonly<Record<string, (a: PyValue, b: PyValue) => boolean>> = {
  '==': isEqual,
  '!=': (a, b) => !isEqual(a, b),
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

const NUMERIC: Readonly<Record<string, (a: number, b: number) => number>> = {
  '|': (a, b) => Number(whole(a) | whole(b)),
  '^': (a, b) => Number(whole(a) ^ whole(b)),
  '&': (a, b) => Number(whole(a) & whole(b)),
  '<<': (a, b) => a * 2 ** b,
  '>>': (a, b) => Math.floor(a / 2 ** b),
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / divisor(b),
  '//': (a, b) => Math.floor(a / divisor(b)),
  '%': (a, b) => a - b * Math.floor(a / divisor(b)),
};

function divisor(value: number): number {
  if (value === 0) throw wrong('a division by zero');
  return value;
}

function whole(value: number): bigint {
  if (!Number.isInteger(value)) throw wrong(`bits of ${value}, which is no whole number`);
  return BigInt(value);
}

function extreme(args: readonly PyValue[], better: (a: number, b: number) => boolean): number {
  return args
    .flat(1)
    .map(Number)
    .reduce((best, value) => (better(value, best) ? value : best));
}

const FUNCTIONS: Readonly<Record<string, (args: readonly PyValue[]) => PyValue>> = {
  print: () => 0,
  abs: ([a]) => Math.abs(Number(a)),
  int: ([a]) => Math.trunc(Number(a)),
  float: ([a]) => Number(a),
  len: ([a]) => (typeof a === 'object' || typeof a === 'string' ? a.length : 0),
  min: (args) => extreme([...args, Number.POSITIVE_INFINITY], (a, b) => a < b),
  max: (args) => extreme([...args, Number.NEGATIVE_INFINITY], (a, b) => a > b),
  str: ([a]) => String(a),
};

class CodeParser {
  readonly #tokens: readonly Token[];
  readonly #problem: Make;
  #at = 0;
  #depth = 0;
  #operators = 0;

  constructor(tokens: readonly Token[], problem: Make) {
    this.#tokens = tokens;
    this.#problem = problem;
  }

  statements(): Statement[] {
    const statements: Statement[] = [];
    for (;;) {
      while (this.#take(';') || this.#take('\n'));
      if (this.#token.kind === 'end') return statements;
      statements.push(...this.#statement());
    }
  }

  get #token(): Token {
    return this.#tokens[this.#at]!;
  }

  #is(text: string): boolean {
    return this.#token.text === text && this.#token.kind !== 'string';
  }

  #take(text: string): boolean {
    if (!this.#is(text)) return false;
    this.#at++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#take(text)) throw this.#unexpected(`"${text}"`);
  }

  #unexpected(what: string): Error {
    const { kind, text } = this.#token;
    return this.#problem(`code: expected ${what}, found ${kind === 'end' ? 'its end' : `"${text}"`}`);
  }

  #statement(): Statement[] {
    this.#operators = 0;
    if (this.#take('pass')) return [];
    if (this.#take('import') || this.#take('from')) {
      while (!this.#is('\n') && !this.#is(';') && this.#token.kind !== 'end') this.#at++;
      return [];
    }
    if (this.#take('assert')) return [this.#assert()];
    if (this.#take('if')) return [this.#if()];
    if (this.#token.kind === 'name') {
      const set = this.#assignment();
      if (set !== null) return [set];
    }
    const value = this.#expression();
    this.#endOfStatement();
    return [{ kind: 'value', value }];
  }

  #endOfStatement(): void {
    if (!this.#is('\n') && !this.#is(';') && this.#token.kind !== 'end')
      throw this.#unexpected('the end of the statement');
  }

  #assert(): Statement {
    const from = this.#at;
    const condition = this.#expression();
    const text = this.#tokens
      .slice(from, this.#at)
      .map((token) => token.text)
      .join(' ')
      .replace(/\( /g, '(')
      .replace(/ \)/g, ')');
    const message = this.#take(',') ? this.#expression() : null;
    this.#endOfStatement();
    return { kind: 'assert', condition, text, message };
  }

  #if(): Statement {
    const condition = this.#expression();
    this.#expect(':');
    if (this.#is('\n')) throw this.#problem('code: the body of an "if" has to stand on its line');
    if (++this.#depth > DEEPEST) throw this.#problem('code: statements are nested too deeply here');
    const body = this.#statement();
    this.#depth--;
    while (this.#take(';') && !this.#is('\n') && this.#token.kind !== 'end') body.push(...this.#statement());
    return { kind: 'if', condition, body };
  }

  /** `x = 1`, `x += 1`; null where it is something else. */
  #assignment(): Statement | null {
    const name = this.#token.text;
    const sign = this.#tokens[this.#at + 1]!;
    const operator = /^([-+*/%&|^]?)=$/.exec(sign.kind === 'sign' ? sign.text : '')?.[1];
    if (operator === undefined) return null;
    this.#at += 2;
    const value = this.#expression();
    this.#endOfStatement();
    if (operator === '') return { kind: 'set', name, value };
    return { kind: 'set', name, value: (scope) => apply(operator, lookUp(scope, name), value(scope)) };
  }

  /** `or`, the loosest of all. */
  #expression(): Expression {
    if (++this.#depth > DEEPEST) throw this.#problem('code: expressions are nested too deeply here');
    let left = this.#and();
    while (this.#take('or')) {
      this.#countOperator();
      const [a, b] = [left, this.#and()];
      left = (scope) => {
        const first = a(scope);
        return isTrue(first) ? first : b(scope);
      };
    }
    this.#depth--;
    return left;
  }

  #countOperator(): void {
    if (++this.#operators > MOST_OPERATORS) throw this.#problem('code: this statement is too long');
  }

  #and(): Expression {
    let left = this.#not();
    while (this.#take('and')) {
      this.#countOperator();
      const [a, b] = [left, this.#not()];
      left = (scope) => {
        const first = a(scope);
        return isTrue(first) ? b(scope) : first;
      };
    }
    return left;
  }

  #not(): Expression {
    let negations = 0;
    while (this.#take('not')) negations++;
    const inner = this.#comparison();
    if (negations === 0) return inner;
    return (scope) => Number(isTrue(inner(scope)) === (negations % 2 === 0));
  }

  /** `1 <= a < 3` compares each with its neighbour. */
  #comparison(): Expression {
    const operands = [this.#binary(0)];
    const operators: ((a: PyValue, b: PyValue) => boolean)[] = [];
    for (;;) {
      const operator = this.#token.kind === 'sign' ? COMPARISONS[this.#token.text] : undefined;
      const membership = this.#token.kind === 'name' && this.#is('in');
      if (operator === undefined && !membership) break;
      this.#at++;
      operators.push(operator ?? ((a, b) => typeof b === 'object' && b.some((item) => isEqual(item, a))));
      operands.push(this.#binary(0));
    }
    if (operators.length === 0) return operands[0]!;
    return (scope) => {
      const values = operands.map((operand) => operand(scope));
      return Number(operators.every((holds, i) => holds(values[i]!, values[i + 1]!)));
    };
  }

  #binary(level: number): Expression {
    const operators = LEVELS[level];
    if (operators === undefined) return this.#unary();
    let left = this.#binary(level + 1);
    while (this.#token.kind === 'sign' && operators.includes(this.#token.text)) {
      const operator = this.#token.text;
      this.#countOperator();
      this.#at++;
      const [a, b] = [left, this.#binary(level + 1)];
      left = (scope) => apply(operator, a(scope), b(scope));
    }
    return left;
  }

  #unary(): Expression {
    let sign = 1;
    for (;;) {
      if (this.#take('-')) sign = -sign;
      else if (!this.#take('+')) break;
    }
    const inner = this.#primary();
    return sign === 1 ? inner : (scope) => -Number(inner(scope));
  }

  #primary(): Expression {
    const { kind, text } = this.#token;
    if (kind === 'number') {
      this.#at++;
      return () => Number(text);
    }
    if (kind === 'string') {
      this.#at++;
      return () => text;
    }
    if (kind === 'name') {
      this.#at++;
      return this.#is('(') ? this.#call(text) : nameOf(text);
    }
    if (this.#take('(')) return this.#list(')');
    if (this.#take('[')) return this.#list(']');
    throw this.#unexpected('a value');
  }

  #call(name: string): Expression {
    const called = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
    if (called === undefined) throw this.#problem(`code: there is no function ${name}()`);
    this.#at++;
    const args = this.#items(')');
    return (scope) => called(args.map((arg) => arg(scope)));
  }

  /** What is in brackets: one value, or several as a tuple. */
  #list(closing: string): Expression {
    const before = this.#at;
    const items = this.#items(closing);
    const hasComma = this.#tokens.slice(before, this.#at).some(({ text }) => text === ',');
    if (items.length === 1 && closing === ')' && !hasComma) return items[0]!;
    return (scope) => items.map((item) => shallow(item(scope)));
  }

  #items(closing: string): Expression[] {
    const items: Expression[] = [];
    while (!this.#take(closing)) {
      items.push(this.#expression());
      if (!this.#take(',') && !this.#is(closing)) throw this.#unexpected(`"," or "${closing}"`);
    }
    return items;
  }
}

/** Lists of lists of lists would grow without end where code puts them together again and again. */
function shallow(value: PyValue): PyValue {
  if (typeof value === 'object' && value.some((item) => typeof item === 'object')) {
    throw wrong('code: lists are nested too deeply');
  }
  return value;
}

function nameOf(name: string): Expression {
  if (name === 'True') return () => 1;
  if (name === 'False' || name === 'None') return () => 0;
  return (scope) => lookUp(scope, name);
}

function apply(operator: string, a: PyValue, b: PyValue): PyValue {
  if (typeof a === 'string') {
    if (operator === '%') return bounded(format(a, b));
    if (operator === '+' && typeof b === 'string') return bounded(a + b);
  }
  if (typeof a === 'object' || typeof b === 'object' || typeof a === 'string')
    throw wrong(`'${operator}' between values that are no numbers`);
  return NUMERIC[operator]!(Number(a), Number(b));
}

function bounded(text: string): string {
  if (text.length > MOST_TEXT) throw wrong('code: this string is too long');
  return text;
}
