import { CaptureError } from './errors.ts';

/** Anything the bytes of a capture can come from in a browser or in Node. */
export type CaptureSource =
  | Uint8Array
  | ArrayBuffer
  | Blob
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>
  | Iterable<Uint8Array>;

/** Large sources in memory are cut, so that whoever reads can breathe between the pieces. */
const PIECE_BYTES = 1024 * 1024;

/** The bytes of `source` in order, in chunks that stay valid until the next one is asked for. */
export async function* captureChunks(source: CaptureSource): AsyncGenerator<Uint8Array, void, undefined> {
  if (source instanceof Uint8Array) yield* pieces(source);
  else if (source instanceof ArrayBuffer) yield* pieces(new Uint8Array(source));
  else if (typeof Blob !== 'undefined' && source instanceof Blob) yield* streamChunks(source.stream());
  else if ('getReader' in source) yield* streamChunks(source);
  else if (Symbol.asyncIterator in source || Symbol.iterator in source) yield* source;
  else throw new CaptureError('UNSUPPORTED_SOURCE', 'The capture source is of no known kind.');
}

function* pieces(bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
}

/** Not every browser's ReadableStream is an async iterable. */
async function* streamChunks(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = stream.getReader();
  let complete = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      complete = done;
      if (done) return;
      yield value;
    }
  } finally {
    if (!complete) await reader.cancel();
    reader.releaseLock();
  }
}
