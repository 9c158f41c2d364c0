import { onesSum, pseudoHeaderSum } from '../checksum.ts';
import { Protocol } from '../ip/protocols.ts';
import { concat, writeI32, writeU16 } from '../write.ts';
import { ExperimentId, OptionKind, type TcpOption } from './options.ts';

/** The fixed fields of a TCP header; `Segment` has them all. */
export interface TcpHeader {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly seq: number;
  readonly ack: number;
  /** `Flag` bits, reserved bits included (12 bits). */
  readonly flags: number;
  readonly window: number;
  readonly urgentPointer: number;
  /** Bytes, options included: a multiple of 4 from 20 to 60. */
  readonly headerLength: number;
}

/**
 * Writes the 20 fixed bytes at `offset`, with a checksum of 0, and allocates nothing. Options go behind them with
 * `writeOptions`, the checksum last with `writeTcpChecksum`.
 */
export function writeTcpHeader(bytes: Uint8Array, offset: number, header: TcpHeader): void {
  writeU16(bytes, offset, header.sourcePort);
  writeU16(bytes, offset + 2, header.destinationPort);
  writeI32(bytes, offset + 4, header.seq);
  writeI32(bytes, offset + 8, header.ack);
  writeU16(bytes, offset + 12, ((header.headerLength >> 2) << 12) | (header.flags & 0xfff));
  writeU16(bytes, offset + 14, header.window);
  writeU16(bytes, offset + 16, 0);
  writeU16(bytes, offset + 18, header.urgentPointer);
}

/** Fills in the checksum of the `length` bytes of header and payload at `offset`, whose checksum field is 0. */
export function writeTcpChecksum(
  view: DataView,
  offset: number,
  length: number,
  source: Int32Array,
  destination: Int32Array,
): void {
  const pseudo = pseudoHeaderSum(source, destination, Protocol.tcp, length);
  view.setUint16(offset + 16, ~onesSum(view, offset, length, pseudo) & 0xffff);
}

/** Writes options one after the other, fills up to a multiple of 4 with zeroes, returns the length. */
export function writeOptions(bytes: Uint8Array, offset: number, options: readonly TcpOption[]): number {
  let at = offset;
  for (const option of options) at = writeOption(bytes, at, option);
  while (((at - offset) & 3) !== 0) bytes[at++] = OptionKind.end;
  return at - offset;
}

function writeOption(bytes: Uint8Array, at: number, option: TcpOption): number {
  switch (option.kind) {
    case 'nop':
      bytes[at] = OptionKind.nop;
      return at + 1;
    case 'end':
      bytes[at] = OptionKind.end;
      return at + 1;
    case 'mss':
      writeU16(bytes, at + 2, option.mss);
      return closeOption(bytes, at, OptionKind.mss, 4);
    case 'windowScale':
      bytes[at + 2] = option.shift;
      return closeOption(bytes, at, OptionKind.windowScale, 3);
    case 'sackPermitted':
      return closeOption(bytes, at, OptionKind.sackPermitted, 2);
    case 'sack':
      for (const [i, block] of option.blocks.entries()) {
        writeI32(bytes, at + 2 + i * 8, block.left);
        writeI32(bytes, at + 6 + i * 8, block.right);
      }
      return closeOption(bytes, at, OptionKind.sack, 2 + option.blocks.length * 8);
    case 'timestamps':
      writeI32(bytes, at + 2, option.value);
      writeI32(bytes, at + 6, option.echo);
      return closeOption(bytes, at, OptionKind.timestamps, 10);
    case 'userTimeout':
      writeU16(bytes, at + 2, (option.minutes ? 0x8000 : 0) | option.timeout);
      return closeOption(bytes, at, OptionKind.userTimeout, 4);
    default:
      return writeDataOption(bytes, at, option);
  }
}

function closeOption(bytes: Uint8Array, at: number, kind: number, length: number): number {
  bytes[at] = kind;
  bytes[at + 1] = length;
  return at + length;
}

type DataOption = Extract<
  TcpOption,
  { kind: 'md5' | 'ao' | 'mptcp' | 'fastOpen' | 'accEcn' | 'edo' | 'unknown' | 'malformed' }
>;

function writeDataOption(bytes: Uint8Array, at: number, option: DataOption): number {
  if (option.kind === 'malformed') {
    // Its first byte is the length that was wrong.
    bytes[at] = option.number;
    bytes.set(option.data, at + 1);
    return at + 1 + option.data.length;
  }
  const [kind, data] = optionData(option);
  bytes.set(data, at + 2);
  return closeOption(bytes, at, kind, 2 + data.length);
}

function optionData(option: Exclude<DataOption, { kind: 'malformed' }>): [kind: number, data: Uint8Array] {
  switch (option.kind) {
    case 'md5':
      return [OptionKind.md5, option.digest];
    case 'ao':
      return [OptionKind.ao, concat([Uint8Array.of(option.keyId, option.nextKeyId), option.mac])];
    case 'mptcp':
      return [OptionKind.mptcp, option.data];
    case 'fastOpen':
      if (option.experiment === 0) return [OptionKind.fastOpen, option.cookie];
      return [option.experiment, experiment(ExperimentId.fastOpen, option.cookie)];
    case 'edo':
      return [option.experiment, experiment(ExperimentId.edo, option.data)];
    case 'accEcn': {
      const counters = Uint8Array.from(
        option.counters.flatMap((n) => [(n >> 16) & 255, (n >> 8) & 255, n & 255]),
      );
      if (option.experiment === 0)
        return [option.order === 0 ? OptionKind.accEcn0 : OptionKind.accEcn1, counters];
      const id = option.order === 0 ? ExperimentId.accEcn0 : ExperimentId.accEcn1;
      return [option.experiment, experiment(id, counters)];
    }
    case 'unknown':
      return [option.number, option.data];
  }
}

function experiment(id: number, data: Uint8Array): Uint8Array {
  return concat([Uint8Array.of(id >> 8, id & 255), data]);
}
