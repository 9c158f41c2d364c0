import { abort } from '../tcp/calls.ts';
import { Errno } from '../tcp/errno.ts';
import { renew } from './recycle.ts';
import type { Socket } from './socket.ts';

/** connect(2) with AF_UNSPEC: what was connected is aborted, and the socket may connect again (Linux tcp_disconnect). */
export function disconnect(socket: Socket): number {
  const { host, tcb, listener } = socket;
  if (tcb === null) return -Errno.EBADF;
  if (listener !== null) return listener.shutdown(0);
  abort(host, tcb);
  host.settle();
  socket.connecting = false;
  if (tcb.gone) renew(host, socket, tcb);
  return 0;
}
