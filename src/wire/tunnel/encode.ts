import { encodeIp, encodeUdp, type IpFields } from '../ip/encode.ts';
import { EtherType, Protocol } from '../ip/protocols.ts';
import { etherTypeOf } from '../link/encode.ts';
import { concat, words16, writeI32, writeU16 } from '../write.ts';
import { TunnelPort } from './udp.ts';

const NO_BYTES = new Uint8Array(0);
/** Any port of the ephemeral range will do: senders put a hash of the inner flow there. */
const SOURCE_PORT = 54321;

/** IP in IP: RFC 2003 (IPv4 in IPv4), RFC 4213 (6in4), RFC 2473 (both in IPv6). */
export function encodeIpIp(outer: IpFields, packet: Uint8Array): Uint8Array {
  return encodeIp(outer, packet[0]! >> 4 === 4 ? Protocol.ip4 : Protocol.ip6, packet);
}

export interface GreFields {
  /** Ethernet type of the payload; default that of the IP packet. */
  readonly protocol?: number;
  readonly checksum?: boolean;
  readonly key?: number;
  readonly sequence?: number;
  /** Version 1 (PPTP): the payload is PPP and the key holds its length and the call. */
  readonly pptp?: boolean;
  /** PPTP's acknowledgement number. */
  readonly acknowledgement?: number;
}

export function encodeGre(outer: IpFields, payload: Uint8Array, fields: GreFields = {}): Uint8Array {
  return encodeIp(outer, Protocol.gre, concat([greHeader(payload, fields), payload]));
}

function greHeader(payload: Uint8Array, fields: GreFields): Uint8Array {
  const { checksum, key, sequence, acknowledgement } = fields;
  const pptp = fields.pptp === true;
  const flags =
    (checksum === true ? 0x8000 : 0) |
    (key !== undefined || pptp ? 0x2000 : 0) |
    (sequence !== undefined ? 0x1000 : 0) |
    (acknowledgement !== undefined ? 0x80 : 0) |
    (pptp ? 1 : 0);
  const protocol = pptp ? EtherType.ppp : (fields.protocol ?? etherTypeOf(payload));
  return concat([
    words16(flags, protocol),
    // The checksum is left 0: no receiver of captures looks at it.
    checksum === true ? words16(0, 0) : NO_BYTES,
    pptp ? words16(payload.length, key ?? 0) : optionalWord(key),
    optionalWord(sequence),
    optionalWord(acknowledgement),
  ]);
}

function optionalWord(value: number | undefined): Uint8Array {
  if (value === undefined) return NO_BYTES;
  return words16(value >>> 16, value & 0xffff);
}

/** A mirrored Ethernet frame in ERSPAN of type 1, 2 or 3; type 3 with its optional subheader where asked. */
export function encodeErspan(
  outer: IpFields,
  frame: Uint8Array,
  type: 1 | 2 | 3,
  subheader: boolean = false,
): Uint8Array {
  if (type === 1) return encodeGre(outer, frame, { protocol: EtherType.erspan2 });
  const header = new Uint8Array(type === 2 ? 8 : subheader ? 20 : 12);
  writeU16(header, 0, (type - 1) << 12);
  if (type === 3 && subheader) header[11] = 1;
  const protocol = type === 2 ? EtherType.erspan2 : EtherType.erspan3;
  return encodeGre(outer, concat([header, frame]), { protocol, sequence: 1 });
}

function inUdp(outer: IpFields, port: number, payload: Uint8Array): Uint8Array {
  return encodeIp(outer, Protocol.udp, encodeUdp(outer, SOURCE_PORT, port, payload));
}

/** An Ethernet frame in VXLAN; the port may be Linux's old 8472. */
export function encodeVxlan(
  outer: IpFields,
  frame: Uint8Array,
  vni: number,
  port: number = TunnelPort.vxlan,
): Uint8Array {
  const header = new Uint8Array(8);
  header[0] = 0x08;
  writeI32(header, 4, vni << 8);
  return inUdp(outer, port, concat([header, frame]));
}

/** An IP packet in VXLAN-GPE. */
export function encodeVxlanGpe(outer: IpFields, packet: Uint8Array, vni: number): Uint8Array {
  const header = new Uint8Array(8);
  header[0] = 0x0c;
  header[3] = packet[0]! >> 4 === 4 ? 1 : 2;
  writeI32(header, 4, vni << 8);
  return inUdp(outer, TunnelPort.vxlanGpe, concat([header, packet]));
}

/** Geneve around an Ethernet frame, or another payload as `protocol` says; options are padded to a multiple of 4. */
export function encodeGeneve(
  outer: IpFields,
  payload: Uint8Array,
  vni: number,
  options: Uint8Array = NO_BYTES,
  protocol: number = EtherType.ethernet,
): Uint8Array {
  const header = new Uint8Array(8 + ((options.length + 3) & ~3));
  header[0] = (header.length - 8) >> 2;
  writeU16(header, 2, protocol);
  writeI32(header, 4, vni << 8);
  header.set(options, 8);
  return inUdp(outer, TunnelPort.geneve, concat([header, payload]));
}

export interface GtpFields {
  readonly sequence?: number;
  /** Extension headers: type and content (2 bytes less than a multiple of 4). */
  readonly extensions?: readonly { readonly type: number; readonly content: Uint8Array }[];
}

/** An IP packet in GTP-U. */
export function encodeGtpU(
  outer: IpFields,
  packet: Uint8Array,
  teid: number,
  fields: GtpFields = {},
): Uint8Array {
  const extensions = fields.extensions ?? [];
  const optional = fields.sequence !== undefined || extensions.length > 0;
  const flags = 0x30 | (extensions.length > 0 ? 4 : 0) | (fields.sequence !== undefined ? 2 : 0);
  const tail = concat([
    optional
      ? Uint8Array.of((fields.sequence ?? 0) >> 8, (fields.sequence ?? 0) & 255, 0, extensions[0]?.type ?? 0)
      : NO_BYTES,
    ...extensions.map(({ content }, i) =>
      concat([Uint8Array.of((content.length + 2) / 4), content, Uint8Array.of(extensions[i + 1]?.type ?? 0)]),
    ),
    packet,
  ]);
  const header = words16((flags << 8) | 0xff, tail.length, teid >>> 16, teid & 0xffff);
  return inUdp(outer, TunnelPort.gtpU, concat([header, tail]));
}

/** An MPLS stack in UDP (RFC 7510). */
export function encodeMplsInUdp(outer: IpFields, mpls: Uint8Array): Uint8Array {
  return inUdp(outer, TunnelPort.mpls, mpls);
}
