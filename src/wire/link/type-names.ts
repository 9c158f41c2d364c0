import { LinkType } from './types.ts';

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
