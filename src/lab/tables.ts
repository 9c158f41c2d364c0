import { countStates, type Host, type SocketRow } from '../host/index.ts';
import type { StateName } from '../states/index.ts';

/** A line of `ss` without the socket itself. */
export type TableRow = Omit<SocketRow, 'socket'>;

/** A host's sockets at one time, as `ss` would print them. */
export interface HostTable {
  readonly host: string;
  /** Sockets by state: all of them, listed or not. */
  readonly counts: Readonly<Partial<Record<StateName, number>>>;
  /** None where there are too many to read. */
  readonly sockets: readonly TableRow[];
}

export interface Moment {
  readonly atUs: number;
  readonly title: string;
  readonly tables: readonly HostTable[];
}

/** Longer tables are counted by state only. */
const MOST_ROWS = 100;

export function takeMoment(atUs: number, title: string, hosts: readonly Host[]): Moment {
  return { atUs, title, tables: hosts.map((host) => takeTable(host, atUs)) };
}

function takeTable(host: Host, atUs: number): HostTable {
  host.at(atUs);
  const counts = countStates(host);
  const all = Object.values(counts).reduce((sum, n) => sum + n, 0);
  return { host: host.name, counts, sockets: all <= MOST_ROWS ? host.sockets().map(toRow) : [] };
}

function toRow({ socket: _socket, ...row }: SocketRow): TableRow {
  return row;
}
