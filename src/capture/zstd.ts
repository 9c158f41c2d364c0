import { Decompress } from 'fzstd';
import type { InflateFailure, Inflater } from './gzip.ts';
import { ByteWindow } from './window.ts';

/** RFC 8878 3.1.1.2: no block holds or makes more. */
const MAX_BLOCK_BYTES = 128 * 1024;
/** Larger windows are refused: the memory is taken before a byte is seen. `zstd -19` and below stay under it. */
const MAX_WINDOW_BYTES = 32 * 1024 * 1024;
const FRAME_MAGIC = 0xfd2fb528;
const HEADER_BYTES = 6;
/** The decoder holds on to anything shorter at the start of a frame, so that must be a copy. */
const HELD_BYTES = 18;

/**
 * zstd (RFC 8878), frames concatenated. The frames and blocks are walked here and the decoder is given one block at a
 * time: that bounds what one step can make, tells the place of damage, and keeps every block before it.
 * Checksums are not verified.
 */
export class ZstdInflater implements Inflater {
  failure: InflateFailure | null = null;
  private readonly input: ByteWindow = new ByteWindow();
  private readonly scratch: Uint8Array = new Uint8Array(HEADER_BYTES + 3 + MAX_BLOCK_BYTES);
  private decoder: Decompress | null = null;
  private firstBlock: boolean = false;
  private windowBytes: number = 0;
  private checksumBytes: number = 0;
  private skipping: number = 0;
  private readonly outputs: Uint8Array[] = [];

  push(chunk: Uint8Array): void {
    this.input.push(chunk);
  }

  end(): void {
    this.input.ended = true;
  }

  next(): Uint8Array | null {
    while (this.outputs.length === 0 && this.failure === null) {
      if (!this.step()) {
        if (this.input.ended) this.finish();
        return null;
      }
    }
    return this.outputs.shift() ?? null;
  }

  /** One block, header or skipped stretch. False: more input is needed. */
  private step(): boolean {
    if (this.skipping > 0) {
      this.skipping -= this.input.skip(this.skipping);
      return this.skipping === 0;
    }
    return this.decoder === null ? this.frameHeader() : this.block();
  }

  private finish(): void {
    if (this.decoder === null && this.skipping === 0 && this.input.available === 0) return;
    this.fail('the input ends inside a frame', 'truncated');
  }

  private fail(reason: string, kind: InflateFailure['kind'] = 'damaged'): boolean {
    this.failure = { kind, reason, inputOffset: this.input.offset };
    return false;
  }

  private frameHeader(): boolean {
    const input = this.input;
    if (!input.need(4)) return false;
    const magic = input.view.getUint32(input.position, true);
    if ((magic & 0xfffffff0) >>> 0 === 0x184d2a50) return this.skippableFrame();
    if (magic !== FRAME_MAGIC) return this.fail('no zstd frame begins here');
    if (!input.need(5)) return false;
    const descriptor = input.bytes[input.position + 4]!;
    const single = (descriptor & 0x20) !== 0;
    const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!;
    const sizeBytes = [single ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
    const length = 5 + (single ? 0 : 1) + dictionaryBytes + sizeBytes;
    if (!input.need(length)) return false;
    if ((descriptor & 0x08) !== 0) return this.fail('reserved bit set in a frame header');
    const at = input.position;
    if (dictionaryBytes > 0) return this.fail('it was compressed with a dictionary', 'unsupported');
    this.windowBytes = single
      ? contentSize(input.view, at + length - sizeBytes, sizeBytes)
      : windowSize(input.bytes[at + 5]!);
    if (this.windowBytes > MAX_WINDOW_BYTES) {
      const mebibytes = Math.ceil(this.windowBytes / 1048576);
      return this.fail(`it needs a window of ${mebibytes} MiB`, 'unsupported');
    }
    this.checksumBytes = (descriptor & 0x04) !== 0 ? 4 : 0;
    this.decoder = new Decompress((output) => {
      if (output.length > 0) this.outputs.push(output);
    });
    this.firstBlock = true;
    input.position += length;
    return true;
  }

  private skippableFrame(): boolean {
    const input = this.input;
    if (!input.need(8)) return false;
    this.skipping = input.view.getUint32(input.position + 4, true);
    input.position += 8;
    return true;
  }

  private block(): boolean {
    const input = this.input;
    if (!input.need(3)) return false;
    const at = input.position;
    const header = input.bytes[at]! | (input.bytes[at + 1]! << 8) | (input.bytes[at + 2]! << 16);
    const last = (header & 1) !== 0;
    const type = (header >> 1) & 3;
    const size = header >> 3;
    if (type === 3) return this.fail('invalid block type');
    if (size > MAX_BLOCK_BYTES) return this.fail(`a block of ${size} bytes, more than zstd allows`);
    const length = 3 + (type === 1 ? 1 : size);
    if (!input.need(length)) return false;
    // An empty block makes nothing, and the decoder moves its whole window for each block.
    if (size > 0 && !this.decode(length, last)) return false;
    input.position += length;
    if (last) {
      this.decoder = null;
      this.skipping = this.checksumBytes;
    }
    return true;
  }

  private decode(length: number, last: boolean): boolean {
    const input = this.input;
    const ahead = this.firstBlock ? HEADER_BYTES : 0;
    const total = ahead + length;
    const piece = total < HELD_BYTES ? new Uint8Array(total) : this.scratch.subarray(0, total);
    // A frame of one block reaches back no further than that block.
    if (ahead > 0) writeHeader(piece, last ? MAX_BLOCK_BYTES : this.windowBytes);
    piece.set(input.bytes.subarray(input.position, input.position + length), ahead);
    this.firstBlock = false;
    try {
      this.decoder!.push(piece, last);
      return true;
    } catch (error) {
      return this.fail(error instanceof Error ? error.message : 'invalid data');
    }
  }
}

/** Frame_Content_Size (RFC 8878 3.1.1.1.4). */
function contentSize(view: DataView, at: number, bytes: number): number {
  if (bytes === 1) return view.getUint8(at);
  if (bytes === 2) return view.getUint16(at, true) + 256;
  const low = view.getUint32(at, true);
  return bytes === 4 ? low : low + view.getUint32(at + 4, true) * 4294967296;
}

/** Window_Descriptor (RFC 8878 3.1.1.1.2). */
function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

/** A frame header that says nothing but the window: the decoder then needs no other case. */
function writeHeader(into: Uint8Array, windowBytes: number): void {
  let descriptor = 0;
  while (windowSize(descriptor) < windowBytes) descriptor += 1;
  into.set([0x28, 0xb5, 0x2f, 0xfd, 0, descriptor]);
}
