import { Decoder, Flag, OptionBit, type Segment, SegmentKind } from '../../../src/wire/index.ts';
import type { End } from './script.ts';

/** A frame as it passed the client's device. */
export interface Frame {
  readonly timeUs: number;
  readonly bytes: Uint8Array;
  readonly from: End;
}

/** One segment as two TCPs must agree on it. */
export interface Line {
  readonly timeUs: number;
  readonly from: End;
  /**
   * `40000-8080 > PA seq 1 ack 1 len 100 <ts>`: client's and server's ports, direction, flags (of `SFRPAUEC`), relative
   * numbers, options; of a SYN its window too. What hangs on how a kernel cuts its buffers is left out: other windows,
   * and PSH on a segment that is full.
   */
  readonly text: string;
  /** The raw field. */
  readonly window: number;
}

/** Payload from which on a segment is a full one, at an MTU of 1500. */
const FULL_SEGMENT = 1400;

const LETTERS: readonly [number, string][] = [
  [Flag.syn, 'S'],
  [Flag.fin, 'F'],
  [Flag.rst, 'R'],
  [Flag.psh, 'P'],
  [Flag.ack, 'A'],
  [Flag.urg, 'U'],
  [Flag.ece, 'E'],
  [Flag.cwr, 'C'],
];

function flagLetters(flags: number): string {
  return LETTERS.filter(([bit]) => (flags & bit) !== 0)
    .map(([, letter]) => letter)
    .join('');
}

export function otherEnd(end: End): End {
  return end === 'client' ? 'server' : 'client';
}

/** A SYN no further from its sender's last ISS is told by its distance: scripts inject them; ISNs move faster. */
const NEAR = 20_000;

/** Ports of `ip_local_port_range` as scripts set it: which of them a host takes is chance. */
const EPHEMERAL_FROM = 45_000;
const EPHEMERAL_TO = 45_999;

function portName(port: number): string {
  return port < EPHEMERAL_FROM || port > EPHEMERAL_TO ? `${port}` : 'ephemeral';
}

/** Initial sequence numbers by flow and sender. */
class Origins {
  readonly #origins = new Map<string, number>();
  /** A SYN begins a flow anew; whatever else comes first of a sender counts from itself. */
  of(from: End, ports: string, segment: Segment): number {
    const key = `${from} ${ports}`;
    const known = this.#origins.get(key);
    if ((segment.flags & Flag.syn) === 0) {
      if (known !== undefined) return known;
      const first = segment.seq === 0 ? 0 : (segment.seq - 1) | 0;
      this.#origins.set(key, first);
      return first;
    }
    // An injected SYN tells where it lies against the old incarnation.
    const other = this.#origins.get(`${otherEnd(from)} ${ports}`);
    const origin =
      known !== undefined && other !== undefined && this.#near(known, segment.seq) ? known : segment.seq;
    this.#origins.set(key, origin);
    return origin;
  }

  find(from: End, ports: string): number {
    return this.#origins.get(`${from} ${ports}`) ?? 0;
  }

  #near(origin: number, seq: number): boolean {
    return Math.abs((seq - origin) | 0) < NEAR;
  }
}

function optionText(segment: Segment, origin: number): string {
  const names: string[] = [];
  const kinds = segment.optionKinds;
  if ((kinds & OptionBit.mss) !== 0) names.push(`mss ${segment.mss}`);
  if ((kinds & OptionBit.sackPermitted) !== 0) names.push('sackOK');
  if ((kinds & OptionBit.timestamps) !== 0) names.push('ts');
  if ((kinds & OptionBit.windowScale) !== 0) names.push(`scale ${segment.windowScale}`);
  for (let i = 0; i < segment.sackCount; i++) {
    names.push(`sack ${(segment.sack[2 * i]! - origin) | 0}-${(segment.sack[2 * i + 1]! - origin) | 0}`);
  }
  return names.join(', ');
}

/** Reads a capture of the client's device. */
export function transcribe(frames: readonly Frame[], linkType: number): Line[] {
  const decoder = new Decoder();
  const origins = new Origins();
  const lines: Line[] = [];
  for (const { timeUs, bytes, from } of frames) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const kind = decoder.decode(linkType, bytes, view, 0, bytes.length, bytes.length, timeUs);
    if (kind === SegmentKind.none) continue;
    lines.push(lineOf(decoder.segment, kind, timeUs, from, origins));
  }
  return lines;
}

function lineOf(segment: Segment, kind: number, timeUs: number, from: End, origins: Origins): Line {
  const { sourcePort, destinationPort, window } = segment;
  // An ICMP error has the ports of the segment it quotes, which went the other way.
  const straight = (from === 'client') === (kind === SegmentKind.tcp);
  const [near, far] = straight ? [sourcePort, destinationPort] : [destinationPort, sourcePort];
  const ports = `${near}-${far}`;
  const flow = `${portName(near)}-${portName(far)} ${from === 'client' ? '>' : '<'}`;
  const text =
    kind === SegmentKind.tcp
      ? segmentText(segment, origins.of(from, ports, segment), origins.find(otherEnd(from), ports))
      : `icmp ${segment.icmpType}/${segment.icmpCode}`;
  return { timeUs, from, text: `${flow} ${text}`, window };
}

function segmentText(segment: Segment, origin: number, peer: number): string {
  const { flags, payloadLength } = segment;
  const shown = payloadLength >= FULL_SEGMENT ? flags & ~Flag.psh : flags;
  // RFC 9293 3.10.7.1: an RST in answer to a segment without ACK has no sequence number of its own.
  const isZero = (flags & Flag.rst) !== 0 && segment.seq === 0;
  const options = optionText(segment, peer);
  return [
    flagLetters(shown) || '-',
    `seq ${isZero ? 'zero' : (segment.seq - origin) | 0}`,
    (flags & Flag.ack) === 0 ? '' : `ack ${(segment.ack - peer) | 0}`,
    (flags & Flag.urg) === 0 ? '' : `urg ${segment.urgentPointer}`,
    `len ${payloadLength}`,
    (flags & Flag.syn) === 0 ? '' : `win ${segment.window}`,
    options === '' ? '' : `<${options}>`,
  ]
    .filter((part) => part !== '')
    .join(' ');
}
