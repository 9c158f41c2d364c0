import type { Socket } from '../../src/host/index.ts';
import { type PairOptions, TwoHosts } from './two-hosts.ts';

const PORT = 80;
const CHUNK = 64 * 1024;

export interface BulkResult {
  readonly gigabitsPerSecond: number;
  readonly bytes: number;
}

/** Sends `bytes` from client to server, application to application, and times it. The reader reads whenever there is something. */
export function bulk(bytes: number, options: PairOptions): BulkResult {
  const pair = new TwoHosts(options);
  const [sender, receiver] = connect(pair);
  const source = new Uint8Array(CHUNK).fill(0x61);
  const target = new Uint8Array(CHUNK);
  let written = 0;
  let read = 0;
  const began = performance.now();
  while (read < bytes) {
    if (written < bytes) {
      const taken = sender.send(source);
      if (taken > 0) written += taken;
    }
    pair.exchange();
    for (let got = receiver.recv(target); got > 0; got = receiver.recv(target)) read += got;
    pair.advance(20);
  }
  const seconds = (performance.now() - began) / 1000;
  return { gigabitsPerSecond: (read * 8) / seconds / 1e9, bytes: read };
}

function connect(pair: TwoHosts): [client: Socket, server: Socket] {
  const listener = pair.server.socket(4);
  listener.bind('10.0.0.2', PORT);
  listener.listen(128);
  const client = pair.client.socket(4);
  client.connect('10.0.0.2', PORT);
  for (let i = 0; i < 4; i++) {
    pair.exchange();
    pair.advance(20);
  }
  const server = listener.accept();
  if (typeof server === 'number') throw new Error(`accept returned ${server}`);
  return [client, server];
}
