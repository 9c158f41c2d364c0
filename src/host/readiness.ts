import { State } from '../states/index.ts';
import { isFastChild } from '../tcp/fast-open.ts';
import type { Connection } from './connection.ts';
import type { Host } from './host.ts';
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
  const isOpening = tcb.state === State.synSent || tcb.state === State.synReceived;
  if (!isOver && isOpening && !isFastChild(tcb)) return bits;
  // The urgent octet alone is nothing to read.
  if (tcb.receive.readable > Number(tcb.receive.atMark && !tcb.urgentInline)) bits |= Poll.in;
  if (tcb.config.pollsUrgentOctet ? tcb.receive.readUrgent(true) >= 0 : tcb.receive.urgentPending)
    bits |= Poll.pri;
  if (writeShut || hasRoom(socket.host, tcb)) bits |= Poll.out;
  return bits;
}

/** A third of the buffer free: nobody is woken for every octet (Linux __sk_stream_is_writeable). */
function hasRoom(host: Host, tcb: Connection): boolean {
  return host.sendQueue?.isWritable(host, tcb) ?? tcb.send.free * 3 >= tcb.send.limit;
}
