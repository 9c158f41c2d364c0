import { Flag } from '../../wire/index.ts';
import { describeColumns, flagText, optionText } from './describe.ts';
import type { ScriptOption, ScriptPacket } from './expected.ts';
import type { Flow } from './flow.ts';
import type { LivePacket } from './live.ts';
import { seconds, type When } from './timing.ts';
import type { Difference } from './verify.ts';

/** What was expected over what came, both as a script writes packets, and a line that marks where they differ. */
export interface Diff {
  readonly expected: string;
  readonly got: string;
  readonly marks: string | null;
}

/** Which column a field stands in: time, packet's direction and flags, sequence numbers, ack, window, urgent pointer, options. */
const COLUMNS: Readonly<Record<string, number>> = {
  time: 0,
  FIN: 1,
  SYN: 1,
  RST: 1,
  PSH: 1,
  ACK: 1,
  URG: 1,
  'ECN flags': 1,
  'sequence number': 2,
  'payload length': 2,
  'acknowledgment number': 3,
  window: 4,
  'urgent pointer': 5,
  options: 6,
};

/** Whether the two lines show the difference. */
export function isShown({ field }: Difference): boolean {
  return Object.hasOwn(COLUMNS, field);
}

/** The packet that a line expects: what is not looked at is left out, or `...`. */
export function expectedText(packet: ScriptPacket, when: When): string {
  return joined(expectedColumns(packet, when));
}

export function diffOf(
  packet: ScriptPacket,
  when: When,
  live: LivePacket,
  flow: Flow,
  fields: readonly string[],
): Diff {
  const expected = expectedColumns(packet, when);
  const got = [seconds(live.timeUs), ...describeColumns(live, flow)];
  const marked = new Set(fields.map((field) => COLUMNS[field]));
  const lines: [string, string, string] = ['', '', ''];
  for (const [i, wanted] of expected.entries()) {
    const came = got[i]!;
    const width = Math.max(wanted.length, came.length);
    if (width === 0) continue;
    const cells = [wanted, came, marked.has(i) ? marksOf(wanted, came) : ''];
    for (const [at, cell] of cells.entries()) lines[at] += `${cell.padEnd(width)} `;
  }
  const [first, second, third] = lines.map((line) => line.trimEnd());
  return { expected: first!, got: second!, marks: third === '' ? null : third! };
}

/** From the first character that differs to the last. */
function marksOf(wanted: string, came: string): string {
  const width = Math.max(wanted.length, came.length);
  const differs = (i: number): boolean => wanted[i] !== came[i];
  let from = 0;
  while (from < width && !differs(from)) from++;
  let to = width;
  while (to > from && !differs(to - 1)) to--;
  return ' '.repeat(from) + '^'.repeat(to - from);
}

function expectedColumns(packet: ScriptPacket, when: When): string[] {
  const { flags, seq, payloadLength: length, ack, window, urgentPointer, options } = packet;
  const range = seq === null ? '...' : `${seq}:${(seq + length) % 0x100000000}`;
  return [
    timeText(when),
    `> ${flagText(flags)}`,
    `${range}(${length})${packet.absoluteSeq ? '!' : ''}`,
    (flags & Flag.ack) !== 0 ? `ack ${ack}` : '',
    window === null ? '' : `win ${window}`,
    urgentPointer === 0 ? '' : `urg ${urgentPointer}`,
    options === null ? '<...>' : options.length === 0 ? '' : `<${options.map(expectedOption).join(',')}>`,
  ];
}

function expectedOption(option: ScriptOption): string {
  const text = optionText(option);
  if (option.anyValue === true) return text.replace(/val \d+/, 'val ...');
  return option.anyEcho === true ? text.replace(/ecr \d+/, 'ecr ...') : text;
}

function timeText({ kind, us, endUs }: When): string {
  if (kind === 'any') return '*';
  return kind === 'range' ? `${seconds(us)}~${seconds(endUs)}` : seconds(us);
}

function joined(columns: readonly string[]): string {
  return columns.filter((column) => column !== '').join(' ');
}
