/** A number with its bounds; `unit` is what a bare number counts in. */
export interface NumberParameter {
  readonly kind: 'number';
  readonly default: number;
  readonly min: number;
  readonly max: number;
  /** Empty for plain counts and shares. */
  readonly unit: Unit;
  /** Whole numbers only. */
  readonly whole: boolean;
  readonly describes: string;
}

export interface FlagParameter {
  readonly kind: 'flag';
  readonly default: boolean;
  readonly describes: string;
}

export interface ChoiceParameter<Word extends string = string> {
  readonly kind: 'choice';
  readonly default: Word;
  readonly choices: readonly Word[];
  readonly describes: string;
}

export type Unit = '' | 'us' | 'ms' | 's' | 'B' | 'kB' | '/s';
export type Parameter = NumberParameter | FlagParameter | ChoiceParameter;
export type Parameters = Readonly<Record<string, Parameter>>;
export type Value = number | boolean | string;
export type AnyValues = Readonly<Record<string, Value>>;

type ValueOf<P> = P extends NumberParameter
  ? number
  : P extends FlagParameter
    ? boolean
    : P extends ChoiceParameter<infer Word>
      ? Word
      : never;

/** What `build` gets: one value for each parameter. */
export type Values<P extends Parameters> = { readonly [K in keyof P]: ValueOf<P[K]> };

/** A number that may have a fraction. */
export function amount(
  value: number,
  min: number,
  max: number,
  unit: Unit,
  describes: string,
): NumberParameter {
  return { kind: 'number', default: value, min, max, unit, whole: false, describes };
}

export function count(
  value: number,
  min: number,
  max: number,
  describes: string,
  unit: Unit = '',
): NumberParameter {
  return { kind: 'number', default: value, min, max, unit, whole: true, describes };
}

export function flag(value: boolean, describes: string): FlagParameter {
  return { kind: 'flag', default: value, describes };
}

export function choice<const Words extends readonly string[]>(
  words: Words,
  describes: string,
): ChoiceParameter<Words[number]> {
  return { kind: 'choice', default: words[0]!, choices: words, describes };
}

/** Why a value was not taken, in words for people. */
export class ValueError extends Error {}

const TIMES: Readonly<Record<string, number>> = { us: 1, µs: 1, ms: 1e3, s: 1e6, min: 6e7, m: 6e7, h: 3.6e9 };
const SIZES: Readonly<Record<string, number>> = { B: 1, kB: 1e3, KB: 1e3, MB: 1e6, GB: 1e9 };

/** Reads a value as it stands on a command line or in a link; throws `ValueError`. */
export function parseValue(key: string, parameter: Parameter, text: string): Value {
  switch (parameter.kind) {
    case 'flag':
      if (/^(on|true|yes|1)$/i.test(text)) return true;
      if (/^(off|false|no|0)$/i.test(text)) return false;
      throw new ValueError(`${key} takes on or off, not "${text}"`);
    case 'choice':
      if (parameter.choices.includes(text)) return text;
      throw new ValueError(`${key} takes ${parameter.choices.join(', ')}, not "${text}"`);
    case 'number':
      return parseNumber(key, parameter, text);
  }
}

function parseNumber(key: string, p: NumberParameter, text: string): number {
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*(%|[a-zµ/]*)$/i.exec(text.replace(/_/g, ''));
  const value = match === null ? Number.NaN : inUnit(Number(match[1]), match[2]!, p.unit);
  if (Number.isNaN(value)) throw new ValueError(`${key} takes ${rangeText(p)}, not "${text}"`);
  return checkNumber(key, p, value);
}

function inUnit(value: number, suffix: string, unit: Unit): number {
  if (suffix === '' || suffix === unit) return value;
  if (suffix === '%' && unit === '') return value / 100;
  const table = unit in TIMES ? TIMES : unit in SIZES ? SIZES : {};
  const factor = table[suffix];
  return factor === undefined ? Number.NaN : (value * factor) / table[unit]!;
}

function checkNumber(key: string, p: NumberParameter, value: number): number {
  const fits = value >= p.min && value <= p.max && (!p.whole || Number.isInteger(value));
  if (!fits) throw new ValueError(`${key} takes ${rangeText(p)}, not ${value}`);
  return value;
}

/** `a whole number from 1 to 100`, `a number from 0 to 1000 ms` */
export function rangeText(p: NumberParameter): string {
  const unit = p.unit === '' ? '' : p.unit === '/s' ? ' a second' : ` ${p.unit}`;
  return `a ${p.whole ? 'whole number' : 'number'} from ${p.min} to ${p.max}${unit}`;
}

/** Every parameter's value: the given ones, checked, and the defaults of the rest. Throws `ValueError`. */
export function valuesOf(parameters: Parameters, given: AnyValues = {}): AnyValues {
  for (const key of Object.keys(given))
    if (!Object.hasOwn(parameters, key)) throw new ValueError(`there is no parameter "${key}"`);
  const values: Record<string, Value> = {};
  for (const [key, parameter] of Object.entries(parameters)) {
    const value = given[key];
    values[key] = value === undefined ? parameter.default : checked(key, parameter, value);
  }
  return values;
}

function checked(key: string, parameter: Parameter, value: Value): Value {
  if (parameter.kind === 'number' && typeof value === 'number') return checkNumber(key, parameter, value);
  return parseValue(key, parameter, String(value));
}

/** `20 ms`, `on`, `client` */
export function valueText(parameter: Parameter, value: Value): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (parameter.kind !== 'number' || parameter.unit === '') return String(value);
  return parameter.unit === '/s' ? `${value}/s` : `${value} ${parameter.unit}`;
}
