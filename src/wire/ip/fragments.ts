import { Problem } from '../segment.ts';
import type { Walk } from '../walk.ts';
import { Protocol } from './protocols.ts';

/** Bounds of IP reassembly. */
export interface FragmentLimits {
  /** Datagrams under reassembly at a time; the oldest is dropped for a new one. Default 256. */
  readonly maxDatagrams?: number;
  /** Bytes held in all of them together. Default 4 MiB. */
  readonly maxBytes?: number;
  /** Capture time in microseconds after which the fragments of one datagram no longer join. Default 30 s, as Linux. */
  readonly timeoutUs?: number;
}

const MAX_DATAGRAM = 65535;
/** More separate pieces at a time are a flood, not reordering. */
const MAX_RANGES = 256;

/** One datagram under reassembly. */
class Datagram {
  readonly source: Int32Array = new Int32Array(4);
  readonly destination: Int32Array = new Int32Array(4);
  hash: number = 0;
  family: number = 4;
  /** Protocol of the key: that of the IPv4 header, or -1 for IPv6, whose key has none (RFC 8200 4.5). */
  keyProtocol: number = -1;
  identification: number = 0;
  tunnels: number = 0;
  /** Next header of the first fragment, or -1 until it came. */
  protocol: number = -1;
  startedUs: number = 0;
  /** Length of the whole, or -1 until the last fragment came. */
  length: number = -1;
  /** Bytes from here on are not all captured. */
  slicedAt: number = MAX_DATAGRAM + 1;
  /** An overlap was seen: nothing of this datagram is to be believed. */
  spoiled: boolean = false;
  bytes: Uint8Array = new Uint8Array(0);
  /** Ranges received, as start, end, start, end ... in order, never touching. */
  ranges: number[] = [];
}

/**
 * Puts fragmented IP datagrams together, within fixed bounds whatever arrives.
 *
 * Overlaps are treated as Linux does and RFC 5722 asks: a fragment that repeats bytes already there is ignored, any other
 * overlap spoils the whole datagram. Fragments cut by the snaplen count with their full length, and the datagram then
 * ends, as captured, where the first missing byte is.
 */
export class FragmentReassembler {
  /** The datagram that `add` just completed: payload behind the IP headers, its length on the wire and as captured. */
  bytes: Uint8Array = new Uint8Array(0);
  length: number = 0;
  captured: number = 0;
  protocol: number = 0;

  readonly #maxDatagrams: number;
  readonly #maxBytes: number;
  readonly #timeoutUs: number;
  /** Oldest first. */
  #datagrams: Datagram[] = [];
  #heldBytes = 0;

  constructor(limits: FragmentLimits = {}) {
    this.#maxDatagrams = Math.max(1, limits.maxDatagrams ?? 256);
    this.#maxBytes = limits.maxBytes ?? 4 << 20;
    this.#timeoutUs = limits.timeoutUs ?? 30e6;
  }

  /** Datagrams under reassembly. */
  get pending(): number {
    return this.#datagrams.length;
  }

  /** Bytes held for them. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Takes the fragment at the walk's offset; moves the walk into the datagram if that completes it. */
  enter(walk: Walk, protocol: number, identification: number, offset: number, more: boolean): boolean {
    if (!this.add(walk, protocol, identification, offset, more)) return false;
    walk.bytes = this.bytes;
    walk.view = new DataView(walk.bytes.buffer, walk.bytes.byteOffset, walk.bytes.byteLength);
    walk.offset = 0;
    walk.end = this.captured;
    walk.wireEnd = this.length;
    return true;
  }

  /**
   * Takes the fragment that lies at the walk's offset up to its end; true where it completes its datagram, which
   * `bytes`, `length`, `captured` and `protocol` then describe.
   */
  add(walk: Walk, protocol: number, identification: number, offset: number, more: boolean): boolean {
    const length = walk.wireEnd - walk.offset;
    const end = offset + length;
    // Fragments but the last come in units of eight bytes; an end behind 65,535 is the "ping of death".
    if (length <= 0 || end > MAX_DATAGRAM || (more && (length & 7) !== 0)) {
      walk.segment.problems |= Problem.badLength;
      return false;
    }
    const datagram = this.#find(walk, protocol, identification);
    if (datagram.spoiled) return false;
    if (offset === 0) datagram.protocol = protocol;
    const fit = contradictsLength(datagram, end, more) ? 'overlap' : addRange(datagram.ranges, offset, end);
    if (fit === 'overlap') this.#spoil(datagram);
    if (fit !== 'new') return false;
    if (!more) datagram.length = end;
    this.#store(datagram, walk, offset, end);
    const whole =
      datagram.ranges.length === 2 && datagram.ranges[0] === 0 && datagram.ranges[1] === datagram.length;
    if (whole) this.#deliver(datagram);
    return whole;
  }

