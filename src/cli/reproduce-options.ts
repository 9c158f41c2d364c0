import type { OptionSpec } from './options.ts';

export const REPRODUCE_OPTIONS: readonly OptionSpec[] = [
  {
    name: 'flow',
    value: 'N',
    describes: 'the connection, by the number that explain gives it (1 where there is only one)',
  },
  {
    name: 'end',
    value: 'END',
    describes: 'which end our TCP plays: client or server (the one that the ending hangs on)',
  },
  { name: 'profile', value: 'NAME', describes: 'whose TCP: linux, freebsd or rfc (linux)' },
  { name: 'output', short: 'o', value: 'FILE', describes: 'write the script there, not to standard output' },
  { name: 'json', describes: 'the script and the comparison as one JSON document' },
  { name: 'color', value: 'WHEN', describes: 'auto, always or never (auto)' },
  {
    name: 'width',
    value: 'COLUMNS',
    describes: 'width of the text, 60 to 160 (that of the terminal, or 100)',
  },
  { name: 'help', short: 'h', describes: 'this help' },
];
