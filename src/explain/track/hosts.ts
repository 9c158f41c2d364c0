import type { Connection, End } from './connection.ts';

/** What all connections of one address together show of that host. */
interface HostRecord {
  readonly family: number;
  readonly address: Int32Array;
  /** TTL / hop limit of its ordinary packets where they pass the capture, and in how many connections in a row. */
  hopLimit: number;
  agreed: number;
  readonly next: HostRecord | null;
}

/** At most so many addresses are remembered. */
const MAX_HOSTS = 65_536;
/** From so many connections in a row on, it is a habit. */
const HABIT_FROM = 2;
/** Fewer segments of an end than this show nothing: one may be forged. */
const LEARN_FROM = 2;

/** Addresses to what is habit there: for the connections that show too little of a host themselves. */
export class HostTable {
  private readonly chains = new Map<number, HostRecord>();
  private size = 0;

  /** Notes at an end that showed nothing itself what its other connections showed. */
  tell(c: Connection): void {
    const { family, client, server } = c;
    if (client.hopLimit < 0) client.habitualHopLimit = this.habit(family, client.address);
    if (server.hopLimit < 0) server.habitualHopLimit = this.habit(family, server.address);
  }

  learn(c: Connection): void {
    this.learnEnd(c.family, c.client);
    this.learnEnd(c.family, c.server);
  }

  private habit(family: number, address: Int32Array): number {
    const record = this.find(family, address);
    return record !== null && record.agreed >= HABIT_FROM ? record.hopLimit : -1;
  }

  private learnEnd(family: number, end: End): void {
    if (end.segments - end.resets < LEARN_FROM || end.hopLimit < 0 || end.hopChanges > 0) return;
    const record = this.find(family, end.address) ?? this.create(family, end.address);
    if (record === null) return;
    record.agreed = record.hopLimit === end.hopLimit ? record.agreed + 1 : 1;
    record.hopLimit = end.hopLimit;
  }

  private find(family: number, address: Int32Array): HostRecord | null {
    let r = this.chains.get(hashOf(address)) ?? null;
    while (r !== null && !(r.family === family && isSame(r.address, address))) r = r.next;
    return r;
  }

  private create(family: number, address: Int32Array): HostRecord | null {
    if (this.size >= MAX_HOSTS) return null;
    this.size++;
    const hash = hashOf(address);
    const next = this.chains.get(hash) ?? null;
    const record = { family, address: Int32Array.from(address), hopLimit: -1, agreed: 0, next };
    this.chains.set(hash, record);
    return record;
  }
}

function isSame(a: Int32Array, b: Int32Array): boolean {
  return a[3] === b[3] && a[2] === b[2] && a[1] === b[1] && a[0] === b[0];
}

function hashOf(address: Int32Array): number {
  const hash = Math.imul(address[3]! ^ Math.imul(address[2]!, 31) ^ Math.imul(address[1]!, 961), 0x85ebca6b);
  // Kept a small integer, so that the map need not box it.
  return (hash ^ address[0]!) & 0x3fffffff;
}
