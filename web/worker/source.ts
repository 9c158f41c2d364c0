/** Read at a time: large enough to be fast, small enough that a cancel is heard at once. */
const PIECE_BYTES = 4 * 1024 * 1024;
/** Pieces being read, or waiting to be used. */
const AHEAD = 4;
/** Work done at most before other messages are heard. */
const TURN_MS = 30;

/** What `reader.ts` answers. */
export interface PieceReply {
  readonly from: number;
  readonly piece?: ArrayBuffer;
  readonly failure?: string;
}

/** The bytes of a file piece by piece; the next ones are being read while this one is used. */
export async function* filePieces(
  file: Blob,
  onRead: (bytes: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (file.size <= PIECE_BYTES) {
    onRead(file.size);
    yield new Uint8Array(await file.arrayBuffer());
    return;
  }
  const reader = new Reader(file);
  try {
    const wanted: Promise<ArrayBuffer>[] = [];
    let next = 0;
    for (let at = 0; at < file.size; at += PIECE_BYTES) {
      for (; next < file.size && wanted.length < AHEAD; next += PIECE_BYTES)
        wanted.push(reader.read(next, next + PIECE_BYTES));
      const piece = await wanted.shift()!;
      onRead(Math.min(file.size, at + PIECE_BYTES));
      yield new Uint8Array(piece);
    }
  } finally {
    reader.close();
  }
}

/**
 * Reads in a Worker of its own: the browser brings what is read in small portions, each in a turn of the event loop of the thread
 * that asked, and the thread that analyses has few turns.
 */
class Reader {
  private readonly worker: Worker = new Worker(new URL('./reader.ts', import.meta.url), { type: 'module' });
  private readonly waiting = new Map<number, (reply: PieceReply) => void>();

  constructor(file: Blob) {
    this.worker.addEventListener('message', ({ data }: MessageEvent<PieceReply>) => this.take(data));
    this.worker.addEventListener('error', ({ message }) => {
      for (const from of this.waiting.keys()) this.take({ from, failure: message });
    });
    this.worker.postMessage(file);
  }

  read(from: number, to: number): Promise<ArrayBuffer> {
    const read = new Promise<ArrayBuffer>((resolve, reject) => {
      this.waiting.set(from, ({ piece, failure }) => {
        if (piece === undefined) reject(new Error(failure));
        else resolve(piece);
      });
    });
    // Those after a failure are never waited for.
    read.catch(() => {});
    this.worker.postMessage([from, to]);
    return read;
  }

  close(): void {
    this.worker.terminate();
  }

  private take(reply: PieceReply): void {
    const give = this.waiting.get(reply.from);
    this.waiting.delete(reply.from);
    give?.(reply);
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
