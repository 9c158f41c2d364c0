import { type OpenedCapture, openChunks } from '../open.ts';
import { type CaptureSource, captureChunks } from '../source.ts';
import { type FileOptions, fileChunks } from './file.ts';
import { nodeDecompress } from './gunzip.ts';
import { stdinChunks } from './stdin.ts';

export { type FileOptions, fileChunks } from './file.ts';
export { stdinChunks } from './stdin.ts';

/**
 * Opens a capture from a path (`-` is standard input) or any `CaptureSource`, decompressing gzip and zstd. Throws a
 * `CaptureError`: see there for the codes.
 */
export function openCapture(
  source: string | CaptureSource,
  options: FileOptions = {},
): Promise<OpenedCapture> {
  if (source === '-') return openChunks(stdinChunks(options.signal), nodeDecompress);
  if (typeof source === 'string') return openChunks(fileChunks(source, options), nodeDecompress);
  return openChunks(captureChunks(source), nodeDecompress);
}
