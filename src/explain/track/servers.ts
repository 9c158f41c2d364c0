import type { Segment } from '../../wire/segment.ts';
import { settleTimes } from './shapes.ts';

/** What all connections to one server address and port together show; a verdict about one may lean on it. */
export class ServerRecord {
  readonly id: number;
  /** Connections tried, by SYN. */
  attempts = 0;
  /** SYN-ACKs from it, and when first and last. */
  accepted = 0;
  /** Connections whose client acknowledged a SYN-ACK that the capture does not have. */
  unheard = 0;
  /** Handshakes that their client ended. */
  completed = 0;
  /** TTL / hop limit of its SYN-ACKs, or -1. */
  hopLimit = -1;
  /** Resets by it of established connections: time of the last burst and how many fell within it. */
  resetBurst = 0;
  resetBurstAtUs = -1;
  /** Of those, connections on which the client had not sent a byte. */
  resetBurstUnfed = 0;
  /** Established connections with answers that it reset in that burst. */
  resetBurstServed = 0;
  /** Quiet connections that it closed at one moment: the burst that goes on, and the largest one. */
  closeBurst = 0;
  closeBurstFromUs = -1;
  closeBurstAtUs = -1;
  /** Since when the longest and the shortest silent of the burst had been so. */
  closeBurstQuietFromUs = -1;
  closeBurstQuietToUs = -1;
  mostClosed = 0;
  mostClosedFromUs = -1;
  mostClosedUntilUs = -1;
  mostClosedQuietUs = 0;
  /** Quiet connections that it closed in all, and when the first and the last. */
  quietCloses = 0;
  quietCloseFromUs = -1;
  quietCloseUntilUs = -1;
  /** Connections that their client reset before any data. */
  emptyResets = 0;
  /** Connections on which it has sent data. */
  served = 0;
  /** Connections whose client has closed while the server, having acknowledged that, has not. */
  halfClosed = 0;

  readonly family: number;
  readonly address: Int32Array;
  readonly port: number;
  /** Next in the chain of its table. */
  readonly next: ServerRecord | null;

  constructor(id: number, family: number, address: Int32Array, port: number, next: ServerRecord | null) {
    this.id = id;
    this.family = family;
    this.address = Int32Array.from(address);
    this.port = port;
    this.next = next;
  }

  isAt(family: number, address: Int32Array, port: number): boolean {
    const own = this.address;
    return (
      this.port === port &&
      own[3] === address[3] &&
      this.family === family &&
      own[0] === address[0] &&
      own[1] === address[1] &&
      own[2] === address[2]
    );
  }
}

settleTimes(new ServerRecord(0, 4, new Int32Array(4), 0, null));

/** No instance takes longer to end its connections. */
const MOMENT_US = 1_000_000;

/** How close in time resets of several connections count as one event. */
const BURST_US = 20_000;

export function noteServerReset(
  record: ServerRecord,
  atUs: number,
  idleUs: number,
  unfed: boolean,
  served: boolean,
): void {
  if (record.resetBurstAtUs < 0 || atUs - record.resetBurstAtUs > BURST_US) {
    record.resetBurst = 0;
    record.resetBurstUnfed = 0;
    record.resetBurstServed = 0;
  }
  record.resetBurstAtUs = atUs;
  record.resetBurst++;
  if (unfed) record.resetBurstUnfed++;
  if (served) {
    record.resetBurstServed++;
    noteMassClose(record, atUs, idleUs);
  }
}

