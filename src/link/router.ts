import type { Packet } from '../host/packet.ts';
import { icmpError, type UnreachableReason } from './answer.ts';
import { familyOf, hasGoodIp4Checksum, hasWholeHeader, hopLimitOf, setHopLimit } from './header.ts';
import { type Port, Station, type World } from './station.ts';

export interface RouterOptions {
  /** Its own addresses, from which its ICMP errors come. */
  readonly addresses?: readonly string[];
  /** Sends no ICMP errors. */
  readonly silent?: boolean;
}

export interface RouterCounters {
  forwarded: number;
  noRoute: number;
  expired: number;
  damaged: number;
}

/** Forwards packets by longest prefix (RFC 1812). Routes to hosts follow from the topology; `network.route` adds others. */
export class Router extends Station {
  readonly counters: RouterCounters = { forwarded: 0, noRoute: 0, expired: 0, damaged: 0 };
  readonly #isSilent: boolean;

  constructor(world: World, name: string, options: RouterOptions = {}) {
    super(world, name);
    this.#isSilent = options.silent ?? false;
  }

  override forwards(_from: Port, _to: Port): boolean {
    return true;
  }

  override receive(packet: Packet, port: Port): void {
    if (
      !hasWholeHeader(packet) ||
      (familyOf(packet) === 4 && !packet.trusted && !hasGoodIp4Checksum(packet))
    ) {
      this.counters.damaged++;
      this.world.packets.give(packet);
      return;
    }
    if (hopLimitOf(packet) <= 1) {
      this.counters.expired++;
      this.#refuse(packet, port, 'hopLimit');
      return;
    }
    const next = this.routeOf(packet);
    if (next === null) {
      this.counters.noRoute++;
      this.#refuse(packet, port, 'noRoute');
    } else if (!next.out.isUp) {
      this.counters.noRoute++;
      this.#refuse(packet, port, 'host');
    } else {
      this.counters.forwarded++;
      setHopLimit(packet, hopLimitOf(packet) - 1);
      next.send(packet);
    }
  }

  #refuse(packet: Packet, port: Port, reason: UnreachableReason): void {
    const { packets } = this.world;
    const error = this.#isSilent ? null : icmpError(packets, this, packet, reason);
    packets.give(packet);
    if (error !== null) port.send(error);
  }
}
