import { Gunzip } from 'fflate';
import { crc32 } from './crc32.ts';

const FIRST_SLICE_BYTES = 4 * 1024;
const MIN_SLICE_BYTES = 1024;
const MAX_SLICE_BYTES = 64 * 1024;
/** Output aimed at per slice of input: one slice of a decompression bomb then stays small as well. */
const OUTPUT_BYTES = 1024 * 1024;

/** The longest member header that may straddle slices and still have its trailer before it verified. */
const RECENT_BYTES = 1024;

/** One direction of decompression: push compressed bytes, take the output piece by piece. Never throws. */
export interface Inflater {
  /** `chunk` stays in use until `next` returned null. */
  push(chunk: Uint8Array): void;
  /** No more input: `next` gives what is left. */
  end(): void;
  /** The next output, not empty; null: push more, or it is over. */
  next(): Uint8Array | null;
  /** Why it stopped early. */
  readonly failure: InflateFailure | null;
}

export interface InflateFailure {
  readonly kind: 'truncated' | 'damaged' | 'unsupported';
  /** Without the place, e.g. `invalid block type`. */
  readonly reason: string;
  /** Offset in the compressed input near which it happened. */
  readonly inputOffset: number;
}

/** gzip (RFC 1952), members concatenated. The decoder leaves the checksums to be verified here. */
export class GzipInflater implements Inflater {
  failure: InflateFailure | null = null;
  private readonly gunzip: Gunzip = new Gunzip((output) => this.take(output));
  private readonly outputs: Uint8Array[] = [];
  private chunk: Uint8Array = new Uint8Array(0);
  private position: number = 0;
  /** The latest slice of input behind the last bytes before it, where a member's trailer may lie. */
  private recent: Uint8Array = new Uint8Array(RECENT_BYTES);
  private consumed: number = 0;
  private sliceBytes: number = FIRST_SLICE_BYTES;
  private memberCrc: number = 0;
  private memberBytes: number = 0;
  private ended: boolean = false;
  private closed: boolean = false;

  constructor() {
    this.gunzip.onmember = (offset) => this.checkMember(offset);
  }

  push(chunk: Uint8Array): void {
    this.chunk = chunk;
    this.position = 0;
  }

  end(): void {
    this.ended = true;
  }

  next(): Uint8Array | null {
    while (this.outputs.length === 0 && this.failure === null) {
      if (this.position < this.chunk.length) this.inflateSlice();
      else if (this.ended && !this.closed) this.close();
      else return null;
    }
    return this.outputs.shift() ?? null;
  }

  private take(output: Uint8Array): void {
    if (output.length === 0) return;
    this.outputs.push(output);
    this.memberCrc = crc32(output, this.memberCrc);
    this.memberBytes += output.length;
  }

  private inflateSlice(): void {
    const slice = this.chunk.subarray(this.position, this.position + this.sliceBytes);
    const recent = new Uint8Array(RECENT_BYTES + slice.length);
    recent.set(this.recent.subarray(this.recent.length - RECENT_BYTES));
    recent.set(slice, RECENT_BYTES);
    this.recent = recent;
    this.position += slice.length;
    this.consumed += slice.length;
    this.run(recent.subarray(RECENT_BYTES), false);
    const made = this.outputs.reduce((sum, output) => sum + output.length, 0);
    const fitting = Math.floor((slice.length * OUTPUT_BYTES) / Math.max(made, 1));
    this.sliceBytes = Math.min(Math.max(fitting, MIN_SLICE_BYTES), MAX_SLICE_BYTES);
  }

  private close(): void {
    this.closed = true;
    this.run(new Uint8Array(0), true);
    if (this.failure === null) this.checkMember(this.consumed);
  }

  private run(slice: Uint8Array, last: boolean): void {
    try {
      this.gunzip.push(slice, last);
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'invalid data';
      this.fail(last ? 'truncated' : 'damaged', reason, this.consumed - slice.length);
    }
  }

  /** Compares the trailer that ends at `offset` of the input with what the member held: CRC and length. */
  private checkMember(offset: number): void {
    const at = this.recent.length - (this.consumed - offset) - 8;
    if (at >= 0) {
      const trailer = new DataView(this.recent.buffer, at, 8);
      const same =
        trailer.getUint32(0, true) === this.memberCrc &&
        trailer.getUint32(4, true) === this.memberBytes >>> 0;
      if (!same) this.fail('damaged', 'the checksum differs', offset);
    }
    this.memberCrc = 0;
    this.memberBytes = 0;
  }

  private fail(kind: InflateFailure['kind'], reason: string, inputOffset: number): void {
    this.failure ??= { kind, reason, inputOffset };
  }
}
