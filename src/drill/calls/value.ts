import type { Place } from '../run/steps.ts';

/** An argument of a call, constants filled in. `names`: the symbols that it was written with. */
export type Value =
  | { readonly kind: 'any' }
  | { readonly kind: 'number'; readonly value: number; readonly names: readonly string[] }
  | { readonly kind: 'text'; readonly bytes: Uint8Array }
  | { readonly kind: 'list'; readonly items: readonly Value[] }
  | { readonly kind: 'struct'; readonly fields: ReadonlyMap<string, Value> };

/** Why a script's event is no success. */
export class Complaint extends Error {
  /** `failed`: the host did something else; `unsupported`: it cannot be tested here; `wrong`: the script makes no sense. */
  readonly verdict: 'failed' | 'unsupported' | 'wrong';
  readonly expected: string | null;
  readonly got: string | null;
  /** Under both lines, where they differ. */
  readonly marks: string | null;
  /** Where in the script, if it is no line's. */
  place: Place | null = null;

  constructor(
    verdict: 'failed' | 'unsupported' | 'wrong',
    message: string,
    expected: string | null = null,
    got: string | null = null,
    marks: string | null = null,
  ) {
    super(message);
    this.verdict = verdict;
    this.expected = expected;
    this.got = got;
    this.marks = marks;
  }
}

export function wrong(message: string): Complaint {
  return new Complaint('wrong', message);
}

export function unsupported(message: string): Complaint {
  return new Complaint('unsupported', message);
}

/** A call's arguments, read one by one; what is not of the kind asked for is the script's mistake. */
export class Args {
  readonly call: string;
  readonly values: readonly Value[];

  constructor(call: string, values: readonly Value[]) {
    this.call = call;
    this.values = values;
  }

  count(least: number, most: number = least): void {
    const { length } = this.values;
    if (length < least || length > most) {
      const range = least === most ? String(least) : `${least} to ${most}`;
      throw wrong(`${this.call}() takes ${range} arguments, not ${length}`);
    }
  }

  at(index: number): Value {
    const value = this.values[index];
    if (value === undefined) throw wrong(`${this.call}() has no argument ${index + 1}`);
    return value;
  }

  number(index: number): number {
    const value = this.at(index);
    if (value.kind !== 'number') throw wrong(`argument ${index + 1} of ${this.call}() is no number`);
    return value.value;
  }

  /** The symbols of a number. */
  names(index: number): readonly string[] {
    const value = this.at(index);
    return value.kind === 'number' ? value.names : [];
  }

  isAny(index: number): boolean {
    return this.at(index).kind === 'any';
  }

  /** `[N]`, or `...`: null. */
  boxed(index: number): number | null {
    const value = this.at(index);
    if (value.kind === 'any') return null;
    const inside = value.kind === 'list' && value.items.length === 1 ? value.items[0]! : value;
    if (inside.kind !== 'number') throw wrong(`argument ${index + 1} of ${this.call}() is not [number]`);
    return inside.value;
  }

  list(index: number): readonly Value[] {
    const value = this.at(index);
    if (value.kind !== 'list') throw wrong(`argument ${index + 1} of ${this.call}() is no list`);
    return value.items;
  }
}

export function field(value: Value, name: string): Value | null {
  return value.kind === 'struct' ? (value.fields.get(name) ?? null) : null;
}

export function numberOf(value: Value | null, what: string): number {
  if (value?.kind !== 'number') throw wrong(`${what} is no number`);
  return value.value;
}
