import type { Host, HostOptions } from '../host/index.ts';
import { type Link, type LinkOptions, Network, type Tap } from '../link/index.ts';
import { Applications, type Os, type Process, type Program } from './process.ts';
import { type Moment, takeMoment } from './tables.ts';

/** Something that happened and that no socket call shows: what the network did, a crash, a setting. */
export interface StoryEvent {
  readonly atUs: number;
  readonly text: string;
}

/** A number that the run found out, by a name that stays. */
export interface Fact {
  readonly name: string;
  readonly value: number | string | boolean | null;
  readonly unit: string;
  readonly text: string;
}

/** The ends whose ladder is drawn and whose packets are captured. */
export interface Watched {
  readonly client: Host;
  readonly server: Host;
  readonly clientTap: Tap;
  readonly serverTap: Tap;
}

/** Packets kept by a tap of a run with very many. */
const BOUNDED_PACKETS = 3_000;
const DEFAULT_RTT_US = 20_000;
/** Nothing interesting happens later than this after the last thing that a scenario does. */
const DEFAULT_LIMIT_US = 3_600_000_000;

/** What a scenario builds on: hosts, paths, applications, moments to look at, and what it found out. */
export class Lab {
  readonly seed: number;
  readonly network: Network;
  readonly applications: Applications;
  readonly hosts: Host[] = [];
  readonly addresses: Map<Host, readonly string[]> = new Map();
  readonly moments: Moment[] = [];
  readonly events: StoryEvent[] = [];
  readonly facts: Fact[] = [];
  watched: Watched | null = null;
  /** The capture that `explain` gets is taken at this end; `peer`: it also gets the other end's. */
  captureAt: 'client' | 'server' = 'client';
  usePeer = false;
  /** Off where there are too many sockets to look at after each event. */
  traced = true;
  /** The run ends when nothing is left to happen, at the latest then. */
  limitUs: number = DEFAULT_LIMIT_US;
  /** How long TIME-WAIT lasts here, for `explain`: microseconds. */
  mslUs = 30_000_000;
  readonly conclusions: (() => void)[] = [];
  private nextAddress = 1;

  constructor(seed: number) {
    this.seed = seed;
    this.network = new Network({ seed });
    this.applications = new Applications(this.network);
  }

  get now(): number {
    return this.network.now;
  }

  /** A host of 192.0.2.0/24 unless it says otherwise; Linux unless it says otherwise. */
  host(name: string, options: Partial<HostOptions> = {}): Host {
    const addresses = options.addresses ?? [`192.0.2.${this.nextAddress++}`];
    const host = this.network.host(name, { profile: 'linux', ...options, addresses });
    this.hosts.push(host);
    this.addresses.set(host, addresses);
    return host;
  }

  /** The host's first address. */
  addressOf(host: Host): string {
    return this.addresses.get(host)![0]!;
  }

  /** A link of half a round trip each way, with what else befalls packets on it. */
  join(a: Host, b: Host, rttUs: number = DEFAULT_RTT_US, options: LinkOptions = {}): Link {
    return this.network.connect(a, b, { delayUs: Math.round(rttUs / 2), ...options });
  }

  /** Captures at both ends; the ladder is of the connections between them. `bounded`: only the beginning is kept. */
  watch(client: Host, server: Host, bounded: boolean = false): Watched {
    const clientTap = this.network.tap(client, { name: client.name });
    const serverTap = this.network.tap(server, { name: server.name });
    this.watched = { client, server, clientTap, serverTap };
    if (bounded) for (const tap of [clientTap, serverTap]) stopWhenFull(tap);
    return this.watched;
  }

  start(host: Host, name: string, main: (os: Os) => Process, atUs: number = 0): Program {
    return this.applications.start(host, name, main, atUs);
  }

  at(us: number, act: () => void): void {
    this.network.at(us, act);
  }

  /** Power fails: connections and programs of the host are gone, and nobody is told. */
  crash(host: Host): void {
    this.applications.crash(host);
    this.network.crash(host);
    this.tell(`${host.name} loses power: its sockets and programs are gone, nobody is told`);
  }

  tell(text: string): void {
    this.events.push({ atUs: this.now, text });
  }

  /** The socket tables of some hosts at a time. */
  lookAt(us: number, title: string, ...hosts: readonly Host[]): void {
    this.network.at(us, () => this.look(title, ...hosts));
  }

  look(title: string, ...hosts: readonly Host[]): void {
    this.moments.push(takeMoment(this.now, title, hosts.length > 0 ? hosts : this.hosts));
  }

  fact(name: string, value: Fact['value'], unit: string, text: string): void {
    this.facts.push({ name, value, unit, text });
  }

  /** Runs when all is over, for facts that only then are known. */
  atEnd(act: () => void): void {
    this.conclusions.push(act);
  }
}

function stopWhenFull(tap: Tap): void {
  tap.onPacket = () => {
    if (tap.packets.length >= BOUNDED_PACKETS) tap.stop();
  };
}
