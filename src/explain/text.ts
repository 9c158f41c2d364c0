import { formatAddress } from '../wire/index.ts';
import { Flag } from '../wire/segment.ts';
import type { Connection, End as EndRecord } from './track/connection.ts';
import type { End, Endpoint } from './types.ts';

export function endpointOf(c: Connection, end: End): Endpoint {
  const e = end === 'client' ? c.client : c.server;
  return { address: formatAddress(c.family, e.address), port: e.port };
}

/** `client` or `server`, for an end of a connection. */
export function nameOf(k: { readonly client: EndRecord }, end: EndRecord): End {
  return end === k.client ? 'client' : 'server';
}

/** `350 µs`, `12.3 ms`, `4.2 s`, `3 min 5 s`. */
export function formatDuration(us: number): string {
  if (us < 1_000) return `${Math.round(us)} µs`;
  if (us < 1_000_000) return `${(us / 1_000).toFixed(us < 100_000 ? 1 : 0)} ms`;
  if (us < 120_000_000) return `${(us / 1e6).toFixed(us < 10_000_000 ? 2 : 1)} s`;
  const minutes = Math.floor(us / 60_000_000);
  return `${minutes} min ${Math.round((us - minutes * 60_000_000) / 1e6)} s`;
}

export function formatBytes(bytes: number): string {
  if (bytes === 1) return '1 byte';
  if (bytes < 10_000) return `${bytes} bytes`;
  if (bytes < 10_000_000) return `${(bytes / 1_000).toFixed(bytes < 100_000 ? 1 : 0)} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** `once`, `3 times`. */
export function formatTimes(n: number): string {
  return n === 1 ? 'once' : `${n} times`;
}

/** `1 probe`, `3 probes`. */
export function formatCount(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

/** `5 beyond`, `3 below`: where a number lies from another. */
export function formatOffset(offset: number): string {
  return `${Math.abs(offset)} ${offset < 0 ? 'below' : 'beyond'}`;
}

/** `1st`, `2nd`, `11th`. */
export function ordinal(n: number): string {
  const tail = n % 100 >= 11 && n % 100 <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][n % 10] ?? 'th');
  return `${n}${tail}`;
}

const FLAG_NAMES: readonly (readonly [number, string])[] = [
  [Flag.syn, 'SYN'],
  [Flag.fin, 'FIN'],
  [Flag.rst, 'RST'],
  [Flag.psh, 'PSH'],
  [Flag.ack, 'ACK'],
  [Flag.urg, 'URG'],
  [Flag.ece, 'ECE'],
  [Flag.cwr, 'CWR'],
  [Flag.ae, 'AE'],
];

/** `SYN, ACK` in the order Wireshark writes them. */
export function formatFlags(flags: number): string {
  const names = FLAG_NAMES.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name);
  return names.length === 0 ? '<none>' : names.join(', ');
}
