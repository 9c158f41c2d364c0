import { Errno, Message, moreInfo, Poll } from '../../host/index.ts';
import { type Attempt, type Call, type CallWorld, type Descriptor, now } from './context.ts';
import { fastSend, fastTarget } from './fast-open.ts';
import { descriptorOf } from './sockets.ts';
import { type Args, field, numberOf, unsupported, type Value, wrong } from './value.ts';

/** Flags of send and recv that one may give, as bits of ours; by name, for the numbers differ between systems. */
const FLAGS: Readonly<Record<string, number>> = {
  MSG_OOB: Message.oob,
  MSG_PEEK: Message.peek,
  MSG_MORE: Message.more,
  MSG_EOR: Message.endOfRecord,
};

/** They change how the call waits, or what becomes of the caller's memory. */
const WAITING: ReadonlySet<string> = new Set([
  'MSG_DONTWAIT',
  'MSG_WAITALL',
  'MSG_NOSIGNAL',
  'MSG_TRUNC',
  'MSG_ZEROCOPY',
  'MSG_FASTOPEN',
]);

const MOST_BYTES = 1 << 26;

interface How {
  readonly flags: number;
  readonly dontWait: boolean;
  readonly waitAll: boolean;
  /** Linux: what is read is thrown away. */
  readonly drop: boolean;
  /** MSG_FASTOPEN: connects first. */
  readonly opens: boolean;
}

function howOf(args: Args, index: number): How {
  const value = args.number(index);
  const names = args.names(index).length > 0 ? args.names(index) : namesOf(value);
  let flags = 0;
  for (const name of names) {
    const flag = FLAGS[name];
    if (flag !== undefined) flags |= flag;
    else if (!WAITING.has(name) && name !== '') throw unsupported(`${name} of ${args.call}()`);
  }
  if (names.length === 0 && value !== 0) throw unsupported(`the flags ${value} of ${args.call}()`);
  return {
    flags,
    dontWait: names.includes('MSG_DONTWAIT'),
    waitAll: names.includes('MSG_WAITALL'),
    drop: names.includes('MSG_TRUNC'),
    opens: names.includes('MSG_FASTOPEN'),
  };
}

/** Flags that a script gives as a number: Linux's. */
function namesOf(value: number): string[] {
  const names = Object.keys(LINUX_MESSAGE_FLAGS).filter((name) => (value & LINUX_MESSAGE_FLAGS[name]!) !== 0);
  return names.reduce((sum, name) => sum | LINUX_MESSAGE_FLAGS[name]!, 0) === value ? names : [];
}

const LINUX_MESSAGE_FLAGS: Readonly<Record<string, number>> = {
  MSG_OOB: 0x1,
  MSG_PEEK: 0x2,
  MSG_TRUNC: 0x20,
  MSG_DONTWAIT: 0x40,
  MSG_EOR: 0x80,
  MSG_WAITALL: 0x100,
  MSG_NOSIGNAL: 0x4000,
  MSG_MORE: 0x8000,
  MSG_FASTOPEN: 0x2000_0000,
};

const PLAIN: How = { flags: 0, dontWait: false, waitAll: false, drop: false, opens: false };

/** Bytes to write: what is quoted, otherwise zeroes. */
function bufferOf(value: Value, length: number): Uint8Array {
  const bytes = new Uint8Array(bounded(length, 'a buffer'));
  if (value.kind === 'text') bytes.set(value.bytes.subarray(0, length));
  return bytes;
}

function lengthOf(args: Args, index: number): number {
  return bounded(args.number(index), `one ${args.call}()`);
}

/** All of it is there at once. */
function bounded(length: number, where: string): number {
  if (length < 0) throw wrong(`${length} bytes in ${where}`);
  if (length > MOST_BYTES) throw unsupported(`${length} bytes in ${where}`);
  return length;
}

/** A buffer that is NULL. */
function isNull(args: Args, index: number, length: number): boolean {
  const value = args.at(index);
  return value.kind === 'number' && value.value === 0 && length > 0;
}

