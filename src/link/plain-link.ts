import { Direction } from './direction.ts';
import type { LinkOptions } from './options.ts';
import type { Port, World } from './station.ts';

/** Connects two stations. `a` is the end that was named first; `forward` leads from `a` to `b`. */
export class PlainLink {
  readonly name: string;
  readonly a: Port;
  readonly b: Port;
  readonly forward: Direction;
  readonly backward: Direction;

  constructor(
    world: World,
    name: string,
    a: Port,
    b: Port,
    options: LinkOptions,
    Kind: typeof Direction = Direction,
  ) {
    this.name = name;
    this.a = a;
    this.b = b;
    const { forward, backward, name: _name, ...both } = options;
    this.forward = new Kind(world, `${name}/forward`, a, b, { ...both, ...forward });
    this.backward = new Kind(world, `${name}/backward`, b, a, { ...both, ...backward });
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
}
