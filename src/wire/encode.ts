import { internetChecksum, pseudoHeaderSum } from './checksum.ts';
import { type AddressLike, encodeIp, type IpFields, toAddress } from './ip/encode.ts';
import { Protocol } from './ip/protocols.ts';
import { writeOptions, writeTcpChecksum, writeTcpHeader } from './tcp/encode.ts';
import type { TcpOption } from './tcp/options.ts';
import { concat, viewOf, writeI32, writeU16 } from './write.ts';

/** A TCP segment to build; what is left out is 0 or empty. */
export interface TcpFields {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly seq?: number;
  readonly ack?: number;
  readonly flags?: number;
  readonly window?: number;
  readonly urgentPointer?: number;
  readonly options?: readonly TcpOption[];
  readonly payload?: Uint8Array;
}

const NO_BYTES = new Uint8Array(0);
const MAX_OPTIONS = 40;

/** A TCP header with options and payload, checksum included. Throws where the options exceed 40 bytes. */
export function encodeTcp(source: AddressLike, destination: AddressLike, fields: TcpFields): Uint8Array {
  const options = new Uint8Array(256 * (fields.options?.length ?? 0));
  const optionsLength = writeOptions(options, 0, fields.options ?? []);
  if (optionsLength > MAX_OPTIONS) {
    throw new RangeError(
      `TCP options of ${optionsLength} bytes do not fit the 40 that a header has for them`,
    );
  }
  const payload = fields.payload ?? NO_BYTES;
  const headerLength = 20 + optionsLength;
  const bytes = new Uint8Array(headerLength + payload.length);
  writeTcpHeader(bytes, 0, {
    sourcePort: fields.sourcePort,
    destinationPort: fields.destinationPort,
    seq: fields.seq ?? 0,
    ack: fields.ack ?? 0,
    flags: fields.flags ?? 0,
    window: fields.window ?? 0,
    urgentPointer: fields.urgentPointer ?? 0,
    headerLength,
  });
  bytes.set(options.subarray(0, optionsLength), 20);
  bytes.set(payload, headerLength);
  writeTcpChecksum(viewOf(bytes), 0, bytes.length, toAddress(source).words, toAddress(destination).words);
  return bytes;
}

/** An IP packet with one TCP segment. */
export function encodeSegment(fields: IpFields & TcpFields): Uint8Array {
  return encodeIp(fields, Protocol.tcp, encodeTcp(fields.source, fields.destination, fields));
}

/** An ICMP error to build around the packet that it is about. */
export interface IcmpErrorFields extends IpFields {
  readonly type: number;
  readonly code: number;
  readonly mtu?: number;
  /** The packet quoted, from its IP header on. */
  readonly quoted: Uint8Array;
  /** Bytes of it to quote: default 28 and more for ICMPv4 (RFC 792: header and 8 bytes), all for ICMPv6. */
  readonly quoteLength?: number;
}

/** An IP packet with an ICMPv4 or ICMPv6 error, as the addresses say. */
export function encodeIcmpError(fields: IcmpErrorFields): Uint8Array {
  const source = toAddress(fields.source);
  const isIp4 = source.family === 4;
  const ip4Default = (fields.quoted[0]! & 15) * 4 + 8;
  const quote = fields.quoted.subarray(0, fields.quoteLength ?? (isIp4 ? ip4Default : fields.quoted.length));
  const header = new Uint8Array(8);
  header[0] = fields.type;
  header[1] = fields.code;
  if (isIp4) writeU16(header, 6, fields.mtu ?? 0);
  else writeI32(header, 4, fields.mtu ?? 0);
  const message = concat([header, quote]);
  const protocol = isIp4 ? Protocol.icmp4 : Protocol.icmp6;
  const pseudo = isIp4
    ? 0
    : pseudoHeaderSum(source.words, toAddress(fields.destination).words, protocol, message.length);
  writeU16(message, 2, internetChecksum(viewOf(message), 0, message.length, pseudo));
  return encodeIp(fields, protocol, message);
}
