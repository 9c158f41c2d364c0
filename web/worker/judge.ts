import type { Packet } from '../../src/capture/index.ts';
import { Explainer } from '../../src/explain/engine.ts';
import type { PeerCapture } from '../../src/explain/peer/index.ts';
import type { ConnectionEnding, Endpoint } from '../../src/explain/types.ts';
import { Decoder, parseAddress, SegmentKind } from '../../src/wire/index.ts';
import { readCapture } from './read.ts';
import type { Row } from './rows.ts';

/** Tells the packets of one server, which are all that a verdict about its connections looks at. */
export class ServerPackets {
  private readonly decoder = new Decoder();
  private readonly address: Int32Array;
  private readonly port: number;

  constructor({ address, port }: Endpoint) {
    this.address = parseAddress(address)!.words;
    this.port = port;
  }

  has(p: Packet): boolean {
    const { decoder } = this;
    const kind = decoder.decode(
      p.linkType,
      p.bytes,
      p.view,
      p.offset,
      p.capturedLength,
      p.originalLength,
      p.timeUs,
    );
    if (kind === SegmentKind.none) return false;
    const s = decoder.segment;
    return (
      (s.sourcePort === this.port && same(s.source, this.address)) ||
      (s.destinationPort === this.port && same(s.destination, this.address))
    );
  }
}

/** Reads the capture again for one connection; with `only`, no packets but these. */
export async function judge(
  capture: Blob,
  mslUs: number,
  row: Row,
  only: ServerPackets | null,
  second: PeerCapture | null = null,
): Promise<ConnectionEnding | null> {
  const found: ConnectionEnding[] = [];
  const explainer = new Explainer({
    mslUs,
    ...(second === null ? {} : { second }),
    onConnection: (view) => {
      if (only === null ? view.flow !== row.flow : view.packets !== row.packets) return;
      const report = view.report();
      if (report.firstPacket === row.firstPacket) found.push(report);
    },
  });
  await readCapture(capture, {
    stopped: () => found.length > 0,
    onPacket: (packet) => {
      // The first packet of all tells when the capture began.
      if (only === null || packet.number === 1 || only.has(packet)) explainer.packet(packet);
    },
  });
  if (found.length === 0) explainer.finish();
  return found[0] ?? null;
}

function same(a: Int32Array, b: Int32Array): boolean {
  return a[0] === b[0] && a[1] === b[1] && a[2] === b[2] && a[3] === b[3];
}
