import { Layer, type Walk } from '../walk.ts';
import { readEnc, readIeee1394, readNull, readPflog } from './loopback.ts';
import { readNflog } from './nflog.ts';
import { readPppHdlc } from './ppp.ts';
import { readSll, readSll2 } from './sll.ts';
import { readPpi, readPrism } from './wifi.ts';

/** LINKTYPE_ values (tcpdump.org/linktypes.html) that the decoder reads. */
export const LinkType = {
  null: 0,
  ethernet: 1,
  ppp: 9,
  rawBsd: 12,
  rawOpenBsd: 14,
  pppHdlc: 50,
  pppoe: 51,
  raw: 101,
  ciscoHdlc: 104,
  wifi: 105,
  loop: 108,
  enc: 109,
  sll: 113,
  pflog: 117,
  wifiPrism: 119,
  radiotap: 127,
  ieee1394: 138,
  wifiAvs: 163,
  ppi: 192,
  pppWithDirection: 204,
  ip4: 228,
  ip6: 229,
  nflog: 239,
  sll2: 276,
} as const;

const NAMES: Readonly<Record<number, string>> = {
  [LinkType.null]: 'NULL (BSD loopback)',
  [LinkType.ethernet]: 'Ethernet',
  6: 'IEEE 802.5 token ring',
  [LinkType.ppp]: 'PPP',
  10: 'FDDI',
  [LinkType.rawBsd]: 'raw IP',
  [LinkType.rawOpenBsd]: 'raw IP',
  [LinkType.pppHdlc]: 'PPP in HDLC framing',
  [LinkType.pppoe]: 'PPPoE session',
  [LinkType.raw]: 'raw IP',
  [LinkType.ciscoHdlc]: 'Cisco HDLC',
  [LinkType.wifi]: 'IEEE 802.11',
  107: 'Frame Relay',
  [LinkType.loop]: 'OpenBSD loopback',
  [LinkType.enc]: 'OpenBSD IPsec enc',
  [LinkType.sll]: 'Linux cooked',
  [LinkType.pflog]: 'OpenBSD pflog',
  [LinkType.wifiPrism]: 'IEEE 802.11 with Prism header',
  [LinkType.radiotap]: 'IEEE 802.11 with radiotap header',
  [LinkType.ieee1394]: 'IP over IEEE 1394',
  147: 'user 0',
  [LinkType.wifiAvs]: 'IEEE 802.11 with AVS header',
  187: 'Bluetooth HCI H4',
  189: 'USB (Linux)',
  [LinkType.ppi]: 'PPI',
  195: 'IEEE 802.15.4',
  197: 'Endace ERF',
  [LinkType.pppWithDirection]: 'PPP with direction',
  220: 'USB (Linux, mmapped)',
  227: 'CAN',
  [LinkType.ip4]: 'raw IPv4',
  [LinkType.ip6]: 'raw IPv6',
  [LinkType.nflog]: 'Linux NFLOG',
  249: 'USBPcap',
  253: 'Linux netlink',
  [LinkType.sll2]: 'Linux cooked v2',
};

const SUPPORTED: ReadonlySet<number> = new Set(Object.values(LinkType));

/** What people call a link type; one without a name is `link type N`. */
export function linkTypeName(linkType: number): string {
  return NAMES[linkType] ?? `link type ${linkType}`;
}

/** Whether frames of the link type are read; those of others are all `SegmentKind.none`. */
export function isSupportedLinkType(linkType: number): boolean {
  return SUPPORTED.has(linkType);
}

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
