import { Any } from './addresses.ts';
import type { Listener } from './listener.ts';

/** What the holders of a port are, where that matters to a new one (Linux inet_bind_conflict). */
export const Hold = { bound: 0, listening: 1, timeWait: 2 } as const;
export type Hold = (typeof Hold)[keyof typeof Hold];

/** Holders of one port that are alike in everything that a conflict is judged by. */
export interface PortGroup {
  readonly port: number;
  /** Number of a local address, or `Any`. */
  readonly address: number;
  readonly reuseAddress: boolean;
  readonly reusePort: boolean;
  readonly user: number;
  readonly hold: Hold;
  count: number;
}

/** Who wants a port. */
export interface Claim {
  readonly address: number;
  readonly reuseAddress: boolean;
  readonly reusePort: boolean;
  readonly user: number;
}

interface PortBucket {
  readonly groups: PortGroup[];
  readonly listeners: Listener[];
}

const PORTS = 65_536;

/**
 * The local ports of a host. A port that bind or listen named has a bucket of groups, which its accepted connections and their
 * TIME-WAIT records join; ports that connect chose are only counted.
 */
export class Ports {
  readonly #buckets: Map<number, PortBucket> = new Map();
  /** Bit by port: it has a bucket, and connect stays away from it. */
  readonly named: Int32Array = new Int32Array(PORTS / 32);
  /** Connections and TIME-WAIT records by port that connect chose. */
  readonly autoCount: Uint32Array = new Uint32Array(PORTS);
  readonly #familyOf: (address: number) => number;

  constructor(familyOf: (address: number) => number) {
    this.#familyOf = familyOf;
  }

  isNamed(port: number): boolean {
    return (this.named[port >> 5]! & (1 << (port & 31))) !== 0;
  }

  /** Counts one more holder; groups are made as needed. */
  join(port: number, claim: Claim, hold: Hold): PortGroup {
    const bucket = this.#bucket(port);
    let group = find(bucket, claim, hold);
    if (group === null) {
      const { address, reuseAddress, reusePort, user } = claim;
      group = { port, address, reuseAddress, reusePort, user, hold, count: 0 };
      bucket.groups.push(group);
    }
    group.count++;
    return group;
  }

  /** The same holder, from now on of another kind. */
  change(group: PortGroup, hold: Hold): PortGroup {
    const after = this.join(group.port, group, hold);
    this.leave(group);
    return after;
  }

  leave(group: PortGroup): void {
    group.count--;
    if (group.count > 0) return;
    const bucket = this.#buckets.get(group.port)!;
    bucket.groups.splice(bucket.groups.indexOf(group), 1);
    if (bucket.groups.length > 0) return;
    this.#buckets.delete(group.port);
    this.named[group.port >> 5]! &= ~(1 << (group.port & 31));
  }

  /** One TIME-WAIT record of a named port is over. */
  leaveTimeWait(port: number, address: number, reuseAddress: boolean, reusePort: boolean): void {
    for (const group of this.#buckets.get(port)!.groups) {
      if (group.hold !== Hold.timeWait || group.address !== address) continue;
      if (group.reuseAddress !== reuseAddress || group.reusePort !== reusePort) continue;
      this.leave(group);
      return;
    }
    throw new Error('a TIME-WAIT record that held no port');
  }

  /**
   * Whether a claim to a port conflicts with those who hold it: Linux's inet_bind_conflict. SO_REUSEADDR helps where both have it
   * and the older one does not listen, SO_REUSEPORT where both have it and belong to one user (or the old one is a TIME-WAIT).
   * `lenient` false is what choosing a port for bind asks: reuse does not count.
   */
  conflicts(port: number, claim: Claim, lenient: boolean, except: PortGroup | null): boolean {
    const bucket = this.#buckets.get(port);
    if (bucket === undefined) return false;
    for (const group of bucket.groups) {
      if (group === except && group.count === 1) continue;
      if (!this.overlaps(claim.address, group.address)) continue;
      if (!lenient || !canShare(claim, group, group.hold)) return true;
    }
    return false;
  }

  /** Whether two bindings can meet in one packet (Linux ipv6_rcv_saddr_equal). */
  overlaps(a: number, b: number): boolean {
    if (a === b) return true;
    if (a >= 0 && b >= 0) return false;
    return covers(a, b, this.#familyOf) || covers(b, a, this.#familyOf);
  }

  listenersOf(port: number): readonly Listener[] {
    return this.#buckets.get(port)?.listeners ?? NO_LISTENERS;
  }

  addListener(port: number, listener: Listener): void {
    this.#bucket(port).listeners.push(listener);
  }

  removeListener(port: number, listener: Listener): void {
    const listeners = this.#buckets.get(port)!.listeners;
    listeners.splice(listeners.indexOf(listener), 1);
  }

  clear(): void {
    this.#buckets.clear();
    this.named.fill(0);
    this.autoCount.fill(0);
  }

  #bucket(port: number): PortBucket {
    let bucket = this.#buckets.get(port);
    if (bucket === undefined) {
      bucket = { groups: [], listeners: [] };
      this.#buckets.set(port, bucket);
      this.named[port >> 5]! |= 1 << (port & 31);
    }
    return bucket;
  }
}

const NO_LISTENERS: readonly Listener[] = [];

function find(bucket: PortBucket, claim: Claim, hold: Hold): PortGroup | null {
  for (const group of bucket.groups) {
    if (group.hold !== hold || group.address !== claim.address) continue;
    if (group.reuseAddress !== claim.reuseAddress || group.reusePort !== claim.reusePort) continue;
    // A TIME-WAIT record has forgotten whose it was.
    if (group.user === claim.user || hold === Hold.timeWait) return group;
  }
  return null;
}

/** Whether a new holder may have the port beside an old one whose address meets its own. */
export function canShare(claim: Claim, old: Claim, hold: Hold): boolean {
  if (claim.reuseAddress && old.reuseAddress && hold !== Hold.listening) return true;
  if (!claim.reusePort || !old.reusePort) return false;
  return hold === Hold.timeWait || claim.user === old.user;
}

/** Whether the binding `any` takes in `other`. */
function covers(any: number, other: number, familyOf: (address: number) => number): boolean {
  switch (any) {
    case Any.dual:
      return true;
    case Any.ip4:
      return other >= 0 ? familyOf(other) === 4 : other === Any.dual;
    case Any.ip6:
      return other >= 0 ? familyOf(other) === 6 : other === Any.dual;
    default:
      return false;
  }
}
