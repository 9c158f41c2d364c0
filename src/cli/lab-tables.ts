import { formatSockets } from '../host/index.ts';
import type { LabReport } from '../lab/index.ts';
import { type Clock, countText } from './format.ts';
import type { Look } from './look.ts';

type Table = LabReport['tables'][number];

/** Tables with more sockets are told by their counts. */
const MOST_ROWS = 8;

/** Socket tables as `ss -tano` prints them, moment by moment. */
export function tableLines(tables: readonly Table[], clock: Clock, look: Look): string[] {
  const { paint } = look;
  const lines: string[] = [];
  let moment = '';
  for (const table of tables) {
    const when = `${clock.short(table.at).padStart(12)}  ${table.title}`;
    if (when !== moment) lines.push(`  ${paint.as(when, 'cyan')}`);
    moment = when;
    lines.push(...oneTable(table, look));
  }
  return lines;
}

function oneTable({ host, sockets, counts }: Table, { paint }: Look): string[] {
  const name = paint.as(host, 'bold');
  const all = Object.values(counts).reduce((sum, n) => sum + n, 0);
  if (all === 0) return [`    ${name}: no sockets`];
  if (all > MOST_ROWS) {
    const text = Object.entries(counts).map(([state, n]) => `${state} ${countText(n)}`);
    return [`    ${name}: ${text.join(', ')}`];
  }
  const [head, ...rows] = formatSockets(sockets.map((row) => ({ ...row, socket: null }))).split('\n');
  return [`    ${name}`, `      ${paint.as(head!, 'dim')}`, ...rows.map((row) => `      ${row}`)];
}
