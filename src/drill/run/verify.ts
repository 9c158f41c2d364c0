import { Flag, OptionKind } from '../../wire/index.ts';
import { liveOption, optionText } from './describe.ts';
import type { ScriptOption, ScriptPacket } from './expected.ts';
import type { Flow } from './flow.ts';
import { checksumsHold, type LivePacket, type RawOption, rawOptions } from './live.ts';
import type { Settings } from './settings.ts';

/** A field that is not as the script has it. */
export interface Difference {
  readonly field: string;
  readonly expected: string;
  readonly got: string;
}

const ECN_FLAGS = Flag.ece | Flag.cwr | Flag.ae;
const RESERVED = 0xe00;

/** Everything that packetdrill compares, and what the script writes down beyond it. The flow's timestamps are noted on the way. */
export function compare(
  script: ScriptPacket,
  live: LivePacket,
  flow: Flow,
  settings: Settings,
  elapsedUs: number,
): Difference[] {
  const differences: Difference[] = [];
  const differ = (field: string, expected: number | string, got: number | string): void => {
    if (expected !== got) differences.push({ field, expected: String(expected), got: String(got) });
  };
  noteTimestamps(script, live, flow);
  compareFlags(script, live, differ);
  const isSyn = (live.flags & Flag.syn) !== 0;
  if (script.seq !== null) {
    const offset = script.absoluteSeq ? 0 : flow.localOffset(isSyn);
    differ('sequence number', script.seq >>> 0, (live.seq - offset) >>> 0);
  }
  const hasAck = (live.flags & Flag.ack) !== 0;
  differ(
    'acknowledgment number',
    script.ack >>> 0,
    (live.ack - (hasAck ? flow.remoteOffset(isSyn) : 0)) >>> 0,
  );
  differ('payload length', script.payloadLength, live.payload.length);
  if (script.window !== null) differ('window', script.window, live.window);
  differ('urgent pointer', script.urgentPointer, live.urgentPointer);
  compareIp(script, live, flow, differ);
  if (!checksumsHold(live)) differ('checksum', 'right', 'wrong');
  compareOptions(script, live, flow, settings, elapsedUs, differ);
  if (live.payload.length === script.payloadLength) {
    const wanted = script.payload;
    const same = live.payload.every((octet, i) => octet === (wanted?.[i] ?? 0));
    if (!same) differ('payload', 'the octets of the script', 'others');
  }
  return differences;
}

type Differ = (field: string, expected: number | string, got: number | string) => void;

const NAMES: readonly (readonly [number, string])[] = [
  [Flag.fin, 'FIN'],
  [Flag.syn, 'SYN'],
  [Flag.rst, 'RST'],
  [Flag.psh, 'PSH'],
  [Flag.ack, 'ACK'],
  [Flag.urg, 'URG'],
];

function compareFlags(script: ScriptPacket, live: LivePacket, differ: Differ): void {
  for (const [bit, name] of NAMES)
    differ(name, Number((script.flags & bit) !== 0), Number((live.flags & bit) !== 0));
  differ('ECN flags', ecnText(script.flags), ecnText(live.flags));
  differ('reserved bits', 0, (live.flags & RESERVED) >> 9);
}

function ecnText(flags: number): string {
  const set = flags & ECN_FLAGS;
  const text = `${set & Flag.ece ? 'E' : ''}${set & Flag.cwr ? 'W' : ''}${set & Flag.ae ? 'A' : ''}`;
  return text === '' ? 'none' : text;
}

function compareIp(script: ScriptPacket, live: LivePacket, flow: Flow, differ: Differ): void {
  const { tos, tosMask, ect, hopLimit, flowLabel } = script.ip;
  if (tos !== null) differ('type of service', tos & tosMask, live.tos & tosMask);
  if (ect)
    differ(
      'ECN code point',
      'ECT',
      (live.tos & 3) === 1 || (live.tos & 3) === 2 ? 'ECT' : String(live.tos & 3),
    );
  if (hopLimit !== null) differ(live.family === 4 ? 'TTL' : 'hop limit', hopLimit, live.hopLimit);
  if (flowLabel !== 0) compareLabel(flowLabel, live.flowLabel, flow, differ);
}

