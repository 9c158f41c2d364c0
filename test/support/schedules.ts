import { HOST_PROFILES, type Host, Option, Shut, type Socket } from '../../src/host/index.ts';
import { type Link, Network } from '../../src/link/index.ts';

/** What a random schedule did to two hosts, or what was wrong afterwards. */
export interface ScheduleResult {
  /** What an application saw that it must not see. */
  readonly dataFaults: readonly string[];
  /** What was left behind. */
  readonly leftovers: readonly string[];
  readonly delivered: number;
}

type Random = () => number;

/** Mulberry32: quick, and good enough to choose what happens. */
export function randomFrom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const PROFILES = ['linux', 'rfc', 'freebsd'] as const;
const MINUTE = 60_000_000;
/** R2 of every profile, keepalive, FIN-WAIT-2 and TIME-WAIT after the last call are over by then. */
const BOUND_US = 180 * MINUTE;

function pick<T>(random: Random, from: readonly T[]): T {
  return from[Math.floor(random() * from.length)]!;
}

/** Octet `i` of what one side writes: a lost, doubled or shifted octet shows. */
function octet(i: number, salt: number): number {
  return (Math.imul(i + 1, 0x9e3779b1) >>> 24) ^ salt;
}

/** One end's application: does random things at random times, and closes in the end. */
class Actor {
  written = 0;
  read = 0;
  sawEof = false;
  closed = false;
  peer: Actor | null = null;
  readonly salt: number;
  readonly faults: string[] = [];
  #socket: Socket;
  #random: Random;
  #network: Network;
  #left: number;
  #readShut = false;
  #pace: number;

  constructor(network: Network, socket: Socket, random: Random, salt: number) {
    this.#network = network;
    this.#socket = socket;
    this.#random = random;
    this.salt = salt;
    this.#left = 1 + Math.floor(random() * 8);
    this.#pace = pick(random, [0, 100, 20_000, 2_000_000]);
    this.#configure();
    this.#later();
  }

  #configure(): void {
    const random = this.#random;
    // RFC 9293 has no limit on FIN-WAIT-2, so where the peer's RST was lost only keepalive ends the wait.
    this.#socket.setOption(Option.keepAlive, 1);
    this.#socket.setOption(Option.keepAliveIdle, 300);
    if (random() < 0.3) this.#socket.setOption(Option.noDelay, 1);
    if (random() < 0.1) this.#socket.setOption(Option.linger, random() < 0.7 ? 0 : 2);
    if (random() < 0.1) this.#socket.setOption(Option.linger2, 3);
    if (random() < 0.2) this.#socket.setOption(Option.receiveBuffer, 2048 + Math.floor(random() * 8000));
    if (random() < 0.2) this.#socket.setOption(Option.sendBuffer, 2048 + Math.floor(random() * 8000));
    if (random() < 0.2) this.#socket.setOption(Option.userTimeout, 5000);
  }

  #later(): void {
    this.#network.after(Math.floor(this.#random() * this.#pace), () => this.#act());
  }

  #act(): void {
    if (this.closed) return;
    if (this.#left-- <= 0) {
      if (this.#random() < 0.5) this.#receive(1 << 20);
      this.closed = true;
      if (this.#random() < 0.05) this.#socket.abort();
      else this.#socket.close();
      return;
    }
    const dice = this.#random();
    if (dice < 0.45) this.#send();
    else if (dice < 0.85) this.#receive(1 + Math.floor(this.#random() * 6000));
    else if (dice < 0.93) this.#shutdown(pick(this.#random, [0, 1, 1, 1, 2]));
    else this.#socket.setOption(Option.cork, this.#random() < 0.5 ? 1 : 0);
    this.#later();
  }

  #shutdown(how: Shut): void {
    this.#socket.shutdown(how);
    if (how !== Shut.write) this.#readShut = true;
  }

  #send(): void {
    const bytes = new Uint8Array(1 + Math.floor(this.#random() * (this.#random() < 0.2 ? 8000 : 900)));
    for (let i = 0; i < bytes.length; i++) bytes[i] = octet(this.written + i, this.salt);
    const taken = this.#socket.send(bytes);
    if (taken > bytes.length) this.faults.push(`send took ${taken} of ${bytes.length}`);
    if (taken > 0) this.written += taken;
  }

  #receive(most: number): void {
    const target = new Uint8Array(Math.min(most, 8192));
    for (let left = most; left > 0; ) {
      const got = this.#socket.recv(target);
      // After shutdown(RD) an empty buffer reads as end of file, whatever still comes (as Linux has it).
      if (got === 0 && !this.#readShut) this.sawEof = true;
      if (got <= 0) return;
      if (this.sawEof) this.faults.push('data after end of file');
      this.#check(target, got);
      left -= got;
    }
  }

  #check(bytes: Uint8Array, length: number): void {
    const { peer } = this;
    if (peer === null) {
      // Only a forged handshake comes from nobody.
      this.faults.push(`${length} octets from nobody`);
      return;
    }
    for (let i = 0; i < length; i++) {
      if (bytes[i] !== octet(this.read + i, peer.salt)) {
        this.faults.push(`octet ${this.read + i} is wrong`);
        return;
      }
    }
    this.read += length;
    if (this.read > peer.written) this.faults.push(`read ${this.read}, written ${peer.written}`);
  }
}

