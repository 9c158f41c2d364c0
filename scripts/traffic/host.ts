import { type IpAddress, parseAddress } from '../../src/wire/index.ts';

/** A host as the capture point sees it. */
export class Host {
  readonly ip: IpAddress;
  readonly mac: Uint8Array;
  /** TTL or hop limit that its packets still have when they are captured. */
  readonly hopLimit: number;
  private identification: number;

  constructor(ip: IpAddress, mac: Uint8Array, hopLimit: number) {
    this.ip = ip;
    this.mac = mac;
    this.hopLimit = hopLimit;
    // Any start will do as long as hosts differ and runs do not.
    this.identification = (ip.words[3]! * 40_503) & 0xffff;
  }

  /** IP identification of its next packet. */
  nextId(): number {
    this.identification = (this.identification + 1) & 0xffff;
    return this.identification;
  }
}

const ROUTER_MAC: Uint8Array = Uint8Array.of(0x00, 0x00, 0x5e, 0x00, 0x01, 0x0a);

/** The host where the capture is taken. */
export function localHost(address: string, initialHopLimit: number = 64): Host {
  const ip = parseAddress(address)!;
  const last = ip.words[3]!;
  return new Host(ip, Uint8Array.of(0x52, 0x54, 0x00, last >> 16, last >> 8, last), initialHopLimit);
}

/** A host behind the router, `hops` away. */
export function remoteHost(address: string, hops: number, initialHopLimit: number = 64): Host {
  return new Host(parseAddress(address)!, ROUTER_MAC, initialHopLimit - hops);
}
