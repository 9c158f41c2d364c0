import type { Packet, PacketPool } from '../host/packet.ts';
import {
  IpDecoder,
  internetChecksum,
  Protocol,
  type Segment,
  SegmentKind,
  writeTcpChecksum,
} from '../wire/index.ts';

/** What of an IP header stands at fixed places, read and written where it is. */

export function familyOf(packet: Packet): number {
  return packet.bytes[0]! >> 4;
}

export function hasWholeHeader(packet: Packet): boolean {
  const family = familyOf(packet);
  if (family === 4) {
    const length = (packet.bytes[0]! & 15) * 4;
    return length >= 20 && packet.length >= length;
  }
  return family === 6 && packet.length >= 40;
}

export function readSource(packet: Packet, into: Int32Array): void {
  if (familyOf(packet) === 4) read4(packet.view, 12, into);
  else read6(packet.view, 8, into);
}

export function readDestination(packet: Packet, into: Int32Array): void {
  if (familyOf(packet) === 4) read4(packet.view, 16, into);
  else read6(packet.view, 24, into);
}

function read4(view: DataView, at: number, into: Int32Array): void {
  into[0] = 0;
  into[1] = 0;
  into[2] = 0;
  into[3] = view.getInt32(at);
}

function read6(view: DataView, at: number, into: Int32Array): void {
  for (let i = 0; i < 4; i++) into[i] = view.getInt32(at + 4 * i);
}

export function hopLimitOf(packet: Packet): number {
  return packet.bytes[familyOf(packet) === 4 ? 8 : 7]!;
}

export function setHopLimit(packet: Packet, hopLimit: number): void {
  if (familyOf(packet) === 4) {
    packet.bytes[8] = hopLimit;
    fillIp4Checksum(packet, 0);
  } else packet.bytes[7] = hopLimit;
}

/** Computes the checksum of the IPv4 header at `at`. */
export function fillIp4Checksum(packet: Packet, at: number): void {
  packet.view.setUint16(at + 10, 0);
  packet.view.setUint16(at + 10, internetChecksum(packet.view, at, (packet.bytes[at]! & 15) * 4));
}

export function hasGoodIp4Checksum(packet: Packet): boolean {
  return internetChecksum(packet.view, 0, (packet.bytes[0]! & 15) * 4) === 0;
}

/** IPv6 is never fragmented on its way (RFC 8200 4.5). */
export function mustNotFragment(packet: Packet): boolean {
  return familyOf(packet) === 6 || (packet.bytes[6]! & 0x40) !== 0;
}

/** Size of the largest IP packet that a super-segment will be cut into, or of the packet as it is. */
export function wireLength(packet: Packet): number {
  const whole = packet.length;
  if (packet.segmentSize === 0) return whole;
  return Math.min(whole, packet.segmentSize + headersLength(packet));
}

/** IP and TCP header together; 0 where the packet is not plain TCP. */
export function headersLength(packet: Packet): number {
  const { bytes } = packet;
  const isIp4 = familyOf(packet) === 4;
  if ((isIp4 ? bytes[9] : bytes[6]) !== Protocol.tcp) return 0;
  const ip = isIp4 ? (bytes[0]! & 15) * 4 : 40;
  return ip + 20 > packet.length ? 0 : ip + (bytes[ip + 12]! >> 4) * 4;
}

/** RFC 3168 5: marks Congestion Experienced; false where the flow is not ECN-capable. */
export function markCongestion(packet: Packet): boolean {
  const { bytes } = packet;
  if (familyOf(packet) === 4) {
    if ((bytes[1]! & 3) === 0) return false;
    bytes[1] = bytes[1]! | 3;
    fillIp4Checksum(packet, 0);
    return true;
  }
  if ((bytes[1]! & 0x30) === 0) return false;
  bytes[1] = bytes[1]! | 0x30;
  return true;
}

/** Reads whole packets; each box on the way has one. */
export class Reader {
  readonly #decoder: IpDecoder = new IpDecoder();
  readonly segment: Segment = this.#decoder.segment;

  /** Returns the `SegmentKind`: `none` for what came in fragments. The addresses are those of the packet, or for an ICMP error those it quotes. */
  read(packet: Packet, now: number): number {
    return this.#decoder.decode(packet.bytes, packet.view, packet.length, now);
  }

  /** Computes the TCP checksum that a trusted link left out. */
  fillChecksum(packet: Packet, now: number): void {
    packet.trusted = false;
    if (familyOf(packet) === 4) fillIp4Checksum(packet, 0);
    if (this.read(packet, now) !== SegmentKind.tcp) return;
    const segment = this.segment;
    packet.view.setUint16(segment.headerOffset + 16, 0);
    const length = segment.headerLength + segment.payloadLength;
    writeTcpChecksum(packet.view, segment.headerOffset, length, segment.source, segment.destination);
  }
}

export function packetFrom(pool: PacketPool, bytes: Uint8Array): Packet {
  const packet = pool.take(bytes.length);
  packet.bytes.set(bytes);
  packet.length = bytes.length;
  return packet;
}
