import { readIcmp4, readIcmp6 } from '../icmp.ts';
import { Problem } from '../segment.ts';
import { readGre } from '../tunnel/gre.ts';
import { readUdp } from '../tunnel/udp.ts';
import { Layer, type Walk } from '../walk.ts';
import { Protocol } from './protocols.ts';

/** AH in AH in AH is no traffic. */
const MAX_AUTHENTICATION_HEADERS = 4;

/** Goes by the IP protocol number in `walk.protocol`. */
export function readTransport(walk: Walk): number {
  let protocol = walk.protocol;
  for (let count = 0; protocol === Protocol.ah; count++) {
    if (count === MAX_AUTHENTICATION_HEADERS) return walk.stop(Problem.tooDeep);
    if (!walk.has(12)) return Layer.end;
    const length = (walk.bytes[walk.offset + 1]! + 2) * 4;
    if (!walk.has(length)) return Layer.end;
    protocol = walk.bytes[walk.offset]!;
    walk.offset += length;
  }
  switch (protocol) {
    case Protocol.tcp:
      return Layer.tcp;
    case Protocol.udp:
      return readUdp(walk);
    case Protocol.icmp4:
      return readIcmp4(walk);
    case Protocol.icmp6:
      return readIcmp6(walk);
    case Protocol.ip4:
      walk.enterTunnel(0);
      return Layer.ip4;
    case Protocol.ip6:
      walk.enterTunnel(0);
      return Layer.ip6;
    case Protocol.gre:
      return readGre(walk);
    case Protocol.mpls:
      walk.enterTunnel(0);
      return Layer.mpls;
    case Protocol.etherIp:
      // RFC 3378: version 3 and twelve reserved bits.
      if (!walk.has(2)) return Layer.end;
      walk.enterTunnel(2);
      return Layer.ethernet;
    default:
      return Layer.end;
  }
}
