import { State } from '../states/index.ts';
import { abort } from '../tcp/calls.ts';
import { Errno } from '../tcp/errno.ts';
import { parseAddress } from '../wire/index.ts';
import type { Host } from './host.ts';
import type { SocketRow } from './list.ts';
import { killTimeWait } from './time-wait-life.ts';

/** Ends a connection from outside, as `ss -K` and tcpdrop(8) do: with an RST where the peer may still be there. */
export function dropConnection(host: Host, row: SocketRow): void {
  const local = parseAddress(row.localAddress);
  const remote = parseAddress(row.remoteAddress);
  if (local === null || remote === null) return;
  const { localPort, remotePort, family } = row;
  if (row.state === 'TIME-WAIT') {
    const id = host.timeWait.find(local.words, localPort, remote.words, remotePort, family);
    if (id !== -1) killTimeWait(host, id);
    return;
  }
  const tcb = host.connections.find(local.words, localPort, remote.words, remotePort, family);
  if (tcb === null || tcb.state === State.closed) return;
  abort(host, tcb);
  // Its application did not ask for that (Linux tcp_abort, FreeBSD tcp_drop).
  tcb.error = Errno.ECONNABORTED;
  host.settle();
}
