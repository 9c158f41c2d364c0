import type { Endpoint } from '../../src/explain/types.ts';

export function endpointText({ address, port }: Endpoint): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** `1,234,567` */
export function countText(n: number): string {
  return String(Math.round(n)).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** `812 µs`, `4.2 ms`, `1.25 s`, `3 min 20 s`, `2 h 5 min` */
export function durationText(seconds: number): string {
  if (seconds < 0) return `-${durationText(-seconds)}`;
  if (seconds === 0) return '0 s';
  if (seconds < 0.0009995) return `${Math.round(seconds * 1e6)} µs`;
  if (seconds < 0.9995) return `${digits(seconds * 1e3)} ms`;
  if (seconds < 99.95) return `${digits(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return twoUnits(whole, 60, 'min', 's');
  if (whole < 86400) return twoUnits(Math.round(whole / 60), 60, 'h', 'min');
  return twoUnits(Math.round(whole / 3600), 24, 'd', 'h');
}

function twoUnits(n: number, factor: number, big: string, small: string): string {
  const rest = n % factor;
  return `${Math.floor(n / factor)} ${big}${rest === 0 ? '' : ` ${rest} ${small}`}`;
}

function digits(n: number): string {
  return String(Number(n.toPrecision(3)));
}

/** `14 B`, `1.5 kB`, `2.25 MB` (powers of 1000) */
export function bytesText(n: number): string {
  if (n < 1000) return `${Math.round(n)} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = n / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${digits(value)} ${units[unit]}`;
}

export function percentText(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** Seconds from the beginning, to the microsecond. */
export function offsetText(seconds: number): string {
  return seconds.toFixed(6);
}

/** `2026-01-01 09:30:00Z` */
export function dateText(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? '?' : `${date.toISOString().slice(0, 19).replace('T', ' ')}Z`;
}
