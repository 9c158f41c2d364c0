import { Network } from '../link/index.ts';
import type { TcpConfig } from '../tcp/config.ts';
import { Load, type Workload } from './load.ts';
import { MOST_PORTS, type RemedyWorkload } from './workload.ts';

const SECOND = 1_000_000;
const FIRST_PORT = 1_024;
const TIME_WAIT_S = 60;
/** A run is made smaller until it has no more exchanges than this: ports and rate by the same factor. */
const MOST_EXCHANGES = 10_000;
const EXCHANGE_TIMEOUT_US = 10 * SECOND;
const PORT = 8080;
const REORDER_US = 20_000;

interface Setup {
  readonly work: Partial<Workload>;
  readonly ports: number;
  readonly sources: number;
  readonly client: Partial<TcpConfig>;
  readonly server: Partial<TcpConfig>;
}

export interface Remedy {
  readonly name: string;
  readonly describes: string;
  readonly apply: (setup: Setup, workload: RemedyWorkload) => Setup;
}

const POOL_USES = 100;
const SOURCES = 4;
const SHORT_2MSL_S = 5;

/** What is tried, beginning with nothing. */
export const REMEDIES: readonly Remedy[] = [
  { name: 'none', describes: 'as it is', apply: (s) => s },
  {
    name: 'pool',
    describes: `connections kept open and used ${POOL_USES} times`,
    apply: (s) => ({ ...s, work: { ...s.work, exchangesPerConnection: POOL_USES } }),
  },
  {
    name: 'other-side-closes',
    describes: 'the other side closes first and keeps TIME-WAIT',
    apply: (s, { closer }) => ({
      ...s,
      work: { ...s.work, closer: closer === 'client' ? 'server' : 'client' },
    }),
  },
  {
    name: 'more-ports',
    describes: `ip_local_port_range 1024 to 65535: ${MOST_PORTS} ports`,
    apply: (s) => ({ ...s, ports: MOST_PORTS }),
  },
  {
    name: 'more-addresses',
    describes: `${SOURCES} source addresses, IP_BIND_ADDRESS_NO_PORT`,
    apply: (s) => ({ ...s, sources: SOURCES }),
  },
  {
    name: 'tw-reuse',
    describes: 'tcp_tw_reuse=1 on the client',
    apply: (s) => ({ ...s, client: { ...s.client, timeWaitReuse: 1 } }),
  },
  {
    name: 'short-2msl',
    describes: `TIME-WAIT of ${SHORT_2MSL_S} s on both hosts`,
    apply: (s) => {
      const mslUs = (SHORT_2MSL_S * SECOND) / 2;
      return { ...s, client: { ...s.client, mslUs }, server: { ...s.server, mslUs } };
    },
  },
  {
    name: 'linger-zero',
    describes: 'SO_LINGER 0 on the side that closes first',
    apply: (s) => ({ ...s, work: { ...s.work, lingerZero: true } }),
  },
  {
    name: 'reuse-address',
    describes: "SO_REUSEADDR on the client's sockets",
    apply: (s) => ({ ...s, work: { ...s.work, reuseAddress: true } }),
  },
];

/** What was measured of one remedy, over the last 60 s of its run; numbers are scaled back to the workload's size. */
export interface RemedyRow {
  readonly remedy: string;
  readonly describes: string;
  /** Exchanges that got their whole answer, each second. */
  readonly sustained: number;
  /** At most, at either end. */
  readonly timeWaitClient: number;
  readonly timeWaitServer: number;
  /** Exchanges that failed, and as a share of those tried. */
  readonly failed: number;
  readonly failedShare: number;
  readonly errors: Readonly<Record<string, number>>;
  /** Over the whole run: ECONNRESET and EPIPE of applications. */
  readonly resets: number;
  readonly bytesLost: number;
  readonly oldSegmentsAccepted: number;
}

export interface RemedyReport {
  readonly type: 'remedy';
  readonly workload: RemedyWorkload;
  readonly seed: number;
  /** The runs were smaller by this factor: rate and ports divided, counts multiplied. */
  readonly scale: number;
  /** Connections a second that the ports allow: ports x destinations / 60 s. */
  readonly portLimit: number;
  readonly rows: readonly RemedyRow[];
  /** It was stopped before every remedy was measured. */
  readonly partial: boolean;
}

/** Measures each remedy in a run of its own, one second of virtual time after another. */
export class RemedyMeasurement {
  readonly workload: RemedyWorkload;
  readonly seed: number;
  readonly #scale: number;
  readonly #rows: RemedyRow[] = [];
  #network: Network | null = null;
  #load: Load | null = null;
  #second = 0;

  constructor(workload: RemedyWorkload, seed: number) {
    this.workload = workload;
    this.seed = seed;
    this.#scale = Math.max(1, Math.ceil((workload.rate * workload.seconds) / MOST_EXCHANGES));
  }

