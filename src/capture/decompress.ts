import { GzipInflater, type InflateFailure, type Inflater } from './gzip.ts';
import type { CaptureProblem } from './packet.ts';
import { ZstdInflater } from './zstd.ts';

/** Decompresses in JavaScript alone. */
export async function* decompressChunks(
  compression: 'gzip' | 'zstd',
  chunks: AsyncGenerator<Uint8Array, void, undefined>,
  report: (problem: CaptureProblem) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const inflater: Inflater = compression === 'gzip' ? new GzipInflater() : new ZstdInflater();
  let made = 0;
  const drain = function* (): Generator<Uint8Array, void, undefined> {
    for (let output = inflater.next(); output !== null; output = inflater.next()) {
      made += output.length;
      yield output;
    }
  };
  for await (const chunk of chunks) {
    inflater.push(chunk);
    yield* drain();
    if (inflater.failure !== null) break;
  }
  inflater.end();
  yield* drain();
  if (inflater.failure !== null) report(compressionProblem(compression, inflater.failure, made));
}

/** `made` is how many bytes came out before. */
export function compressionProblem(
  compression: 'gzip' | 'zstd',
  failure: InflateFailure,
  made: number,
): CaptureProblem {
  const place = `near byte ${failure.inputOffset} of the compressed file`;
  const fatal = failure.kind !== 'truncated';
  const [code, message] = {
    truncated: [
      'truncated-compression',
      `The ${compression} data ends early, ${place}: it was cut, or is still being written.`,
    ],
    damaged: [
      'bad-compression',
      `The ${compression} data is damaged ${place} (${failure.reason}); what was decompressed before it was used.`,
    ],
    unsupported: [
      'unsupported-compression',
      `The ${compression} data cannot be decompressed here (${failure.reason}); decompress it with ${compression} first.`,
    ],
  }[failure.kind] as [string, string];
  return { code, message, offset: made, packet: 0, fatal };
}
