import type { PieceReply } from './source.ts';

let file: Blob | null = null;

async function read(from: number, to: number): Promise<void> {
  try {
    const piece = await file!.slice(from, to).arrayBuffer();
    postMessage({ from, piece } satisfies PieceReply, { transfer: [piece] });
  } catch (error) {
    postMessage({ from, failure: String(error) } satisfies PieceReply);
  }
}

addEventListener('message', ({ data }: MessageEvent<Blob | readonly [number, number]>) => {
  if (data instanceof Blob) file = data;
  else void read(data[0], data[1]);
});
