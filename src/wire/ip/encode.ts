import { type IpAddress, parseAddress } from '../address.ts';
import { internetChecksum, onesSum, pseudoHeaderSum } from '../checksum.ts';
import { concat, viewOf, words16, writeI32, writeU16, writeWords } from '../write.ts';
import { Protocol } from './protocols.ts';

/** The fields of an IPv4 header that vary; addresses are words as in `Segment`. */
export interface Ip4Header {
  readonly source: Int32Array;
  readonly destination: Int32Array;
  readonly protocol: number;
  /** Header and payload; 0 as offload leaves it. */
  readonly totalLength: number;
  readonly hopLimit: number;
  readonly identification: number;
  readonly dontFragment: boolean;
  readonly ecn: number;
}

/** Writes a 20-byte IPv4 header with its checksum at `offset`; allocates nothing. */
export function writeIp4Header(bytes: Uint8Array, view: DataView, offset: number, header: Ip4Header): void {
  bytes[offset] = 0x45;
  bytes[offset + 1] = header.ecn;
  writeU16(bytes, offset + 2, header.totalLength);
  writeU16(bytes, offset + 4, header.identification);
  writeU16(bytes, offset + 6, header.dontFragment ? 0x4000 : 0);
  bytes[offset + 8] = header.hopLimit;
  bytes[offset + 9] = header.protocol;
  writeU16(bytes, offset + 10, 0);
  writeI32(bytes, offset + 12, header.source[3]!);
  writeI32(bytes, offset + 16, header.destination[3]!);
  writeU16(bytes, offset + 10, internetChecksum(view, offset, 20));
}

/** The fields of an IPv6 header that vary. */
export interface Ip6Header {
  readonly source: Int32Array;
  readonly destination: Int32Array;
  readonly nextHeader: number;
  /** What follows the 40 bytes; 0 as offload leaves it. */
  readonly payloadLength: number;
  readonly hopLimit: number;
  readonly ecn: number;
}

/** Writes a 40-byte IPv6 header at `offset`; allocates nothing. */
export function writeIp6Header(bytes: Uint8Array, offset: number, header: Ip6Header): void {
  writeU16(bytes, offset, 0x6000 | (header.ecn << 4));
  writeU16(bytes, offset + 2, 0);
  writeU16(bytes, offset + 4, header.payloadLength);
  bytes[offset + 6] = header.nextHeader;
  bytes[offset + 7] = header.hopLimit;
  writeWords(bytes, offset + 8, header.source);
  writeWords(bytes, offset + 24, header.destination);
}

/** What the builders take for an address: text or words. Wrong text is the caller's mistake and throws. */
export type AddressLike = string | IpAddress;

export function toAddress(address: AddressLike): IpAddress {
  if (typeof address !== 'string') return address;
  const parsed = parseAddress(address);
  if (parsed === null) throw new TypeError(`not an IP address: ${address}`);
  return parsed;
}

/** An extension header of IPv6: its number, and its bytes, whose first one will be the next header's number. */
export interface ExtensionHeader {
  readonly protocol: number;
  readonly bytes: Uint8Array;
}

/** What `encodeIp` can be told about the IP header. Fields that the family lacks are ignored. */
export interface IpFields {
  readonly source: AddressLike;
  readonly destination: AddressLike;
  /** Default 64. */
  readonly hopLimit?: number;
  /** IPv4 identification, default 0. */
  readonly identification?: number;
  readonly dontFragment?: boolean;
  readonly ecn?: number;
  /** IPv4 options, padded to a multiple of 4 by the encoder. */
  readonly ip4Options?: Uint8Array;
  /** Extension headers of IPv6, in order. */
  readonly extensions?: readonly ExtensionHeader[];
  /** Writes a length of 0, as a capture on a host with segmentation offload shows it. */
  readonly offloadLength?: boolean;
}

/** An IPv4 or IPv6 packet, as the addresses say, around a payload of the given protocol. */
export function encodeIp(fields: IpFields, protocol: number, payload: Uint8Array): Uint8Array {
  return toAddress(fields.source).family === 4
    ? encodeIp4(fields, protocol, payload)
    : encodeIp6(fields, protocol, payload);
}

function encodeIp4(fields: IpFields, protocol: number, payload: Uint8Array): Uint8Array {
  const options = fields.ip4Options ?? new Uint8Array(0);
  const headerLength = 20 + ((options.length + 3) & ~3);
  const bytes = new Uint8Array(headerLength + payload.length);
  const view = viewOf(bytes);
  writeIp4Header(bytes, view, 0, {
    source: toAddress(fields.source).words,
    destination: toAddress(fields.destination).words,
    protocol,
    totalLength: fields.offloadLength === true ? 0 : bytes.length,
    hopLimit: fields.hopLimit ?? 64,
    identification: fields.identification ?? 0,
    dontFragment: fields.dontFragment ?? false,
    ecn: fields.ecn ?? 0,
  });
  bytes.set(options, 20);
  bytes.set(payload, headerLength);
  bytes[0] = 0x40 | (headerLength >> 2);
  fillIp4Checksum(bytes, headerLength);
  return bytes;
}

function fillIp4Checksum(packet: Uint8Array, headerLength: number): void {
  writeU16(packet, 10, 0);
  writeU16(packet, 10, internetChecksum(viewOf(packet), 0, headerLength));
}

