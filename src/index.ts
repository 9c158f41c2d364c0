import { type CaptureSource, openCapture } from './capture/index.ts';
import { type ExplainOptions, explainCapture } from './explain/explain.ts';
import type { Ending } from './explain/types.ts';

export { CaptureError, type CaptureSource } from './capture/index.ts';
export { CAUSES, causeById } from './explain/causes/index.ts';
export type { ExplainOptions } from './explain/explain.ts';
export type * from './explain/types.ts';

/**
 * How and why each connection of a capture ended. `source` is a pcap or pcapng (gzip and zstd are opened) as bytes, a
 * Blob, a ReadableStream or chunks. Throws a `CaptureError` where it is no capture.
 */
export async function* explain(
  source: CaptureSource,
  options: ExplainOptions = {},
): AsyncGenerator<Ending, void, undefined> {
  const { peer, ...rest } = options;
  const second = peer === undefined ? null : await openCapture(peer);
  yield* explainCapture(await openCapture(source), rest, second);
}
