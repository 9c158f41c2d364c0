import { FilterError } from './error.ts';
import { type Operator, type Token, tokenize } from './lexer.ts';

/** `at` is the place of the field, `value.at` that of the value. */
export type Expression =
  | { readonly kind: 'and' | 'or'; readonly items: readonly Expression[] }
  | { readonly kind: 'not'; readonly item: Expression }
  | { readonly kind: 'compare'; readonly field: Token; readonly operator: Operator; readonly value: Token }
  | { readonly kind: 'word'; readonly word: Token };

/** Deeper nesting than this is a mistake, not a question; it also keeps the parser off the end of the stack. */
const MAX_DEPTH = 100;

/** Parses a filter. Throws FilterError. */
export function parseFilter(source: string): Expression {
  return new Parser(source).whole();
}

class Parser {
  private readonly source: string;
  private readonly tokens: readonly Token[];
  private next = 0;
  private depth = 0;

  constructor(source: string) {
    this.source = source;
    this.tokens = tokenize(source);
  }

  whole(): Expression {
    if (this.peek().kind === 'end') this.fail('the filter is empty', this.peek());
    const expression = this.either();
    const rest = this.peek();
    if (rest.kind === ')') this.fail('this ")" has no "("', rest);
    if (rest.kind !== 'end') this.fail(`"${rest.text}" does not fit here`, rest);
    return expression;
  }

  private either(): Expression {
    const items = [this.all()];
    while (this.take('or')) items.push(this.all());
    return items.length === 1 ? items[0]! : { kind: 'or', items };
  }

  /** Terms side by side without a word between them are joined by `and`. */
  private all(): Expression {
    const items = [this.negation()];
    while (this.take('and') || this.startsTerm()) items.push(this.negation());
    return items.length === 1 ? items[0]! : { kind: 'and', items };
  }

  private startsTerm(): boolean {
    const { kind } = this.peek();
    return kind === 'word' || kind === 'string' || kind === 'not' || kind === '(';
  }

  private negation(): Expression {
    const token = this.peek();
    if (++this.depth > MAX_DEPTH) this.fail(`more than ${MAX_DEPTH} levels deep`, token);
    const expression: Expression = this.take('not') ? { kind: 'not', item: this.negation() } : this.term();
    this.depth--;
    return expression;
  }

  private term(): Expression {
    const token = this.peek();
    if (this.take('(')) {
      const inner = this.either();
      if (!this.take(')')) this.fail('a ")" is missing', this.peek());
      return inner;
    }
    if (token.kind !== 'word' && token.kind !== 'string') this.failTerm(token);
    this.next++;
    const operator = this.peek();
    if (operator.kind !== 'operator') return { kind: 'word', word: token };
    if (token.kind === 'string') this.fail('a field name goes without quotes', token);
    this.next++;
    return {
      kind: 'compare',
      field: token,
      operator: operator.text as Operator,
      value: this.value(operator),
    };
  }

  private value(operator: Token): Token {
    const value = this.peek();
    if (value.kind === 'word' || value.kind === 'string' || value.kind === 'regex') {
      this.next++;
      return value;
    }
    return this.fail(`a value is missing after "${operator.text}"`, value);
  }

  private peek(): Token {
    return this.tokens[this.next]!;
  }

  private take(kind: Token['kind']): boolean {
    if (this.peek().kind !== kind) return false;
    this.next++;
    return true;
  }

  private failTerm(token: Token): never {
    if (token.kind === 'end') this.fail('something is missing at the end', token);
    if (token.kind === 'operator') this.fail(`a field name is missing before "${token.text}"`, token);
    return this.fail(`"${token.text}" needs something before it`, token);
  }

  private fail(message: string, token: Token): never {
    throw new FilterError(message, this.source, token.at, token.length);
  }
}
