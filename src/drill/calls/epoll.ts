import { Errno, moreInfo, Poll, State } from '../../host/index.ts';
import {
  type Call,
  type CallWorld,
  type Descriptor,
  EEXIST,
  ENOENT,
  now,
  type Result,
  readinessOf,
} from './context.ts';
import { descriptorAt } from './sockets.ts';
import { type Args, field, type Value, wrong } from './value.ts';

/** Bits of epoll's that poll does not have. */
const EDGE = 0x8000_0000;
const ONE_SHOT = 0x4000_0000;

/** Asked for or not, these are always told. */
const ALWAYS = Poll.err | Poll.hup;

/** One socket that an epoll descriptor watches. */
interface Watched {
  readonly descriptor: Descriptor;
  events: number;
  /** Comes back with what happened: `fd=4`, `u32=7`. */
  data: string;
  /** EPOLLET: wake-ups of the socket that have been told. */
  toldWakes: number;
  /** EPOLLONESHOT: it was told. */
  spent: boolean;
}

export type Epoll = Map<number, Watched>;

export const epollCreate: Call = (world, args, expected) => {
  args.count(1);
  if (expected < 0) return now(args.number(0) > 0 ? 0 : -Errno.EINVAL);
  world.epolls.set(expected, new Map());
  return now(expected);
};

function epollOf(world: CallWorld, args: Args): Epoll {
  const epoll = world.epolls.get(args.number(0));
  if (epoll === undefined) throw wrong(`descriptor ${args.number(0)} is no epoll`);
  return epoll;
}

interface EventText {
  readonly events: number;
  readonly data: string;
}

function eventOf(value: Value): EventText {
  const events = field(value, 'events');
  if (events?.kind !== 'number') throw wrong('epoll takes {events=, fd=}');
  for (const name of ['fd', 'ptr', 'u32', 'u64']) {
    const data = field(value, name);
    if (data?.kind === 'number') return { events: events.value >>> 0, data: `${name}=${data.value}` };
  }
  throw wrong('epoll takes {events=, fd=}');
}

export const epollCtl: Call = (world, args) => {
  args.count(4);
  const epoll = epollOf(world, args);
  const fd = args.number(2);
  const descriptor = descriptorAt(world, fd);
  switch (args.names(1)[0]) {
    case 'EPOLL_CTL_ADD':
      if (epoll.has(fd)) return now(-EEXIST);
      watch(descriptor);
      epoll.set(fd, { descriptor, ...eventOf(args.at(3)), toldWakes: -1, spent: false });
      return now(0);
    case 'EPOLL_CTL_MOD': {
      const watched = epoll.get(fd);
      if (watched === undefined) return now(-ENOENT);
      Object.assign(watched, eventOf(args.at(3)), { toldWakes: -1, spent: false });
      return now(0);
    }
    case 'EPOLL_CTL_DEL':
      return now(epoll.delete(fd) ? 0 : -ENOENT);
    default:
      throw wrong('epoll_ctl() takes EPOLL_CTL_ADD, EPOLL_CTL_MOD or EPOLL_CTL_DEL');
  }
};

/** What holds of one socket, and has not been told where only news is. */
function happened({ descriptor, events, toldWakes, spent }: Watched): number {
  const isNews = (events & EDGE) === 0 || descriptor.wakes !== toldWakes;
  if (spent || !isNews) return 0;
  const bits = readinessOf(descriptor);
  if ((bits & Poll.out) === 0) descriptor.noSpace = true;
  return bits & (events | ALWAYS);
}

/** Text, an end or an error is news; room for more only where somebody found too little (Linux sk_stream_write_space). */
function watch(descriptor: Descriptor): void {
  const { socket } = descriptor;
  if (socket.onEvent !== null) return;
  let { bytesReceived } = moreInfo(socket);
  let before = socket.poll();
  socket.onEvent = () => {
    const bits = socket.poll();
    const received = moreInfo(socket).bytesReceived;
    const hasRoom = descriptor.noSpace && (bits & Poll.out) !== 0;
    const isOther = received !== bytesReceived || (bits & ~before & ~(Poll.in | Poll.out)) !== 0;
    if (hasRoom) descriptor.noSpace = false;
    if (hasRoom || isOther || socket.state === State.listen) descriptor.wakes++;
    bytesReceived = received;
    before = bits;
  };
}

export const epollWait: Call = (world, args) => {
  args.count(4);
  const epoll = epollOf(world, args);
  const expected = eventOf(args.at(1));
  const timeout = args.number(3);
  const endsAt = timeout < 0 ? Number.POSITIVE_INFINITY : world.host.now + timeout * 1000;
  return () => {
    const result = waited(epoll, args.number(2), expected);
    if (result !== null) return result;
    if (world.host.now < endsAt) {
      world.wakeAt(endsAt);
      return null;
    }
    return { value: 0 };
  };
};

function waited(epoll: Epoll, most: number, expected: EventText): Result | null {
  const told: EventText[] = [];
  for (const watched of epoll.values()) {
    const events = happened(watched);
    if (events === 0 || told.length === most) continue;
    told.push({ events, data: watched.data });
    watched.toldWakes = watched.descriptor.wakes;
    watched.spent = (watched.events & ONE_SHOT) !== 0;
  }
  const first = told[0];
  if (first === undefined) return null;
  return {
    value: told.length,
    check: () =>
      first.events === expected.events && first.data === expected.data
        ? null
        : `expected {events=${expected.events}, ${expected.data}}, got {events=${first.events}, ${first.data}}`,
  };
}
