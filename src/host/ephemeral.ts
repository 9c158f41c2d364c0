import type { TcpConfig } from '../tcp/config.ts';
import { hashTuple } from './demux.ts';
import type { Random } from './random.ts';

const FIRST_HEADS = 64;
/** With more connections to one destination its ports are kept as bits: probing one after the other would take too long. */
const FEW = 32;
const TABLE_SIZE = 256;
const PORT_WORDS = 65_536 / 32;

/** Where connections of ours go to, and which of our ports they use there: what makes choosing one more port quick. */
export class Destination {
  readonly remote: Int32Array = new Int32Array(4);
  remotePort: number = 0;
  localIndex: number = 0;
  hash: number = 0;
  next: Destination | null = null;
  count: number = 0;
  /** The ports in use while there are few. */
  readonly few: Uint16Array = new Uint16Array(FEW);
  /** Bit by port in use; null while there are few. */
  bits: Int32Array | null = null;
  /** The range of ports, as `from << 16 | to`, all of which are known to be in use; 0: of none. */
  full: number = 0;
}

/** Destinations by local address, remote address and remote port. */
export class Destinations {
  readonly #secret: number;
  #heads: (Destination | null)[] = new Array<Destination | null>(FIRST_HEADS).fill(null);
  #size = 0;
  readonly #spareBits: Int32Array[] = [];
  #spare: Destination | null = null;

  /** RFC 6056 3.3.4: where each hash of destinations goes on looking. */
  readonly table: Uint32Array = new Uint32Array(TABLE_SIZE);

  constructor(secret: number, random: Random) {
    this.#secret = secret | 0;
    for (let i = 0; i < TABLE_SIZE; i++) this.table[i] = random.next();
  }

  find(localIndex: number, remote: Int32Array, remotePort: number): Destination | null {
    const hash = hashTuple(remote, localIndex, remote, remotePort, this.#secret);
    let at: Destination | null = this.#heads[hash & (this.#heads.length - 1)]!;
    while (at !== null) {
      if (at.hash === hash && isFor(at, localIndex, remote, remotePort)) return at;
      at = at.next;
    }
    return null;
  }

  /** Counts one more port in use towards a destination. */
  use(localIndex: number, remote: Int32Array, remotePort: number, port: number): Destination {
    const destination =
      this.find(localIndex, remote, remotePort) ?? this.#add(localIndex, remote, remotePort);
    if (destination.bits === null && destination.count === FEW) this.#manyAt(destination);
    if (destination.bits !== null) destination.bits[port >> 5]! |= 1 << (port & 31);
    else destination.few[destination.count] = port;
    destination.count++;
    return destination;
  }

  release(destination: Destination, port: number): void {
    destination.count--;
    destination.full = 0;
    if (destination.bits !== null) destination.bits[port >> 5]! &= ~(1 << (port & 31));
    else destination.few[destination.few.indexOf(port)] = destination.few[destination.count]!;
    if (destination.count === 0) this.#drop(destination);
  }

  #manyAt(destination: Destination): void {
    const bits = this.#spareBits.pop() ?? new Int32Array(PORT_WORDS);
    for (const port of destination.few) bits[port >> 5]! |= 1 << (port & 31);
    destination.bits = bits;
  }

  clear(): void {
    this.#heads = new Array<Destination | null>(FIRST_HEADS).fill(null);
    this.#size = 0;
  }

  #add(localIndex: number, remote: Int32Array, remotePort: number): Destination {
    if (this.#size > this.#heads.length) this.#grow();
    const destination = this.#spare ?? new Destination();
    this.#spare = destination.next;
    destination.remote.set(remote);
    destination.remotePort = remotePort;
    destination.localIndex = localIndex;
    destination.hash = hashTuple(remote, localIndex, remote, remotePort, this.#secret);
    const slot = destination.hash & (this.#heads.length - 1);
    destination.next = this.#heads[slot]!;
    this.#heads[slot] = destination;
    this.#size++;
    return destination;
  }

  #drop(destination: Destination): void {
    if (destination.bits !== null) {
      this.#spareBits.push(destination.bits);
      destination.bits = null;
    }
    const slot = destination.hash & (this.#heads.length - 1);
    let at: Destination | null = this.#heads[slot]!;
    if (at === destination) {
      this.#heads[slot] = destination.next;
    } else {
      while (at!.next !== destination) at = at!.next;
      at!.next = destination.next;
    }
    destination.next = this.#spare;
    this.#spare = destination;
    this.#size--;
  }

  #grow(): void {
    const old = this.#heads;
    this.#heads = new Array<Destination | null>(old.length * 4).fill(null);
    for (const head of old) {
      let at = head;
      while (at !== null) {
        const next: Destination | null = at.next;
        const slot = at.hash & (this.#heads.length - 1);
        at.next = this.#heads[slot]!;
        this.#heads[slot] = at;
        at = next;
      }
    }
  }
}

function isFor(at: Destination, localIndex: number, remote: Int32Array, remotePort: number): boolean {
  const own = at.remote;
  return (
    at.remotePort === remotePort &&
    at.localIndex === localIndex &&
    own[3] === remote[3] &&
    own[2] === remote[2] &&
    own[1] === remote[1] &&
    own[0] === remote[0]
  );
}

/** The last port that bind and connect choose. */
export function lastEphemeral({ ephemeralFrom: from, ephemeralTo: to, ephemeralInPairs }: TcpConfig): number {
  const isOdd = ((to - from) & 1) === 0;
  return ephemeralInPairs && isOdd && to > from ? to - 1 : to;
}

/**
 * The first port from `from` on, up to and including `to`, of the parity of `parity`, that is set in neither field; -1: none.
 * 32 ports a step, so tens of thousands in use cost no time.
 */
export function firstFreePort(
  used: Int32Array,
  named: Int32Array,
  from: number,
  to: number,
  parity: number,
): number {
  const others = (parity & 1) === 0 ? 0xaaaaaaaa | 0 : 0x55555555;
  let word = from >> 5;
  let below = (from & 31) === 0 ? 0 : (1 << (from & 31)) - 1;
  for (; word <= to >> 5; word++) {
    const free = ~(used[word]! | named[word]! | others | below);
    below = 0;
    if (free === 0) continue;
    const port = (word << 5) + (31 - Math.clz32(free & -free));
    return port <= to ? port : -1;
  }
  return -1;
}
