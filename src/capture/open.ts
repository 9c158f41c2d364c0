import { CaptureError } from './errors.ts';
import { IDENTIFY_BYTES, identify, notACaptureMessage } from './identify.ts';
import type { CaptureProblem } from './packet.ts';
import { type CaptureSource, captureChunks } from './source.ts';

/** A capture ready to be pushed into a `CaptureParser`. */
export interface OpenedCapture {
  readonly format: 'pcap' | 'pcapng';
  readonly compression: 'gzip' | 'zstd' | null;
  /** Decompressed bytes; a chunk stays valid until the next is asked for. */
  readonly chunks: AsyncGenerator<Uint8Array, void, undefined>;
  /** What went wrong with the decompression; complete once `chunks` has ended. */
  readonly problems: readonly CaptureProblem[];
}

export type Decompression = (
  compression: 'gzip' | 'zstd',
  chunks: AsyncGenerator<Uint8Array, void, undefined>,
  report: (problem: CaptureProblem) => void,
) => AsyncGenerator<Uint8Array, void, undefined>;

/**
 * Opens a capture from memory or a stream, decompressing gzip and zstd. Throws a `CaptureError` with code `EMPTY`,
 * `NOT_A_CAPTURE` or `BAD_COMPRESSION`, or whatever the source throws.
 */
export function openCapture(source: CaptureSource): Promise<OpenedCapture> {
  return openChunks(captureChunks(source), decompressLater);
}

/** Most captures are not compressed: a page loads what decompresses them when one is. */
async function* decompressLater(
  ...args: Parameters<Decompression>
): AsyncGenerator<Uint8Array, void, undefined> {
  const { decompressChunks } = await import('./decompress.ts');
  yield* decompressChunks(...args);
}

/** `openCapture` with the chunks and the decompression given. */
export async function openChunks(
  chunks: AsyncGenerator<Uint8Array, void, undefined>,
  decompress: Decompression,
): Promise<OpenedCapture> {
  const problems: CaptureProblem[] = [];
  const outer = await Start.of(chunks);
  if (outer.kind.kind === 'pcap' || outer.kind.kind === 'pcapng') {
    return { format: outer.kind.kind, compression: null, chunks: outer.all(), problems };
  }
  if (outer.kind.kind === 'other') return refuse(outer);
  const compression = outer.kind.kind;
  const inner = await Start.of(decompress(compression, outer.all(), (problem) => problems.push(problem)));
  if (inner.kind.kind === 'pcap' || inner.kind.kind === 'pcapng') {
    return { format: inner.kind.kind, compression, chunks: inner.all(), problems };
  }
  return refuse(inner, problems[0]);
}

async function refuse(start: Start, problem?: CaptureProblem): Promise<never> {
  await start.close();
  if (start.bytes.length > 0) throw new CaptureError('NOT_A_CAPTURE', notACaptureMessage(start.kind));
  if (problem === undefined) throw new CaptureError('EMPTY', 'The input is empty.');
  throw new CaptureError('BAD_COMPRESSION', problem.message);
}

/** The first bytes of a stream of chunks, enough to tell what it is, and the stream with them put back. */
class Start {
  bytes: Uint8Array = new Uint8Array(0);
  kind: ReturnType<typeof identify> = identify(this.bytes);
  private readonly chunks: AsyncGenerator<Uint8Array, void, undefined>;

  private constructor(chunks: AsyncGenerator<Uint8Array, void, undefined>) {
    this.chunks = chunks;
  }

  static async of(chunks: AsyncGenerator<Uint8Array, void, undefined>): Promise<Start> {
    const start = new Start(chunks);
    // A live capture may stay at its 24-byte file header for hours: no more is asked for than is needed.
    while (start.kind.kind === 'other' && start.bytes.length < IDENTIFY_BYTES) {
      const { done, value } = await chunks.next();
      if (done) break;
      start.append(value);
    }
    return start;
  }

  async *all(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield this.bytes;
      this.bytes = new Uint8Array(0);
      yield* this.chunks;
    } finally {
      await this.close();
    }
  }

  async close(): Promise<void> {
    await this.chunks.return();
  }

  private append(chunk: Uint8Array): void {
    const joined = new Uint8Array(this.bytes.length + chunk.length);
    joined.set(this.bytes);
    joined.set(chunk, this.bytes.length);
    this.bytes = joined;
    this.kind = identify(joined.subarray(0, IDENTIFY_BYTES));
  }
}
