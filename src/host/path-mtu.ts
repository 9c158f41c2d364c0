/** Linux mtu_expires; RFC 8201 4 asks for at least 5 minutes. */
const LIFETIME_US = 600_000_000;

interface Entry {
  readonly family: number;
  readonly words: Int32Array;
  mtu: number;
  until: number;
}

/** Path MTUs that ICMP told, by destination. */
export class PathMtus {
  readonly #entries: Map<number, Entry> = new Map();

  /** The path's MTU where it is known to be less than `mtu`. */
  limit(family: number, words: Int32Array, mtu: number, now: number): number {
    if (this.#entries.size === 0) return mtu;
    const entry = this.#find(family, words);
    if (entry === undefined) return mtu;
    if (entry.until <= now) {
      this.#entries.delete(keyOf(words));
      return mtu;
    }
    return Math.min(mtu, entry.mtu);
  }

  learn(family: number, words: Int32Array, mtu: number, now: number): void {
    this.#entries.set(keyOf(words), { family, words: words.slice(), mtu, until: now + LIFETIME_US });
  }

  forget(family: number, words: Int32Array): void {
    if (this.#find(family, words) !== undefined) this.#entries.delete(keyOf(words));
  }

  clear(): void {
    this.#entries.clear();
  }

  #find(family: number, words: Int32Array): Entry | undefined {
    const entry = this.#entries.get(keyOf(words));
    if (entry === undefined || entry.family !== family) return undefined;
    return entry.words.every((word, i) => word === words[i]) ? entry : undefined;
  }
}

/** Two destinations with one key take each other's place: what is forgotten is learnt again. */
function keyOf(words: Int32Array): number {
  return Math.imul(words[0]!, 3) ^ Math.imul(words[1]!, 5) ^ Math.imul(words[2]!, 7) ^ words[3]!;
}
