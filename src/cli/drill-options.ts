import type { OptionSpec } from './options.ts';

export const DRILL_OPTIONS: readonly OptionSpec[] = [
  { name: 'profile', value: 'NAME', describes: 'whose TCP: linux, freebsd or rfc (linux)' },
  {
    name: 'define',
    short: 'D',
    value: 'NAME[=VALUE]',
    repeatable: true,
    describes: 'a symbol for #ifdef, or a value; may be repeated',
  },
  { name: 'strict', describes: 'a packet that no line asks for is a failure at the end of a script too' },
  {
    name: 'mutate',
    value: '[N]',
    optional: /^\d+$/,
    describes:
      'change one expectation of a passing script at a time, N changes a script picked by the seed (all), and count which go unnoticed',
  },
  { name: 'jobs', value: 'N', describes: 'so many scripts at a time (1)' },
  { name: 'max-time', value: 'SECONDS', describes: 'virtual time at which a script is ended (86400)' },
  { name: 'seed', value: 'N', describes: 'seed of all randomness (1)' },
  { name: 'tap', value: 'FILE', describes: 'write the packets of a script, as pcapng' },
  { name: 'trace', describes: 'print each packet as it passes' },
  { name: 'json', describes: 'all results as one JSON document' },
  { name: 'color', value: 'WHEN', describes: 'auto, always or never (auto)' },
  {
    name: 'width',
    value: 'COLUMNS',
    describes: 'width of the text, 60 to 160 (that of the terminal, or 100)',
  },
  { name: 'help', short: 'h', describes: 'this help' },
];