  #deliver(datagram: Datagram): void {
    this.bytes = datagram.bytes;
    this.length = datagram.length;
    this.captured = Math.min(datagram.length, datagram.slicedAt);
    this.protocol = datagram.protocol;
    this.#remove(this.#datagrams.indexOf(datagram));
  }

  #find(walk: Walk, protocol: number, identification: number): Datagram {
    const { source, destination, family, tunnels } = walk.segment;
    const keyProtocol = family === 4 ? protocol : -1;
    const hash = (identification ^ source[3]! ^ Math.imul(destination[3]!, 31)) | 0;
    for (let i = 0; i < this.#datagrams.length; i++) {
      const known = this.#datagrams[i]!;
      if (
        known.hash === hash &&
        known.identification === identification &&
        known.keyProtocol === keyProtocol &&
        known.family === family &&
        known.tunnels === tunnels &&
        sameWords(known.source, source) &&
        sameWords(known.destination, destination)
      ) {
        if (walk.timeUs - known.startedUs <= this.#timeoutUs) return known;
        this.#remove(i);
        break;
      }
    }
    while (this.#datagrams.length >= this.#maxDatagrams) this.#remove(0);
    const datagram = new Datagram();
    datagram.source.set(source);
    datagram.destination.set(destination);
    datagram.hash = hash;
    datagram.family = family;
    datagram.keyProtocol = keyProtocol;
    datagram.identification = identification;
    datagram.tunnels = tunnels;
    datagram.startedUs = walk.timeUs;
    this.#datagrams.push(datagram);
    return datagram;
  }

  #store(datagram: Datagram, walk: Walk, offset: number, end: number): void {
    const captured = Math.max(0, Math.min(walk.end - walk.offset, end - offset));
    if (captured < end - offset) datagram.slicedAt = Math.min(datagram.slicedAt, offset + captured);
    if (offset + captured > datagram.bytes.length) this.#grow(datagram, offset + captured);
    datagram.bytes.set(walk.bytes.subarray(walk.offset, walk.offset + captured), offset);
  }

  #grow(datagram: Datagram, atLeast: number): void {
    const size = Math.min(MAX_DATAGRAM, Math.max(2048, datagram.bytes.length * 2, atLeast));
    const bytes = new Uint8Array(size);
    bytes.set(datagram.bytes);
    this.#heldBytes += size - datagram.bytes.length;
    datagram.bytes = bytes;
    while (this.#heldBytes > this.#maxBytes && this.#datagrams[0] !== datagram) this.#remove(0);
  }

  #spoil(datagram: Datagram): void {
    this.#heldBytes -= datagram.bytes.length;
    datagram.bytes = new Uint8Array(0);
    datagram.ranges = [];
    datagram.spoiled = true;
  }

  #remove(index: number): void {
    this.#heldBytes -= this.#datagrams[index]!.bytes.length;
    this.#datagrams.splice(index, 1);
  }
}

function sameWords(a: Int32Array, b: Int32Array): boolean {
  return a[3] === b[3] && a[2] === b[2] && a[1] === b[1] && a[0] === b[0];
}

/** Two last fragments with different ends, or bytes behind the end. */
function contradictsLength(datagram: Datagram, end: number, more: boolean): boolean {
  if (datagram.length >= 0) return more ? end > datagram.length : end !== datagram.length;
  const { ranges } = datagram;
  return !more && ranges.length > 0 && ranges[ranges.length - 1]! > end;
}

/** Adds a range in place unless its bytes are there already or it overlaps others in part. */
function addRange(ranges: number[], start: number, end: number): 'new' | 'repeated' | 'overlap' {
  let at = 0;
  while (at < ranges.length && ranges[at + 1]! < start) at += 2;
  const from = ranges[at];
  const to = ranges[at + 1];
  if (from === undefined || to === undefined || end < from) {
    if (ranges.length >= 2 * MAX_RANGES) return 'overlap';
    ranges.splice(at, 0, start, end);
    return 'new';
  }
  if (start >= from && end <= to) return 'repeated';
  if (end === from) {
    ranges[at] = start;
    return 'new';
  }
  if (start !== to) return 'overlap';
  const next = ranges[at + 2];
  if (next !== undefined && end > next) return 'overlap';
  if (end === next) ranges.splice(at + 1, 2);
  else ranges[at + 1] = end;
  return 'new';
}

/** Whether what a fragmented datagram carries can lead to a TCP segment. */
export function isWorthReassembly(protocol: number): boolean {
  switch (protocol) {
    case Protocol.tcp:
    case Protocol.udp:
    case Protocol.ip4:
    case Protocol.ip6:
    case Protocol.gre:
    case Protocol.ah:
    case Protocol.icmp4:
    case Protocol.mpls:
    case Protocol.etherIp:
      return true;
    default:
      return false;
  }
}
