import type { Packet, PacketPool } from '../host/packet.ts';
import {
  encodeSegment,
  Flag,
  formatAddress,
  internetChecksum,
  Protocol,
  pseudoHeaderSum,
  type Segment,
  SegmentKind,
  seqAdd,
  writeIp4Header,
  writeIp6Header,
} from '../wire/index.ts';
import { familyOf, hasWholeHeader, packetFrom, readSource } from './header.ts';
import type { Station } from './station.ts';

/** Why a packet did not get through, as [type, code] of ICMPv4 (RFC 792, 1191, 1812) and ICMPv6 (RFC 4443). */
export const Unreachable = {
  noRoute: { four: [3, 0], six: [1, 0] },
  host: { four: [3, 1], six: [1, 3] },
  port: { four: [3, 3], six: [1, 4] },
  prohibited: { four: [3, 13], six: [1, 1] },
  tooBig: { four: [3, 4], six: [2, 0] },
  hopLimit: { four: [11, 0], six: [3, 0] },
} as const;

export type UnreachableReason = keyof typeof Unreachable;

/** Whom an ICMP error comes from where the station has no address of its own (documentation addresses). */
const NAMELESS4 = Int32Array.of(0, 0, 0, 0xc00002fe);
const NAMELESS6 = Int32Array.of(0x20010db8, 0, 0, 0xfe);

/** RFC 1812 4.3.2.3: as much of the packet as keeps the error within 576 bytes; RFC 4443 2.4: within 1280. */
const QUOTE_BYTES4 = 548;
const QUOTE_BYTES6 = 1232;

const ICMP_HEADER = 8;

const destination: Int32Array = new Int32Array(4);

/** An ICMP error about `packet` to whoever sent it; null where none may be sent (RFC 1122 3.2.2, RFC 4443 2.4). */
export function icmpError(
  pool: PacketPool,
  station: Station,
  packet: Packet,
  reason: UnreachableReason,
  mtu: number = 0,
): Packet | null {
  if (!hasWholeHeader(packet) || !mayBeQuoted(packet)) return null;
  const isIp4 = familyOf(packet) === 4;
  const [type, code] = isIp4 ? Unreachable[reason].four : Unreachable[reason].six;
  const own = station.addresses.find((address) => address.family === familyOf(packet))?.words;
  const source = own ?? (isIp4 ? NAMELESS4 : NAMELESS6);
  readSource(packet, destination);
  const quoted = Math.min(packet.length, isIp4 ? QUOTE_BYTES4 : QUOTE_BYTES6);
  const length = ICMP_HEADER + quoted;
  const at = isIp4 ? 20 : 40;
  const error = pool.take(at + length);
  const { bytes, view } = error;
  error.length = at + length;
  // The checksum comes last; the MTU has 16 bits with IPv4, behind 16 that are 0 (RFC 1191 4).
  view.setUint32(at, (type << 24) | (code << 16));
  view.setUint32(at + 4, mtu);
  bytes.set(packet.bytes.subarray(0, quoted), at + ICMP_HEADER);
  const protocol = isIp4 ? Protocol.icmp4 : Protocol.icmp6;
  const pseudo = isIp4 ? 0 : pseudoHeaderSum(source, destination, protocol, length);
  view.setUint16(at + 2, internetChecksum(view, at, length, pseudo));
  const ends = { source, destination, hopLimit: HOP_LIMIT, ecn: 0 };
  if (isIp4) {
    const rest = { protocol, totalLength: error.length, identification: 0, dontFragment: false };
    writeIp4Header(bytes, view, 0, { ...ends, ...rest });
  } else writeIp6Header(bytes, 0, { ...ends, nextHeader: protocol, payloadLength: length });
  return error;
}

const HOP_LIMIT = 64;

/** No errors about errors, nor about fragments other than the first. */
function mayBeQuoted(packet: Packet): boolean {
  const { bytes, view } = packet;
  if (familyOf(packet) === 4) {
    if ((view.getUint16(6) & 0x1fff) !== 0) return false;
    const type = bytes[(bytes[0]! & 15) * 4]!;
    return bytes[9] !== Protocol.icmp4 || type === 0 || type === 8;
  }
  return bytes[6] !== Protocol.icmp6 || bytes[40]! >= 128;
}

/** The RST that a host without the connection answers with (RFC 9293 3.10.7.1); null to an RST. */
export function resetAnswer(pool: PacketPool, segment: Segment): Packet | null {
  if (segment.kind !== SegmentKind.tcp || (segment.flags & Flag.rst) !== 0) return null;
  if ((segment.flags & Flag.ack) !== 0) return reversed(pool, segment, segment.ack, 0, Flag.rst);
  return reversed(pool, segment, 0, sequenceEnd(segment), Flag.rst | Flag.ack);
}

/** An RST to the receiver of `segment` that seems to come from its sender, at the sequence number expected next. */
export function resetForward(pool: PacketPool, segment: Segment, isDelivered: boolean): Packet {
  const { family } = segment;
  const seq = isDelivered ? sequenceEnd(segment) : segment.seq;
  const bytes = encodeSegment({
    source: address(family, segment.source),
    destination: address(family, segment.destination),
    sourcePort: segment.sourcePort,
    destinationPort: segment.destinationPort,
    seq,
    ack: segment.ack,
    flags: Flag.rst | (segment.flags & Flag.ack),
  });
  return packetFrom(pool, bytes);
}

/** SEG.SEQ + SEG.LEN. */
export function sequenceEnd(segment: Segment): number {
  const { flags, payloadLength, seq } = segment;
  return seqAdd(seq, payloadLength + ((flags & Flag.syn) === 0 ? 0 : 1) + ((flags & Flag.fin) === 0 ? 0 : 1));
}

function reversed(pool: PacketPool, segment: Segment, seq: number, ack: number, flags: number): Packet {
  const { family } = segment;
  const bytes = encodeSegment({
    source: address(family, segment.destination),
    destination: address(family, segment.source),
    sourcePort: segment.destinationPort,
    destinationPort: segment.sourcePort,
    seq,
    ack,
    flags,
  });
  return packetFrom(pool, bytes);
}

/** A bare RST between two endpoints. */
export function bareReset(
  pool: PacketPool,
  family: number,
  from: { words: Int32Array; port: number },
  to: { words: Int32Array; port: number },
  seq: number,
  ack: number,
): Packet {
  const bytes = encodeSegment({
    source: address(family, from.words),
    destination: address(family, to.words),
    sourcePort: from.port,
    destinationPort: to.port,
    seq,
    ack,
    flags: Flag.rst | Flag.ack,
  });
  return packetFrom(pool, bytes);
}

/** A copy as text, since the segment is filled again by the next packet. */
function address(family: number, words: Int32Array): string {
  return formatAddress(family, words);
}
