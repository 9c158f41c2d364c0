import { formatAddress, type IpAddress, parseAddress } from '../wire/index.ts';

/** How a socket is bound: the number of an address in the book, or one of these. */
export const Any = {
  ip4: -1,
  /** IPv6 and IPv4. */
  dual: -2,
  /** IPv6 only. */
  ip6: -3,
} as const;

export const LOOPBACK4: IpAddress = parseAddress('127.0.0.1')!;
export const LOOPBACK6: IpAddress = parseAddress('::1')!;

/** A host's own addresses, numbered. The loopback addresses are always among them. */
export class AddressBook {
  readonly list: IpAddress[] = [];
  readonly #byHash: Map<number, number[]> = new Map();
  /** The address of ours, and the one that is none, that were asked for last: most packets ask for one of them. */
  #last4 = -1;
  #own4 = 0;
  #foreign4 = 0;

  constructor(addresses: readonly string[]) {
    for (const text of addresses) this.add(text);
    this.#add(LOOPBACK4);
    this.#add(LOOPBACK6);
  }

  /** Adds an address (a prefix length behind it is read over). Wrong text is the caller's mistake and throws. */
  add(text: string): void {
    const address = parseAddress(text.split('/')[0]!);
    if (address === null) throw new TypeError(`not an IP address: ${text}`);
    this.#add(address);
  }

  #add(address: IpAddress): void {
    if (this.#lookUp(address.family, address.words) >= 0) return;
    this.#foreign4 = 0;
    this.#adopt(address);
  }

  /** Number of an address, or -1 where it is not ours. All of 127.0.0.0/8 is. */
  find(family: number, words: Int32Array): number {
    if (family !== 4) return this.#lookUp(family, words);
    const word = words[3]!;
    if (this.#foreign4 === word) return -1;
    if (this.#own4 === word) return this.#last4;
    let index = this.#lookUp(4, words);
    if (index < 0 && word >>> 24 === 127) index = this.#adopt({ family: 4, words: words.slice() });
    if (index < 0) this.#foreign4 = word;
    else {
      this.#last4 = index;
      this.#own4 = word;
    }
    return index;
  }

  /** `find` for what came from outside: loopback addresses stay inside, and nobody there speaks for us (RFC 1122 3.2.1.3). */
  findFrom(family: number, source: Int32Array, destination: Int32Array): number {
    const isUsual = family === 4 && source[3] === this.#foreign4 && destination[3] === this.#own4;
    if (isUsual && this.#own4 >>> 24 !== 127) return this.#last4;
    if (isLoopback(family, destination) || isLoopback(family, source)) return -1;
    return this.find(family, source) >= 0 ? -1 : this.find(family, destination);
  }

  #lookUp(family: number, words: Int32Array): number {
    const chain = this.#byHash.get(keyOf(words));
    if (chain === undefined) return -1;
    for (const index of chain) if (isSame(this.list[index]!, family, words)) return index;
    return -1;
  }

  #adopt(address: IpAddress): number {
    const key = keyOf(address.words);
    this.#byHash.set(key, [...(this.#byHash.get(key) ?? []), this.list.length]);
    return this.list.push(address) - 1;
  }

  /** RFC 6724 5: the address to speak from to a destination, or -1: none of its family. */
  sourceFor(family: number, destination: Int32Array): number {
    const own = this.find(family, destination);
    if (own >= 0) return own;
    let best = -1;
    let bestLength = -1;
    for (let index = 0; index < this.list.length; index++) {
      const address = this.list[index]!;
      if (address.family !== family || isLoopback(family, address.words)) continue;
      // Rule 8: the longest matching prefix; the first one added where they are alike.
      const length = commonPrefix(address.words, destination);
      if (length > bestLength) {
        best = index;
        bestLength = length;
      }
    }
    return best;
  }

  text(index: number): string {
    const address = this.list[index]!;
    return formatAddress(address.family, address.words);
  }
}

export function isUnspecified(address: IpAddress): boolean {
  return address.words.every((word) => word === 0);
}

export function isLoopback(family: number, words: Int32Array): boolean {
  if (family === 4) return words[3]! >>> 24 === 127;
  return words[0] === 0 && words[1] === 0 && words[2] === 0 && words[3] === 1;
}

/** Multicast, broadcast or unspecified: RFC 9293 MUST-57 keeps TCP from such. */
export function isUnicast(family: number, words: Int32Array): boolean {
  if (family === 4) {
    const word = words[3]!;
    return word !== 0 && word >>> 28 !== 14 && word !== -1;
  }
  if (words[0]! >>> 24 === 255) return false;
  return (words[0]! | words[1]! | words[2]! | words[3]!) !== 0;
}

export function isSame(address: IpAddress, family: number, words: Int32Array): boolean {
  const own = address.words;
  return (
    address.family === family &&
    own[3] === words[3] &&
    own[2] === words[2] &&
    own[1] === words[1] &&
    own[0] === words[0]
  );
}

function keyOf(words: Int32Array): number {
  return words[0]! ^ Math.imul(words[1]!, 3) ^ Math.imul(words[2]!, 5) ^ Math.imul(words[3]!, 7);
}

function commonPrefix(a: Int32Array, b: Int32Array): number {
  for (let i = 0; i < 4; i++) {
    const differs = a[i]! ^ b[i]!;
    if (differs !== 0) return 32 * i + Math.clz32(differs);
  }
  return 128;
}
