import { disconnect, Errno, Option, type Socket, State } from '../../host/index.ts';
import { Flow, Stage } from '../run/flow.ts';
import { type Call, type CallWorld, type Descriptor, newDescriptor, now } from './context.ts';
import { fastConnect } from './fast-open.ts';
import { type Args, unsupported, type Value, wrong } from './value.ts';

/** The descriptor that an argument names. */
export function descriptorOf(world: CallWorld, args: Args, index: number = 0): Descriptor {
  return descriptorAt(world, args.number(index));
}

export function descriptorAt(world: CallWorld, fd: number): Descriptor {
  const descriptor = world.descriptors.get(fd);
  if (descriptor === undefined) throw wrong(`there is no open descriptor ${fd}`);
  return descriptor;
}

function flowOf(world: CallWorld, descriptor: Descriptor): Flow | undefined {
  return world.flows.find((flow) => flow.socket === descriptor.socket);
}

function addDescriptor(world: CallWorld, descriptor: Descriptor): void {
  // A script may name one anew that it never closed, as a kernel gives out numbers of its own.
  world.descriptors.set(descriptor.fd, descriptor);
}

export const socket: Call = (world, args, expected) => {
  args.count(3);
  const domain = args.isAny(0) ? null : args.number(0);
  const { constants } = world.platform;
  const family = domain === null ? world.settings.socketFamily : domain === constants.AF_INET6 ? 6 : 4;
  if (domain !== null && domain !== constants.AF_INET && domain !== constants.AF_INET6) {
    throw unsupported(`sockets of the domain ${args.names(0)[0] ?? domain}`);
  }
  const type = args.number(1) & 0xf;
  if (type !== 1) throw unsupported(`sockets of the type ${args.names(1)[0] ?? type}`);
  const protocol = args.number(2);
  if (protocol !== 0 && protocol !== 6) throw unsupported(`the protocol ${args.names(2)[0] ?? protocol}`);
  if (expected < 0) return now(0);
  const made = world.host.socket(family);
  made.owner = 'packetdrill';
  const flow = new Flow();
  flow.socket = made;
  world.flows.unshift(flow);
  world.current = flow;
  addDescriptor(world, newDescriptor(expected, made, args.names(1).includes('SOCK_NONBLOCK')));
  return now(expected);
};

/** Address and port of a sockaddr; the script's own where it says `...`. */
function addressOf(
  value: Value,
  fallback: { address: string; port: number },
): { address: string; port: number } {
  if (value.kind === 'any') return fallback;
  if (value.kind !== 'struct') throw wrong('no socket address');
  const port = value.fields.get('sin_port') ?? value.fields.get('sin6_port');
  const address = value.fields.get('sin_addr') ?? value.fields.get('sin6_addr');
  return {
    port: port?.kind === 'number' ? port.value : fallback.port,
    address: address?.kind === 'text' ? new TextDecoder().decode(address.bytes) : fallback.address,
  };
}

export const bind: Call = (world, args) => {
  args.count(3);
  const { socket } = descriptorOf(world, args);
  const { localAddress, bindPort } = world.settings;
  const { address, port } = addressOf(args.at(1), { address: localAddress, port: bindPort });
  return now(socket.bind(world.settings.mapped(address), port));
};

export const listen: Call = (world, args) => {
  args.count(2);
  const descriptor = descriptorOf(world, args);
  const result = descriptor.socket.listen(args.number(1));
  const flow = flowOf(world, descriptor);
  if (result === 0 && flow !== undefined) flow.stage = Stage.listening;
  return now(result);
};

export const accept: Call = (world, args, expected) => {
  args.count(3, 4);
  const listener = descriptorOf(world, args);
  const flags = args.values.length > 3 ? args.names(3) : [];
  return () => {
    const accepted = listener.socket.accept();
    if (typeof accepted === 'number') {
      if (accepted === -Errno.EAGAIN && !listener.nonBlocking) return null;
      return { value: accepted };
    }
    if (expected < 0) return { value: 0 };
    accepted.owner = 'packetdrill';
    const flow = world.flows.find(
      ({ localPort, remotePort }) => localPort === accepted.localPort && remotePort === accepted.remotePort,
    );
    if (flow !== undefined) flow.socket = accepted;
    // FreeBSD: an accepted socket does not wait where the listener does not.
    const inherits = world.platform.acceptInheritsNonBlocking && listener.nonBlocking;
    const nonBlocking = flags.includes('SOCK_NONBLOCK') || inherits;
    addDescriptor(world, newDescriptor(expected, accepted, nonBlocking));
    return { value: expected };
  };
};

/** Where a connect goes, and that its packets are those of the script from now on. */
export interface Target {
  readonly address: string;
  readonly port: number;
  /** connect has been called: the port it was given is known. */
  readonly begun: () => void;
}

