import { Flag, OptionKind } from '../../wire/index.ts';
import type { ScriptIp, ScriptOption, ScriptPacket } from '../run/expected.ts';
import type { Settings } from '../run/settings.ts';
import type { PacketStep, StepTime } from '../run/steps.ts';
import { seconds } from '../run/timing.ts';
import { beyondTolerance, type Change, type MutantKind } from './change.ts';

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

/** What of an expected packet can be other than it is. */
export function packetChanges(step: PacketStep, settings: Settings): Change[] {
  const { packet } = step;
  const changes: Change[] = [];
  const change = (kind: MutantKind, what: string, fields: Partial<ScriptPacket>): void => {
    changes.push({ kind, change: what, instead: [{ ...step, packet: { ...packet, ...fields } }] });
  };
  const { flags, seq, ack, payloadLength, window, urgentPointer } = packet;
  for (const [name, bit] of FLAGS) {
    change('flag', (flags & bit) === 0 ? `${name} set` : `${name} not set`, { flags: flags ^ bit });
  }
  // The sequence number of a SYN is what the script calls it.
  if (seq !== null && (flags & Flag.syn) === 0) {
    change('sequence number', `sequence number ${seq} -> ${seq + 1}`, { seq: seq + 1 });
  }
  if ((flags & Flag.ack) !== 0) change('acknowledgment number', `ack ${ack} -> ${ack + 1}`, { ack: ack + 1 });
  change('payload length', `payload ${payloadLength} -> ${payloadLength + 1}`, {
    payloadLength: payloadLength + 1,
  });
  if (window !== null) {
    const other = (window + 1) & 0xffff;
    change('window', `win ${window} -> ${other}`, { window: other });
  }
  change('urgent pointer', `urg ${urgentPointer} -> ${urgentPointer + 1}`, {
    urgentPointer: urgentPointer + 1,
  });
  for (const [what, options] of optionChanges(packet.options)) change('option', what, { options });
  for (const [what, ip] of ipChanges(packet.ip)) change('IP field', what, { ip });
  return [...changes, ...timeChanges(step, settings), ...wholeChanges(step)];
}

function wholeChanges(step: PacketStep): Change[] {
  const again: PacketStep = { ...step, time: { kind: 'relative', us: 0, endUs: null } };
  return [
    { kind: 'dropped packet', change: 'the line left out', instead: [] },
    { kind: 'extra packet', change: 'the line twice', instead: [step, again] },
  ];
}

function timeChanges(step: PacketStep, settings: Settings): Change[] {
  const { time } = step;
  if (time.kind === 'any') return [];
  const shift = beyondTolerance(time, settings);
  const width = (time.endUs ?? time.us) - time.us;
  const moves = [shift + width];
  if (time.us >= shift + width) moves.push(0 - shift - width);
  return moves.map((by) => ({
    kind: 'time',
    change: `${seconds(Math.abs(by))} s ${by > 0 ? 'later' : 'earlier'}`,
    instead: [{ ...step, time: moved(time, by) }],
  }));
}

function moved(time: StepTime, by: number): StepTime {
  return { ...time, us: time.us + by, endUs: time.endUs === null ? null : time.endUs + by };
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

function ipChanges(ip: ScriptIp): [string, ScriptIp][] {
  const changes: [string, ScriptIp][] = [];
  const { tos, tosMask, ect, hopLimit } = ip;
  if (tos !== null && tosMask !== 0) {
    changes.push(['another type of service', { ...ip, tos: tos ^ (tosMask & -tosMask) }]);
  }
  if (ect) changes.push(['not ECT', { ...ip, ect: false, tos: (tos ?? 0) & ~3, tosMask: tosMask | 3 }]);
  if (hopLimit !== null) changes.push(['hop limit + 1', { ...ip, hopLimit: hopLimit + 1 }]);
  return changes;
}
