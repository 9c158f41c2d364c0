/** One segment to be sent, described in fields; reused for every segment. Nothing may keep it. */
export class Outgoing {
  seq: number = 0;
  ack: number = 0;
  /** `Flag` bits. */
  flags: number = 0;
  /** As it stands in the header: scaled down already. */
  window: number = 0;
  urgentPointer: number = 0;

  /** `OptionBit`s of the options to write; values below. The layout is the host's. */
  optionKinds: number = 0;
  mss: number = 0;
  windowScale: number = 0;
  tsVal: number = 0;
  tsEcr: number = 0;
  sackCount: number = 0;
  /** Edges, most recent block first, as in `Segment.sack`. */
  readonly sack: Int32Array = new Int32Array(8);
  /** User timeout (RFC 5482): granularity bit and value as in the option. */
  userTimeout: number = 0;

  /** Further options as they stand in the header, a multiple of four octets; the packet that carries them takes them away. */
  extra: Uint8Array | null = null;

  /** Payload: `payloadLength` octets of `Tcb.send` from `payloadOffset` (counted from SND.UNA's octet) on. */
  payloadOffset: number = 0;
  payloadLength: number = 0;
  /** Super-segment: the receiver of the packet may cut it into segments of this payload size; 0: it is one segment. */
  segmentSize: number = 0;
  /** A keepalive's octet of garbage in place of payload from the buffer. */
  garbage: boolean = false;

  /** ECN field of the IP header: 0, or 2 (ECT(0)) on new data of an ECN connection. */
  ecn: number = 0;
}
