/** How text output looks: colours, characters, width. */

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'blue' | 'magenta' | 'cyan';

const CODES: Readonly<Record<Style, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
  cyan: [36, 39],
};

export class Paint {
  readonly enabled: boolean;

  constructor(enabled: boolean) {
    this.enabled = enabled;
  }

  as(text: string, ...styles: readonly Style[]): string {
    if (!this.enabled || text === '') return text;
    const open = styles.map((style) => `\x1b[${CODES[style][0]}m`).join('');
    const close = [...styles].reverse().map((style) => `\x1b[${CODES[style][1]}m`);
    return open + text + close.join('');
  }
}

export interface Glyphs {
  readonly arrow: string;
  readonly ellipsis: string;
  readonly bullet: string;
  readonly rule: string;
  readonly dash: string;
  readonly times: string;
  readonly lane: string;
  readonly gapLane: string;
  readonly line: string;
  readonly heavyLine: string;
  readonly headRight: string;
  readonly headLeft: string;
  readonly lost: string;
  readonly middle: string;
  readonly mark: string;
  readonly bar: string;
  readonly under: string;
}

const UNICODE: Glyphs = {
  arrow: '→',
  ellipsis: '…',
  bullet: '•',
  rule: '─',
  dash: '–',
  times: '×',
  lane: '│',
  gapLane: '┊',
  line: '─',
  heavyLine: '━',
  headRight: '►',
  headLeft: '◄',
  lost: '✕',
  middle: '◆',
  mark: '●',
  bar: '█',
  under: '└',
};

const ASCII: Glyphs = {
  arrow: '->',
  ellipsis: '...',
  bullet: '-',
  rule: '-',
  dash: '-',
  times: 'x',
  lane: '|',
  gapLane: ':',
  line: '-',
  heavyLine: '=',
  headRight: '>',
  headLeft: '<',
  lost: 'X',
  middle: '+',
  mark: '*',
  bar: '#',
  under: '`',
};

export interface Look {
  readonly paint: Paint;
  readonly glyphs: Glyphs;
  /** Columns to fill. */
  readonly width: number;
}

export type ColorMode = 'auto' | 'always' | 'never';

export interface Terminal {
  readonly isTty: boolean;
  readonly columns: number | null;
}

const DEFAULT_WIDTH = 100;
const MIN_WIDTH = 60;
const MAX_WIDTH = 160;

export function makeLook(
  mode: ColorMode,
  width: number | null,
  terminal: Terminal,
  env: Readonly<Record<string, string | undefined>>,
): Look {
  const wanted = width ?? terminal.columns ?? (Number(env.COLUMNS) || DEFAULT_WIDTH);
  return {
    paint: new Paint(usesColor(mode, terminal, env)),
    glyphs: usesUnicode(env) ? UNICODE : ASCII,
    width: Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, wanted)),
  };
}

function usesColor(
  mode: ColorMode,
  terminal: Terminal,
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  if (mode !== 'auto') return mode === 'always';
  // no-color.org: any value but the empty one counts. FORCE_COLOR is Node's and many tools' opposite.
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  return terminal.isTty && env.TERM !== 'dumb';
}

/** POSIX: LC_ALL wins over LC_CTYPE, and that over LANG. The Linux console has no heavy lines or diamonds. */
function usesUnicode(env: Readonly<Record<string, string | undefined>>): boolean {
  if (env.TERM === 'dumb' || env.TERM === 'linux') return false;
  if (env.WT_SESSION || env.TERM_PROGRAM === 'vscode') return true;
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || '';
  return /utf-?8/i.test(locale);
}

const TRANSLITERATIONS: ReadonlyMap<string, string> = new Map([
  ['\u00b5', 'u'],
  ['\u03bc', 'u'],
  ['\u00d7', 'x'],
  ['\u2013', '-'],
  ['\u2014', '-'],
  ['\u2018', "'"],
  ['\u2019', "'"],
  ['\u201c', '"'],
  ['\u201d', '"'],
  ['\u2022', '-'],
  ['\u2026', '...'],
  ['\u2190', '<-'],
  ['\u2192', '->'],
  ['\u2264', '<='],
  ['\u2265', '>='],
]);

/** Lines as text for the terminal: prose of the engine and the catalogue is not all ASCII. */
export function joined(lines: readonly string[], look: Look): string {
  const text = `${lines.join('\n')}\n`;
  if (look.glyphs !== ASCII) return text;
  return Array.from(text, (c) => (c <= '\x7f' ? c : (TRANSLITERATIONS.get(c) ?? '?'))).join('');
}
