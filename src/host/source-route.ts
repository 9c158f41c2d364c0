import { Errno } from '../tcp/errno.ts';
import { internetChecksum, parseAddress } from '../wire/index.ts';
import type { Connection } from './connection.ts';
import type { Packet } from './packet.ts';

/** IPv4 options (RFC 791 3.1). */
const END = 0;
const NOP = 1;
const LOOSE = 131;
const STRICT = 137;

/** A header has room for 40 octets of options: a NOP, three octets, and so many addresses, the destination among them. */
const MAX_HOPS = 8;

/** Octets of IP options that carry a route by way of `hops`. */
export function routeBytes(hops: Int32Array | null): number {
  return hops === null ? 0 : 4 + 4 * hops.length;
}

/** IPv4 source routes (RFC 791 3.1, RFC 1122 3.2.1.8), for hosts that keep to them (`HostOptions.sourceRoutes`). */
export interface SourceRoutes {
  /**
   * Makes a packet whose header ends after `20 + routeBytes` octets go by way of `hops`: it is sent to the first, the option
   * names the others and `destination`.
   */
  write(packet: Packet, hops: Int32Array, destination: number): void;
  /** The way back of a packet that came along a source route to its end; null where it did not. */
  back(bytes: Uint8Array, view: DataView): Int32Array | null;
  /** IP_OPTIONS: 0 or -errno. What the application asks for goes before what arrives (RFC 9293 MUST-52). */
  choose(tcb: Connection, hops: readonly string[]): number;
}

function writeRoute(packet: Packet, hops: Int32Array, destination: number): void {
  const view = packet.view;
  const length = 20 + routeBytes(hops);
  view.setUint8(0, 0x40 | (length >> 2));
  view.setInt32(16, hops[0]!);
  view.setUint8(20, NOP);
  view.setUint8(21, LOOSE);
  view.setUint8(22, 3 + 4 * hops.length);
  view.setUint8(23, 4);
  for (let i = 1; i < hops.length; i++) view.setInt32(20 + 4 * i, hops[i]!);
  view.setInt32(20 + 4 * hops.length, destination);
  view.setUint16(10, 0);
  view.setUint16(10, internetChecksum(view, 0, length));
}

function routeBack(bytes: Uint8Array, view: DataView): Int32Array | null {
  const end = (bytes[0]! & 15) << 2;
  for (let at = 20; at < end; ) {
    const kind = bytes[at]!;
    if (kind === END) return null;
    const length = kind === NOP ? 1 : bytes[at + 1]!;
    if (kind !== NOP && (length < 2 || at + length > end)) return null;
    if (kind === LOOSE || kind === STRICT) return readBackwards(view, at, length);
    at += length;
  }
  return null;
}

function readBackwards(view: DataView, at: number, length: number): Int32Array | null {
  const hops = (length - 3) >> 2;
  // The pointer is behind the last address once the route is done.
  if (hops < 1 || view.getUint8(at + 2) <= length - 3) return null;
  const back = new Int32Array(hops);
  for (let i = 0; i < hops; i++) back[hops - 1 - i] = view.getInt32(at + 3 + 4 * i);
  return back;
}

function chooseRoute(tcb: Connection, hops: readonly string[]): number {
  const words = hops.map((hop) => parseAddress(hop));
  if (hops.length > MAX_HOPS || words.some((word) => word?.family !== 4)) return -Errno.EINVAL;
  tcb.route = hops.length === 0 ? null : Int32Array.from(words, (word) => word!.words[3]!);
  tcb.routeChosen = hops.length > 0;
  return 0;
}

export const sourceRoutes: SourceRoutes = { write: writeRoute, back: routeBack, choose: chooseRoute };
