import type { OptionSpec } from './options.ts';

export const OPEN_OPTIONS: readonly OptionSpec[] = [
  { name: 'peer', value: 'FILE', describes: 'a second capture of the same traffic, taken at the other end' },
  { name: 'port', value: 'N', describes: 'port on loopback (6293, or any other where that is taken)' },
  { name: 'no-browser', describes: 'only print the address' },
  { name: 'help', short: 'h', describes: 'this help' },
];
