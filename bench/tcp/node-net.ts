import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Gbit/s of Node's own net over loopback, both ends in this process. */
export async function nodeBulk(bytes: number): Promise<number> {
  const chunk = Buffer.alloc(64 * 1024, 0x61);
  let read = 0;
  let finished: () => void = () => {};
  const done = new Promise<void>((resolve) => {
    finished = resolve;
  });
  const server = createServer((socket) => {
    socket.on('data', (data) => {
      read += data.length;
      if (read >= bytes) finished();
    });
  });
  const port = await listen(server);
  const client = connect(port, '127.0.0.1');
  await once(client, 'connect');
  const began = performance.now();
  let written = 0;
  const pump = (): void => {
    while (written < bytes) {
      written += chunk.length;
      if (!client.write(chunk)) {
        client.once('drain', pump);
        return;
      }
    }
  };
  pump();
  await done;
  const seconds = (performance.now() - began) / 1000;
  client.destroy();
  server.close();
  return (read * 8) / seconds / 1e9;
}

/** Connect, one octet, close, per second. The server closes first and resets, so that no TIME-WAIT uses up the ports. */
export async function nodeChurn(connections: number): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', () => socket.resetAndDestroy());
  });
  const port = await listen(server);
  const began = performance.now();
  for (let n = 0; n < connections; n++) {
    const client = connect(port, '127.0.0.1');
    client.on('error', () => {});
    client.write('a');
    // Not `once`, which rejects on the reset.
    await new Promise((resolve) => client.once('close', resolve));
  }
  const seconds = (performance.now() - began) / 1000;
  server.close();
  return connections / seconds;
}