/** The script's label stands for the first live one; another label for another. */
function compareLabel(script: number, live: number, flow: Flow, differ: Differ): void {
  if (live === 0) {
    differ('flow label', 'one', 'none');
    return;
  }
  const known = flow.scriptLabel !== 0;
  if (known && script === flow.scriptLabel) differ('flow label', flow.liveLabel, live);
  else if (known && live === flow.liveLabel) differ('flow label', 'another', 'the same');
  flow.scriptLabel = script;
  flow.liveLabel = live;
}

function noteTimestamps(script: ScriptPacket, live: LivePacket, flow: Flow): void {
  const wanted = script.options?.find(({ kind }) => kind === OptionKind.timestamps);
  const sent = rawOptions(live.optionBytes).find(({ kind }) => kind === OptionKind.timestamps);
  if (wanted === undefined || sent === undefined || wanted.anyValue === true) return;
  if (wanted.data.length !== 8 || sent.data.length !== 8) return;
  flow.noteTimestamp(int32(wanted.data, 0), int32(sent.data, 0));
}

function int32(data: Uint8Array, at: number): number {
  return new DataView(data.buffer, data.byteOffset, data.byteLength).getInt32(at);
}

function compareOptions(
  script: ScriptPacket,
  live: LivePacket,
  flow: Flow,
  settings: Settings,
  elapsedUs: number,
  differ: Differ,
): void {
  if (script.options === null) return;
  const isSyn = (live.flags & Flag.syn) !== 0;
  const sent = rawOptions(live.optionBytes).map((option) => liveOption(option, flow, isSyn));
  const wanted = padded(script.options);
  const agree =
    wanted.length === sent.length &&
    wanted.every((option, i) => sameOption(option, sent[i]!, settings, elapsedUs));
  if (!agree) differ('options', listText(wanted), listText(sent));
}

/** Options end on a word: what is missing is written as END, as encoders do. */
function padded(options: readonly ScriptOption[]): readonly ScriptOption[] {
  const length = options.reduce((sum, { kind, data }) => sum + (kind <= 1 ? 1 : 2 + data.length), 0);
  const fill = (4 - (length & 3)) & 3;
  return [
    ...options,
    ...new Array<ScriptOption>(fill).fill({ kind: OptionKind.end, data: new Uint8Array(0) }),
  ];
}

function listText(options: readonly RawOption[]): string {
  return `<${options.map(optionText).join(',')}>`;
}

function sameOption(wanted: ScriptOption, sent: RawOption, settings: Settings, elapsedUs: number): boolean {
  if (wanted.kind !== sent.kind || wanted.data.length !== sent.data.length) return false;
  if (wanted.kind === OptionKind.timestamps && wanted.data.length === 8) {
    const valueIsGood = wanted.anyValue === true || sameTimestamp(wanted, sent, settings, elapsedUs);
    return valueIsGood && (wanted.anyEcho === true || int32(wanted.data, 4) === int32(sent.data, 4));
  }
  return wanted.data.every((octet, i) => octet === sent.data[i]);
}

/** packetdrill looks at values only where the script says how long a tick is. */
function sameTimestamp(
  wanted: ScriptOption,
  sent: RawOption,
  { timestampTickUs, tolerance }: Settings,
  elapsedUs: number,
): boolean {
  if (timestampTickUs === 0) return true;
  const allowed = Math.max(tolerance.us, (tolerance.percent / 100) * elapsedUs);
  return Math.abs((int32(sent.data, 0) - int32(wanted.data, 0)) | 0) * timestampTickUs <= allowed;
}
