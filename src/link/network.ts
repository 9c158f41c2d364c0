import { Balancer, type BalancerOptions } from './balancer.ts';
import { Firewall, type FirewallOptions } from './firewall.ts';
import { HostNetwork } from './host-network.ts';
import { Nat, type NatOptions } from './nat.ts';

/** Hosts and all that stands between them. */
export class Network extends HostNetwork {
  nat(name: string, options: NatOptions): Nat {
    return this.addWith(new Nat(this, name, options), options.outside);
  }

  firewall(name: string, options: FirewallOptions = {}): Firewall {
    return this.add(new Firewall(this, name, options));
  }

  balancer(name: string, options: BalancerOptions): Balancer {
    return this.addWith(new Balancer(this, name, options), [options.address]);
  }
}
