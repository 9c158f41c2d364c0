import { Packet } from '../../src/capture/index.ts';
import { Explainer } from '../../src/explain/engine.ts';
import { PeerCapture } from '../../src/explain/peer/index.ts';
import type { ConnectionEnding } from '../../src/explain/types.ts';
import { packetsOf, type TraceOptions } from './trace.ts';

export interface Frame {
  readonly atUs: number;
  readonly bytes: Uint8Array;
}

export interface PathOptions extends TraceOptions {
  readonly wayMs?: number;
  /** The server's clock minus the client's. */
  readonly aheadMs?: number;
  readonly routers?: number;
  /** The client's address as the server sees it: a number for the last octet. */
  readonly natOctet?: number;
}

/**
 * What a capture at each end has of a conversation written as for `tell`, with the client's times. Two words more: `lost`
 * (sent, never arrives) and `forged` (arrives, and the end it names never sent it).
 */
export function bothEnds(text: string, options: PathOptions = {}): { client: Frame[]; server: Frame[] } {
  const { wayMs = 10, aheadMs = 0, routers = 3, natOctet } = options;
  const lines = text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '');
  const client: Frame[] = [];
  const server: Frame[] = [];
  packetsOf(text, options).forEach(({ atUs, bytes }, i) => {
    const words = lines[i]!.split(/\s+/);
    const fromClient = words[1] === 'C';
    const away = Math.round(wayMs * 1000) * (fromClient ? 1 : -1);
    const far = bytes.slice();
    if (natOctet !== undefined) far[fromClient ? 15 : 19] = natOctet;
    const seenAtServer = words.includes(fromClient ? 'lost' : 'forged');
    const seenAtClient = words.includes(fromClient ? 'forged' : 'lost');
    const arrived = fromClient ? far : bytes.slice();
    arrived[8] = arrived[8]! - routers;
    if (!seenAtClient) client.push({ atUs, bytes: fromClient ? bytes : arrived });
    if (!seenAtServer)
      server.push({ atUs: atUs + away + Math.round(aheadMs * 1000), bytes: fromClient ? arrived : far });
  });
  return { client, server };
}

export function feed(frames: readonly Frame[], into: { packet(packet: Packet): void }): void {
  [...frames]
    .sort((a, b) => a.atUs - b.atUs)
    .forEach(({ atUs, bytes }, i) => {
      const packet = new Packet();
      packet.number = i + 1;
      packet.timeUs = atUs;
      packet.linkType = 101;
      packet.bytes = bytes;
      packet.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      packet.capturedLength = bytes.length;
      packet.originalLength = bytes.length;
      into.packet(packet);
    });
}

/** Verdicts on one capture, with the other one given too where there is one. */
export function tellBoth(main: readonly Frame[], peer: readonly Frame[] | null): ConnectionEnding[] {
  const connections: ConnectionEnding[] = [];
  const second = peer === null ? null : new PeerCapture();
  if (second !== null) {
    feed(peer!, second);
    second.finish();
  }
  const explainer = new Explainer({
    onConnection: (view) => connections.push(view.report()),
    ...(second === null ? {} : { second }),
  });
  feed(main, explainer);
  explainer.finish();
  return connections.sort((a, b) => a.flow - b.flow);
}
