import { Errno, Option, State } from '../../host/index.ts';
import { type Attempt, type CallWorld, type Descriptor, now } from './context.ts';
import { isOpening, type Target, targetOf } from './sockets.ts';
import { type Args, unsupported, type Value, wrong } from './value.ts';

/** Socket options of TCP Fast Open; null: it is none of them. */
export function setFastOpen(
  world: CallWorld,
  descriptor: Descriptor,
  name: string,
  args: Args,
): number | null {
  const { fastOpen } = world;
  const { socket } = descriptor;
  if (!name.startsWith('TCP_FASTOPEN')) return null;
  if (fastOpen === null) throw unsupported(`the socket option ${name} of this profile`);
  if (name === 'TCP_FASTOPEN_KEY') return fastOpen.setKey(keyOf(args), socket);
  const value = args.boxed(3);
  if (value === null) throw wrong(`setsockopt() of ${name} has no value`);
  switch (name) {
    case 'TCP_FASTOPEN':
      return fastOpen.setLimit(socket, value);
    case 'TCP_FASTOPEN_NO_COOKIE':
      fastOpen.setWithoutCookie(socket, value !== 0);
      return 0;
    case 'TCP_FASTOPEN_CONNECT':
      if (value !== 0 && value !== 1) return -Errno.EINVAL;
      if (!fastOpen.isClient) return -Errno.EOPNOTSUPP;
      if (socket.state !== State.closed) return -Errno.EINVAL;
      descriptor.fastConnect = value === 1;
      return 0;
  }
  throw unsupported(`the socket option ${name}`);
}

function keyOf(args: Args): Uint8Array {
  const value = args.at(3);
  if (value.kind !== 'text') throw wrong('TCP_FASTOPEN_KEY takes a text');
  return value.bytes.slice(0, args.number(4));
}

/** TCP_FASTOPEN_CONNECT: with a cookie, connect only notes where to; the first write does it. */
export function fastConnect(world: CallWorld, descriptor: Descriptor, target: Target): Attempt {
  const { socket } = descriptor;
  if (descriptor.deferred !== null) return now(-Errno.EISCONN);
  if (world.fastOpen!.hasCookie(socket, target.address) && socket.state === State.closed) {
    descriptor.deferred = target;
    return now(0);
  }
  return openWith(world, descriptor, target, new Uint8Array(0), descriptor.nonBlocking);
}

/** connect with text for the SYN: what went with it, or -errno; where the descriptor waits, when the handshake is over. */
function openWith(
  world: CallWorld,
  descriptor: Descriptor,
  target: Target,
  bytes: Uint8Array,
  dontWait: boolean,
): Attempt {
  const { socket } = descriptor;
  let sent: number | null = null;
  return () => {
    if (sent === null) {
      const result = world.fastOpen!.connectWith(socket, target.address, target.port, bytes, !dontWait);
      target.begun();
      if (result < 0 && result !== -Errno.EINPROGRESS) return { value: result };
      if (dontWait) return { value: result };
      sent = Math.max(0, result);
    }
    if (isOpening(descriptor)) return null;
    const error = socket.getOption(Option.error);
    return { value: error === 0 ? sent : 0 - error };
  };
}

/** sendto or sendmsg with MSG_FASTOPEN, or the first write after a connect that was put off: `rest` sends what is over. */
export function fastSend(
  world: CallWorld,
  descriptor: Descriptor,
  target: Target,
  bytes: Uint8Array,
  dontWait: boolean,
  rest: (from: number) => Attempt,
): Attempt {
  const waits = !descriptor.nonBlocking && !dontWait;
  const open = openWith(world, descriptor, target, bytes, !waits);
  let next: Attempt | null = null;
  let sent = 0;
  return () => {
    if (next === null) {
      const result = open();
      if (result === null || result.value < 0 || result.value >= bytes.length) return result;
      // 0: it was connected already, and this is a plain send.
      if (!waits && result.value > 0) return result;
      sent = result.value;
      next = rest(sent);
    }
    const result = next();
    return result === null || result.value < 0 ? result : { value: sent + result.value };
  };
}

/** The address of a sendto or sendmsg with MSG_FASTOPEN. */
export function fastTarget(world: CallWorld, descriptor: Descriptor, value: Value): Target | number {
  if (world.fastOpen === null) throw unsupported('MSG_FASTOPEN of this profile');
  if (!world.fastOpen.isClient || (value.kind === 'number' && value.names.includes('AF_UNSPEC')))
    return -Errno.EOPNOTSUPP;
  return targetOf(world, descriptor, value);
}
