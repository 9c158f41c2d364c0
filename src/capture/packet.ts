const NO_BYTES = new Uint8Array(0);

/** One packet record of a capture. A parser owns one record and fills it again for each packet: nothing may keep it. */
export class Packet {
  /** Counted from 1 over the whole input, as Wireshark does. */
  number: number = 0;
  /** Microseconds since the epoch (an integer; finer resolutions are rounded down). */
  timeUs: number = 0;
  /** LINKTYPE_ value of the interface it was captured on. */
  linkType: number = 0;
  /** Interface index within its section (0 in a pcap file). */
  interfaceId: number = 0;
  /** Bytes present. */
  capturedLength: number = 0;
  /** Bytes the packet had on the wire. */
  originalLength: number = 0;
  /** The buffer the frame lies in, from `offset` to `offset + capturedLength`. */
  bytes: Uint8Array = NO_BYTES;
  view: DataView = new DataView(NO_BYTES.buffer);
  offset: number = 0;
  /** Offset of the record in the (decompressed) file. */
  fileOffset: number = 0;
}

/** Something wrong with the capture itself; reading went on, or stopped there, as `fatal` says. */
export interface CaptureProblem {
  /** Fixed name, e.g. `truncated`, `bad-block-length`, `bad-magic`, `unknown-link-type`. */
  readonly code: string;
  /** One clear sentence for people. */
  readonly message: string;
  /** Byte offset in the (decompressed) input. */
  readonly offset: number;
  /** Last packet number read before the problem (0: none). */
  readonly packet: number;
  /** True where nothing after it could be read. */
  readonly fatal: boolean;
}
