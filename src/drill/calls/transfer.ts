import { Errno, Message } from '../../host/index.ts';
import { type Attempt, type Call, type Descriptor, now } from './context.ts';
import { descriptorOf } from './sockets.ts';
import { type Args, field, numberOf, unsupported, type Value, wrong } from './value.ts';

/** Flags of send and recv that one may give, as bits of ours; by name, for the numbers differ between systems. */
const FLAGS: Readonly<Record<string, number>> = {
  MSG_OOB: Message.oob,
  MSG_PEEK: Message.peek,
  MSG_MORE: Message.more,
};

/** They change how the call waits. */
const WAITING: ReadonlySet<string> = new Set(['MSG_DONTWAIT', 'MSG_WAITALL', 'MSG_NOSIGNAL', 'MSG_TRUNC']);

interface How {
  readonly flags: number;
  readonly dontWait: boolean;
  readonly waitAll: boolean;
  /** Linux: what is read is thrown away. */
  readonly drop: boolean;
}

function howOf(args: Args, index: number): How {
  const value = args.number(index);
  const names = args.names(index);
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
  };
}

const PLAIN: How = { flags: 0, dontWait: false, waitAll: false, drop: false };

/** Bytes to write: what is quoted, otherwise zeroes. */
function bufferOf(value: Value, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  if (value.kind === 'text') bytes.set(value.bytes.subarray(0, length));
  return bytes;
}

function lengthOf(args: Args, index: number): number {
  const length = args.number(index);
  if (length > 1 << 30) throw unsupported(`${length} bytes in one ${args.call}()`);
  return length;
}

/** A buffer that is NULL. */
function isNull(args: Args, index: number, length: number): boolean {
  const value = args.at(index);
  return value.kind === 'number' && value.value === 0 && length > 0;
}

const FAULT: Attempt = now(-Errno.EFAULT);

/** Sends it all, waiting for room where the descriptor waits. */
function sending(descriptor: Descriptor, bytes: Uint8Array, how: How): Attempt {
  let sent = 0;
  return () => {
    for (;;) {
      const result = descriptor.socket.sendFrom(bytes, sent, bytes.length - sent, how.flags);
      if (result === -Errno.EAGAIN) {
        if (!descriptor.nonBlocking && !how.dontWait) return null;
        return { value: sent > 0 ? sent : result };
      }
      if (result < 0) return { value: sent > 0 ? sent : result };
      sent += result;
      if (sent >= bytes.length) return { value: sent };
    }
  };
}

function receiving(descriptor: Descriptor, length: number, how: How): Attempt {
  const target = new Uint8Array(Math.min(length, 1 << 24));
  let got = 0;
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
  return sending(descriptorOf(world, args), bufferOf(args.at(1), lengthOf(args, 2)), PLAIN);
};

export const send: Call = (world, args) => {
  args.count(4);
  if (isNull(args, 1, lengthOf(args, 2))) return FAULT;
  return sending(descriptorOf(world, args), bufferOf(args.at(1), lengthOf(args, 2)), howOf(args, 3));
};

export const sendto: Call = (world, args) => {
  args.count(6);
  if (isNull(args, 1, lengthOf(args, 2))) return FAULT;
  return sending(descriptorOf(world, args), bufferOf(args.at(1), lengthOf(args, 2)), howOf(args, 3));
};

export const read: Call = (world, args) => {
  args.count(3);
  return receiving(descriptorOf(world, args), lengthOf(args, 2), PLAIN);
};

export const recv: Call = (world, args) => {
  args.count(4);
  return receiving(descriptorOf(world, args), lengthOf(args, 2), howOf(args, 3));
};

export const recvfrom: Call = (world, args) => {
  args.count(6);
  return receiving(descriptorOf(world, args), lengthOf(args, 2), howOf(args, 3));
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
  sending(descriptorOf(world, args), vectorArgument(args).bytes, PLAIN);

export const readv: Call = (world, args) =>
  receiving(descriptorOf(world, args), vectorArgument(args).bytes.length, PLAIN);

/** A msghdr without control messages: those are about what is not here. */
function messageOf(args: Args): { bytes: Uint8Array; flags: number | null } {
  const message = args.at(1);
  const control = field(message, 'msg_control');
  if (control?.kind === 'list' && control.items.length > 0) {
    throw unsupported(`control messages of ${args.call}()`);
  }
  const flags = field(message, 'msg_flags');
  return {
    bytes: vectorOf(args.call, field(message, 'msg_iov')).bytes,
    flags: flags?.kind === 'number' ? flags.value : null,
  };
}

export const sendmsg: Call = (world, args) => {
  args.count(3);
  return sending(descriptorOf(world, args), messageOf(args).bytes, howOf(args, 2));
};

export const recvmsg: Call = (world, args) => {
  args.count(3);
  const { bytes, flags } = messageOf(args);
  const attempt = receiving(descriptorOf(world, args), bytes.length, howOf(args, 2));
  return () => {
    const result = attempt();
    if (result === null || result.value < 0 || flags === null || flags === 0) return result;
    return { ...result, check: () => `expected msg_flags ${flags}, got 0` };
  };
};
