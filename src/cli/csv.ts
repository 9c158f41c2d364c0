import type { ConnectionEnding } from '../explain/types.ts';

type Cell = string | number | null;

const seconds = (n: number | null): Cell => (n === null ? null : n.toFixed(6));

/** Columns in order. New ones go to the end: scripts may count. */
const COLUMNS: readonly (readonly [string, (e: ConnectionEnding) => Cell])[] = [
  ['flow', (e) => e.flow],
  ['client_address', (e) => e.client.address],
  ['client_port', (e) => e.client.port],
  ['server_address', (e) => e.server.address],
  ['server_port', (e) => e.server.port],
  ['start', (e) => seconds(e.start)],
  ['end', (e) => seconds(e.end)],
  ['duration', (e) => seconds(e.end - e.start)],
  ['packets', (e) => e.packets],
  ['first_packet', (e) => e.firstPacket],
  ['last_packet', (e) => e.lastPacket],
  ['opening', (e) => e.opening],
  ['first_closer', (e) => e.firstCloser],
  ['close_kind', (e) => e.closeKind],
  ['close_form', (e) => e.closeForm],
  ['rst_sender', (e) => e.rstSender],
  ['rst_form', (e) => e.rstForm],
  ['time_wait', (e) => e.timeWait],
  ['client_state', (e) => e.states.client.at(-1)?.state ?? null],
  ['server_state', (e) => e.states.server.at(-1)?.state ?? null],
  ['cause', (e) => e.verdict.cause],
  ['confidence', (e) => e.verdict.confidence],
  ['alternatives', (e) => e.verdict.alternatives.join(' ')],
  ['client_bytes', (e) => e.ends.client.bytes],
  ['server_bytes', (e) => e.ends.server.bytes],
  ['client_retransmissions', (e) => e.ends.client.retransmissions],
  ['server_retransmissions', (e) => e.ends.server.retransmissions],
  ['client_sees', (e) => e.ends.client.applicationSees],
  ['server_sees', (e) => e.ends.server.applicationSees],
  ['rtt', (e) => seconds(e.rtt)],
  ['longest_idle', (e) => seconds(e.longestIdle)],
];

/** RFC 4180 2.5 to 2.7: quotes around what holds a comma, a quote or a line break; quotes inside are doubled. */
export function csvField(cell: Cell): string {
  if (cell === null) return '';
  const text = String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export const CSV_HEADER: string = `${COLUMNS.map(([name]) => name).join(',')}\r\n`;

export function csvLine(e: ConnectionEnding): string {
  return `${COLUMNS.map(([, get]) => csvField(get(e))).join(',')}\r\n`;
}
