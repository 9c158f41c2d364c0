import type { OptionSpec } from './options.ts';

export const CAUSES_OPTIONS: readonly OptionSpec[] = [
  { name: 'json', describes: 'the entries as JSON' },
  { name: 'color', value: 'WHEN', describes: 'auto, always or never (auto)' },
  {
    name: 'width',
    value: 'COLUMNS',
    describes: 'width of the text, 60 to 160 (that of the terminal, or 100)',
  },
  { name: 'help', short: 'h', describes: 'this help' },
];