const FAULT: Attempt = now(-Errno.EFAULT);

const WAKING = Poll.out | Poll.err | Poll.hup;

/** Sends it all, as `write` does. */
export function sendingAll(descriptor: Descriptor, bytes: Uint8Array): Attempt {
  return sending(descriptor, bytes, PLAIN);
}

/** Sends it all, waiting for room where the descriptor waits; `address`: where MSG_FASTOPEN connects to. */
function sendingTo(
  world: CallWorld,
  descriptor: Descriptor,
  bytes: Uint8Array,
  how: How,
  address: Value | null,
): Attempt {
  const { deferred } = descriptor;
  const target = deferred ?? (how.opens ? fastTarget(world, descriptor, address ?? { kind: 'any' }) : null);
  if (target === null) return sending(descriptor, bytes, how);
  if (typeof target === 'number') return now(target);
  descriptor.deferred = null;
  return fastSend(world, descriptor, target, bytes, how.dontWait, (from) =>
    sending(descriptor, bytes, how, from),
  );
}

function sending(descriptor: Descriptor, bytes: Uint8Array, how: How, from: number = 0): Attempt {
  let sent = from;
  let waits = false;
  return () => {
    // Who waits is woken when a good part of the buffer is free (Linux sk_stream_write_space).
    if (waits && (descriptor.socket.poll() & WAKING) === 0) return null;
    descriptor.noSpace = false;
    for (;;) {
      const result = descriptor.socket.sendFrom(bytes, sent, bytes.length - sent, how.flags);
      if (result === -Errno.EAGAIN) {
        descriptor.noSpace = true;
        waits = !descriptor.nonBlocking && !how.dontWait;
        return waits ? null : { value: sent > from ? sent - from : result };
      }
      if (result < 0) return { value: sent > from ? sent - from : result };
      sent += result;
      if (sent >= bytes.length) return { value: sent - from };
    }
  };
}

function receiving(descriptor: Descriptor, length: number, how: How): Attempt {
  const target = new Uint8Array(Math.min(length, 1 << 24));
  let got = 0;
  // A connect that was put off: nothing can have come yet.
  if (descriptor.deferred !== null) return now(-Errno.EAGAIN);
  return () => {
    const result = descriptor.socket.recvInto(target, got, target.length - got, how.flags);
    const waits = !descriptor.nonBlocking && !how.dontWait;
    if (result === -Errno.EAGAIN) {
      if (waits) return null;
      return { value: got > 0 ? got : result };
    }
    if (result < 0) return { value: got > 0 ? got : result };
    got += result;
    return how.waitAll && result > 0 && got < target.length && waits ? null : { value: got };
  };
}

export const write: Call = (world, args) => {
  args.count(3);
  if (isNull(args, 1, lengthOf(args, 2))) return FAULT;
  return sendingTo(world, descriptorOf(world, args), bufferOf(args.at(1), lengthOf(args, 2)), PLAIN, null);
};

export const send: Call = (world, args) => {
  args.count(4);
  if (isNull(args, 1, lengthOf(args, 2))) return FAULT;
  return sendingTo(
    world,
    descriptorOf(world, args),
    bufferOf(args.at(1), lengthOf(args, 2)),
    howOf(args, 3),
    null,
  );
};

export const sendto: Call = (world, args) => {
  args.count(6);
  if (isNull(args, 1, lengthOf(args, 2))) return FAULT;
  const bytes = bufferOf(args.at(1), lengthOf(args, 2));
  return sendingTo(world, descriptorOf(world, args), bytes, howOf(args, 3), args.at(4));
};

/** Into the buffer of the second argument; into NULL nothing can be read, and where nothing waits nobody tries. */
function receivingInto(world: CallWorld, args: Args, how: How): Attempt {
  const descriptor = descriptorOf(world, args);
  const length = lengthOf(args, 2);
  const attempt = receiving(descriptor, length, how);
  if (!isNull(args, 1, length) || how.drop) return attempt;
  return () => (descriptor.socket.unread > 0 ? { value: -Errno.EFAULT } : attempt());
}

