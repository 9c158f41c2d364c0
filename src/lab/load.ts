import { type Host, Option } from '../host/index.ts';
import type { Network } from '../link/index.ts';
import { ClientEnd, ServerEnd } from './load-ends.ts';

/** Who asks how often for how much, and who closes. */
export interface Workload {
  /** Exchanges begun each second. */
  readonly rate: number;
  /** The first comes at `startUs`, none after `endUs`. */
  readonly startUs: number;
  readonly endUs: number;
  readonly requestBytes: number;
  readonly answerBytes: number;
  /** A connection stays open so long after its answer. */
  readonly lifetimeUs: number;
  readonly closer: 'client' | 'server';
  /** Kept open and used again, so many exchanges each; 1: a connection for each. */
  readonly exchangesPerConnection: number;
  /** Source addresses, taken in turn; one: left to the host. */
  readonly sources: readonly string[];
  readonly destinations: readonly string[];
  readonly port: number;
  /** SO_LINGER 0 on the closer's sockets. */
  readonly lingerZero: boolean;
  /** SO_REUSEADDR on the client's sockets. */
  readonly reuseAddress: boolean;
  /** An exchange that takes longer has failed. */
  readonly timeoutUs: number;
}

/** What came of it, second by second and in all. */
export class Tally {
  attempts = 0;
  /** Exchanges that got their whole answer. */
  done = 0;
  failed = 0;
  readonly errors: Map<string, number> = new Map();
  connections = 0;
  /** ECONNRESET and EPIPE that either end's application got on an open connection. */
  resets = 0;
  /** Taken by send() and never read by the other end, of connections that are over. */
  bytesLost = 0;
  /** Read and not sent in that connection. */
  oldBytes = 0;
  /** Reads with such bytes in them. */
  oldReads = 0;
  readonly donePerSecond: number[] = [];
  readonly failedPerSecond: number[] = [];
  readonly timeWaitPerSecond: { readonly client: number[]; readonly server: number[] } = {
    client: [],
    server: [],
  };

  ok(second: number): void {
    this.done++;
    bump(this.donePerSecond, second);
  }

  fail(error: string, second: number): void {
    this.failed++;
    this.errors.set(error, (this.errors.get(error) ?? 0) + 1);
    bump(this.failedPerSecond, second);
  }
}

function bump(series: number[], index: number): void {
  while (series.length <= index) series.push(0);
  series[index]!++;
}

const SECOND_US = 1_000_000;

/** Runs a workload between two hosts with plain callbacks: many thousand connections, no record of single calls. */
export class Load {
  readonly network: Network;
  readonly client: Host;
  readonly server: Host;
  readonly work: Workload;
  readonly tally: Tally = new Tally();
  readonly buffer: Uint8Array = new Uint8Array(65_536);
  readonly request: Uint8Array;
  readonly answer: Uint8Array;
  /** Which exchange each client port serves now, by source: what the server ought to read. */
  readonly serving: ReadonlyMap<string, Int32Array>;
  readonly idle: ClientEnd[] = [];
  /** Its connect failed, and its socket is as good as a new one. */
  spare: ClientEnd | null = null;
  private readonly startedSlot: number;
  private readonly sampleSlot: number;
  private started = 0;
  private sampled = 0;

  constructor(network: Network, client: Host, server: Host, work: Workload) {
    this.network = network;
    this.client = client;
    this.server = server;
    this.work = work;
    this.request = new Uint8Array(work.requestBytes);
    this.answer = new Uint8Array(work.answerBytes);
    this.serving = new Map(work.sources.map((source) => [source, new Int32Array(65_536)]));
    this.startedSlot = network.events.open({
      name: 'load',
      fire: () => network.act(() => this.arrival()),
    });
    this.sampleSlot = network.events.open({ name: 'load samples', fire: () => this.sample() });
    network.at(work.startUs, () => {
      this.listen();
      this.arrival();
    });
    network.events.set(this.sampleSlot, work.startUs);
  }

  get second(): number {
    return Math.floor((this.network.now - this.work.startUs) / SECOND_US);
  }

  /** Stops what the load itself plans, so that the network can become idle. */
  stop(): void {
    this.network.events.clear(this.startedSlot);
    this.network.events.clear(this.sampleSlot);
  }

  private listen(): void {
    const listener = this.server.socket();
    listener.setOption(Option.reuseAddress, 1);
    listener.bind('0.0.0.0', this.work.port);
    listener.listen(4_096);
    listener.onEvent = () => {
      for (;;) {
        const accepted = listener.accept();
        if (typeof accepted === 'number') return;
        new ServerEnd(this, accepted).begin();
      }
    };
  }

  private arrival(): void {
    const { work, network } = this;
    this.begin();
    this.started++;
    const next = work.startUs + Math.ceil((this.started * SECOND_US) / work.rate);
    if (next < work.endUs) network.events.set(this.startedSlot, Math.max(next, network.now));
  }

  private begin(): void {
    this.tally.attempts++;
    const pooled = this.idle.pop();
    const { spare } = this;
    this.spare = null;
    if (pooled !== undefined) pooled.ask();
    else if (spare !== null) spare.connect(this.started);
    else new ClientEnd(this, this.started).open();
  }

  private sample(): void {
    const { client, server } = this.tally.timeWaitPerSecond;
    client.push(this.client.timeWait.size);
    server.push(this.server.timeWait.size);
    const next = this.work.startUs + ++this.sampled * SECOND_US;
    if (next <= this.work.endUs) this.network.events.set(this.sampleSlot, next);
  }
}
