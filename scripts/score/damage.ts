import { CaptureParser, Packet } from '../../src/capture/index.ts';
import { Explainer } from '../../src/explain/engine.ts';
import { PeerCapture } from '../../src/explain/peer/index.ts';
import type { ConnectionEnding, Finding } from '../../src/explain/types.ts';
import type { ConnectionView } from '../../src/explain/view.ts';
import { Decoder } from '../../src/wire/index.ts';
import { SegmentKind } from '../../src/wire/segment.ts';

/** A number from 0 up to 1; the same row of them for the same seed. */
export type Random = () => number;

/** What captures suffer in the field; each turns the packets of a capture into those that are left. */
export interface Damage {
  readonly name: string;
  readonly apply: (packets: readonly Packet[], random: Random) => Packet[];
}

const SNAPLEN = 96;
const REORDER_US = 1_000;
const LOSS = 0.01;

export const DAMAGES: readonly Damage[] = [
  { name: 'drop 1 %', apply: (packets, random) => packets.filter(() => random() >= LOSS) },
  { name: 'reorder within 1 ms', apply: reorder },
  { name: 'cut to 96 bytes', apply: (packets) => packets.map(cut) },
  { name: "one end's packets only", apply: (packets) => oneWay(packets, true) },
  { name: "the other end's only", apply: (packets) => oneWay(packets, false) },
];

/** mulberry32. */
export function seeded(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function copyOf(p: Packet): Packet {
  const copy = new Packet();
  Object.assign(copy, p);
  // A Buffer would only be looked at anew by slice().
  copy.bytes = Uint8Array.from(p.bytes.subarray(p.offset, p.offset + p.capturedLength));
  copy.view = new DataView(copy.bytes.buffer);
  copy.offset = 0;
  return copy;
}

export function packetsOf(bytes: Uint8Array): Packet[] {
  const parser = new CaptureParser();
  parser.push(bytes);
  parser.end();
  const packets: Packet[] = [];
  while (parser.next()) packets.push(copyOf(parser.packet));
  return packets;
}

/** Each packet is held back for up to 1 ms, as by the queues of a card that several cores empty. */
function reorder(packets: readonly Packet[], random: Random): Packet[] {
  const held = packets.map((p) => ({ p, atUs: p.timeUs + Math.floor(random() * REORDER_US) }));
  held.sort((a, b) => a.atUs - b.atUs);
  return held.map(({ p, atUs }) => Object.assign(copyOf(p), { timeUs: atUs }));
}

function cut(p: Packet): Packet {
  return Object.assign(copyOf(p), { capturedLength: Math.min(p.capturedLength, SNAPLEN) });
}

/** By the lower of the two addresses and ports, so that a connection keeps one direction. */
function oneWay(packets: readonly Packet[], lower: boolean): Packet[] {
  const decoder = new Decoder();
  return packets.filter((p) => {
    const kind = decoder.decode(
      p.linkType,
      p.bytes,
      p.view,
      p.offset,
      p.capturedLength,
      p.originalLength,
      p.timeUs,
    );
    if (kind !== SegmentKind.tcp) return true;
    const s = decoder.segment;
    const side = compare(s.source, s.destination) || s.sourcePort - s.destinationPort;
    return side < 0 === lower;
  });
}

function compare(a: Int32Array, b: Int32Array): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return 0;
}

export interface Told<Connection> {
  readonly connections: readonly Connection[];
  readonly findings: readonly Finding[];
}

export function explainPackets(packets: readonly Packet[]): Told<ConnectionEnding> {
  return tellPackets(packets, {}, (view) => view.report());
}

/** `mslUs`: how long TIME-WAIT lasts there; `other`: the capture at the other end; `read`: what is kept of a connection. */
export function tellPackets<Connection extends { readonly flow: number }>(
  packets: readonly Packet[],
  { mslUs, other }: { readonly mslUs?: number; readonly other?: readonly Packet[] | null },
  read: (view: ConnectionView) => Connection,
): Told<Connection> {
  const connections: Connection[] = [];
  const findings: Finding[] = [];
  const settings = mslUs === undefined ? {} : { mslUs };
  const second = other == null ? null : new PeerCapture(settings);
  if (second !== null) {
    for (const p of other!) second.packet(p);
    second.finish();
  }
  const explainer = new Explainer({
    ...settings,
    onConnection: (v) => connections.push(read(v)),
    onFinding: (f) => findings.push(f),
    ...(second && { second }),
  });
  for (const p of packets) explainer.packet(p);
  explainer.finish();
  connections.sort((a, b) => a.flow - b.flow);
  return { connections, findings };
}
