import { Layer, readU16, type Walk } from '../walk.ts';

/** ARPHRD_ values of Linux devices whose "protocol" is no Ethernet type or whose payload has a header of its own. */
const ARPHRD_WIFI = 801;
const ARPHRD_WIFI_PRISM = 802;
const ARPHRD_WIFI_RADIOTAP = 803;
const ARPHRD_NETLINK = 824;

/** In the protocol field: a frame with IEEE 802.2 header. */
const LINUX_LLC = 0x0004;

/** Reads Linux's cooked header (16 bytes, big-endian). */
export function readSll(walk: Walk): number {
  if (!walk.has(16)) return Layer.end;
  const hardware = readU16(walk.bytes, walk.offset + 2);
  const protocol = readU16(walk.bytes, walk.offset + 14);
  walk.offset += 16;
  return layerOfCooked(walk, hardware, protocol);
}

/** Reads version 2 of the cooked header (20 bytes, protocol first). */
export function readSll2(walk: Walk): number {
  if (!walk.has(20)) return Layer.end;
  const hardware = readU16(walk.bytes, walk.offset + 8);
  const protocol = readU16(walk.bytes, walk.offset);
  walk.offset += 20;
  return layerOfCooked(walk, hardware, protocol);
}

function layerOfCooked(walk: Walk, hardware: number, protocol: number): number {
  switch (hardware) {
    case ARPHRD_WIFI:
      return Layer.wifi;
    case ARPHRD_WIFI_RADIOTAP:
      return Layer.radiotap;
    case ARPHRD_WIFI_PRISM:
    case ARPHRD_NETLINK:
      return Layer.end;
  }
  if (protocol === LINUX_LLC) return Layer.llc;
  if (protocol < 0x0600) return Layer.end;
  walk.protocol = protocol;
  return Layer.etherType;
}
