import type { HostNetwork } from '../../src/core.ts';
import type { Host, Socket } from '../../src/host/index.ts';

/** What of the core the conversation needs, from the sources or from a bundle. */
export interface Core {
  readonly HostNetwork: typeof HostNetwork;
}

export interface ConversationResult {
  readonly read: number;
  readonly clientState: string;
  readonly serverSockets: number;
  /** FNV-1a over the octets of every packet. */
  readonly hash: number;
  readonly packets: number;
}

/**
 * Half a megabyte over a lossy link and a close, the same in Node and in a browser. It stands on its own, as its text is sent
 * into the page.
 */
export function conversation(core: Core, seed: number): ConversationResult {
  const network = new core.HostNetwork({ seed });
  const client: Host = network.host('client', { profile: 'linux', addresses: ['10.0.0.1'] });
  const server: Host = network.host('server', { profile: 'linux', addresses: ['10.0.0.2'] });
  const link = network.connect(client, server, { delayUs: 5000, loss: 0.02, jitterUs: 500 });
  const tap = network.tap(link, 'link');
  const listener = server.socket(4);
  listener.bind('10.0.0.2', 80);
  listener.listen(1);
  const length = 500_000;
  const bytes = Uint8Array.from({ length }, (_, i) => i & 255);
  const target = new Uint8Array(65_536);
  const sender = client.socket(4);
  sender.connect('10.0.0.2', 80);
  let receiver: Socket | number = -1;
  let written = 0;
  let read = 0;
  for (let round = 0; round < 100_000 && read < length; round++) {
    network.run(network.now + 1000);
    if (typeof receiver === 'number') receiver = listener.accept();
    const taken = sender.sendFrom(bytes, written, length - written);
    if (taken > 0) written += taken;
    if (typeof receiver === 'number') continue;
    for (let got = receiver.recv(target); got > 0; got = receiver.recv(target)) read += got;
  }
  sender.close();
  network.run(network.now + 100_000);
  if (typeof receiver !== 'number') receiver.close();
  listener.close();
  network.run(network.now + 5_000_000);
  let hash = 0x811c9dc5;
  for (const packet of tap.packets) {
    for (const byte of packet.bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return {
    read,
    clientState: client.sockets()[0]?.state ?? 'none',
    serverSockets: server.sockets().length,
    hash: hash >>> 0,
    packets: tap.packets.length,
  };
}
