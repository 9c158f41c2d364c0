import { Layer, type Walk } from '../walk.ts';
import { readEnc, readIeee1394, readNull, readPflog } from './loopback.ts';
import { readNflog } from './nflog.ts';
import { readPppHdlc } from './ppp.ts';
import { readSll, readSll2 } from './sll.ts';
import { LinkType } from './types.ts';
import { readPpi, readPrism } from './wifi.ts';

/** The first layer of a frame, after what only that link type has before it. */
export function readLink(walk: Walk, linkType: number): number {
  switch (linkType) {
    case LinkType.ethernet:
      return Layer.ethernet;
    case LinkType.rawBsd:
    case LinkType.rawOpenBsd:
    case LinkType.raw:
      return Layer.ip;
    case LinkType.ip4:
      return Layer.ip4;
    case LinkType.ip6:
      return Layer.ip6;
    case LinkType.sll:
      return readSll(walk);
    case LinkType.sll2:
      return readSll2(walk);
    case LinkType.null:
    case LinkType.loop:
      return readNull(walk);
    case LinkType.nflog:
      return readNflog(walk);
    case LinkType.wifi:
      return Layer.wifi;
    case LinkType.radiotap:
      return Layer.radiotap;
    default:
      return readRareLink(walk, linkType);
  }
}

function readRareLink(walk: Walk, linkType: number): number {
  switch (linkType) {
    case LinkType.ppp:
    case LinkType.pppHdlc:
      return readPppHdlc(walk);
    case LinkType.pppWithDirection:
      if (!walk.has(1)) return Layer.end;
      walk.offset += 1;
      return readPppHdlc(walk);
    case LinkType.pppoe:
      return Layer.pppoe;
    case LinkType.ciscoHdlc:
      return Layer.ciscoHdlc;
    case LinkType.enc:
      return readEnc(walk);
    case LinkType.pflog:
      return readPflog(walk);
    case LinkType.ieee1394:
      return readIeee1394(walk);
    case LinkType.wifiPrism:
    case LinkType.wifiAvs:
      return readPrism(walk);
    case LinkType.ppi:
      return readPpi(walk);
    default:
      return Layer.end;
  }
}
