import { STATE_NAMES, State, type StateName } from '../states/index.ts';
import { OFF, Timer } from '../tcp/tcb.ts';
import { unansweredProbes } from '../tcp/timers-give-up.ts';
import { formatAddress } from '../wire/index.ts';
import type { Connection } from './connection.ts';
import type { Host } from './host.ts';
import type { Socket } from './socket.ts';

/** Timers as ss names them. */
export type SocketTimer = 'on' | 'keepalive' | 'timewait' | 'persist' | 'unknown';

/** One line of `ss -tano`. */
export interface SocketRow {
  readonly state: StateName;
  readonly family: 4 | 6;
  /** Bytes received and not read; of a listener: connections waiting to be accepted. */
  readonly recvQ: number;
  /** Bytes sent or waiting, not acknowledged; of a listener: its backlog. */
  readonly sendQ: number;
  /** `0.0.0.0` or `::` where a listener takes any. */
  readonly localAddress: string;
  readonly localPort: number;
  /** `` and 0 where there is none. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly timer: SocketTimer | null;
  /** Microseconds until it fires; 0 without one. */
  readonly timerUs: number;
  /** Retransmissions or probes so far. */
  readonly retransmits: number;
  /** Who has the socket; `` for orphans and TIME-WAIT. */
  readonly owner: string;
  /** Null for orphans, TIME-WAIT and connections not yet accepted. */
  readonly socket: Socket | null;
}

/** Every listener, connection and TIME-WAIT record. Sockets that are neither bound nor connected are not listed, as in ss. */
export function listSockets(host: Host): SocketRow[] {
  const rows: SocketRow[] = [];
  for (const tcb of host.inUse) {
    if (tcb.state === State.listen) rows.push(listenerRow(tcb));
    else if (tcb.state !== State.closed && !tcb.gone) rows.push(connectionRow(host, tcb));
  }
  for (let id = host.timeWait.nextUsed(0); id !== -1; id = host.timeWait.nextUsed(id + 1)) {
    rows.push(timeWaitRow(host, id));
  }
  return rows.sort(compare);
}