/** Two hosts on one link; schedules run on them one after the other, and each must leave nothing behind. */
export class SchedulePair {
  readonly seed: number;
  readonly network: Network;
  readonly link: Link;
  readonly hosts: readonly [Host, Host];
  readonly random: Random;
  #port = 1000;

  constructor(seed: number) {
    this.seed = seed;
    this.random = randomFrom(seed);
    const random = this.random;
    const some = (most: number): number => (random() < 0.5 ? 0 : random() * most);
    this.network = new Network({ seed });
    const config = { maxTimeWait: 1000 };
    const six = random() < 0.2;
    const addresses = six ? ['fd00::1', 'fd00::2'] : ['10.0.0.1', '10.0.0.2'];
    const a = this.network.host('a', {
      profile: HOST_PROFILES[pick(random, PROFILES)],
      addresses: [addresses[0]!],
      config,
    });
    const b = this.network.host('b', {
      profile: HOST_PROFILES[pick(random, PROFILES)],
      addresses: [addresses[1]!],
      config,
    });
    this.hosts = [a, b];
    this.link = this.network.connect(a, b, {
      delayUs: Math.floor(random() * 50_000),
      jitterUs: Math.floor(some(30_000)),
      keepOrder: random() < 0.5,
      loss: some(0.3),
      duplicate: some(0.2),
      duplicateAfterUs: Math.floor(some(200_000)),
      reorder: some(0.3),
      reorderByUs: Math.floor(random() * 100_000),
      corrupt: some(0.1),
    });
  }

  run(): ScheduleResult {
    const network = this.network;
    const random = this.random;
    const port = this.#port++;
    const faults: string[] = [];
    const [a, b] = this.hosts;
    const address = b.addresses[0]!;
    const listener = b.socket(address.family);
    listener.setOption(Option.reuseAddress, 1);
    expectDone(faults, 'bind', listener.bind(address.text, port));
    expectDone(faults, 'listen', listener.listen(4));
    const client = a.socket(address.family);
    client.connect(address.text, port);
    const one = new Actor(network, client, random, 0x5a);
    let two: Actor | null = null;
    const accept = (): void => {
      for (let socket = listener.accept(); typeof socket !== 'number'; socket = listener.accept()) {
        if (two !== null) faults.push('accepted twice');
        two = new Actor(network, socket, random, 0xc3);
        one.peer = two;
        two.peer = one;
      }
    };
    listener.onEvent = accept;
    network.run(network.now + Math.floor(random() * 20 * MINUTE) + 20 * MINUTE);
    accept();
    listener.close();
    network.runIdle(network.now + BOUND_US);
    const other = two as Actor | null;
    return {
      dataFaults: [...faults, ...one.faults, ...(other?.faults ?? [])],
      leftovers: this.#leftovers(),
      delivered: one.read + (other?.read ?? 0),
    };
  }

  #leftovers(): string[] {
    const faults: string[] = [];
    for (const host of this.hosts) {
      const rows = host.sockets();
      if (rows.length > 0) faults.push(`${host.name}: still ${rows.map((row) => row.state).join(', ')}`);
      if (host.nextTimeout() !== Number.POSITIVE_INFINITY) faults.push(`${host.name}: a timer is left`);
      if (host.memoryBytes !== 0) faults.push(`${host.name}: ${host.memoryBytes} bytes are left`);
    }
    if (this.network.packets.inUse !== 0) faults.push(`${this.network.packets.inUse} packets are left`);
    return faults;
  }
}

function expectDone(faults: string[], call: string, result: number): void {
  if (result !== 0) faults.push(`${call} returned ${result}`);
}
