import { parseArgs } from 'node:util';
import { nearest } from '../explain/filter/index.ts';
import { usageError } from './errors.ts';

/** One option of a command; `value` names its value in the help, or is absent where it takes none. */
export interface OptionSpec {
  readonly name: string;
  readonly short?: string;
  readonly value?: string;
  readonly repeatable?: boolean;
  /** The value may be left out; what stands behind the option is its value where it looks like this. */
  readonly optional?: RegExp;
  readonly describes: string;
}

/** What stood on the command line. */
export interface ParsedOptions {
  readonly positionals: readonly string[];
  has(name: string): boolean;
  /** The value of an option, or null where it was not given. */
  value(name: string): string | null;
  values(name: string): readonly string[];
}

/** Reads a command's arguments; throws a usage error that names what to do. */
export function parseOptions(
  command: string,
  specs: readonly OptionSpec[],
  argv: readonly string[],
): ParsedOptions {
  const { tokens } = parseArgs({
    args: withoutValues(argv, specs),
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: Object.fromEntries(
      specs.map((spec) => [
        spec.name,
        {
          type: spec.value === undefined ? ('boolean' as const) : ('string' as const),
          multiple: true,
          ...(spec.short === undefined ? {} : { short: spec.short }),
        },
      ]),
    ),
  });
  const byName = new Map(specs.map((spec) => [spec.name, spec]));
  const given = new Map<string, string[]>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const spec = byName.get(token.name);
    if (spec === undefined) throw unknownOption(command, token.rawName, specs);
    const value = checkedValue(command, spec, token.value, token.inlineValue ?? false);
    const before = given.get(spec.name) ?? [];
    if (before.length > 0 && spec.value !== undefined && !spec.repeatable) {
      throw usageError(`--${spec.name} may be given only once`, command);
    }
    given.set(spec.name, [...before, value]);
  }
  return {
    positionals,
    has: (name) => given.has(name),
    value: (name) => given.get(name)?.[0] ?? null,
    values: (name) => given.get(name) ?? [],
  };
}

/** `--mutate FILE` becomes `--mutate= FILE`, where a value may be left out and FILE is none. */
function withoutValues(argv: readonly string[], specs: readonly OptionSpec[]): string[] {
  const end = argv.indexOf('--');
  return argv.map((arg, i) => {
    const spec = specs.find(({ name, optional }) => optional !== undefined && arg === `--${name}`);
    const isValue = spec?.optional?.test(argv[i + 1] ?? '') ?? true;
    return isValue || (end >= 0 && i > end) ? arg : `${arg}=`;
  });
}

function checkedValue(command: string, spec: OptionSpec, value: string | undefined, inline: boolean): string {
  if (spec.value === undefined) {
    if (value !== undefined) throw usageError(`--${spec.name} takes no value (found "${value}")`, command);
    return '';
  }
  if (value === '' && spec.optional !== undefined) return '';
  if (value === undefined || value === '')
    throw usageError(`--${spec.name} needs a value: --${spec.name} ${spec.value}`, command);
  // `--flow --json`: the value was forgotten. Values that begin with a dash can be given as --name=VALUE.
  if (!inline && value.startsWith('-') && value !== '-') {
    throw usageError(
      `--${spec.name} needs a value: --${spec.name} ${spec.value} (found the option ${value})`,
      command,
    );
  }
  return value;
}

function unknownOption(command: string, rawName: string, specs: readonly OptionSpec[]): Error {
  const names = specs.map((spec) => spec.name);
  const name = rawName.startsWith('--') ? nearest(rawName.slice(2), names) : null;
  return usageError(`unknown option ${rawName}${name === null ? '' : `; did you mean --${name}?`}`, command);
}

/** A whole number of an option, at least `least`. */
export function wholeNumber(command: string, name: string, text: string, least: number): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < least || !Number.isSafeInteger(number)) {
    throw usageError(`--${name} takes a whole number of at least ${least}, not "${text}"`, command);
  }
  return number;
}

/** One word out of a few. */
export function oneOf<T extends string>(command: string, name: string, text: string, words: readonly T[]): T {
  const word = words.find((candidate) => candidate === text);
  if (word !== undefined) return word;
  const guess = nearest(text, words);
  const hint = guess === null ? '' : `; did you mean ${guess}?`;
  throw usageError(
    `--${name} takes ${words.slice(0, -1).join(', ')} or ${words.at(-1)}, not "${text}"${hint}`,
    command,
  );
}
