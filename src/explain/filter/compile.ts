import type { ConnectionEnding, Endpoint } from '../types.ts';
import { type EndPattern, matchesEnd, parseEndPattern } from './address.ts';
import { FilterError } from './error.ts';
import { FILTER_FIELDS, type FilterField, type Unit } from './fields.ts';
import type { Operator, Token } from './lexer.ts';
import { nearest } from './nearest.ts';
import { type Expression, parseFilter } from './parser.ts';

export type FilterPredicate = (ending: ConnectionEnding) => boolean;

export interface FilterOptions {
  /** Known cause ids: with them, a mistyped cause is an error instead of a filter that matches nothing. */
  readonly causes?: readonly string[];
}

/**
 * Compiles a filter such as `server=10.0.0.0/8 and (cause~linger or duration>5s)` to a predicate.
 * Throws FilterError, which knows the place of the mistake.
 */
export function compileFilter(source: string, options: FilterOptions = {}): FilterPredicate {
  return new Compiler(source, options.causes ?? []).compile(parseFilter(source));
}

const FIELDS: ReadonlyMap<string, FilterField> = new Map(FILTER_FIELDS.map((field) => [field.name, field]));

class Compiler {
  private readonly source: string;
  private readonly causes: readonly string[];

  constructor(source: string, causes: readonly string[]) {
    this.source = source;
    this.causes = causes;
  }

  compile(expression: Expression): FilterPredicate {
    switch (expression.kind) {
      case 'and': {
        const items = expression.items.map((item) => this.compile(item));
        return (e) => items.every((item) => item(e));
      }
      case 'or': {
        const items = expression.items.map((item) => this.compile(item));
        return (e) => items.some((item) => item(e));
      }
      case 'not': {
        const item = this.compile(expression.item);
        return (e) => !item(e);
      }
      case 'word':
        return this.bareWord(expression.word);
      case 'compare':
        return this.comparison(expression.field, expression.operator, expression.value);
    }
  }

  /** A word alone is a port, an address, or part of a cause's id. */
  private bareWord(word: Token): FilterPredicate {
    const { text } = word;
    if (/^\d+$/.test(text)) {
      const port = this.number(word, text, 'port');
      return (e) => e.client.port === port || e.server.port === port;
    }
    const pattern = parseEndPattern(text);
    if (pattern !== null) return (e) => matchesEnd(pattern, e.client) || matchesEnd(pattern, e.server);
    const part = text.toLowerCase();
    if (this.causes.length > 0 && !['undetermined', ...this.causes].some((id) => id.includes(part))) {
      const field = nearest(text, FIELDS.keys());
      const hint = FIELDS.has(part)
        ? `; write ${part}=VALUE`
        : this.suggest(text, [...this.causes, ...(field ? [field] : [])]);
      this.fail(`"${text}" is part of no cause, and no address or port${hint}`, word);
    }
    return (e) => (e.verdict.cause ?? 'undetermined').includes(part);
  }

  private comparison(name: Token, operator: Operator, value: Token): FilterPredicate {
    const field = FIELDS.get(name.text.toLowerCase());
    if (field === undefined) {
      return this.fail(
        `there is no field "${name.text}"${this.suggest(name.text, [...FIELDS.keys()])}`,
        name,
      );
    }
    if (operator === '!=') {
      // Of a field with two values (`host`, `port`, `state`), `!=` says that neither has it.
      const equal = this.comparison(name, '=', value);
      return (e) => !equal(e);
    }
    if (operator === '~') return this.match(field, value);
    if (operator === '=') return this.equals(field, value);
    return this.order(field, operator, name, value);
  }

  private match(field: FilterField, value: Token): FilterPredicate {
    const test = this.textTest(value);
    switch (field.kind) {
      case 'end':
        return (e) => field.get(e).some((end) => test(end.address) || test(endText(end)));
      case 'number':
        return (e) => field.get(e).some((n) => test(String(n)));
      case 'name':
        return (e) => field.get(e).some(test);
    }
  }

  private textTest(value: Token): (text: string) => boolean {
    if (value.kind !== 'regex') {
      const part = value.text.toLowerCase();
      return (text) => text.toLowerCase().includes(part);
    }
    try {
      const regex = new RegExp(value.text, 'i');
      return (text) => regex.test(text);
    } catch (error) {
      const reason = error instanceof Error ? error.message.replace(/^.*\/[a-z]*: /s, '') : '';
      return this.fail(`this is no regular expression: ${reason}`, value);
    }
  }

