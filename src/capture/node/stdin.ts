/** The bytes of standard input (or another Node stream) in chunks, each its own buffer. Ends on `signal`. */
export async function* stdinChunks(
  signal?: AbortSignal,
  input: NodeJS.ReadableStream = process.stdin,
): AsyncGenerator<Uint8Array, void, undefined> {
  const stop = (): void => {
    (input as NodeJS.ReadableStream & { destroy(): void }).destroy();
  };
  signal?.addEventListener('abort', stop, { once: true });
  try {
    for await (const chunk of input) {
      const buffer = chunk as unknown as Uint8Array;
      yield new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
