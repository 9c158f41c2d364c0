import { Effect, EVENT_COUNT, Event, State, type StateSet, stateSet } from '../states/index.ts';
import { discardReceived, step } from './effects.ts';
import type { Environment } from './environment.ts';
import { Errno } from './errno.ts';
import { isFastChild } from './fast-open.ts';
import { output } from './output.ts';
import { type Tcb, Timer } from './tcb.ts';
import { setTimer } from './timers.ts';
import { windowUpdateDue } from './window.ts';

/** Flags of send and recv, numbered as Linux's MSG_*. */
export const Msg = {
  oob: 0x1,
  peek: 0x2,
  endOfRecord: 0x80,
  more: 0x8000,
} as const;

/** What `shutdown` ends. */
export const Shut = { read: 0, write: 1, both: 2 } as const;

/** The peer may still send text, so opening the window is worth a segment. */
const RECEIVING: StateSet = stateSet(State.established, State.finWait1, State.finWait2);

/** Nothing the caller could end any more: the connection is gone, or waits out 2 MSL. */
const OVER: StateSet = stateSet(State.closed, State.timeWait);

const HANDSHAKE: StateSet = stateSet(State.synSent, State.synReceived);

function isIn(tcb: Tcb, set: StateSet): boolean {
  return ((1 << tcb.state) & set) !== 0;
}

/** SEND (RFC 9293 3.10.2): octets taken, or -errno. A full buffer is EAGAIN. */
export function userSend(
  env: Environment,
  tcb: Tcb,
  bytes: Uint8Array,
  offset: number,
  length: number,
  flags: number,
): number {
  if (tcb.error !== 0) return -takePending(tcb);
  const effects = env.table.effects[tcb.state * EVENT_COUNT + Event.send]!;
  if ((effects & (Effect.errorNone | Effect.errorClosing)) !== 0 || tcb.shutdownPending) return -Errno.EPIPE;
  if ((effects & Effect.queueData) !== 0 && !tcb.config.sendBeforeOpen && !isFastChild(tcb))
    return -Errno.EAGAIN;
  if (length === 0) return 0;
  const taken =
    env.sendQueue === null
      ? queueText(env, tcb, bytes, offset, length)
      : env.sendQueue.fill(env, tcb, bytes, offset, length, flags);
  if (taken <= 0) return taken;
  const end = endOfQueue(tcb);
  tcb.moreFollows = (flags & Msg.more) !== 0;
  if (!tcb.moreFollows && (taken === length || tcb.config.sendsAsLinux)) tcb.pushSeq = end;
  if (taken === length && (flags & Msg.oob) !== 0) {
    // RFC 9293 3.8.5: the pointer is to the octet after the urgent one.
    tcb.urgentQueued = true;
    tcb.sndUp = end;
  }
  step(env, tcb, Event.send, null);
  output(env, tcb);
  // It holds back what is short now; an ACK releases that (Linux tcp_push).
  tcb.moreFollows = false;
  return taken;
}

/** Octets that were taken, as many as there is room for. */
export function queueText(
  env: Environment,
  tcb: Tcb,
  bytes: Uint8Array,
  offset: number,
  length: number,
): number {
  const send = tcb.send;
  if (send.free === 0 || length === 0) return -Errno.EAGAIN;
  const growth = send.growthFor(length);
  if (growth > 0 && !env.accountMemory(growth)) {
    env.counters.TCPMemoryPressures++;
    return -Errno.EAGAIN;
  }
  return send.write(bytes, offset, length);
}

/** The sequence number after everything that waits to be sent. */
function endOfQueue(tcb: Tcb): number {
  return (tcb.sndUna + (tcb.synAcked ? 0 : 1) + tcb.send.length) | 0;
}

/** RECEIVE (RFC 9293 3.10.3): octets read, 0 at the end of file, -EAGAIN where nothing came yet. */
export function userReceive(
  env: Environment,
  tcb: Tcb,
  target: Uint8Array,
  offset: number,
  length: number,
  flags: number,
): number {
  if (isIn(tcb, HANDSHAKE) && !isFastChild(tcb)) return -Errno.EAGAIN;
  if ((flags & Msg.oob) !== 0) return receiveUrgent(tcb, target, offset, length, flags);
  const receive = tcb.receive;
  if (length > 0 && receive.readable > 0) {
    if ((flags & Msg.peek) !== 0) {
      const seen = receive.peek(target, offset, length, tcb.urgentInline);
      if (seen > 0) return seen;
    } else {
      const taken = take(env, tcb, target, offset, length);
      if (taken > 0) return taken;
    }
  } else if (length === 0) return 0;
  // In the order of Linux tcp_recvmsg: the peer's FIN hides a later error, an error goes before our own shutdown.
  if (tcb.finTaken) return 0;
  if (tcb.error !== 0) return -takePending(tcb);
  return tcb.readShut || isIn(tcb, OVER) ? 0 : -Errno.EAGAIN;
}

