import { HOST_PROFILES, type Host } from '../host/index.ts';
import { sourceRoutes } from '../host/source-route.ts';
import { FragmentReassembler, longSum } from '../wire/index.ts';
import { PrefixTable, toPrefix } from './addresses.ts';
import { Balancer, type BalancerOptions } from './balancer.ts';
import type { End } from './bare-network.ts';
import { Firewall, type FirewallOptions } from './firewall.ts';
import { HostNetwork, type HostNodeOptions } from './host-network.ts';
import { Link } from './link.ts';
import { Nat, type NatOptions } from './nat.ts';
import type { LinkOptions } from './options.ts';
import type { TapOptions } from './packet-tap.ts';
import { type Partition, Partitions } from './partition.ts';
import type { PlainLink } from './plain-link.ts';
import { Router, type RouterOptions } from './router.ts';
import { computeRoutes, Routes } from './routing.ts';
import type { Port, Station } from './station.ts';
import { SynProxy, type SynProxyOptions } from './syn-proxy.ts';
import { Tap } from './tap.ts';

/** Hosts and all that stands between them: routers and boxes, links with filters, partitions, taps that write captures. */
export class Network extends HostNetwork {
  readonly #owners: PrefixTable<Station> = new PrefixTable();

  declare readonly links: Link[];
  readonly #all: Station[] = [];
  #hasRoutes: boolean = false;

  /** With all that a profile has; fragments are put together, and checksums computed with SIMD where there is any. */
  override host(name: string, options: HostNodeOptions): Host {
    const fragments = new FragmentReassembler({ maxDatagrams: 64, maxBytes: 1 << 20 });
    const wanted = options.profile ?? 'linux';
    const profile = typeof wanted === 'string' ? HOST_PROFILES[wanted] : wanted;
    return super.host(name, { fragments, sum: longSum, sourceRoutes, ...options, profile });
  }

  override add<S extends Station>(station: S): S {
    super.add(station);
    station.routes = new Routes(() => this.#computeRoutes());
    this.#all.push(station);
    return station;
  }

  override addAddress(end: End, text: string): void {
    super.addAddress(end, text);
    this.#hasRoutes = false;
    this.#owners.set(toPrefix(text.replace(/\/.*/, '')), this.stationOf(end));
  }

  override connect(a: End, b: End, options: LinkOptions = {}): Link {
    this.#hasRoutes = false;
    return this.join(Link, a, b, options);
  }

  /** A route of a router, or of a node with several links; it counts before those that follow from the topology. */
  route(at: End, prefix: string, link: Link): void {
    const station = this.stationOf(at);
    if (link.a.station !== station && link.b.station !== station) {
      throw new Error(`${link.name} does not end at ${station.name}`);
    }
    station.routes?.add(toPrefix(prefix), link.a.station === station ? link.a : link.b);
  }

  #computeRoutes(): void {
    if (!this.#hasRoutes) computeRoutes(this.#all);
    this.#hasRoutes = true;
  }

  override tap(where: End | Port | PlainLink, options: TapOptions | string = {}): Tap {
    return new Tap(this.tapPorts(where), options);
  }

  router(name: string, options: RouterOptions = {}): Router {
    return this.addWith(new Router(this, name, options), options.addresses ?? []);
  }

  nat(name: string, options: NatOptions): Nat {
    return this.addWith(new Nat(this, name, options), options.outside);
  }

  firewall(name: string, options: FirewallOptions = {}): Firewall {
    return this.add(new Firewall(this, name, options));
  }

  synProxy(name: string, options: SynProxyOptions = {}): SynProxy {
    return this.add(new SynProxy(this, name, options));
  }

  balancer(name: string, options: BalancerOptions): Balancer {
    return this.addWith(new Balancer(this, name, options), [options.address]);
  }

  /** From one time to another, nodes of different groups do not hear each other. Who is in no group hears all. */
  partition(
    groups: readonly (readonly End[])[],
    fromUs: number = this.now,
    toUs: number = Infinity,
  ): Partition {
    const partition = {
      groups: groups.map((group) => new Set(group.map((end) => this.stationOf(end)))),
      fromUs,
      toUs,
    };
    this.partitions ??= new Partitions(this.#owners);
    this.partitions.add(partition);
    return partition;
  }

  /** Ends a partition before its time. */
  heal(partition: Partition): void {
    this.partitions?.remove(partition);
  }
}
