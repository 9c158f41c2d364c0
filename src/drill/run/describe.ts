import { Flag, OptionKind } from '../../wire/index.ts';
import type { Flow } from './flow.ts';
import { type LivePacket, type RawOption, rawOptions } from './live.ts';

/** Flags in packetdrill's letters and order. */
export function flagText(flags: number): string {
  const letters: readonly (readonly [number, string])[] = [
    [Flag.fin, 'F'],
    [Flag.syn, 'S'],
    [Flag.rst, 'R'],
    [Flag.psh, 'P'],
    [Flag.ack, '.'],
    [Flag.urg, 'U'],
    [Flag.ece, 'E'],
    [Flag.cwr, 'W'],
    [Flag.ae, 'A'],
  ];
  const text = letters.map(([bit, letter]) => ((flags & bit) !== 0 ? letter : '')).join('');
  return text === '' ? '-' : text;
}

/** What the host sent, as a script would write it: numbers are the script's. */
export function describeLive(live: LivePacket, flow: Flow): string {
  return describeColumns(live, flow)
    .filter((column) => column !== '')
    .join(' ');
}

/** Direction and flags, sequence numbers, ack, win, urg, options; '' for what is not there. */
export function describeColumns(live: LivePacket, flow: Flow): string[] {
  const isSyn = (live.flags & Flag.syn) !== 0;
  // A SYN that no line asked for names the script's zero.
  const from = isSyn && flow.liveLocalIsn === 0 ? live.seq : flow.localOffset(isSyn);
  const seq = (live.seq - from) >>> 0;
  const ack = (live.ack - flow.remoteOffset(isSyn)) >>> 0;
  const options = rawOptions(live.optionBytes).map((option) => liveOption(option, flow, isSyn));
  return packetColumns('>', live, seq, ack, options);
}

/** A packet with numbers of the script, of either direction. */
export function packetColumns(
  direction: '<' | '>',
  { flags, payload, window, urgentPointer }: LivePacket,
  seq: number,
  ack: number,
  options: readonly RawOption[],
): string[] {
  return [
    `${direction} ${flagText(flags)}`,
    `${seq}:${(seq + payload.length) >>> 0}(${payload.length})`,
    (flags & Flag.ack) !== 0 ? `ack ${ack}` : '',
    `win ${window}`,
    urgentPointer === 0 ? '' : `urg ${urgentPointer}`,
    options.length === 0 ? '' : `<${options.map(optionText).join(',')}>`,
  ];
}

/** An option of a live packet in the script's numbers. */
export function liveOption(option: RawOption, flow: Flow, isSyn: boolean): RawOption {
  if (option.kind === OptionKind.timestamps && option.data.length === 8) {
    const data = option.data.slice();
    const view = viewOf(data);
    view.setInt32(0, flow.scriptTimestamp(view.getInt32(0)));
    return { kind: option.kind, data };
  }
  return option.kind === OptionKind.sack ? moveEdges(option, 0 - flow.remoteOffset(isSyn)) : option;
}

/** SACK edges move as sequence numbers do. */
export function moveEdges(option: RawOption, offset: number): RawOption {
  const data = option.data.slice();
  const view = viewOf(data);
  for (let at = 0; at + 4 <= data.length; at += 4) view.setInt32(at, (view.getInt32(at) + offset) | 0);
  return { kind: option.kind, data };
}

function viewOf(data: Uint8Array): DataView {
  return new DataView(data.buffer, data.byteOffset, data.byteLength);
}

export function optionText(option: RawOption): string {
  const { kind, data } = option;
  const view = viewOf(data);
  switch (kind) {
    case OptionKind.end:
      return 'eol';
    case OptionKind.nop:
      return 'nop';
    case OptionKind.mss:
      return data.length === 2 ? `mss ${view.getUint16(0)}` : unknownText(option);
    case OptionKind.windowScale:
      return data.length === 1 ? `wscale ${data[0]}` : unknownText(option);
    case OptionKind.sackPermitted:
      return 'sackOK';
    case OptionKind.sack: {
      const blocks: string[] = [];
      for (let at = 0; at + 8 <= data.length; at += 8) {
        blocks.push(`${view.getUint32(at)}:${view.getUint32(at + 4)}`);
      }
      return `sack ${blocks.join(' ')}`;
    }
    case OptionKind.timestamps:
      return data.length === 8 ? `TS val ${view.getUint32(0)} ecr ${view.getUint32(4)}` : unknownText(option);
    case OptionKind.accEcn0:
      return counterText(option, ['e0b', 'ceb', 'e1b']);
    case OptionKind.accEcn1:
      return counterText(option, ['e1b', 'ceb', 'e0b']);
    case OptionKind.fastOpen:
      return `FO ${hex(data)}`.trimEnd();
    default:
      return unknownText(option);
  }
}

/** RFC 9768 3.2.3: counters of three octets each. */
function counterText(option: RawOption, names: readonly string[]): string {
  const { data } = option;
  if (data.length % 3 !== 0 || data.length > 9) return unknownText(option);
  const counters = names
    .slice(0, data.length / 3)
    .map((name, i) => `${name} ${Number.parseInt(hex(data.subarray(3 * i, 3 * i + 3)), 16)}`);
  return ['ECN', ...counters].join(' ');
}

function unknownText({ kind, data }: RawOption): string {
  return `${kind} ${hex(data)}`.trimEnd();
}

function hex(data: Uint8Array): string {
  return [...data].map((octet) => octet.toString(16).padStart(2, '0')).join('');
}
