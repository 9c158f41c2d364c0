import type { Connection } from './connection.ts';

const FIRST_SIZE = 256;

/** Connections by four-tuple: a hash table with chains through the connections themselves. */
export class ConnectionTable {
  readonly #secret: number;
  #heads: (Connection | null)[] = new Array<Connection | null>(FIRST_SIZE).fill(null);
  #mask = FIRST_SIZE - 1;
  #count = 0;
  /** The one found last: packets come in rows. */
  #last: Connection | null = null;

  constructor(secret: number) {
    this.#secret = secret | 0;
  }

  get size(): number {
    return this.#count;
  }

  find(
    local: Int32Array,
    localPort: number,
    remote: Int32Array,
    remotePort: number,
    family: number,
  ): Connection | null {
    const last = this.#last;
    if (last !== null && matches(last, local, localPort, remote, remotePort, family)) return last;
    const hash = hashTuple(local, localPort, remote, remotePort, this.#secret);
    let at: Connection | null = this.#heads[hash & this.#mask]!;
    while (at !== null) {
      if (at.hash === hash && matches(at, local, localPort, remote, remotePort, family)) {
        this.#last = at;
        return at;
      }
      at = at.hashNext;
    }
    return null;
  }

  insert(tcb: Connection): void {
    if (this.#count > this.#mask) this.#grow();
    tcb.hash = hashTuple(tcb.local, tcb.localPort, tcb.remote, tcb.remotePort, this.#secret);
    const slot = tcb.hash & this.#mask;
    tcb.hashNext = this.#heads[slot]!;
    tcb.hashed = true;
    this.#heads[slot] = tcb;
    this.#count++;
  }

  remove(tcb: Connection): void {
    if (!tcb.hashed) return;
    if (this.#last === tcb) this.#last = null;
    const slot = tcb.hash & this.#mask;
    let at: Connection | null = this.#heads[slot]!;
    if (at === tcb) {
      this.#heads[slot] = tcb.hashNext;
    } else {
      while (at!.hashNext !== tcb) at = at!.hashNext;
      at!.hashNext = tcb.hashNext;
    }
    tcb.hashNext = null;
    tcb.hashed = false;
    this.#count--;
  }

  #grow(): void {
    const old = this.#heads;
    this.#heads = new Array<Connection | null>(old.length * 4).fill(null);
    this.#mask = this.#heads.length - 1;
    for (const head of old) {
      let at = head;
      while (at !== null) {
        const next: Connection | null = at.hashNext;
        const slot = at.hash & this.#mask;
        at.hashNext = this.#heads[slot]!;
        this.#heads[slot] = at;
        at = next;
      }
    }
  }
}

function matches(
  tcb: Connection,
  local: Int32Array,
  localPort: number,
  remote: Int32Array,
  remotePort: number,
  family: number,
): boolean {
  return (
    tcb.remotePort === remotePort &&
    tcb.localPort === localPort &&
    tcb.family === family &&
    tcb.remote[3] === remote[3] &&
    tcb.local[3] === local[3] &&
    (family === 4 ||
      (tcb.remote[0] === remote[0] &&
        tcb.remote[1] === remote[1] &&
        tcb.remote[2] === remote[2] &&
        tcb.local[0] === local[0] &&
        tcb.local[1] === local[1] &&
        tcb.local[2] === local[2]))
  );
}

/** Both addresses and ports with a secret, so that nobody outside can choose tuples that fall together. */
export function hashTuple(
  local: Int32Array,
  localPort: number,
  remote: Int32Array,
  remotePort: number,
  secret: number,
): number {
  let h = secret;
  h = mix(h, (localPort << 16) | remotePort);
  h = mix(h, remote[3]!);
  h = mix(h, local[3]!);
  const rest = remote[0]! ^ local[0]! ^ remote[1]! ^ local[1]! ^ remote[2]! ^ local[2]!;
  if (rest !== 0) {
    h = mix(h, remote[0]!);
    h = mix(h, remote[1]!);
    h = mix(h, remote[2]!);
    h = mix(h, local[0]! ^ Math.imul(local[1]!, 0x85ebca6b) ^ Math.imul(local[2]!, 0xc2b2ae35));
  }
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** One block of MurmurHash3. */
function mix(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51);
  k = (k << 15) | (k >>> 17);
  const h = hash ^ Math.imul(k, 0x1b873593);
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}
