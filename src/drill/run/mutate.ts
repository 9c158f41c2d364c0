import { Flag, OptionKind } from '../../wire/index.ts';
import type { Value } from '../calls/value.ts';
import type { ScriptOption, ScriptPacket } from './expected.ts';
import type { Settings } from './settings.ts';
import type { CallStep, PacketStep, Step, StepTime } from './steps.ts';

/** A script with one expectation changed: what runs it must fail. */
export interface Mutant {
  readonly line: number;
  /** What was changed: `window 65535 -> 65536`. */
  readonly change: string;
  readonly steps: readonly Step[];
}

interface Change {
  readonly change: string;
  /** What stands in the place of the step. */
  readonly instead: readonly Step[];
}

/** Every single change of an expectation, in the order of the lines. */
export function* mutants(steps: readonly Step[], settings: Settings): Generator<Mutant> {
  for (const [index, step] of steps.entries()) {
    for (const { change, instead } of changesOf(step, settings)) {
      yield {
        line: step.line,
        change,
        steps: [...steps.slice(0, index), ...instead, ...steps.slice(index + 1)],
      };
    }
  }
}

function changesOf(step: Step, settings: Settings): Change[] {
  if (step.kind === 'outbound') return packetChanges(step, settings);
  return step.kind === 'call' ? callChanges(step, settings) : [];
}

const FLAGS: readonly (readonly [string, number])[] = [
  ['FIN', Flag.fin],
  ['SYN', Flag.syn],
  ['RST', Flag.rst],
  ['PSH', Flag.psh],
  ['ACK', Flag.ack],
  ['URG', Flag.urg],
  ['ECE', Flag.ece],
  ['CWR', Flag.cwr],
];

function packetChanges(step: PacketStep, settings: Settings): Change[] {
  const { packet } = step;
  const changes: Change[] = [];
  const change = (what: string, fields: Partial<ScriptPacket>): void => {
    changes.push({ change: what, instead: [{ ...step, packet: { ...packet, ...fields } }] });
  };
  for (const [name, bit] of FLAGS) change(`${name} turned over`, { flags: packet.flags ^ bit });
  // The sequence number of a SYN is what the script calls it.
  const names = (packet.flags & Flag.syn) !== 0;
  if (packet.seq !== null && !names) change('sequence number + 1', { seq: packet.seq + 1 });
  if ((packet.flags & Flag.ack) !== 0) change('acknowledgment number + 1', { ack: packet.ack + 1 });
  change('payload + 1', { payloadLength: packet.payloadLength + 1 });
  if (packet.window !== null) change('window + 1', { window: (packet.window + 1) & 0xffff });
  change('urgent pointer + 1', { urgentPointer: packet.urgentPointer + 1 });
  for (const [what, options] of optionChanges(packet.options)) change(what, { options });
  if (step.time.kind !== 'any') {
    changes.push({
      change: 'later than it may be',
      instead: [{ ...step, time: later(step.time, settings) }],
    });
  }
  changes.push(
    { change: 'not expected', instead: [] },
    { change: 'expected twice', instead: [step, again(step)] },
  );
  return changes;
}

function again(step: PacketStep): PacketStep {
  return { ...step, time: { kind: 'relative', us: 0, endUs: null } };
}

/** Beyond the tolerance, which itself grows with the time. */
function later(time: StepTime, { tolerance }: Settings): StepTime {
  const share = tolerance.percent / 100;
  const width = time.endUs === null ? 0 : time.endUs - time.us;
  const shift = width + Math.ceil(2 * Math.max(tolerance.us, (share * time.us) / (1 - share)) + 10_000);
  return { ...time, us: time.us + shift, endUs: time.endUs === null ? null : time.endUs + shift };
}

function optionChanges(options: readonly ScriptOption[] | null): [string, readonly ScriptOption[]][] {
  if (options === null) return [];
  const nop: ScriptOption = { kind: OptionKind.nop, data: new Uint8Array(0) };
  const changes: [string, readonly ScriptOption[]][] = [['four NOPs more', [...options, nop, nop, nop, nop]]];
  for (const [i, option] of options.entries()) {
    const replaced = (by: ScriptOption): readonly ScriptOption[] =>
      options.map((one, at) => (at === i ? by : one));
    if (option.kind <= 1) continue;
    changes.push([`option ${option.kind} as option 77`, replaced({ ...option, kind: 77 })]);
    // The value of a timestamp is not looked at; its echo is.
    const last = option.data.length - 1;
    if (last < 0 || (option.kind === OptionKind.timestamps && option.anyEcho === true)) continue;
    const data = option.data.slice();
    data[last] = data[last]! ^ 1;
    changes.push([`value of option ${option.kind}`, replaced({ ...option, data })]);
  }
  return changes;
}

function callChanges(step: CallStep, settings: Settings): Change[] {
  const changes: Change[] = [];
  const change = (what: string, fields: Partial<CallStep>): void => {
    changes.push({ change: what, instead: [{ ...step, ...fields }] });
  };
  const { result, errno, returnsUs } = step;
  const makesDescriptor = /^(socket|accept4?)$/.test(step.name);
  if (result !== null && !makesDescriptor) change('result + 1', { result: result + 1 });
  if (errno !== null) change('another errno', { errno: errno === 'EXDEV' ? 'EDOM' : 'EXDEV' });
  if (step.name === 'getsockopt' && result === 0) {
    const value = step.args[3]!;
    const other = plusOne(value);
    if (other !== null) change('value + 1', { args: step.args.map((arg, i) => (i === 3 ? other : arg)) });
  }
  if (returnsUs !== null) {
    const moved = later({ kind: 'relative', us: returnsUs, endUs: null }, settings);
    change('returns later than it may', { returnsUs: moved.us });
  }
  return changes;
}

/** `[N]` as `[N + 1]`. */
function plusOne(value: Value): Value | null {
  if (value.kind !== 'list' || value.items.length !== 1) return null;
  const inside = value.items[0]!;
  return inside.kind === 'number'
    ? { kind: 'list', items: [{ kind: 'number', value: inside.value + 1, names: [] }] }
    : null;
}
