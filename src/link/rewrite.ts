import type { Packet } from '../host/packet.ts';
import {
  internetChecksum,
  onesSum,
  Protocol,
  pseudoHeaderSum,
  type Segment,
  SegmentKind,
} from '../wire/index.ts';
import { familyOf, fillIp4Checksum, readDestination, readSource } from './header.ts';

const outerSource: Int32Array = new Int32Array(4);
const outerDestination: Int32Array = new Int32Array(4);

/**
 * Gives a segment another source or destination, as address translators do. In an ICMP error it is the quoted segment's, and
 * the error's own address at the other end of the exchange follows it (RFC 5508 4.2).
 */
export function rewriteEnd(
  packet: Packet,
  segment: Segment,
  end: 'source' | 'destination',
  words: Int32Array,
  port: number,
): void {
  const isIp4 = segment.family === 4;
  const isSource = end === 'source';
  if (segment.kind === SegmentKind.tcp) {
    rewriteTcp(packet, segment.headerOffset, 0, isIp4, isSource, words, port, !packet.trusted);
    return;
  }
  const quoted = quotedHeaderOffset(packet);
  const tcp = segment.headerOffset;
  rewriteTcp(packet, tcp, quoted, isIp4, isSource, words, port, packet.length >= tcp + 20);
  writeAddress(packet, 0, isIp4, !isSource, words);
  if (isIp4) fillIp4Checksum(packet, 0);
  fillIcmpChecksum(packet, isIp4);
}

function rewriteTcp(
  packet: Packet,
  tcp: number,
  ip: number,
  isIp4: boolean,
  isSource: boolean,
  words: Int32Array,
  port: number,
  hasChecksum: boolean,
): void {
  const { view } = packet;
  const addressAt = ip + addressOffset(isIp4, isSource);
  const addressBytes = isIp4 ? 4 : 16;
  const portAt = tcp + (isSource ? 0 : 2);
  const before = onesSum(view, addressAt, addressBytes, view.getUint16(portAt));
  writeAddress(packet, ip, isIp4, isSource, words);
  view.setUint16(portAt, port);
  if (isIp4) fillIp4Checksum(packet, ip);
  if (!hasChecksum) return;
  const after = onesSum(view, addressAt, addressBytes, port);
  view.setUint16(tcp + 16, adjusted(view.getUint16(tcp + 16), before, after));
}

/** RFC 1624 equation 3: HC' = ~(~HC + ~m + m'). */
function adjusted(checksum: number, before: number, after: number): number {
  let sum = (~checksum & 0xffff) + (~before & 0xffff) + after;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function addressOffset(isIp4: boolean, isSource: boolean): number {
  if (isIp4) return isSource ? 12 : 16;
  return isSource ? 8 : 24;
}

function writeAddress(
  packet: Packet,
  ip: number,
  isIp4: boolean,
  isSource: boolean,
  words: Int32Array,
): void {
  const at = ip + addressOffset(isIp4, isSource);
  if (isIp4) packet.view.setInt32(at, words[3]!);
  else for (let i = 0; i < 4; i++) packet.view.setInt32(at + 4 * i, words[i]!);
}

/** The ICMP header's 8 bytes stand between. IPv6 without extension headers, as everything here sends it. */
function quotedHeaderOffset(packet: Packet): number {
  return (familyOf(packet) === 4 ? (packet.bytes[0]! & 15) * 4 : 40) + 8;
}

function fillIcmpChecksum(packet: Packet, isIp4: boolean): void {
  const at = quotedHeaderOffset(packet) - 8;
  const length = packet.length - at;
  packet.view.setUint16(at + 2, 0);
  let pseudo = 0;
  if (!isIp4) {
    readSource(packet, outerSource);
    readDestination(packet, outerDestination);
    pseudo = pseudoHeaderSum(outerSource, outerDestination, Protocol.icmp6, length);
  }
  packet.view.setUint16(at + 2, internetChecksum(packet.view, at, length, pseudo));
}
