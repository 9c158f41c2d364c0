import { Problem } from '../segment.ts';
import { Layer, readI32, readU16, type Walk } from '../walk.ts';

/** AF_INET is 2 everywhere; AF_INET6 is 10 on Linux, 24 on NetBSD and OpenBSD, 28 on FreeBSD, 30 on Darwin, 23 on Windows. */
export function layerOfFamily(family: number): number {
  switch (family) {
    case 2:
      return Layer.ip4;
    case 10:
    case 23:
    case 24:
    case 28:
    case 30:
      return Layer.ip6;
    default:
      return Layer.end;
  }
}

/** Reads the address family before the IP header: in the byte order of the host that captured, whichever that was. */
export function readNull(walk: Walk): number {
  if (!walk.has(4)) return Layer.end;
  const value = readI32(walk.bytes, walk.offset);
  walk.offset += 4;
  return layerOfFamily(familyInEitherOrder(value));
}

function familyInEitherOrder(value: number): number {
  return (value & 0xffff0000) === 0 ? value : ((value >>> 24) | ((value >>> 8) & 0xff00)) & 0xffff;
}

/** OpenBSD's enc(4): address family, SPI, flags; what stands behind is decrypted IP. */
export function readEnc(walk: Walk): number {
  if (!walk.has(12)) return Layer.end;
  const family = familyInEitherOrder(readI32(walk.bytes, walk.offset));
  walk.offset += 12;
  return layerOfFamily(family);
}

/** OpenBSD's pflog(4): its length, padded to four bytes, and the address family. */
export function readPflog(walk: Walk): number {
  if (!walk.has(2)) return Layer.end;
  const length = (walk.bytes[walk.offset]! + 3) & ~3;
  if (length < 4) return walk.stop(Problem.badLength);
  const family = walk.bytes[walk.offset + 1]!;
  if (!walk.has(length)) return Layer.end;
  walk.offset += length;
  return layerOfFamily(family);
}

/** IP over IEEE 1394: two EUI-64 addresses and an Ethernet type. */
export function readIeee1394(walk: Walk): number {
  if (!walk.has(18)) return Layer.end;
  walk.protocol = readU16(walk.bytes, walk.offset + 16);
  walk.offset += 18;
  return Layer.etherType;
}

/** IPv4 or IPv6, as the version says. */
export function readIp(walk: Walk): number {
  if (!walk.has(1)) return Layer.end;
  const version = walk.bytes[walk.offset]! >> 4;
  if (version === 4) return Layer.ip4;
  return version === 6 ? Layer.ip6 : walk.stop(Problem.unsupported);
}
