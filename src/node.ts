import type { CaptureSource } from './capture/index.ts';
import { openCapture } from './capture/node/index.ts';
import { type ExplainOptions as AnyOptions, explainCapture } from './explain/explain.ts';
import type { Ending } from './explain/types.ts';

export { CaptureError, type CaptureSource } from './capture/index.ts';
export { CAUSES, causeById } from './explain/causes/index.ts';
export type * from './explain/types.ts';

export type ExplainOptions = AnyOptions<string | CaptureSource>;

/** As `explain` of the browser build; a string is the path of a file, or `-` for standard input. */
export async function* explain(
  source: string | CaptureSource,
  options: ExplainOptions = {},
): AsyncGenerator<Ending, void, undefined> {
  const { peer, ...rest } = options;
  const second = peer === undefined ? null : await openCapture(peer);
  yield* explainCapture(await openCapture(source), rest, second);
}
