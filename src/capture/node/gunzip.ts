import { createGunzip, type Gunzip } from 'node:zlib';
import { compressionProblem, decompressChunks } from '../decompress.ts';
import type { Decompression } from '../open.ts';

/** Input given to zlib at a time: bounds what one write of a decompression bomb can make (1032 times as much). */
const SLICE_BYTES = 32 * 1024;
/** zlib loses the output block in which it meets damage, so the blocks are small. */
const OUTPUT_BYTES = 32 * 1024;

/** zlib decompresses gzip on another thread while the packets before are read; zstd has no decoder in Node 20. */
export const nodeDecompress: Decompression = (compression, chunks, report) =>
  compression === 'gzip' ? gunzipChunks(chunks, report) : decompressChunks(compression, chunks, report);

async function* gunzipChunks(
  chunks: Parameters<Decompression>[1],
  report: Parameters<Decompression>[2],
): ReturnType<Decompression> {
  const gunzip = createGunzip({ chunkSize: OUTPUT_BYTES });
  const run = new GunzipRun(gunzip);
  let made = 0;
  try {
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length && run.error === null; at += SLICE_BYTES) {
        const ready = run.take();
        const written = run.write(chunk.subarray(at, at + SLICE_BYTES));
        for (const output of ready) {
          made += output.length;
          yield output;
        }
        await written;
      }
      if (run.error !== null) break;
    }
    if (run.error === null) await run.end();
    for (const output of run.take()) {
      made += output.length;
      yield output;
    }
    if (run.error !== null) {
      const kind = run.error.code === 'Z_BUF_ERROR' ? 'truncated' : 'damaged';
      const failure = { kind, reason: run.error.message, inputOffset: gunzip.bytesWritten } as const;
      report(compressionProblem('gzip', failure, made));
    }
  } finally {
    gunzip.destroy();
  }
}

/** A zlib stream whose outputs are kept as they come: on an error the stream itself would drop them. */
class GunzipRun {
  error: NodeJS.ErrnoException | null = null;
  private readonly gunzip: Gunzip;
  private outputs: Uint8Array[] = [];

  constructor(gunzip: Gunzip) {
    this.gunzip = gunzip;
    gunzip.on('data', (output: Uint8Array) => {
      this.outputs.push(new Uint8Array(output.buffer, output.byteOffset, output.byteLength));
    });
    gunzip.on('error', (error) => {
      this.error = error;
    });
  }

  take(): Uint8Array[] {
    const taken = this.outputs;
    this.outputs = [];
    return taken;
  }

  write(slice: Uint8Array): Promise<void> {
    return this.settled((done) => this.gunzip.write(slice, done));
  }

  end(): Promise<void> {
    return this.settled((done) => {
      this.gunzip.once('end', done);
      this.gunzip.end();
    });
  }

  /** Waits for `start` to call back, or for the stream to fail. */
  private settled(start: (done: () => void) => void): Promise<void> {
    return new Promise((resolve) => {
      const finish = (): void => {
        this.gunzip.off('error', finish);
        resolve();
      };
      this.gunzip.once('error', finish);
      start(finish);
    });
  }
}
