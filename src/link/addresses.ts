import { parseAddress } from '../wire/index.ts';

/** A block of addresses: the first `bits` bits of `words`. */
export interface Prefix {
  readonly family: number;
  readonly words: Int32Array;
  readonly bits: number;
}

/** Reads `10.0.0.0/8`, `2001:db8::/32` or a single address. Wrong text is the caller's mistake and throws. */
export function toPrefix(text: string): Prefix {
  const slash = text.indexOf('/');
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (address === null) throw new TypeError(`not an IP address or prefix: ${text}`);
  const most = address.family === 4 ? 32 : 128;
  const length = slash < 0 ? String(most) : text.slice(slash + 1);
  const bits = Number(length);
  if (!/^\d+$/.test(length) || bits > most) throw new TypeError(`not a prefix: ${text}`);
  return { family: address.family, words: maskWords(address.family, address.words, bits), bits };
}

export function prefixHolds(prefix: Prefix, family: number, words: Int32Array): boolean {
  if (prefix.family !== family) return false;
  const skipped = family === 4 ? 96 : 0;
  for (let i = family === 4 ? 3 : 0; i < 4; i++) {
    const mask = wordMask(prefix.bits + skipped - 32 * i);
    if (((words[i]! ^ prefix.words[i]!) & mask) !== 0) return false;
  }
  return true;
}

function maskWords(family: number, words: Int32Array, bits: number): Int32Array {
  const skipped = family === 4 ? 96 : 0;
  return words.map((word, i) => word & wordMask(bits + skipped - 32 * i));
}

function wordMask(bits: number): number {
  if (bits <= 0) return 0;
  return bits >= 32 ? -1 : -1 << (32 - bits);
}

export function sameWords(a: Int32Array, b: Int32Array): boolean {
  return a[3] === b[3] && a[2] === b[2] && a[1] === b[1] && a[0] === b[0];
}

interface Entry<T> {
  readonly prefix: Prefix;
  readonly value: T;
}

interface LengthTable<T> {
  readonly family: number;
  readonly bits: number;
  /** By hash of the words; prefixes with equal hashes share a bucket. */
  readonly buckets: Map<number, Entry<T>[]>;
}

/** Longest prefix match: one table for each prefix length in use, longest first. */
export class PrefixTable<T> {
  #lengths: LengthTable<T>[] = [];
  readonly #masked: Int32Array = new Int32Array(4);

  /** The last value set for a prefix counts. */
  set(prefix: Prefix, value: T): void {
    const { family, bits, words } = prefix;
    let table = this.#lengths.find((known) => known.family === family && known.bits === bits);
    if (table === undefined) {
      table = { family, bits, buckets: new Map() };
      this.#lengths = [...this.#lengths, table].sort((a, b) => b.bits - a.bits);
    }
    const key = hashWords(words);
    const others = (table.buckets.get(key) ?? []).filter((entry) => !sameWords(entry.prefix.words, words));
    table.buckets.set(key, [...others, { prefix, value }]);
  }

  get(family: number, words: Int32Array): T | null {
    for (const table of this.#lengths) {
      if (table.family !== family) continue;
      const bucket = table.buckets.get(this.#maskedHash(family, words, table.bits));
      if (bucket === undefined) continue;
      for (const entry of bucket) if (sameWords(entry.prefix.words, this.#masked)) return entry.value;
    }
    return null;
  }

  clear(): void {
    this.#lengths = [];
  }

  #maskedHash(family: number, words: Int32Array, bits: number): number {
    const skipped = family === 4 ? 96 : 0;
    for (let i = 0; i < 4; i++) this.#masked[i] = words[i]! & wordMask(bits + skipped - 32 * i);
    return hashWords(this.#masked);
  }
}

export function hashWords(words: Int32Array): number {
  let h = words[0]!;
  h = Math.imul(h ^ words[1]!, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 15) ^ words[2]!, 0x85ebca77);
  h = Math.imul(h ^ (h >>> 13) ^ words[3]!, 0xc2b2ae3d);
  return h ^ (h >>> 16);
}
