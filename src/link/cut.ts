import type { Packet, PacketPool } from '../host/packet.ts';
import { Flag, writeTcpChecksum } from '../wire/index.ts';
import { familyOf, fillIp4Checksum, headersLength, readDestination, readSource } from './header.ts';

const source: Int32Array = new Int32Array(4);
const destination: Int32Array = new Int32Array(4);

/**
 * Cuts a super-segment as a network card does (TCP segmentation offload) and gives the whole back: FIN and PSH stand on the last
 * piece only, CWR on the first only (RFC 3168 6.1.2), IPv4 identifications count on.
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
    writeSequence(piece, at - headers, pieces.length === 0, at + length === whole.length);
    pieces.push(piece);
  }
  pool.give(whole);
  return pieces;
}

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

function writeSequence(piece: Packet, offset: number, isFirst: boolean, isLast: boolean): void {
  const { bytes, view } = piece;
  const tcp = familyOf(piece) === 4 ? (bytes[0]! & 15) * 4 : 40;
  view.setInt32(tcp + 4, view.getInt32(tcp + 4) + offset);
  let flags = bytes[tcp + 13]!;
  if (!isLast) flags &= ~(Flag.fin | Flag.psh);
  if (!isFirst) flags &= ~Flag.cwr;
  bytes[tcp + 13] = flags;
  if (piece.trusted) return;
  view.setUint16(tcp + 16, 0);
  writeTcpChecksum(view, tcp, piece.length - tcp, source, destination);
}