export const read: Call = (world, args) => {
  args.count(3);
  return receivingInto(world, args, PLAIN);
};

export const recv: Call = (world, args) => {
  args.count(4);
  return receivingInto(world, args, howOf(args, 3));
};

export const recvfrom: Call = (world, args) => {
  args.count(6);
  return receivingInto(world, args, howOf(args, 3));
};

interface Vector {
  readonly bytes: Uint8Array;
}

/** `[{..., 10}, {..., 20}]`, all in one. */
function vectorOf(call: string, value: Value | null): Vector {
  if (value?.kind !== 'list') throw wrong(`${call}() has no list of buffers`);
  const parts = value.items.map((item) => {
    if (item.kind === 'list' && item.items.length === 2) {
      return bufferOf(item.items[0]!, numberOf(item.items[1]!, 'the length of a buffer'));
    }
    const length = field(item, 'iov_len');
    return bufferOf(field(item, 'iov_base') ?? { kind: 'any' }, numberOf(length, 'iov_len'));
  });
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return { bytes };
}

function vectorArgument(args: Args): Vector {
  args.count(3);
  const items = args.list(1);
  if (items.length !== args.number(2))
    throw wrong(`${args.call}() has ${items.length} buffers, not ${args.number(2)}`);
  return vectorOf(args.call, args.at(1));
}

export const writev: Call = (world, args) =>
  sendingTo(world, descriptorOf(world, args), vectorArgument(args).bytes, PLAIN, null);

export const readv: Call = (world, args) =>
  receiving(descriptorOf(world, args), vectorArgument(args).bytes.length, PLAIN);

interface MessageHeader {
  readonly bytes: Uint8Array;
  readonly flags: number | null;
  /** TCP_CM_INQ: what is to be left to read; null: no such control message. */
  readonly unread: number | null;
}

/** A msghdr; of control messages that one is known which tells what is left to read. */
function messageOf(args: Args): MessageHeader {
  const message = args.at(1);
  const control = field(message, 'msg_control');
  const items = control?.kind === 'list' ? control.items : [];
  const unread = items.length === 1 && isNamed(field(items[0]!, 'cmsg_type'), 'TCP_CM_INQ');
  if (items.length > 0 && !unread) throw unsupported(`control messages of ${args.call}()`);
  const flags = field(message, 'msg_flags');
  return {
    bytes: vectorOf(args.call, field(message, 'msg_iov')).bytes,
    flags: flags?.kind === 'number' ? flags.value : null,
    unread: unread ? numberOf(field(items[0]!, 'cmsg_data'), 'cmsg_data') : null,
  };
}

function isNamed(value: Value | null, name: string): boolean {
  return value?.kind === 'number' && value.names[0] === name;
}

/** Linux tcp_inq_hint: the end of the stream counts as one octet. */
function leftToRead({ socket }: Descriptor): number {
  return socket.unread + Number(moreInfo(socket).peerClosed);
}

export const sendmsg: Call = (world, args) => {
  args.count(3);
  const name = field(args.at(1), 'msg_name');
  return sendingTo(world, descriptorOf(world, args), messageOf(args).bytes, howOf(args, 2), name);
};

export const recvmsg: Call = (world, args) => {
  args.count(3);
  const { bytes, flags, unread } = messageOf(args);
  const descriptor = descriptorOf(world, args);
  const attempt = receiving(descriptor, bytes.length, howOf(args, 2));
  return () => {
    const result = attempt();
    if (result === null || result.value < 0) return result;
    return { ...result, check: () => complaintOf(descriptor, flags, unread) };
  };
};

function complaintOf(descriptor: Descriptor, flags: number | null, unread: number | null): string | null {
  if (flags !== null && flags !== 0) return `expected msg_flags ${flags}, got 0`;
  if (unread === null) return null;
  if (!descriptor.tellsUnread) return 'expected TCP_CM_INQ, got no control message';
  const left = leftToRead(descriptor);
  return left === unread ? null : `TCP_CM_INQ: expected ${unread}, got ${left}`;
}
