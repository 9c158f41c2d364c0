import { MAKES_DESCRIPTOR } from '../calls/table.ts';
import type { Value } from '../calls/value.ts';
import type { Settings } from '../run/settings.ts';
import type { CallStep } from '../run/steps.ts';
import { seconds } from '../run/timing.ts';
import { beyondTolerance, type Change, type MutantKind } from './change.ts';

/** What a call is to return, and to give back beside, can be other than it is. */
export function callChanges(step: CallStep, settings: Settings): Change[] {
  const changes: Change[] = [];
  const change = (kind: MutantKind, what: string, fields: Partial<CallStep>): void => {
    changes.push({ kind, change: what, instead: [{ ...step, ...fields }] });
  };
  const { name, result, errno, returnsUs, args } = step;
  if (result !== null && !MAKES_DESCRIPTOR.has(name)) {
    change('return value', `result ${result} -> ${result + 1}`, { result: result + 1 });
  }
  if (errno !== null) {
    const other = errno === 'EXDEV' ? 'EDOM' : 'EXDEV';
    change('errno', `${errno} -> ${other}`, { errno: other });
  }
  for (const [i, field, other] of givenBack(step)) {
    change('value', `${field} altered`, { args: args.map((arg, at) => (at === i ? other : arg)) });
  }
  if (returnsUs !== null && step.time.kind !== 'any') {
    const shift = beyondTolerance({ kind: 'relative', us: returnsUs, endUs: null }, settings);
    change('time', `returns ${seconds(shift)} s later`, { returnsUs: returnsUs + shift });
  }
  return changes;
}

/** The arguments that a call fills in, each value once as another. */
function givenBack({ name, args, result }: CallStep): (readonly [number, string, Value])[] {
  if (result === null || result < 0) return [];
  const at = (index: number, pick: (value: Value) => Alteration[]): (readonly [number, string, Value])[] => {
    const value = args[index];
    return value === undefined ? [] : pick(value).map(([field, other]) => [index, field, other] as const);
  };
  switch (name) {
    case 'getsockopt':
      return [
        ...at(3, (value) => altered(value, 'the option')),
        ...at(4, (value) => altered(value, 'its length')),
      ];
    case 'ioctl':
      return at(2, (value) => altered(value, 'the value'));
    case 'epoll_wait':
      return result === 0 ? [] : at(1, (value) => altered(value, 'the event'));
    case 'poll':
      return at(0, events);
    default:
      return [];
  }
}

type Alteration = readonly [field: string, other: Value];

function altered(value: Value, field: string): Alteration[] {
  switch (value.kind) {
    case 'number':
      return [[field, { kind: 'number', value: value.value + 1, names: [] }]];
    case 'list':
      return value.items.flatMap((item, i) =>
        altered(item, field).map(
          ([name, other]): Alteration => [
            name,
            { kind: 'list', items: value.items.map((one, at) => (at === i ? other : one)) },
          ],
        ),
      );
    case 'struct':
      return [...value.fields].flatMap(([name, item]) =>
        altered(item, name).map(
          ([inner, other]): Alteration => [
            inner,
            { kind: 'struct', fields: new Map([...value.fields, [name, other]]) },
          ],
        ),
      );
    default:
      return [];
  }
}

/** `[{fd=4, events=POLLIN, revents=POLLIN}]`: only what is told counts. */
function events(value: Value): Alteration[] {
  if (value.kind !== 'list') return [];
  return value.items.flatMap((item, i): Alteration[] => {
    const told = item.kind === 'struct' ? item.fields.get('revents') : undefined;
    if (item.kind !== 'struct' || told?.kind !== 'number') return [];
    const other = { ...item, fields: new Map([...item.fields, ['revents', otherEvents(told)] as const]) };
    return [['revents', { kind: 'list', items: value.items.map((one, at) => (at === i ? other : one)) }]];
  });
}

function otherEvents({ value, names }: { value: number; names: readonly string[] }): Value {
  if (!names.includes('POLLPRI')) return { kind: 'number', value: value | 2, names: [...names, 'POLLPRI'] };
  const others = names.filter((name) => name !== 'POLLPRI');
  return { kind: 'number', value: value & ~2, names: others };
}
