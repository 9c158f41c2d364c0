import { EtherType } from '../ip/protocols.ts';
import { concat, words16, writeI32, writeU16 } from '../write.ts';

/** The Ethernet type of an IP packet. */
export function etherTypeOf(packet: Uint8Array): number {
  return packet[0]! >> 4 === 4 ? EtherType.ip4 : EtherType.ip6;
}

/** A VLAN tag; the type says 802.1Q (default), 802.1ad or one of the older ones. */
export interface VlanTag {
  readonly id: number;
  readonly type?: number;
}

export interface EthernetFields {
  /** Six bytes each; default locally administered addresses. */
  readonly source?: Uint8Array;
  readonly destination?: Uint8Array;
  /** Default: that of the IP packet. */
  readonly type?: number;
  /** Outermost first. */
  readonly vlans?: readonly VlanTag[];
  /** Pads to 60 bytes, as network cards do. */
  readonly padded?: boolean;
}

const SOURCE_MAC: Uint8Array = Uint8Array.of(2, 0, 0, 0, 0, 1);
const DESTINATION_MAC: Uint8Array = Uint8Array.of(2, 0, 0, 0, 0, 2);
const LEAST_FRAME = 60;

/** An Ethernet frame without its check sequence. */
export function encodeEthernet(payload: Uint8Array, fields: EthernetFields = {}): Uint8Array {
  const tags = (fields.vlans ?? []).map((tag) => words16(tag.type ?? EtherType.vlan, tag.id));
  const frame = concat([
    fields.destination ?? DESTINATION_MAC,
    fields.source ?? SOURCE_MAC,
    ...tags,
    words16(fields.type ?? etherTypeOf(payload)),
    payload,
  ]);
  if (fields.padded !== true || frame.length >= LEAST_FRAME) return frame;
  return concat([frame, new Uint8Array(LEAST_FRAME - frame.length)]);
}

/** LLC and SNAP headers before an IP packet (RFC 1042). */
export function encodeLlcSnap(packet: Uint8Array): Uint8Array {
  return concat([Uint8Array.of(0xaa, 0xaa, 3, 0, 0, 0), words16(etherTypeOf(packet)), packet]);
}

/** An IEEE 802.3 frame, whose type field is a length, with LLC and SNAP. */
export function encodeIeee8023(packet: Uint8Array): Uint8Array {
  const body = encodeLlcSnap(packet);
  return encodeEthernet(body, { type: body.length });
}

/** A stack of MPLS labels, outermost first, with TTL 64. */
export function encodeMpls(payload: Uint8Array, labels: readonly number[]): Uint8Array {
  const stack = new Uint8Array(labels.length * 4);
  for (const [i, label] of labels.entries()) {
    const bottom = i === labels.length - 1 ? 0x100 : 0;
    writeI32(stack, i * 4, (label << 12) | bottom | 64);
  }
  return concat([stack, payload]);
}

/** Linux's cooked header, version 1. */
export function encodeSll(payload: Uint8Array, protocol: number = etherTypeOf(payload)): Uint8Array {
  return concat([words16(0, 1, 6), SOURCE_MAC, words16(0, protocol), payload]);
}

/** Linux's cooked header, version 2. */
export function encodeSll2(payload: Uint8Array, protocol: number = etherTypeOf(payload)): Uint8Array {
  return concat([words16(protocol, 0, 0, 2, 1), Uint8Array.of(0, 6), SOURCE_MAC, words16(0), payload]);
}

/** BSD loopback: the address family of the system (AF_INET6 differs), in either byte order. */
export function encodeNull(packet: Uint8Array, family: number, littleEndian: boolean): Uint8Array {
  const header = new Uint8Array(4);
  header[littleEndian ? 0 : 3] = family;
  return concat([header, packet]);
}

export interface PppFields {
  /** With address and control bytes `ff 03`. */
  readonly hdlc?: boolean;
  /** With the protocol field in one byte. */
  readonly compressed?: boolean;
}

export function encodePpp(packet: Uint8Array, fields: PppFields = {}): Uint8Array {
  const protocol = packet[0]! >> 4 === 4 ? 0x21 : 0x57;
  return concat([
    fields.hdlc === true ? Uint8Array.of(0xff, 0x03) : new Uint8Array(0),
    fields.compressed === true ? Uint8Array.of(protocol) : words16(protocol),
    packet,
  ]);
}

/** A PPPoE session packet (to put into Ethernet with type 0x8864). */
export function encodePppoe(packet: Uint8Array, session: number = 1): Uint8Array {
  const ppp = encodePpp(packet);
  return concat([words16(0x1100, session, ppp.length), ppp]);
}

