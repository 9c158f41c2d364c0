import type { Segment } from '../../wire/segment.ts';

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

  constructor(id: number) {
    this.id = id;
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

/** At most this many servers are remembered; further ones share one anonymous record that proves nothing. */
const MAX_SERVERS = 65_536;

/** Server address and port to its record. Looked up once a connection, so a string key is affordable here. */
export class ServerTable {
  private readonly records = new Map<string, ServerRecord>();

  record(segment: Segment, serverIsDestination: boolean): ServerRecord | null {
    const address = serverIsDestination ? segment.destination : segment.source;
    const port = serverIsDestination ? segment.destinationPort : segment.sourcePort;
    const key = `${address[0]},${address[1]},${address[2]},${address[3]},${port}`;
    const found = this.records.get(key);
    if (found !== undefined) return found;
    if (this.records.size >= MAX_SERVERS) return null;
    const created = new ServerRecord(this.records.size);
    this.records.set(key, created);
    return created;
  }
}