function take(env: Environment, tcb: Tcb, target: Uint8Array, offset: number, length: number): number {
  const receive = tcb.receive;
  const before = receive.bytes;
  const taken = receive.read(target, offset, length, tcb.urgentInline);
  if (receive.bytes !== before) env.accountMemory(receive.bytes - before);
  if (isIn(tcb, RECEIVING) && windowUpdateDue(tcb)) {
    step(env, tcb, Event.delayedAck, null);
    output(env, tcb);
  }
  return taken;
}

/** recv with MSG_OOB: the urgent octet alone, once; EINVAL where there is none, it was read, or it comes inline. */
function receiveUrgent(tcb: Tcb, target: Uint8Array, offset: number, length: number, flags: number): number {
  if (tcb.urgentInline) return -Errno.EINVAL;
  const octet = tcb.receive.readUrgent((flags & Msg.peek) !== 0);
  if (octet === -2) return -Errno.EINVAL;
  if (octet === -1) return -Errno.EAGAIN;
  if (length === 0) return 0;
  target[offset] = octet;
  return 1;
}

/** Ends sending (RFC 9293's CLOSE), reading, or both; the socket stays. As on Linux, text that arrives is still taken. */
export function shutdown(env: Environment, tcb: Tcb, how: number): number {
  if (how !== Shut.read && how !== Shut.write && how !== Shut.both) return -Errno.EINVAL;
  if (isIn(tcb, OVER)) return -Errno.ENOTCONN;
  if (how !== Shut.write) {
    tcb.readShut = true;
    env.wake(tcb, 0);
  }
  if (how === Shut.read) return 0;
  if (tcb.state === State.synReceived && tcb.config.shutdownWaits) {
    tcb.shutdownPending = true;
    return 0;
  }
  // A second time the row says `errorClosing`; shutdown(2) has nothing to object.
  step(env, tcb, Event.shutdownWrite, null);
  if (!isIn(tcb, OVER)) output(env, tcb);
  return 0;
}

/**
 * Gives up the connection in both directions. What it means is decided in Linux's order: unread data goes before
 * SO_LINGER with zero. What was received and not read is gone afterwards in any case.
 */
export function close(env: Environment, tcb: Tcb): number {
  const unread = tcb.receive.readable > 0;
  if (tcb.state === State.closed) {
    discardReceived(env, tcb);
    return 0;
  }
  if (unread && (!isIn(tcb, HANDSHAKE) || isFastChild(tcb))) {
    if (tcb.state !== State.timeWait) env.counters.TCPAbortOnClose++;
    step(env, tcb, Event.closeUnread, null);
  } else if (tcb.lingerUs === 0 && tcb.state !== State.timeWait) {
    env.counters.TCPAbortOnLinger++;
    step(env, tcb, abortEvent(tcb), null);
  } else step(env, tcb, Event.close, null);
  discardReceived(env, tcb);
  if (isIn(tcb, OVER)) return 0;
  if (tcb.lingerUs > 0 && !tcb.finAcked) setTimer(env, tcb, Timer.linger, env.now + tcb.lingerUs);
  output(env, tcb);
  // In FIN-WAIT-2 the row has told already.
  if (!isIn(tcb, OVER) && tcb.state !== State.finWait2) env.orphaned(tcb);
  return 0;
}

/** ABORT (RFC 9293 3.10.5). */
export function abort(env: Environment, tcb: Tcb): void {
  if (tcb.state !== State.closed) step(env, tcb, abortEvent(tcb), null);
  discardReceived(env, tcb);
}

function abortEvent(tcb: Tcb): Event {
  const sent = ((tcb.sndNxt - tcb.sndUna) | 0) - (tcb.synAcked ? 0 : 1) - (tcb.finSent ? 1 : 0);
  const unsent = tcb.send.length > sent || (tcb.finQueued && !tcb.finSent);
  return unsent && !tcb.finAcked ? Event.abortUnsent : Event.abort;
}

/** SO_ERROR: why the connection ended, or what ICMP said meanwhile; each once. */
export function takeError(tcb: Tcb): number {
  if (tcb.error !== 0) return takePending(tcb);
  const soft = tcb.softError;
  if (tcb.config.quietIcmp) return 0;
  tcb.softError = 0;
  return soft;
}

function takePending(tcb: Tcb): number {
  const error = tcb.error;
  tcb.error = 0;
  return error;
}