/** The server ended a connection on which nothing was going on; how many others at that moment? */
export function noteMassClose(record: ServerRecord, atUs: number, idleUs: number): void {
  const quietSinceUs = atUs - idleUs;
  const over = atUs - record.closeBurstAtUs > BURST_US || atUs - record.closeBurstFromUs > MOMENT_US;
  if (record.closeBurstAtUs < 0 || over) {
    record.closeBurst = 0;
    record.closeBurstFromUs = atUs;
    record.closeBurstQuietFromUs = quietSinceUs;
    record.closeBurstQuietToUs = quietSinceUs;
  }
  if (record.quietCloses++ === 0) record.quietCloseFromUs = atUs;
  record.quietCloseUntilUs = Math.max(record.quietCloseUntilUs, atUs);
  record.closeBurstQuietFromUs = Math.min(record.closeBurstQuietFromUs, quietSinceUs);
  record.closeBurstQuietToUs = Math.max(record.closeBurstQuietToUs, quietSinceUs);
  // Times of several connections need not come in order.
  record.closeBurstFromUs = Math.min(record.closeBurstFromUs, atUs);
  record.closeBurstAtUs = Math.max(record.closeBurstAtUs, atUs);
  record.closeBurst++;
  if (record.closeBurst < record.mostClosed) return;
  record.mostClosed = record.closeBurst;
  record.mostClosedFromUs = record.closeBurstFromUs;
  record.mostClosedUntilUs = record.closeBurstAtUs;
  record.mostClosedQuietUs = record.closeBurstQuietToUs - record.closeBurstQuietFromUs;
}

/** At most this many servers are remembered; what is asked of further ones is not known. */
const MAX_SERVERS = 65_536;

/** Pairs of addresses whose last SYN is remembered; a power of two. Of two that share a place the later one has it. */
const STAMPS = 1 << 15;

/** Last timestamp on a SYN, by a hash of server and client address: one host's clock only runs forward. */
class StampTable {
  private readonly keys = new Int32Array(STAMPS);
  private readonly tsVals = new Int32Array(STAMPS);
  private readonly atUs = new Float64Array(STAMPS);
  /** SYNs in a row that went on as one clock does, of at most 1 kHz (RFC 7323 5.4). */
  private readonly steady = new Uint8Array(STAMPS);

  /** How far `tsVal` lies below the last one under this key, where that has shown one clock; else 0. */
  behind(key: number, tsVal: number, atUs: number): number {
    const at = key & (STAMPS - 1);
    if (this.keys[at] !== key) {
      this.keys[at] = key;
      this.steady[at] = 0;
    } else {
      const ahead = (tsVal - this.tsVals[at]!) | 0;
      if (ahead < 0 && this.steady[at]! > 0) return -ahead;
      const isSteady = ahead >= 0 && ahead <= (atUs - this.atUs[at]!) / 900 + 20;
      this.steady[at] = isSteady ? 1 : 0;
    }
    this.tsVals[at] = tsVal;
    this.atUs[at] = atUs;
    return 0;
  }
}

/** Server address and port to its record. */
export class ServerTable {
  /** Records by a hash of address and port; those that share it stand in a chain. */
  private readonly chains = new Map<number, ServerRecord>();
  private size = 0;
  private readonly stamps = new StampTable();

  /**
   * How far the SYN's timestamp lies below the last one from the same address to the same server; 0 where it does not, or
   * where that address has not shown one clock for all its connections (Linux draws an offset for each pair of addresses or
   * ports, secure_tcp_ts_off).
   */
  stampBehind(record: ServerRecord, s: Segment, atUs: number): number {
    return this.stamps.behind(hashOf(s.source, record.id), s.tsVal, atUs);
  }

  /** True where something at that address and port was seen to accept a connection. */
  accepts(family: number, address: Int32Array, port: number): boolean {
    let r: ServerRecord | null = this.chains.get(hashOf(address, port)) ?? null;
    while (r !== null && !r.isAt(family, address, port)) r = r.next;
    return r !== null && r.accepted > 0;
  }

  record(family: number, address: Int32Array, port: number): ServerRecord | null {
    const hash = hashOf(address, port);
    const first = this.chains.get(hash);
    for (let r: ServerRecord | null = first ?? null; r !== null; r = r.next) {
      if (r.isAt(family, address, port)) return r;
    }
    if (this.size >= MAX_SERVERS) return null;
    const created = new ServerRecord(this.size++, family, address, port, first ?? null);
    this.chains.set(hash, created);
    return created;
  }
}

function hashOf(address: Int32Array, port: number): number {
  let hash = Math.imul(address[3]! ^ Math.imul(port, 0x9e3779b1), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15) ^ address[2]! ^ Math.imul(address[1]!, 31), 0xc2b2ae35) ^ address[0]!;
  // Kept a small integer, so that the map need not box it.
  return hash & 0x3fffffff;
}
