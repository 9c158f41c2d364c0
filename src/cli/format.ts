import type { Endpoint } from '../explain/types.ts';

/** Text without what could move the cursor or change the terminal: names come from others. */
export function printable(text: string): string {
  return Array.from(text, (c) => (c < ' ' || (c >= '\x7f' && c < '\xa0') ? '?' : c)).join('');
}

export function endpointText(end: Endpoint): string {
  return end.address.includes(':') ? `[${end.address}]:${end.port}` : `${end.address}:${end.port}`;
}

/** `1,234,567` */
export function countText(n: number): string {
  return String(Math.round(n)).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** `1 packet`, `1,200 packets` */
export function plural(n: number, noun: string): string {
  return `${countText(n)} ${noun}${n === 1 ? '' : 's'}`;
}

/** `812 µs`, `4.2 ms`, `1.25 s`, `3 min 20 s`, `2 h 5 min`, `4 d 3 h` */
export function durationText(seconds: number): string {
  if (seconds < 0) return `-${durationText(-seconds)}`;
  if (seconds === 0) return '0 s';
  if (seconds < 0.0009995) return `${Math.round(seconds * 1e6)} µs`;
  if (seconds < 0.9995) return `${threeDigits(seconds * 1e3)} ms`;
  if (seconds < 99.95) return `${threeDigits(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return twoUnits(whole, 60, 'min', 's');
  if (whole < 86400) return twoUnits(Math.round(whole / 60), 60, 'h', 'min');
  return twoUnits(Math.round(whole / 3600), 24, 'd', 'h');
}

function twoUnits(n: number, factor: number, big: string, small: string): string {
  const rest = n % factor;
  return `${Math.floor(n / factor)} ${big}${rest === 0 ? '' : ` ${rest} ${small}`}`;
}

/** At most three significant digits, no trailing zeros. */
function threeDigits(n: number): string {
  return String(Number(n.toPrecision(3)));
}

/** `14 B`, `1.5 kB`, `2.25 MB` (powers of 1000) */
export function bytesText(n: number): string {
  if (n < 1000) return `${n} B`;
  const units = ['kB', 'MB', 'GB', 'TB', 'PB'];
  let value = n / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${threeDigits(value)} ${units[unit]}`;
}

export type TimeMode = 'utc' | 'local' | 'relative';

/** Times as the user wants them: relative ones count from the capture's first packet, as Wireshark's Time column does. */
export class Clock {
  readonly mode: TimeMode;
  /** First packet of the capture, seconds since the epoch. */
  origin: number = 0;

  constructor(mode: TimeMode) {
    this.mode = mode;
  }

  /** For columns: `12.345678`, or the time of day with microseconds. */
  short(at: number): string {
    return this.mode === 'relative' ? (at - this.origin).toFixed(6) : this.parts(at).time;
  }

  /** With the date. */
  full(at: number): string {
    const { date, time, zone } = this.mode === 'relative' ? utcParts(at) : this.parts(at);
    return `${date} ${time.slice(0, 8)}${zone}`;
  }

  private parts(at: number): DateParts {
    return this.mode === 'local' ? localParts(at) : utcParts(at);
  }
}

interface DateParts {
  readonly date: string;
  readonly time: string;
  readonly zone: string;
}

function splitSeconds(at: number): { date: Date; fraction: string } {
  const us = Math.round(at * 1e6);
  const seconds = Math.floor(us / 1e6);
  return { date: new Date(seconds * 1000), fraction: String(us - seconds * 1e6).padStart(6, '0') };
}

function utcParts(at: number): DateParts {
  const { date, fraction } = splitSeconds(at);
  if (Number.isNaN(date.getTime())) return { date: '?', time: at.toFixed(6), zone: '' };
  const text = date.toISOString();
  return { date: text.slice(0, -14), time: `${text.slice(-13, -5)}.${fraction}`, zone: 'Z' };
}

function localParts(at: number): DateParts {
  const { date, fraction } = splitSeconds(at);
  if (Number.isNaN(date.getTime())) return utcParts(at);
  const two = (n: number): string => String(n).padStart(2, '0');
  const offset = -date.getTimezoneOffset();
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
  return {
    date: `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`,
    time: `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${fraction}`,
    zone,
  };
}

/** Breaks text at spaces into lines of at most `width` characters; longer words stay whole. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (word === '') continue;
    if (line === '') line = word;
    else if (line.length + 1 + word.length <= width) line += ` ${word}`;
    else {
      lines.push(line);
      line = word;
    }
  }
  if (line !== '') lines.push(line);
  return lines;
}

/** A paragraph whose first line begins with `first` and whose other lines are indented to the same column. */
export function paragraph(text: string, first: string, width: number): string[] {
  const lines = wrap(text, Math.max(20, width - first.length));
  return lines.map((line, index) => (index === 0 ? first : ' '.repeat(first.length)) + line);
}
