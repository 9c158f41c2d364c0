import { type FragmentLimits, FragmentReassembler } from './ip/fragments.ts';
import { readIp4 } from './ip/ip4.ts';
import { readIp6 } from './ip/ip6.ts';
import { readTransport } from './ip/transport.ts';
import { readEthernet, readEtherType, readLlc } from './link/ethernet.ts';
import { readIp } from './link/loopback.ts';
import { readMpls } from './link/mpls.ts';
import { readCiscoHdlc, readPpp, readPppoe } from './link/ppp.ts';
import { readLink } from './link/read.ts';
import { readRadiotap, readWifi } from './link/wifi.ts';
import { Problem, Segment, SegmentKind } from './segment.ts';
import { readTcp } from './tcp/decode.ts';
import { Layer, Walk } from './walk.ts';

/** Headers in one frame, those of tunnels included. */
const MAX_LAYERS = 40;
const MAX_TUNNELS = 8;

export interface DecoderOptions {
  readonly fragments?: FragmentLimits;
}

/**
 * Reads frames down to the TCP segment in them: link header, tags, labels, IP with fragments, tunnels. It never throws,
 * and what it returns for damaged bytes is what could be read, with `Segment.problems` saying what was wrong.
 */
export class Decoder {
  /** What the last frame held; filled again by the next `decode`. */
  readonly segment: Segment = new Segment();
  readonly #walk: Walk;

  constructor(options: DecoderOptions = {}) {
    this.#walk = new Walk(this.segment, new FragmentReassembler(options.fragments));
  }

  /**
   * Reads one frame, which lies in `bytes` (and in `view`, over the same memory) from `offset` on.
   * `capturedLength` bytes of it are there, `originalLength` were on the wire; `timeUs` is the capture time.
   * Returns the `SegmentKind`.
   */
  decode(
    linkType: number,
    bytes: Uint8Array,
    view: DataView,
    offset: number,
    capturedLength: number,
    originalLength: number,
    timeUs: number,
  ): number {
    const walk = this.#walk;
    const segment = this.segment;
    walk.begin(bytes, view, offset, capturedLength, originalLength, timeUs);
    let layer = readLink(walk, linkType);
    // Nearly every frame goes straight down these three; a chain of tests is measurably quicker than turns of the loop.
    if (layer === Layer.ethernet) layer = readEthernet(walk);
    if (layer === Layer.ip4) layer = readIp4(walk);
    if (layer === Layer.tcp) layer = readTcp(walk);
    for (let count = 0; layer !== Layer.end; count++) {
      if (count === MAX_LAYERS || segment.tunnels > MAX_TUNNELS) {
        segment.problems |= Problem.tooDeep;
        return SegmentKind.none;
      }
      layer = step(walk, layer);
    }
    return segment.kind;
  }
}

function step(walk: Walk, layer: number): number {
  switch (layer) {
    case Layer.ethernet:
      return readEthernet(walk);
    case Layer.ip4:
      return readIp4(walk);
    case Layer.tcp:
      return readTcp(walk);
    case Layer.ip6:
      return readIp6(walk);
    case Layer.ip:
      return readIp(walk);
    case Layer.etherType:
      return readEtherType(walk);
    case Layer.transport:
      return readTransport(walk);
    case Layer.llc:
      return readLlc(walk);
    case Layer.mpls:
      return readMpls(walk);
    case Layer.pppoe:
      return readPppoe(walk);
    case Layer.ppp:
      return readPpp(walk);
    case Layer.ciscoHdlc:
      return readCiscoHdlc(walk);
    case Layer.wifi:
      return readWifi(walk);
    case Layer.radiotap:
      return readRadiotap(walk);
    default:
      return Layer.end;
  }
}
