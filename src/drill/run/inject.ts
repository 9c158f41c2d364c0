import {
  encodeIcmpError,
  encodeIp,
  Flag,
  OptionKind,
  Protocol,
  toAddress,
  writeTcpChecksum,
  writeTcpHeader,
} from '../../wire/index.ts';
import { Complaint } from '../calls/value.ts';
import { moveEdges } from './describe.ts';
import type { ScriptOption, ScriptPacket } from './expected.ts';
import type { Flow } from './flow.ts';
import type { RawOption } from './live.ts';
import type { Settings } from './settings.ts';
import type { IcmpStep } from './steps.ts';

const MAX_OPTIONS = 40;

/** The bytes of a packet that the script's end sends, its numbers made live. */
export function encodeInbound(script: ScriptPacket, flow: Flow, settings: Settings): Uint8Array {
  const isSyn = (script.flags & Flag.syn) !== 0;
  const hasAck = (script.flags & Flag.ack) !== 0;
  const options = encodeOptions(
    (script.options ?? []).map((option) => liveOption(option, flow, isSyn, hasAck, settings)),
  );
  const headerLength = 20 + options.length;
  const bytes = new Uint8Array(headerLength + script.payloadLength);
  writeTcpHeader(bytes, 0, {
    sourcePort: script.sourcePort || flow.remotePort,
    destinationPort: script.destinationPort || flow.localPort,
    seq: ((script.seq ?? 0) + (script.absoluteSeq ? 0 : flow.remoteOffset(isSyn))) | 0,
    ack: hasAck ? (script.ack + flow.localOffset(isSyn)) | 0 : script.ack | 0,
    flags: script.flags,
    window: script.window ?? 0,
    urgentPointer: script.urgentPointer,
    headerLength,
  });
  bytes.set(options, 20);
  if (script.payload !== null) bytes.set(script.payload, headerLength);
  const source = toAddress(settings.remoteAddress);
  const destination = toAddress(settings.localAddress);
  const view = new DataView(bytes.buffer);
  writeTcpChecksum(view, 0, bytes.length, source.words, destination.words);
  if (script.badChecksum) view.setUint16(16, view.getUint16(16) ^ 0x5555);
  const packet = encodeIp(
    {
      source,
      destination,
      hopLimit: script.ip.hopLimit ?? 255,
      ecn: ((script.ip.tos ?? 0) & script.ip.tosMask) | (script.ip.ect ? 2 : 0),
    },
    Protocol.tcp,
    bytes,
  );
  return packet;
}

/** Numbers of the script become live ones: edges of SACK blocks, and the timestamp echoed. */
function liveOption(
  option: ScriptOption,
  flow: Flow,
  isSyn: boolean,
  hasAck: boolean,
  settings: Settings,
): RawOption {
  if (option.kind === OptionKind.sack) return moveEdges(option, flow.localOffset(isSyn));
  if (option.kind !== OptionKind.timestamps || option.data.length !== 8 || !hasAck) return option;
  if (option.absoluteEcho === true) return option;
  const data = option.data.slice();
  const view = new DataView(data.buffer);
  view.setInt32(4, liveEcho(view.getInt32(4), flow, settings));
  return { kind: option.kind, data };
}

function liveEcho(script: number, flow: Flow, settings: Settings): number {
  const live = flow.timestamps.get(script);
  if (live !== undefined) return live;
  if (settings.scaledEcho && flow.hasTimestamp) {
    return (script - flow.firstScriptTimestamp + flow.firstLiveTimestamp) | 0;
  }
  throw new Complaint(
    'wrong',
    `no segment with the timestamp ${script >>> 0} was sent that this one could echo`,
  );
}

function encodeOptions(options: readonly RawOption[]): Uint8Array {
  const length = options.reduce((sum, { kind, data }) => sum + (kind <= 1 ? 1 : 2 + data.length), 0);
  const bytes = new Uint8Array((length + 3) & ~3);
  if (bytes.length > MAX_OPTIONS) {
    throw new Complaint('wrong', `the options take ${bytes.length} octets; a header has 40 for them`);
  }
  let at = 0;
  for (const { kind, data } of options) {
    bytes[at++] = kind;
    if (kind <= 1) continue;
    bytes[at++] = 2 + data.length;
    bytes.set(data, at);
    at += data.length;
  }
  return bytes;
}

/** Octets of the TCP header that an ICMP error quotes (RFC 792). */
const QUOTED = 8;

export function encodeIcmp(step: IcmpStep, flow: Flow, settings: Settings): Uint8Array {
  const local = toAddress(settings.localAddress);
  const remote = toAddress(settings.remoteAddress);
  const header = new Uint8Array(20);
  writeTcpHeader(header, 0, {
    sourcePort: flow.localPort,
    destinationPort: flow.remotePort,
    seq: (step.seq + flow.localOffset(false)) | 0,
    ack: 0,
    flags: 0,
    window: 0,
    urgentPointer: 0,
    headerLength: 20,
  });
  const length = 20 + step.payloadLength;
  const whole = new Uint8Array(length);
  whole.set(header);
  const quoted = encodeIp({ source: local, destination: remote }, Protocol.tcp, whole);
  const quoteLength = quoted.length - length + QUOTED;
  return encodeIcmpError({
    source: remote,
    destination: local,
    type: step.type,
    code: step.code,
    mtu: step.mtu,
    quoted,
    quoteLength,
  });
}
