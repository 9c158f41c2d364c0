import { Errno, errnoName, Option, type Socket, State, setPathMtuDiscovery } from '../../host/index.ts';
import { type Call, type Descriptor, now } from './context.ts';
import { setFastOpen } from './fast-open.ts';
import { descriptorOf } from './sockets.ts';
import { type Args, field, numberOf, unsupported, type Value, wrong } from './value.ts';

/** Options that are one number on both sides, by their names. */
const NUMBERS: Readonly<Record<string, Option>> = {
  SO_REUSEADDR: Option.reuseAddress,
  SO_REUSEPORT: Option.reusePort,
  SO_KEEPALIVE: Option.keepAlive,
  SO_OOBINLINE: Option.oobInline,
  TCP_NODELAY: Option.noDelay,
  TCP_CORK: Option.cork,
  TCP_NOPUSH: Option.cork,
  TCP_KEEPIDLE: Option.keepAliveIdle,
  TCP_KEEPINTVL: Option.keepAliveInterval,
  TCP_KEEPCNT: Option.keepAliveCount,
  TCP_LINGER2: Option.linger2,
  TCP_QUICKACK: Option.quickAck,
  TCP_USER_TIMEOUT: Option.userTimeout,
  TCP_MAXSEG: Option.maxSegment,
  TCP_DEFER_ACCEPT: Option.deferAccept,
  TCP_SYNCNT: Option.synRetries,
  TCP_KEEPINIT: Option.openTimeout,
  TCP_NOOPT: Option.noOptions,
  TCP_WINDOW_CLAMP: Option.windowClamp,
  IP_TTL: Option.hopLimit,
  IPV6_UNICAST_HOPS: Option.hopLimit,
  IP_TOS: Option.trafficClass,
  IPV6_TCLASS: Option.trafficClass,
  TCP_NOTSENT_LOWAT: Option.notSentLowWater,
  IP_BIND_ADDRESS_NO_PORT: Option.bindAddressNoPort,
  IPV6_V6ONLY: Option.v6Only,
};

const MTU_DISCOVERY: ReadonlySet<string> = new Set(['IP_MTU_DISCOVER', 'IPV6_MTU_DISCOVER']);

/** IP_PMTUDISC_WANT and IP_PMTUDISC_DO; with the others ICMP tells nothing. */
const DISCOVERING: ReadonlySet<number> = new Set([1, 2]);

function nameOf(args: Args): string {
  const name = args.names(2)[0];
  if (name === undefined) throw unsupported(`${args.call}() with the option ${args.number(2)}`);
  return name;
}

export const setsockopt: Call = (world, args) => {
  args.count(5);
  const descriptor = descriptorOf(world, args);
  const { socket } = descriptor;
  const name = nameOf(args);
  const value = args.at(3);
  if (world.platform.inertOptions.has(name)) return now(0);
  switch (name) {
    case 'SO_LINGER':
      return now(setLinger(socket, value));
    case 'SO_SNDBUF':
    case 'SO_SNDBUFFORCE':
      return now(socket.setOption(Option.sendBuffer, args.boxed(3) ?? 0));
    case 'SO_RCVBUF':
    case 'SO_RCVBUFFORCE':
      return now(socket.setOption(Option.receiveBuffer, args.boxed(3) ?? 0));
    case 'TCP_INQ':
      return now(setTellsUnread(descriptor, args.boxed(3)));
    case 'TCP_CONGESTION':
      return now(setCongestion(socket, value));
  }
  const fast = setFastOpen(world, descriptor, name, args);
  if (fast !== null) return now(fast);
  const option = NUMBERS[name];
  const number = args.boxed(3);
  if (MTU_DISCOVERY.has(name)) {
    setPathMtuDiscovery(socket, DISCOVERING.has(number ?? -1));
    return now(0);
  }
  if (option === undefined) throw unsupported(`the socket option ${name}`);
  if (number === null) throw wrong(`setsockopt() of ${name} has no value`);
  return now(socket.setOption(option, number));
};

/** Linux: recvmsg tells how much is left to read. */
function setTellsUnread(descriptor: Descriptor, value: number | null): number {
  if (value !== 0 && value !== 1) return -Errno.EINVAL;
  descriptor.tellsUnread = value === 1;
  return 0;
}

function setLinger(socket: Socket, value: Value): number {
  const on = numberOf(field(value, 'onoff') ?? field(value, 'l_onoff'), 'onoff');
  const seconds = numberOf(field(value, 'linger') ?? field(value, 'l_linger'), 'linger');
  return socket.setOption(Option.linger, on === 0 ? -1 : seconds);
}

function setCongestion(socket: Socket, value: Value): number {
  if (value.kind !== 'text') throw wrong('TCP_CONGESTION takes a name');
  const name = new TextDecoder().decode(value.bytes).replace(/\0.*$/, '');
  if (name === 'reno' || name === 'newreno') return socket.setOption(Option.congestion, 0);
  if (name === 'cubic') return socket.setOption(Option.congestion, 1);
  throw unsupported(`the congestion control ${name}`);
}

export const getsockopt: Call = (world, args) => {
  args.count(5);
  const descriptor = descriptorOf(world, args);
  const name = nameOf(args);
  const length = args.boxed(4);
  if (name === 'SO_LINGER' || name === 'TCP_CONGESTION' || name === 'TCP_INFO') {
    throw unsupported(`getsockopt() of ${name}`);
  }
  const expected = args.boxed(3);
  const value = optionValue(descriptor, name);
  if (value < 0 && !SIGNED.has(name)) return now(value);
  return () => ({
    value: 0,
    check: () => {
      if (length !== null && length !== 4) return `${name}: expected a length of ${length}, got 4`;
      if (expected === null) return null;
      const [wanted, got] = name === 'SO_ERROR' ? [errorWanted(args), errorName(value)] : [expected, value];
      return wanted === got ? null : `${name}: expected [${wanted}], got [${got}]`;
    },
  });
};

/** Options whose values may be negative. */
const SIGNED: ReadonlySet<string> = new Set(['TCP_LINGER2']);

/** Errors are compared by name: their numbers differ between systems. */
function errorName(value: number): string {
  return value === 0 ? '0' : errnoName(value);
}

function errorWanted(args: Args): string {
  const value = args.at(3);
  const inside = value.kind === 'list' ? value.items[0]! : value;
  if (inside.kind !== 'number') throw wrong('SO_ERROR is a number');
  return inside.names[0] ?? errorName(inside.value);
}

function optionValue(descriptor: Descriptor, name: string): number {
  const { socket } = descriptor;
  switch (name) {
    case 'TCP_INQ':
      return Number(descriptor.tellsUnread);
    case 'SO_ERROR':
      return socket.getOption(Option.error);
    case 'SO_SNDBUF':
      return socket.getOption(Option.sendBuffer);
    case 'SO_RCVBUF':
      return socket.getOption(Option.receiveBuffer);
    case 'SO_TYPE':
      return 1;
    case 'SO_ACCEPTCONN':
      return Number(socket.state === State.listen);
  }
  const option = NUMBERS[name];
  if (option === undefined) throw unsupported(`getsockopt() of ${name}`);
  return socket.getOption(option);
}
