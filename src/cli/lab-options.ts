import { type Parameter, type Parameters, rangeText } from '../lab/values.ts';
import { WORKLOAD } from '../lab/workload.ts';
import type { OptionSpec } from './options.ts';

const LOOK_OPTIONS: readonly OptionSpec[] = [
  { name: 'json', describes: 'everything as one JSON document' },
  { name: 'color', value: 'WHEN', describes: 'auto, always or never (auto)' },
  {
    name: 'width',
    value: 'COLUMNS',
    describes: 'width of the text, 60 to 160 (that of the terminal, or 100)',
  },
  { name: 'help', short: 'h', describes: 'this help' },
];

const SEED: OptionSpec = {
  name: 'seed',
  value: 'N',
  describes: 'seed of all randomness (1); the same seed gives the same bytes',
};

export const LAB_OPTIONS: readonly OptionSpec[] = [
  {
    name: 'set',
    value: 'KEY=VALUE',
    repeatable: true,
    describes: 'a parameter of the scenario; may be repeated',
  },
  SEED,
  { name: 'pcap', value: 'FILE', describes: 'write what the tap saw, as pcapng' },
  ...LOOK_OPTIONS,
];

export const REMEDY_OPTIONS: readonly OptionSpec[] = [
  ...Object.entries(WORKLOAD as Parameters).map(([name, parameter]) => ({
    name,
    value: valueName(parameter),
    describes: `${parameter.describes} (${defaultText(parameter)})`,
  })),
  SEED,
  ...LOOK_OPTIONS,
];

function valueName(parameter: Parameter): string {
  if (parameter.kind !== 'number') return 'WORD';
  if (parameter.unit === 'ms' || parameter.unit === 's') return 'TIME';
  return parameter.unit === 'B' ? 'BYTES' : 'N';
}

function defaultText(parameter: Parameter): string {
  if (parameter.kind === 'number' && parameter.unit !== '' && parameter.unit !== '/s')
    return `${parameter.default} ${parameter.unit}`;
  return String(parameter.default);
}

/** What a parameter takes: `client or server`, `on or off`, `a number from 0 to 10000 ms`. */
export function takes(parameter: Parameter): string {
  if (parameter.kind === 'flag') return 'on or off';
  return parameter.kind === 'choice' ? parameter.choices.join(' | ') : rangeText(parameter);
}
