/** What a frame turned out to carry. */
export const SegmentKind = {
  /** Nothing TCP could be read from (another protocol, damaged, an incomplete fragment). */
  none: 0,
  /** A TCP segment. */
  tcp: 1,
  /** An ICMP error that quotes a TCP segment: the address, port and `seq` fields are those of the quoted segment. */
  icmpError: 2,
  /** An ICMP error whose quote of a TCP segment the capture cut before its ports: of that only `source` is known. */
  icmpCut: 3,
} as const;

/** TCP flag bits as they stand in the header (RFC 9293 3.1; AE: RFC 9768). */
export const Flag = {
  fin: 0x001,
  syn: 0x002,
  rst: 0x004,
  psh: 0x008,
  ack: 0x010,
  urg: 0x020,
  ece: 0x040,
  cwr: 0x080,
  ae: 0x100,
} as const;

/** Bits of `Segment.problems`: what was wrong with the bytes, while what could be read was kept. */
export const Problem = {
  /** The frame is shorter than its headers say and it was not the snaplen that cut it. */
  truncated: 0x0001,
  /** A header length field is impossible (IHL < 5, data offset < 5 or past the end, option length). */
  badLength: 0x0002,
  /** The frame was cut by the capture (snaplen); payload bytes are missing but their number is known. */
  sliced: 0x0004,
  badOption: 0x0008,
  /** More nested tunnels or headers than the decoder follows. */
  tooDeep: 0x0010,
  unsupported: 0x0020,
} as const;

/** Bits of `Segment.optionKinds`: which TCP options were present. */
export const OptionBit = {
  mss: 0x0001,
  windowScale: 0x0002,
  sackPermitted: 0x0004,
  sack: 0x0008,
  timestamps: 0x0010,
  fastOpen: 0x0020,
  mptcp: 0x0040,
  md5: 0x0080,
  ao: 0x0100,
  userTimeout: 0x0200,
  accEcn: 0x0400,
  edo: 0x0800,
  unknown: 0x1000,
} as const;

const NO_BYTES = new Uint8Array(0);
const NO_VIEW = new DataView(NO_BYTES.buffer);

/**
 * One decoded TCP segment (or the TCP segment quoted by an ICMP error). The decoder owns one record and fills
 * it again for each frame, so nothing may keep it; sequence numbers and timestamps are int32.
 */
export class Segment {
  kind: number = SegmentKind.none;
  problems: number = 0;

  /** 4 or 6. */
  family: number = 4;
  /** Address words in network order; an IPv4 address stands in word 3, words 0 to 2 are 0. */
  readonly source: Int32Array = new Int32Array(4);
  readonly destination: Int32Array = new Int32Array(4);
  sourcePort: number = 0;
  destinationPort: number = 0;

  /** TTL or hop limit of the (inner) IP header; for an ICMP error, that of the ICMP packet itself. */
  hopLimit: number = 0;
  /** IPv4 identification, or -1 where the header has none (IPv6). */
  identification: number = -1;
  dontFragment: boolean = false;
  /** The two ECN bits of the IP header. */
  ecn: number = 0;

  seq: number = 0;
  ack: number = 0;
  /** `Flag` bits, reserved bits included (12 bits). */
  flags: number = 0;
  /** The raw 16-bit window field. */
  window: number = 0;
  urgentPointer: number = 0;
  /** TCP header length in bytes, options included. */
  headerLength: number = 20;
  /** Payload bytes as the IP header counts them, captured or not. */
  payloadLength: number = 0;
  /** Payload bytes that are in the capture, from `payloadOffset` of `bytes`. */
  payloadCaptured: number = 0;
  payloadOffset: number = 0;
  /** TCP header offset in `bytes`. */
  headerOffset: number = 0;

  /** `OptionBit`s. */
  optionKinds: number = 0;
  /** Valid where `OptionBit.timestamps` is set. */
  tsVal: number = 0;
  tsEcr: number = 0;
  /** -1 where absent. */
  mss: number = -1;
  windowScale: number = -1;
  /** RFC 5482: the 16 bits as they stand, bit G (0x8000) and the time; 0 where absent. */
  userTimeout: number = 0;
  sackCount: number = 0;
  /** Left and right edges of up to four SACK blocks. */
  readonly sack: Int32Array = new Int32Array(8);

  /** Outermost VLAN id, or -1. */
  vlan: number = -1;
  /** How many tunnels were opened to reach this segment. */
  tunnels: number = 0;

  /** ICMP error fields, valid where `kind` is `icmpError`. */
  icmpFamily: number = 4;
  icmpType: number = 0;
  icmpCode: number = 0;
  /** Next-hop MTU of "fragmentation needed" / "packet too big", or 0. */
  icmpMtu: number = 0;
  /** Who sent the ICMP error. */
  readonly icmpSource: Int32Array = new Int32Array(4);

  /** The bytes that all offsets refer to: the frame's buffer, or a reassembled datagram. */
  bytes: Uint8Array = NO_BYTES;
  view: DataView = NO_VIEW;
}