export function encodeCiscoHdlc(payload: Uint8Array, protocol: number = etherTypeOf(payload)): Uint8Array {
  return concat([words16(0x0f00, protocol), payload]);
}

export interface WifiFields {
  /** With a QoS control field. */
  readonly qos?: boolean;
  /** With four addresses, as between access points. */
  readonly fourAddresses?: boolean;
  /** With an HT control field (only with QoS). */
  readonly htControl?: boolean;
  /** Pads the header to a multiple of 4, as some drivers do and radiotap says. */
  readonly padded?: boolean;
  /** As the first and only subframe of an A-MSDU (only with QoS). */
  readonly aggregate?: boolean;
}

/** An IEEE 802.11 data frame around an IP packet, without check sequence. */
export function encodeWifi(packet: Uint8Array, fields: WifiFields = {}): Uint8Array {
  const qos = fields.qos === true;
  const flags = (fields.fourAddresses === true ? 3 : 1) | (fields.htControl === true ? 0x80 : 0);
  const header = concat([
    Uint8Array.of(qos ? 0x88 : 0x08, flags, 0, 0),
    DESTINATION_MAC,
    SOURCE_MAC,
    DESTINATION_MAC,
    words16(0),
    fields.fourAddresses === true ? SOURCE_MAC : new Uint8Array(0),
    qos ? Uint8Array.of(fields.aggregate === true ? 0x80 : 0, 0) : new Uint8Array(0),
    fields.htControl === true ? new Uint8Array(4) : new Uint8Array(0),
  ]);
  const padding = new Uint8Array(fields.padded === true ? -header.length & 3 : 0);
  const body = encodeLlcSnap(packet);
  const subframe = concat([DESTINATION_MAC, SOURCE_MAC, words16(body.length), body]);
  return concat([header, padding, fields.aggregate === true ? subframe : body]);
}

export interface RadiotapFields {
  /** With a TSFT field, which moves the flags field to the next multiple of 8. */
  readonly tsft?: boolean;
  /** The frame ends with a check sequence, which is appended (as zeroes). */
  readonly fcs?: boolean;
  /** The frame's header is padded. */
  readonly padded?: boolean;
  /** Present words; more than one are an extended bitmap. Default 1. */
  readonly presentWords?: number;
}

export function encodeRadiotap(frame: Uint8Array, fields: RadiotapFields = {}): Uint8Array {
  const words = fields.presentWords ?? 1;
  let flagsAt = 4 + 4 * words;
  if (fields.tsft === true) flagsAt = ((flagsAt + 7) & ~7) + 8;
  const header = new Uint8Array(flagsAt + 1);
  header[2] = header.length;
  header[4] = fields.tsft === true ? 3 : 2;
  for (let i = 0; i < words - 1; i++) header[7 + 4 * i]! |= 0x80;
  header[flagsAt] = (fields.fcs === true ? 0x10 : 0) | (fields.padded === true ? 0x20 : 0);
  return concat([header, frame, new Uint8Array(fields.fcs === true ? 4 : 0)]);
}

/** A Linux NFLOG packet: packet header, prefix and payload attributes. */
export function encodeNflog(packet: Uint8Array, littleEndian: boolean = true): Uint8Array {
  const family = packet[0]! >> 4 === 4 ? 2 : 10;
  const attribute = (type: number, data: Uint8Array): Uint8Array => {
    const header = words16(4 + data.length, type);
    if (littleEndian) header.set(Uint8Array.of(header[1]!, header[0]!, header[3]!, header[2]!));
    return concat([header, data, new Uint8Array(-data.length & 3)]);
  };
  return concat([
    Uint8Array.of(family, 0, 0, 5),
    attribute(1, Uint8Array.of(8, 0, 1, 0)),
    attribute(10, Uint8Array.of(0)),
    attribute(9, packet),
  ]);
}

/** OpenBSD's pflog header of 61 bytes (length field) with the packet's family. */
export function encodePflog(packet: Uint8Array): Uint8Array {
  const header = new Uint8Array(64);
  header[0] = 61;
  header[1] = packet[0]! >> 4 === 4 ? 2 : 24;
  return concat([header, packet]);
}

/** OpenBSD's enc header. */
export function encodeEnc(packet: Uint8Array): Uint8Array {
  const header = new Uint8Array(12);
  header[0] = packet[0]! >> 4 === 4 ? 2 : 24;
  return concat([header, packet]);
}

/** The header of IP over IEEE 1394. */
export function encodeIeee1394(packet: Uint8Array): Uint8Array {
  const header = new Uint8Array(18);
  writeU16(header, 16, etherTypeOf(packet));
  return concat([header, packet]);
}
