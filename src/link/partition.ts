import type { Packet } from '../host/packet.ts';
import type { PrefixTable } from './addresses.ts';
import { familyOf, hasWholeHeader, readSource } from './header.ts';
import type { Port, Station } from './station.ts';

/** Stations that are cut off from each other from one time to another. */
export interface Partition {
  readonly groups: readonly ReadonlySet<Station>[];
  readonly fromUs: number;
  readonly toUs: number;
}

/** Tells at the receiving end whether sender and receiver are in different groups. */
export class Partitions {
  readonly #all: Partition[] = [];
  readonly #owners: PrefixTable<Station>;
  readonly #source: Int32Array = new Int32Array(4);
  dropped: number = 0;

  constructor(owners: PrefixTable<Station>) {
    this.#owners = owners;
  }

  add(partition: Partition): void {
    this.#all.push(partition);
  }

  remove(partition: Partition): void {
    const at = this.#all.indexOf(partition);
    if (at >= 0) this.#all.splice(at, 1);
  }

  /** The sender is whoever is at the link's other end, and whoever owns the source address. */
  separates(packet: Packet, at: Port, now: number): boolean {
    if (this.#all.length === 0) return false;
    for (const partition of this.#all) {
      if (now < partition.fromUs || now >= partition.toUs) continue;
      const here = groupOf(partition, at.station);
      if (here < 0) continue;
      const there = groupOf(partition, at.peer.station);
      const owner = this.#ownerOf(packet);
      const origin = owner === null ? -1 : groupOf(partition, owner);
      if ((there >= 0 && there !== here) || (origin >= 0 && origin !== here)) {
        this.dropped++;
        return true;
      }
    }
    return false;
  }

  #ownerOf(packet: Packet): Station | null {
    if (!hasWholeHeader(packet)) return null;
    readSource(packet, this.#source);
    return this.#owners.get(familyOf(packet), this.#source);
  }
}

function groupOf(partition: Partition, station: Station): number {
  return partition.groups.findIndex((group) => group.has(station));
}
