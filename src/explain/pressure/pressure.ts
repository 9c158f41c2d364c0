import { formatAddress, formatEndpoint } from '../../wire/index.ts';
import type { Outcome } from '../outcome.ts';
import type { Connection } from '../track/connection.ts';
import { Buckets } from './buckets.ts';
import { Pair } from './pair.ts';
import { pairReport } from './pair-report.ts';
import { Stays } from './stays.ts';
import type { PressureReport } from './types.ts';

const MAX_PAIRS = 512;

/** Linux: net.ipv4.ip_local_port_range. */
export const DEFAULT_PORTS: PortRange = { from: 32_768, to: 60_999 };

export interface PortRange {
  readonly from: number;
  readonly to: number;
}

/** What connections cost the ends while and after they live: ports, TIME-WAIT, ends that wait. One pass, bounded memory. */
export class Pressure {
  readonly #twoMslUs: number;
  readonly #ports: PortRange;
  readonly #buckets: Buckets = new Buckets();
  readonly #pairs: Map<string, Pair> = new Map();
  readonly #stays: Stays = new Stays();
  #connections: number = 0;
  #omitted: number = 0;

  constructor(mslUs: number, ports: PortRange = DEFAULT_PORTS) {
    this.#twoMslUs = 2 * mslUs;
    this.#ports = ports;
  }

  /** `startUs`: when the capture began. */
  add(c: Connection, o: Outcome, startUs: number): void {
    if (this.#buckets.originUs < 0) this.#buckets.originUs = startUs;
    this.#connections++;
    this.#stays.add(c, o.closeKind !== 'open' && o.closeKind !== 'half-closed');
    const pair = this.#pairOf(c);
    if (pair === null) this.#omitted++;
    else pair.add(c, o, this.#twoMslUs, this.#buckets);
  }

  report(startUs: number, endUs: number): PressureReport {
    const { from, to } = this.#ports;
    const count = to - from + 1;
    const buckets = this.#buckets;
    if (endUs >= 0) buckets.indexOf(endUs);
    return {
      type: 'pressure',
      start: startUs < 0 ? null : startUs / 1e6,
      end: endUs < 0 ? null : endUs / 1e6,
      connections: this.#connections,
      twoMslSeconds: this.#twoMslUs / 1e6,
      ports: { from, to, count },
      bucketSeconds: buckets.widthUs / 1e6,
      pairs: [...this.#pairs.values()]
        .map((pair) => pairReport(pair, buckets, endUs, count, this.#twoMslUs))
        .sort((a, b) => b.clientTimeWait.peak - a.clientTimeWait.peak || b.connections - a.connections),
      omittedPairs: this.#omitted,
      stays: this.#stays.reports(endUs),
    };
  }

  #pairOf(c: Connection): Pair | null {
    const client = formatAddress(c.family, c.client.address);
    const server = formatEndpoint(c.family, c.server.address, c.server.port);
    const key = `${client} ${server}`;
    const known = this.#pairs.get(key);
    if (known !== undefined) return known;
    if (this.#pairs.size >= MAX_PAIRS) return null;
    const pair = new Pair(client, server, this.#buckets);
    this.#pairs.set(key, pair);
    return pair;
  }
}