function encodeIp6(fields: IpFields, protocol: number, payload: Uint8Array): Uint8Array {
  const extensions = fields.extensions ?? [];
  const body = concat([...chain(extensions, protocol), payload]);
  const header = new Uint8Array(40);
  writeIp6Header(header, 0, {
    source: toAddress(fields.source).words,
    destination: toAddress(fields.destination).words,
    nextHeader: extensions[0]?.protocol ?? protocol,
    // A jumbogram's length is in its hop-by-hop option (RFC 2675).
    payloadLength: fields.offloadLength === true || body.length > 0xffff ? 0 : body.length,
    hopLimit: fields.hopLimit ?? 64,
    ecn: fields.ecn ?? 0,
  });
  return concat([header, body]);
}

/** The headers' bytes, each naming the one after it. */
function chain(extensions: readonly ExtensionHeader[], protocol: number): Uint8Array[] {
  return extensions.map((extension, i) => {
    const bytes = extension.bytes.slice();
    bytes[0] = extensions[i + 1]?.protocol ?? protocol;
    return bytes;
  });
}

/** Hop-by-hop or destination options holding `length` bytes of padding (RFC 8200 4.2); the whole is a multiple of 8. */
export function paddingExtension(protocol: number, units: number = 1): ExtensionHeader {
  const bytes = new Uint8Array(units * 8);
  bytes[1] = units - 1;
  bytes[2] = 1;
  bytes[3] = units * 8 - 4;
  return { protocol, bytes };
}

/** A hop-by-hop header with the jumbo payload option (RFC 2675): `length` is everything behind the IPv6 header. */
export function jumboExtension(length: number): ExtensionHeader {
  const bytes = new Uint8Array(8);
  bytes[2] = 0xc2;
  bytes[3] = 4;
  writeI32(bytes, 4, length);
  return { protocol: Protocol.hopByHop, bytes };
}

/** A routing header of type 0, 2 or 4 with all `segmentsLeft` still to visit; the addresses stand in wire order. */
export function routingExtension(
  type: number,
  segmentsLeft: number,
  via: readonly AddressLike[],
): ExtensionHeader {
  const bytes = new Uint8Array(8 + 16 * via.length);
  bytes[1] = via.length * 2;
  bytes[2] = type;
  bytes[3] = segmentsLeft;
  if (type === 4) bytes[4] = via.length - 1;
  for (const [i, address] of via.entries()) writeWords(bytes, 8 + 16 * i, toAddress(address).words);
  return { protocol: Protocol.routing, bytes };
}

/** An authentication header (RFC 4302) with an integrity value of `icvLength` bytes, a multiple of 4. */
export function authenticationExtension(icvLength: number = 12): ExtensionHeader {
  const bytes = new Uint8Array(12 + icvLength);
  bytes[1] = bytes.length / 4 - 2;
  writeI32(bytes, 4, 0x100);
  writeI32(bytes, 8, 1);
  return { protocol: Protocol.ah, bytes };
}

/**
 * Cuts an IPv4 packet, or an IPv6 packet without extension headers, into fragments whose IP payload has at most `size`
 * bytes (rounded down to a multiple of 8).
 */
export function fragmentIp(packet: Uint8Array, size: number, identification: number = 1): Uint8Array[] {
  const isIp4 = packet[0]! >> 4 === 4;
  const headerLength = isIp4 ? (packet[0]! & 15) * 4 : 40;
  const step = Math.max(8, size & ~7);
  const fragments: Uint8Array[] = [];
  for (let at = headerLength; at < packet.length; at += step) {
    const part = packet.subarray(at, at + step);
    const more = at + step < packet.length;
    const header = packet.slice(0, headerLength);
    const offset = at - headerLength;
    fragments.push(
      isIp4
        ? ip4Fragment(header, part, offset, more)
        : ip6Fragment(header, part, offset, more, identification),
    );
  }
  return fragments;
}

function ip4Fragment(header: Uint8Array, part: Uint8Array, offset: number, more: boolean): Uint8Array {
  writeU16(header, 2, header.length + part.length);
  writeU16(header, 6, (more ? 0x2000 : 0) | (offset >> 3));
  fillIp4Checksum(header, header.length);
  return concat([header, part]);
}

function ip6Fragment(
  header: Uint8Array,
  part: Uint8Array,
  offset: number,
  more: boolean,
  identification: number,
): Uint8Array {
  const extension = words16(
    header[6]! << 8,
    offset | (more ? 1 : 0),
    identification >>> 16,
    identification & 0xffff,
  );
  header[6] = Protocol.fragment;
  writeU16(header, 4, 8 + part.length);
  return concat([header, extension, part]);
}

/** A UDP datagram (without IP header). The checksum is filled in for IPv6, which asks for it, and 0 for IPv4. */
export function encodeUdp(
  fields: IpFields,
  sourcePort: number,
  destinationPort: number,
  payload: Uint8Array,
): Uint8Array {
  const datagram = concat([words16(sourcePort, destinationPort, 8 + payload.length, 0), payload]);
  const source = toAddress(fields.source);
  if (source.family === 6) {
    const pseudo = pseudoHeaderSum(
      source.words,
      toAddress(fields.destination).words,
      Protocol.udp,
      datagram.length,
    );
    const sum = ~onesSum(viewOf(datagram), 0, datagram.length, pseudo) & 0xffff;
    writeU16(datagram, 6, sum === 0 ? 0xffff : sum);
  }
  return datagram;
}
