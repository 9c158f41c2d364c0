import type { Packet, PacketPool } from '../host/packet.ts';
import { Flag, writeTcpChecksum } from '../wire/index.ts';
import { familyOf, fillIp4Checksum, headersLength, readDestination, readSource } from './header.ts';

const source: Int32Array = new Int32Array(4);
const destination: Int32Array = new Int32Array(4);

/**
 * Cuts a super-segment as a network card does (TCP segmentation offload) and gives the whole back: FIN and PSH stand on the last
 * piece only, CWR on the first only (RFC 3168 6.1.2) unless it is a bit of a number, IPv4 identifications count on.
 */
export function cutSuperSegment(pool: PacketPool, whole: Packet): Packet[] {
  const headers = headersLength(whole);
  const size = whole.segmentSize;
  readSource(whole, source);
  readDestination(whole, destination);
  const pieces: Packet[] = [];
  for (let at = headers; at < whole.length; at += size) {
    const length = Math.min(size, whole.length - at);
    const piece = pool.take(headers + length);
    piece.bytes.set(whole.bytes.subarray(0, headers));
    piece.bytes.set(whole.bytes.subarray(at, at + length), headers);
    piece.length = headers + length;
    piece.trusted = whole.trusted;
    writeLengths(piece, pieces.length);
    const keepsCwr = whole.cwrInAll || pieces.length === 0;
    writeSequence(piece, at - headers, keepsCwr, at + length === whole.length);
    pieces.push(piece);
  }
  pool.give(whole);
  return pieces;
}

/** RFC 791 3.2: the pieces of an IPv4 packet, or of a fragment, that fit an MTU; they take its place. */
export function fragment(pool: PacketPool, whole: Packet, mtu: number): Packet[] {
  const header = (whole.bytes[0]! & 15) * 4;
  const room = Math.max(8, (mtu - header) & ~7);
  const field = whole.view.getUint16(6);
  const pieces: Packet[] = [];
  for (let at = header; at < whole.length; at += room) {
    const end = Math.min(at + room, whole.length);
    const piece = pool.take(header + end - at);
    piece.bytes.set(whole.bytes.subarray(0, header));
    piece.bytes.set(whole.bytes.subarray(at, end), header);
    piece.length = header + end - at;
    piece.trusted = whole.trusted;
    piece.view.setUint16(2, piece.length);
    piece.view.setUint16(6, (field + ((at - header) >> 3)) | (end < whole.length ? MORE_FRAGMENTS : 0));
    fillIp4Checksum(piece, 0);
    pieces.push(piece);
  }
  pool.give(whole);
  return pieces;
}

const MORE_FRAGMENTS = 0x2000;

function writeLengths(piece: Packet, index: number): void {
  const { view } = piece;
  if (familyOf(piece) === 6) {
    view.setUint16(4, piece.length - 40);
    return;
  }
  view.setUint16(2, piece.length);
  view.setUint16(4, view.getUint16(4) + index);
  fillIp4Checksum(piece, 0);
}

function writeSequence(piece: Packet, offset: number, keepsCwr: boolean, isLast: boolean): void {
  const { bytes, view } = piece;
  const tcp = familyOf(piece) === 4 ? (bytes[0]! & 15) * 4 : 40;
  view.setInt32(tcp + 4, view.getInt32(tcp + 4) + offset);
  let flags = bytes[tcp + 13]!;
  if (!isLast) flags &= ~(Flag.fin | Flag.psh);
  if (!keepsCwr) flags &= ~Flag.cwr;
  bytes[tcp + 13] = flags;
  if (piece.trusted) return;
  view.setUint16(tcp + 16, 0);
  writeTcpChecksum(view, tcp, piece.length - tcp, source, destination);
}
