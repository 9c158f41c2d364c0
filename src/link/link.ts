import type { Packet } from '../host/packet.ts';
import { Direction } from './direction.ts';
import type { Filter, Held, Verdict } from './gate.ts';
import { packetFrom } from './header.ts';
import { type Match, Matcher } from './match.ts';
import type { LinkOptions } from './options.ts';
import type { Port, World } from './station.ts';

/** Connects two stations. `a` is the end that was named first; `forward` leads from `a` to `b`. */
export class Link {
  readonly name: string;
  readonly a: Port;
  readonly b: Port;
  readonly forward: Direction;
  readonly backward: Direction;
  readonly #world: World;

  constructor(world: World, name: string, a: Port, b: Port, options: LinkOptions) {
    this.#world = world;
    this.name = name;
    this.a = a;
    this.b = b;
    const { forward, backward, name: _name, ...both } = options;
    this.forward = new Direction(world, `${name}/forward`, a, b, { ...both, ...forward });
    this.backward = new Direction(world, `${name}/backward`, b, a, { ...both, ...backward });
    a.out = this.forward;
    b.out = this.backward;
  }

  /** Changes both directions from now on; `forward` and `backward` one of them. */
  configure(options: LinkOptions): void {
    const { forward, backward, name: _name, ...both } = options;
    this.forward.configure({ ...both, ...forward });
    this.backward.configure({ ...both, ...backward });
  }

  /** Cuts the link: what is on it is lost, and nothing passes until `up`. */
  down(): void {
    this.configure({ down: true });
  }

  up(): void {
    this.configure({ down: false });
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