/** How many sockets are in each state; those in TIME-WAIT included. */
export function countStates(host: Host): Partial<Record<StateName, number>> {
  const counts: Partial<Record<StateName, number>> = {};
  for (const tcb of host.inUse) {
    if (tcb.state === State.closed || tcb.gone) continue;
    const name = STATE_NAMES[tcb.state]!;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  if (host.timeWait.size > 0) counts['TIME-WAIT'] = host.timeWait.size;
  return counts;
}

function compare(a: SocketRow, b: SocketRow): number {
  return (
    STATE_NAMES.indexOf(a.state) - STATE_NAMES.indexOf(b.state) ||
    a.localPort - b.localPort ||
    a.remotePort - b.remotePort ||
    (a.localAddress < b.localAddress ? -1 : a.localAddress > b.localAddress ? 1 : 0) ||
    (a.remoteAddress < b.remoteAddress ? -1 : a.remoteAddress > b.remoteAddress ? 1 : 0)
  );
}

function listenerRow(tcb: Connection): SocketRow {
  const socket = tcb.socket!;
  const any = socket.family === 4 ? '0.0.0.0' : '::';
  return {
    state: 'LISTEN',
    family: socket.family,
    recvQ: socket.listener!.waiting,
    sendQ: socket.listener!.backlog,
    localAddress: tcb.localIndex < 0 ? any : formatAddress(tcb.family, tcb.local),
    localPort: tcb.localPort,
    remoteAddress: '',
    remotePort: 0,
    timer: null,
    timerUs: 0,
    retransmits: 0,
    owner: socket.owner,
    socket,
  };
}

function connectionRow(host: Host, tcb: Connection): SocketRow {
  const timer = timerOf(tcb);
  return {
    state: STATE_NAMES[tcb.state]!,
    family: tcb.family,
    recvQ: tcb.receive.readable,
    sendQ: tcb.send.length,
    localAddress: formatAddress(tcb.family, tcb.local),
    localPort: tcb.localPort,
    remoteAddress: formatAddress(tcb.family, tcb.remote),
    remotePort: tcb.remotePort,
    timer: timer === -1 ? null : timerName(timer),
    timerUs: timer === -1 ? 0 : Math.max(0, tcb.timers[timer]! - host.now),
    retransmits: timer === Timer.persist || timer === Timer.keepAlive ? unansweredProbes(tcb) : tcb.backoff,
    owner: tcb.socket?.owner ?? '',
    socket: tcb.socket,
  };
}

/** The timer that ss would show: the one that guards what is on its way goes first. */
function timerOf(tcb: Connection): Timer | -1 {
  for (const timer of SHOWN) if (tcb.timers[timer] !== OFF) return timer;
  return -1;
}

const SHOWN: readonly Timer[] = [
  Timer.retransmit,
  Timer.tailLoss,
  Timer.reorder,
  Timer.finWait2,
  Timer.persist,
  Timer.keepAlive,
];

function timerName(timer: Timer): SocketTimer {
  switch (timer) {
    case Timer.persist:
      return 'persist';
    case Timer.keepAlive:
      return 'keepalive';
    case Timer.finWait2:
      return 'timewait';
    default:
      return 'on';
  }
}

const remote = new Int32Array(4);

function timeWaitRow(host: Host, id: number): SocketRow {
  const fields = host.timeWaitFields;
  host.timeWait.read(id, fields);
  host.timeWait.readRemote(id, remote);
  const family = host.book.list[fields.localIndex]!.family;
  return {
    state: 'TIME-WAIT',
    family,
    recvQ: 0,
    sendQ: 0,
    localAddress: host.book.text(fields.localIndex),
    localPort: fields.localPort,
    remoteAddress: formatAddress(family, remote),
    remotePort: fields.remotePort,
    timer: 'timewait',
    timerUs: Math.max(0, host.timeWait.deadlineOf(id) - host.now),
    retransmits: 0,
    owner: '',
    socket: null,
  };
}

const COLUMNS = ['State', 'Recv-Q', 'Send-Q', 'Local Address:Port', 'Peer Address:Port', 'Timer', 'Owner'];

/** The rows as text, in the columns of `ss -tano`. */
export function formatSockets(rows: readonly SocketRow[]): string {
  const lines = [COLUMNS, ...rows.map(cellsOf)];
  const widths = COLUMNS.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => pad(cell, widths[column]!, column))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function pad(cell: string, width: number, column: number): string {
  return column === 1 || column === 2 ? cell.padStart(width) : cell.padEnd(width);
}

function cellsOf(row: SocketRow): string[] {
  const timer = row.timer === null ? '' : `(${row.timer},${formatTime(row.timerUs)},${row.retransmits})`;
  const peer = row.remotePort === 0 ? (row.family === 4 ? '0.0.0.0:*' : '[::]:*') : endpoint(row, false);
  return [row.state, String(row.recvQ), String(row.sendQ), endpoint(row, true), peer, timer, row.owner];
}

function endpoint(row: SocketRow, local: boolean): string {
  const address = local ? row.localAddress : row.remoteAddress;
  const port = local ? row.localPort : row.remotePort;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** As ss prints it: `59sec`, `1min30sec`, `120ms`. */
function formatTime(us: number): string {
  const ms = Math.floor(us / 1000);
  if (ms < 1000) return `${ms}ms`;
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return seconds < 10 ? `${(ms / 1000).toFixed(1)}sec` : `${seconds}sec`;
  const minutes = Math.floor(seconds / 60);
  if (minutes >= 60) return `${Math.floor(minutes / 60)}hr${minutes % 60}min`;
  return `${minutes}min${seconds % 60}sec`;
}
