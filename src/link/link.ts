import type { Packet } from '../host/packet.ts';
import type { Direction } from './direction.ts';
import { type Filter, GatedDirection, type Held, type Verdict } from './gate.ts';
import { packetFrom } from './header.ts';
import { type Match, Matcher } from './match.ts';
import type { LinkOptions } from './options.ts';
import { PlainLink } from './plain-link.ts';
import type { Port, World } from './station.ts';

/** A link on which filters decide what becomes of single packets. */
export class Link extends PlainLink {
  declare readonly forward: GatedDirection;
  declare readonly backward: GatedDirection;
  readonly #world: World;

  constructor(world: World, name: string, a: Port, b: Port, options: LinkOptions) {
    super(world, name, a, b, options, GatedDirection);
    this.#world = world;
  }

  /** A filter on both directions (`link.forward.gate.add`: on one). Returns what takes it away. */
  filter(filter: Filter): () => void {
    const removals = [this.forward.gate.add(filter), this.backward.gate.add(filter)];
    return () => {
      for (const remove of removals) remove();
    };
  }

  /** What becomes of the segments that fit: `on({ flags: Flag.fin, nth: 3 }, 'drop')`. `nth` counts both directions together. */
  on(match: Match, verdict: Verdict): () => void {
    const matcher = new Matcher(match);
    return this.filter((_packet, info) => (matcher.fits(info.segment) ? verdict : 'pass'));
  }

  /** Packets that filters hold, those of `forward` first. */
  get held(): readonly Held[] {
    return [...this.forward.gate.held, ...this.backward.gate.held];
  }

  /** Lets a held packet go on now, so that it arrives `afterUs` later than a packet that enters now. */
  release(held: Held, afterUs: number = 0): void {
    held.direction.gate.release(held, afterUs);
  }

  /** Puts a packet on the link as if somebody on the way had sent it: taps of the sending side do not see it, nor do filters. */
  inject(packet: Packet | Uint8Array, direction: Direction = this.forward, afterUs: number = 0): void {
    const own = packet instanceof Uint8Array ? packetFrom(this.#world.packets, packet) : packet;
    direction.carry(own, afterUs);
  }
}