  /** The one that is being measured; null at the end. */
  get remedy(): Remedy | null {
    return REMEDIES[this.#rows.length] ?? null;
  }

  /** How much of all runs is done, 0 to 1. */
  get share(): number {
    return (this.#rows.length + this.#second / this.workload.seconds) / REMEDIES.length;
  }

  /** Goes on by a second of virtual time; false once every remedy is measured. */
  step(): boolean {
    const { remedy, workload } = this;
    if (remedy === null) return false;
    if (this.#network === null) this.#begin(remedy);
    this.#network!.run(++this.#second * SECOND);
    if (this.#second === workload.seconds) this.#end(remedy);
    return this.remedy !== null;
  }

  /** What has been measured so far. */
  report(): RemedyReport {
    const { workload, seed } = this;
    const portLimit = (workload.ports * workload.destinations) / TIME_WAIT_S;
    const partial = this.remedy !== null;
    return { type: 'remedy', workload, seed, scale: this.#scale, portLimit, rows: [...this.#rows], partial };
  }

  #begin(remedy: Remedy): void {
    const plain: Setup = { work: {}, ports: this.workload.ports, sources: 1, client: {}, server: {} };
    const setup = remedy.apply(plain, this.workload);
    const { network, load } = build(this.workload, setup, this.seed, this.#scale);
    this.#network = network;
    this.#load = load;
  }

  #end(remedy: Remedy): void {
    const { seconds } = this.workload;
    const load = this.#load!;
    load.stop();
    // What was under way comes to its end, so that only what is lost counts as lost.
    this.#network!.run((seconds + TIME_WAIT_S) * SECOND);
    this.#rows.push(summarise(remedy, load, seconds, this.#scale));
    this.#network = null;
    this.#load = null;
    this.#second = 0;
  }
}

/** Measures every remedy. */
export function measureRemedies(workload: RemedyWorkload, seed: number): RemedyReport {
  const measurement = new RemedyMeasurement(workload, seed);
  while (measurement.step());
  return measurement.report();
}

function build(
  w: RemedyWorkload,
  setup: Setup,
  seed: number,
  scale: number,
): { network: Network; load: Load } {
  const network = new Network({ seed });
  const sources = Array.from({ length: setup.sources }, (_, i) => `192.0.2.${i + 1}`);
  const destinations = Array.from({ length: w.destinations }, (_, i) => `198.51.100.${i + 1}`);
  const ports = Math.max(1, Math.round(setup.ports / scale));
  const client = network.host('client', {
    addresses: sources,
    config: { ephemeralFrom: FIRST_PORT, ephemeralTo: FIRST_PORT + ports - 1, ...setup.client },
  });
  const server = network.host('server', { addresses: destinations, config: setup.server });
  network.connect(client, server, {
    delayUs: Math.round(w.rtt * 500),
    jitterUs: Math.round(w.jitter * 1_000),
    reorder: w.reorder,
    reorderByUs: REORDER_US,
    loss: w.loss,
    duplicate: w.duplicate,
    duplicateAfterUs: Math.round(w.late * 1_000),
  });
  const load = new Load(network, client, server, {
    rate: w.rate / scale,
    startUs: 0,
    endUs: w.seconds * SECOND,
    requestBytes: w.request,
    answerBytes: w.answer,
    lifetimeUs: Math.round(w.lifetime * 1_000),
    closer: w.closer,
    exchangesPerConnection: 1,
    sources,
    destinations,
    port: PORT,
    lingerZero: false,
    reuseAddress: false,
    timeoutUs: EXCHANGE_TIMEOUT_US,
    ...setup.work,
  });
  return { network, load };
}

function summarise(remedy: Remedy, { tally }: Load, seconds: number, scale: number): RemedyRow {
  const from = seconds - TIME_WAIT_S;
  const window = (series: readonly number[]): number =>
    series.slice(from, seconds).reduce((sum, n) => sum + n, 0);
  const done = window(tally.donePerSecond);
  const failed = window(tally.failedPerSecond);
  const most = (series: readonly number[]): number => Math.max(0, ...series.slice(from, seconds));
  return {
    remedy: remedy.name,
    describes: remedy.describes,
    sustained: (done * scale) / TIME_WAIT_S,
    timeWaitClient: most(tally.timeWaitPerSecond.client) * scale,
    timeWaitServer: most(tally.timeWaitPerSecond.server) * scale,
    failed: failed * scale,
    failedShare: done + failed === 0 ? 0 : failed / (done + failed),
    errors: Object.fromEntries([...tally.errors].map(([name, n]) => [name, n * scale])),
    resets: tally.resets * scale,
    bytesLost: Math.max(0, tally.bytesLost) * scale,
    oldSegmentsAccepted: tally.oldReads * scale,
  };
}
