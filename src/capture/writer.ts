/** Where written bytes go; each piece is fresh and may be kept. */
export type ByteSink = (bytes: Uint8Array) => void;

/** A sink that keeps everything: `new PcapWriter(collector.sink, ...)`, then `collector.bytes()`. */
export class ByteCollector {
  private readonly pieces: Uint8Array[] = [];
  private length: number = 0;

  readonly sink: ByteSink = (bytes) => {
    this.pieces.push(bytes);
    this.length += bytes.length;
  };

  /** All bytes so far as one array. */
  bytes(): Uint8Array {
    const joined = new Uint8Array(this.length);
    let at = 0;
    for (const piece of this.pieces) {
      joined.set(piece, at);
      at += piece.length;
    }
    return joined;
  }
}

export type ByteOrder = 'little' | 'big';

export interface PcapWriterOptions {
  /** LINKTYPE_ value. */
  readonly linkType: number;
  /** Longer frames are cut to it; default 262144. */
  readonly snaplen?: number;
  /** Decimal digits of the seconds in timestamps: 6 (default) or 9. */
  readonly resolution?: 6 | 9;
  /** Default little. */
  readonly byteOrder?: ByteOrder;
}

export const DEFAULT_SNAPLEN = 262_144;

/** Writes a pcap file; the file header goes to the sink at once. */
export class PcapWriter {
  private readonly sink: ByteSink;
  private readonly little: boolean;
  private readonly snaplen: number;
  private readonly ticksPerUs: number;

  constructor(sink: ByteSink, options: PcapWriterOptions) {
    this.sink = sink;
    this.little = options.byteOrder !== 'big';
    this.snaplen = options.snaplen ?? DEFAULT_SNAPLEN;
    this.ticksPerUs = options.resolution === 9 ? 1000 : 1;
    const header = new Uint8Array(24);
    const view = new DataView(header.buffer);
    view.setUint32(0, options.resolution === 9 ? 0xa1b23c4d : 0xa1b2c3d4, this.little);
    view.setUint16(4, 2, this.little);
    view.setUint16(6, 4, this.little);
    view.setUint32(16, this.snaplen, this.little);
    view.setUint32(20, options.linkType, this.little);
    sink(header);
  }

  /** One packet. `timeUs` is microseconds since the epoch; `originalLength` is its size on the wire. */
  write(timeUs: number, frame: Uint8Array, originalLength: number = frame.length): void {
    const captured = Math.min(frame.length, this.snaplen);
    const record = new Uint8Array(16 + captured);
    const view = new DataView(record.buffer);
    view.setUint32(0, Math.floor(timeUs / 1_000_000), this.little);
    view.setUint32(4, (timeUs % 1_000_000) * this.ticksPerUs, this.little);
    view.setUint32(8, captured, this.little);
    view.setUint32(12, originalLength, this.little);
    record.set(captured < frame.length ? frame.subarray(0, captured) : frame, 16);
    this.sink(record);
  }
}
