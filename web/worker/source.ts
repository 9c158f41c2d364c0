/** Read at a time: large enough to be fast, small enough that a cancel is heard at once. */
const PIECE_BYTES = 4 * 1024 * 1024;
/** Work done at most before other messages are heard. */
const TURN_MS = 30;

/** The bytes of a file piece by piece; the next piece is being read while this one is used. */
export async function* filePieces(
  file: Blob,
  onRead: (bytes: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const read = (at: number): Promise<ArrayBuffer> | null =>
    at >= file.size ? null : file.slice(at, at + PIECE_BYTES).arrayBuffer();
  let next = read(0);
  for (let at = 0; next !== null; at += PIECE_BYTES) {
    const piece = await next;
    next = read(at + PIECE_BYTES);
    onRead(Math.min(file.size, at + PIECE_BYTES));
    yield new Uint8Array(piece);
  }
}

/** Lets messages in when this turn has lasted long enough. */
export class Turns {
  private since: number = performance.now();

  get due(): boolean {
    return performance.now() - this.since > TURN_MS;
  }

  async breathe(): Promise<void> {
    await new Promise<void>((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(null);
    });
    this.since = performance.now();
  }
}
