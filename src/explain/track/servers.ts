/** What all connections to one server address and port together show; a verdict about one may lean on it. */
export class ServerRecord {
  readonly id: number;
  /** Connections tried, by SYN. */
  attempts = 0;
  /** SYN-ACKs from it, and when first and last. */
  accepted = 0;
  /** TTL / hop limit of its SYN-ACKs, or -1. */
  hopLimit = -1;
  /** Resets by it of established connections: time of the last burst and how many fell within it. */
  resetBurst = 0;
  resetBurstAtUs = -1;
  /** Of those, connections on which the client had not sent a byte. */
  resetBurstUnfed = 0;
  /** Connections that their client reset before any data. */
  emptyResets = 0;
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

/** How close in time resets of several connections count as one event. */
const BURST_US = 20_000;

export function noteServerReset(record: ServerRecord, atUs: number, unfed: boolean): void {
  if (record.resetBurstAtUs < 0 || atUs - record.resetBurstAtUs > BURST_US) {
    record.resetBurst = 0;
    record.resetBurstUnfed = 0;
  }
  record.resetBurstAtUs = atUs;
  record.resetBurst++;
  if (unfed) record.resetBurstUnfed++;
}

/** At most this many servers are remembered; what is asked of further ones is not known. */
const MAX_SERVERS = 65_536;

/** Server address and port to its record. */
export class ServerTable {
  /** Records by a hash of address and port; those that share it stand in a chain. */
  private readonly chains = new Map<number, ServerRecord>();
  private size = 0;

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