/** The connection that the descriptor's socket has or may begin: another one, where the last was ended by AF_UNSPEC. */
function openFlow(world: CallWorld, descriptor: Descriptor): Flow | undefined {
  const flow = flowOf(world, descriptor);
  if (flow?.isOver !== true) return flow;
  const next = new Flow();
  next.socket = flow.socket;
  flow.socket = null;
  world.flows.unshift(next);
  world.current = next;
  return next;
}

export function targetOf(world: CallWorld, descriptor: Descriptor, value: Value): Target {
  const { remoteAddress, connectPort } = world.settings;
  const flow = openFlow(world, descriptor);
  const arrived = world.current?.stage === Stage.arrived ? world.current.remotePort : 0;
  const fallback = { address: remoteAddress, port: arrived === 0 ? connectPort : arrived };
  const { address, port } = addressOf(value, fallback);
  if (flow !== undefined && flow.stage === Stage.fresh) {
    flow.stage = Stage.connecting;
    flow.remotePort = port;
  }
  const begun = (): void => {
    if (flow !== undefined && flow.localPort === 0) flow.localPort = descriptor.socket.localPort;
  };
  return { address: world.settings.mapped(address), port, begun };
}

export function isOpening({ socket }: Descriptor): boolean {
  return socket.state === State.synSent || socket.state === State.synReceived;
}

export const connect: Call = (world, args) => {
  args.count(3);
  const descriptor = descriptorOf(world, args);
  const { socket } = descriptor;
  const value = args.at(1);
  if (value.kind === 'number') {
    if (!value.names.includes('AF_UNSPEC')) throw wrong('connect() takes ... or AF_UNSPEC for an address');
    return () => {
      const result = disconnect(socket);
      const flow = flowOf(world, descriptor);
      if (result === 0 && flow !== undefined && flow.stage !== Stage.fresh) flow.isOver = true;
      return { value: result };
    };
  }
  const target = targetOf(world, descriptor, value);
  if (descriptor.fastConnect) return fastConnect(world, descriptor, target);
  let begun = false;
  return () => {
    if (!begun) {
      begun = true;
      const result = socket.connect(target.address, target.port);
      target.begun();
      if (result !== -Errno.EINPROGRESS || descriptor.nonBlocking) return { value: result };
    }
    return isOpening(descriptor) ? null : { value: 0 - socket.getOption(Option.error) };
  };
};

export const close: Call = (world, args) => {
  args.count(1);
  if (world.openFiles.delete(args.number(0)) || world.epolls.delete(args.number(0))) return now(0);
  const descriptor = descriptorOf(world, args);
  let result: number | null = null;
  return () => {
    if (result === null) {
      result = descriptor.socket.close();
      world.descriptors.delete(descriptor.fd);
    }
    const waits = !descriptor.nonBlocking || world.platform.lingersAlways;
    return descriptor.socket.lingering && waits ? null : { value: result };
  };
};

export const shutdown: Call = (world, args) => {
  args.count(2);
  const how = args.number(1);
  return now(descriptorOf(world, args).socket.shutdown(how as 0 | 1 | 2));
};

/** The same on Linux and FreeBSD. */
const F_GETFD = 1;
const F_SETFD = 2;
const F_GETFL = 3;
const F_SETFL = 4;
const O_RDWR = 2;

export const fcntl: Call = (world, args) => {
  args.count(2, 3);
  const descriptor = descriptorOf(world, args);
  const { O_NONBLOCK } = world.platform.constants;
  switch (args.number(1)) {
    case F_GETFL:
      return now(O_RDWR | (descriptor.nonBlocking ? O_NONBLOCK : 0));
    case F_SETFL:
      descriptor.nonBlocking = args.names(2).includes('O_NONBLOCK') || (args.number(2) & O_NONBLOCK) !== 0;
      return now(0);
    case F_GETFD:
    case F_SETFD:
      return now(0);
    default:
      throw unsupported(`fcntl() with ${args.names(1)[0] ?? args.number(1)}`);
  }
};

export const ioctl: Call = (world, args) => {
  args.count(2, 3);
  const { socket } = descriptorOf(world, args);
  const request = args.names(1)[0] ?? '';
  const expected = args.values.length > 2 ? args.boxed(2) : null;
  const value = ioctlValue(socket, request);
  return () => ({
    value: 0,
    check: () =>
      expected === null || expected === value ? null : `${request}: expected [${expected}], got [${value}]`,
  });
};

function ioctlValue(socket: Socket, request: string): number {
  switch (request) {
    case 'SIOCINQ':
    case 'FIONREAD':
      return socket.unread;
    case 'SIOCOUTQ':
    case 'TIOCOUTQ':
    case 'FIONWRITE': {
      const { unacked, notsentBytes } = socket.info();
      return unacked + notsentBytes;
    }
    case 'SIOCOUTQNSD':
    case 'FIONSPACE':
      return socket.info().notsentBytes;
    case 'SIOCATMARK':
      return Number(socket.atMark());
    default:
      throw unsupported(`ioctl() with ${request}`);
  }
}
