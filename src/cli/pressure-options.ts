import type { OptionSpec } from './options.ts';

export const PRESSURE_OPTIONS: readonly OptionSpec[] = [
  {
    name: 'msl',
    value: 'SECONDS',
    describes: 'maximum segment lifetime; TIME-WAIT lasts twice as long (30, as on Linux)',
  },
  {
    name: 'ports',
    value: 'LOW-HIGH',
    describes: "the clients' ephemeral ports (32768-60999, as on Linux: net.ipv4.ip_local_port_range)",
  },
  { name: 'limit', value: 'N', describes: 'how many pairs of client and server get a block (5)' },
  { name: 'json', describes: 'one JSON document' },
  { name: 'csv', describes: 'the series: one line for each moment and pair (RFC 4180)' },
  { name: 'color', value: 'WHEN', describes: 'auto, always or never (auto)' },
  {
    name: 'width',
    value: 'COLUMNS',
    describes: 'width of the text, 60 to 160 (that of the terminal, or 100)',
  },
  { name: 'help', short: 'h', describes: 'this help' },
];