  private equals(field: FilterField, value: Token): FilterPredicate {
    const choices = value.kind === 'word' ? value.text.split(',') : [value.text];
    if (field.kind === 'end') {
      const patterns = choices.map((text) => this.end(text, value));
      return (e) => field.get(e).some((end) => patterns.some((pattern) => matchesEnd(pattern, end)));
    }
    if (field.kind === 'number') {
      const numbers = choices.map((text) => this.number(value, text, field.unit));
      // Half a microsecond: seconds since the epoch are not exact in binary.
      return (e) => field.get(e).some((n) => numbers.some((wanted) => Math.abs(n - wanted) < 5e-7));
    }
    const names = choices.map((text) => this.name(field, text, value));
    return (e) => field.get(e).some((name) => names.includes(name.toLowerCase()));
  }

  private order(field: FilterField, operator: Operator, name: Token, value: Token): FilterPredicate {
    if (field.kind !== 'number') {
      return this.fail(`"${name.text}" has no order: use =, != or ~`, name);
    }
    const bound = this.number(value, value.text, field.unit);
    switch (operator) {
      case '<':
        return (e) => field.get(e).some((n) => n < bound);
      case '<=':
        return (e) => field.get(e).some((n) => n <= bound);
      case '>':
        return (e) => field.get(e).some((n) => n > bound);
      default:
        return (e) => field.get(e).some((n) => n >= bound);
    }
  }

  private end(text: string, value: Token): EndPattern {
    const pattern = parseEndPattern(text);
    if (pattern !== null) return pattern;
    return this.fail(
      `"${text}" is no address: write 10.0.0.1, 10.0.0.0/8, 10.0.0.1:80, :80 or [2001:db8::1]:443`,
      value,
    );
  }

  private number(value: Token, text: string, unit: Unit): number {
    const number = parseNumber(text, unit);
    if (number !== null) return number;
    return this.fail(`"${text}" is no ${UNITS[unit].says}`, value);
  }

  private name(field: FilterField & { kind: 'name' }, text: string, value: Token): string {
    const lower = text.toLowerCase();
    const isCause = field.name === 'cause' || field.name === 'fits';
    const known = isCause && this.causes.length > 0 ? ['undetermined', ...this.causes] : field.values;
    // Error names are open-ended: a host may report one that is not in the list.
    if (known.length === 0 || field.name === 'sees' || known.some((name) => name.toLowerCase() === lower))
      return lower;
    const list = isCause ? '' : `: ${known.join(', ')}`;
    const what = isCause ? 'cause' : field.name;
    return this.fail(`"${text}" is no ${what}${list}${this.suggest(text, known)}`, value);
  }

  private suggest(word: string, names: readonly string[]): string {
    const name = nearest(word, names);
    return name === null ? '' : `; did you mean ${name}?`;
  }

  private fail(message: string, token: Token): never {
    throw new FilterError(message, this.source, token.at, token.length);
  }
}

function endText(end: Endpoint): string {
  return end.address.includes(':') ? `[${end.address}]:${end.port}` : `${end.address}:${end.port}`;
}

const UNITS: Readonly<
  Record<Unit, { readonly says: string; readonly factors: Readonly<Record<string, number>> }>
> = {
  count: { says: 'whole number', factors: { '': 1 } },
  port: { says: 'port (0 to 65535)', factors: { '': 1 } },
  bytes: {
    says: 'size: write 1500, 64k, 1.5M, 1G or 64Ki',
    factors: {
      '': 1,
      b: 1,
      k: 1e3,
      kb: 1e3,
      m: 1e6,
      mb: 1e6,
      g: 1e9,
      gb: 1e9,
      ki: 1024,
      mi: 1024 ** 2,
      gi: 1024 ** 3,
    },
  },
  seconds: {
    says: 'duration: write 250ms, 1.5s, 2m or 1h',
    factors: { '': 1, us: 1e-6, ms: 1e-3, s: 1, m: 60, min: 60, h: 3600 },
  },
  share: { says: 'share: write 0.8 or 80%', factors: { '': 1, '%': 0.01 } },
};

function parseNumber(text: string, unit: Unit): number | null {
  const parts = /^(\d+(?:\.\d+)?|\.\d+)\s*([a-z%]*)$/i.exec(text);
  const factor = parts === null ? undefined : UNITS[unit].factors[parts[2]!.toLowerCase()];
  if (parts === null || factor === undefined) return null;
  const number = Number(parts[1]) * factor;
  if (unit === 'port' && (!Number.isInteger(number) || number > 65535)) return null;
  if (unit === 'count' && !Number.isInteger(number)) return null;
  return number;
}
