import { State } from '../states/index.ts';
import type { Connection } from './connection.ts';
import { Poll } from './options.ts';
import type { Socket } from './socket.ts';

/** What poll(2) says of a socket (Linux tcp_poll). */
export function readiness(socket: Socket): number {
  const tcb = socket.tcb;
  if (tcb === null) return Poll.err | Poll.hup;
  if (socket.listener !== null) return socket.listener.waiting > 0 ? Poll.in : 0;
  const isOver = tcb.gone || tcb.state === State.closed;
  // A socket that was never connected can neither read nor write, but nobody has shut it.
  const readShut = tcb.gone || tcb.readShut || tcb.finTaken;
  const writeShut = isOver || tcb.finQueued;
  let bits = isOver || (readShut && writeShut) ? Poll.hup : 0;
  if (readShut) bits |= Poll.in | Poll.rdhup;
  if (tcb.error !== 0) bits |= Poll.err;
  if (!isOver && (tcb.state === State.synSent || tcb.state === State.synReceived)) return bits;
  if (tcb.receive.readable > 0) bits |= Poll.in;
  if (tcb.receive.urgentPending) bits |= Poll.pri;
  if (writeShut || hasRoom(tcb)) bits |= Poll.out;
  return bits;
}

/** A third of the buffer free: nobody is woken for every octet (Linux sk_stream_is_writeable). */
function hasRoom(tcb: Connection): boolean {
  return tcb.send.free * 3 >= tcb.send.limit;
}
