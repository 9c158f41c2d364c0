import { constants, openSync } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { CaptureError } from '../errors.ts';
import { stdinChunks } from './stdin.ts';

const DEFAULT_CHUNK_BYTES = 1024 * 1024;
const POLL_MS = 100;

/** How a file is read. */
export interface FileOptions {
  /** Bytes asked for at a time; default 1 MiB. */
  readonly chunkBytes?: number;
  /** Wait for the file to grow instead of ending with it. */
  readonly follow?: boolean;
  /** Ends the reading, in follow mode or before the end. */
  readonly signal?: AbortSignal;
  /** Called after each read: bytes read so far and the size of the file (null: not a regular file). */
  readonly onProgress?: (readBytes: number, totalBytes: number | null) => void;
  /** Follow mode: the file was replaced or cut while it was read; one sentence. */
  readonly onNotice?: (message: string) => void;
}

/**
 * The bytes of a file or named pipe in chunks that stay valid until the chunk after the next is asked for. The next
 * chunk is read while the current one is used.
 */
export async function* fileChunks(
  path: string,
  options: FileOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const kind = await stat(path).catch((error: unknown) => {
    throw systemError(path, error);
  });
  if (kind.isFIFO()) {
    yield* pipeChunks(path, options);
    return;
  }
  const file = await openFile(path);
  try {
    const status = await file.stat();
    if (status.isDirectory()) throw new CaptureError('EISDIR', `${path} is a directory, not a capture file.`);
    const total = status.isFile() ? status.size : null;
    yield* readChunks(path, file, total, options);
  } finally {
    await file.close();
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY);
  } catch (error) {
    throw systemError(path, error);
  }
}

/**
 * A named pipe, read without blocking: a thread that waits in open(2) or read(2) for a writer could not be stopped,
 * and the process could not exit.
 */
async function* pipeChunks(path: string, options: FileOptions): AsyncGenerator<Uint8Array, void, undefined> {
  const socket = openPipe(path);
  let readBytes = 0;
  try {
    for await (const chunk of stdinChunks(options.signal, socket)) {
      readBytes += chunk.length;
      options.onProgress?.(readBytes, null);
      yield chunk;
    }
  } finally {
    socket.destroy();
  }
}

/** The socket owns the descriptor and closes it. */
function openPipe(path: string): Socket {
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return new Socket({ fd, readable: true, writable: false });
  } catch (error) {
    throw systemError(path, error);
  }
}

/** A system error as one line that names the path and says what is wrong. */
function systemError(path: string, error: unknown): CaptureError {
  const code = (error as NodeJS.ErrnoException).code ?? 'EIO';
  const reasons: Record<string, string> = {
    ENOENT: `${path}: no such file.`,
    EACCES: `${path}: no permission to read it.`,
    EPERM: `${path}: no permission to read it.`,
    EISDIR: `${path} is a directory, not a capture file.`,
    ENOTDIR: `${path}: a part of the path is not a directory.`,
    EMFILE: `${path}: too many open files.`,
  };
  return new CaptureError(code, reasons[code] ?? `${path}: cannot be read (${code}).`, { cause: error });
}

async function* readChunks(
  path: string,
  file: FileHandle,
  total: number | null,
  options: FileOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const size = options.chunkBytes ?? DEFAULT_CHUNK_BYTES;
  // Three: one is being filled, one is in use, and the one before it is still looked at until the next push.
  const buffers = [new Uint8Array(size), new Uint8Array(size), new Uint8Array(size)];
  let turn = 0;
  let readBytes = 0;
  const read = async (): Promise<Uint8Array> => {
    const buffer = buffers[turn]!;
    turn = (turn + 1) % buffers.length;
    const { bytesRead } = await file.read(buffer, 0, size, null);
    return buffer.subarray(0, bytesRead);
  };
  let pending = read();
  try {
    while (!options.signal?.aborted) {
      const chunk = await pending;
      if (chunk.length === 0) {
        if (!options.follow || total === null) return;
        if (!(await grown(path, file, readBytes, options))) return;
        pending = read();
        continue;
      }
      readBytes += chunk.length;
      options.onProgress?.(readBytes, total === null ? null : Math.max(total, readBytes));
      pending = read();
      yield chunk;
    }
  } catch (error) {
    throw error instanceof CaptureError ? error : systemError(path, error);
  } finally {
    await pending.catch(() => undefined);
  }
}

/** Waits until the file has more than `readBytes`. False: it ended (signal), or was replaced or cut. */
async function grown(
  path: string,
  file: FileHandle,
  readBytes: number,
  options: FileOptions,
): Promise<boolean> {
  for (;;) {
    if (options.signal?.aborted) return false;
    const status = await file.stat();
    if (status.size > readBytes) return true;
    if (status.size < readBytes) {
      options.onNotice?.(`${path} became shorter while it was followed; reading stopped.`);
      return false;
    }
    const current = await stat(path).catch(() => null);
    if (current !== null && (current.ino !== status.ino || current.dev !== status.dev)) {
      options.onNotice?.(`${path} was replaced by another file; the old one was read to its end.`);
      return false;
    }
    await pause(POLL_MS, options.signal);
  }
}

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, milliseconds);
    signal?.addEventListener('abort', finish, { once: true });
  });
}
