import { Poll } from '../../host/index.ts';
import { type Call, type CallWorld, readinessOf } from './context.ts';
import { descriptorAt } from './sockets.ts';
import { type Args, field, numberOf, type Value, wrong } from './value.ts';

interface Watched {
  readonly fd: number;
  readonly events: number;
  readonly expected: number;
}

/** Asked for or not, these are always told. */
const ALWAYS = Poll.err | Poll.hup;

const NAMES: readonly (readonly [string, number])[] = [
  ['POLLIN', Poll.in],
  ['POLLPRI', Poll.pri],
  ['POLLOUT', Poll.out],
  ['POLLERR', Poll.err],
  ['POLLHUP', Poll.hup],
  ['POLLRDHUP', Poll.rdhup],
];

function watchedOf(value: Value): Watched {
  return {
    fd: numberOf(field(value, 'fd'), 'fd'),
    events: bits(field(value, 'events')),
    expected: bits(field(value, 'revents')),
  };
}

/** By name, for the numbers differ between systems; the normal band is what in and out mean. */
function bits(value: Value | null): number {
  if (value?.kind !== 'number') throw wrong('poll() takes {fd=, events=, revents=}');
  if (value.names.length === 0) return value.value;
  let set = 0;
  for (const name of value.names) {
    const known = NAMES.find(([poll]) => poll === name.replace(/RDNORM$/, 'IN').replace(/WRNORM$/, 'OUT'));
    if (known === undefined) throw wrong(`poll() knows no ${name}`);
    set |= known[1];
  }
  return set;
}

function spelled(set: number): string {
  const names = NAMES.filter(([, bit]) => (set & bit) !== 0).map(([name]) => name);
  return names.length === 0 ? '0' : names.join('|');
}

export const poll: Call = (world, args) => {
  args.count(3);
  const watched = args.list(0).map(watchedOf);
  if (watched.length !== args.number(1)) {
    throw wrong(`poll() has ${watched.length} descriptors, not ${args.number(1)}`);
  }
  return ready(world, watched, args);
};

function ready(world: CallWorld, watched: readonly Watched[], args: Args): ReturnType<Call> {
  const timeout = args.number(2);
  const endsAt = timeout < 0 ? Number.POSITIVE_INFINITY : world.host.now + timeout * 1000;
  const descriptors = watched.map(({ fd }) => descriptorAt(world, fd));
  return () => {
    const found = watched.map(({ events }, i) => readinessOf(descriptors[i]!) & (events | ALWAYS));
    const count = found.filter((set) => set !== 0).length;
    if (count === 0 && world.host.now < endsAt) {
      world.wakeAt(endsAt);
      return null;
    }
    return {
      value: count,
      check: () => {
        const i = watched.findIndex(({ expected }, index) => expected !== found[index]);
        return i < 0
          ? null
          : `revents of descriptor ${watched[i]!.fd}: expected ${spelled(watched[i]!.expected)}, got ${spelled(found[i]!)}`;
      },
    };
  };
}
