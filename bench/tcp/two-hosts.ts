import { Host, type Packet, PacketPool } from '../../src/host/index.ts';
import { longSum } from '../../src/wire/index.ts';

export interface PairOptions {
  /** Packets need no checksums: they never leave the process. */
  readonly trusted: boolean;
  /** Payload of the largest packet; 0: one segment a packet. */
  readonly superSegmentBytes: number;
}

/**
 * Kept for good: with the last object of a shape the engine forgets the shape and the code compiled for it, and each measurement would
 * begin with compiling.
 */
const kept: TwoHosts[] = [];

/** Two Linux-like hosts in one thread, with nothing between them but a function call. Time is virtual. */
export class TwoHosts {
  readonly pool: PacketPool = new PacketPool();
  readonly client: Host;
  readonly server: Host;
  now = 1_000_000;

  constructor(options: PairOptions) {
    const common = { profile: 'linux' as const, packets: this.pool, sum: longSum, ...options };
    this.client = new Host({ ...common, name: 'client', addresses: ['10.0.0.1'], seed: 1 });
    this.server = new Host({ ...common, name: 'server', addresses: ['10.0.0.2'], seed: 2 });
    this.client.poll(this.now);
    this.server.poll(this.now);
    if (kept.length === 0) kept.push(this);
  }

  readonly #toServer = (packet: Packet): boolean => {
    this.server.inputPacket(this.now, packet);
    this.pool.give(packet);
    return true;
  };

  readonly #toClient = (packet: Packet): boolean => {
    this.client.inputPacket(this.now, packet);
    this.pool.give(packet);
    return true;
  };

  /** Carries what both have to send, once in each direction. */
  exchange(): void {
    this.client.output(this.#toServer);
    this.server.output(this.#toClient);
  }

  advance(us: number): void {
    this.now += us;
    if (this.client.nextTimeout() <= this.now) this.client.poll(this.now);
    else this.client.at(this.now);
    if (this.server.nextTimeout() <= this.now) this.server.poll(this.now);
    else this.server.at(this.now);
  }
}
