import { Host, type HostOptions } from '../host/index.ts';
import { BareNetwork } from './bare-network.ts';
import { deriveSeed } from './random.ts';

export type HostNodeOptions = Omit<HostOptions, 'name' | 'seed' | 'packets'> & { readonly seed?: number };

/** Hosts of our own TCP, each on links to its neighbours, beside whatever else is attached. */
export class HostNetwork extends BareNetwork {
  /** A host of our own TCP; its seed follows from the network's and its name. */
  host(name: string, options: HostNodeOptions): Host {
    const seed = options.seed ?? deriveSeed(this.seed, name);
    return this.attach(new Host({ ...options, name, seed, packets: this.packets }), options.addresses);
  }
}
