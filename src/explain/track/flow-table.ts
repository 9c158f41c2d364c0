import type { Segment } from '../../wire/segment.ts';

/**
 * Four-tuples to slots: open addressing over typed arrays, no key objects. Both directions of a connection find the
 * same slot. A slot is a small integer that stays valid until `remove`.
 */
const KEY_WORDS = 10;

export class FlowTable {
  /** Hash buckets: slot + 1, or 0 where empty. */
  private buckets: Int32Array;
  private mask: number;
  private keys: Int32Array;
  private hashes: Int32Array;
  private readonly freeSlots: number[] = [];
  private nextSlot = 0;
  size = 0;
  /** Set by `find`: true where the segment travels from the higher to the lower endpoint of the key. */
  reversed = false;
  private readonly probe = new Int32Array(KEY_WORDS);
  private probeHash = 0;

  constructor(initialCapacity: number = 4096) {
    const buckets = 1 << Math.ceil(Math.log2(Math.max(16, initialCapacity * 2)));
    this.buckets = new Int32Array(buckets);
    this.mask = buckets - 1;
    this.keys = new Int32Array(initialCapacity * KEY_WORDS);
    this.hashes = new Int32Array(initialCapacity);
  }

  /** The slot of the segment's four-tuple, or -1. Remembers the key for `insert`. */
  find(segment: Segment): number {
    this.load(segment);
    return this.lookup();
  }

  /** Adds the key of the last `find`; returns its slot. */
  insert(): number {
    if ((this.size + 1) * 2 > this.buckets.length) this.grow();
    const slot = this.freeSlots.pop() ?? this.nextSlot++;
    if ((slot + 1) * KEY_WORDS > this.keys.length) this.growKeys();
    this.keys.set(this.probe, slot * KEY_WORDS);
    this.hashes[slot] = this.probeHash;
    this.place(slot, this.probeHash);
    this.size++;
    return slot;
  }

  remove(slot: number): void {
    const { buckets, mask, hashes } = this;
    let hole = hashes[slot]! & mask;
    while (buckets[hole] !== slot + 1) hole = (hole + 1) & mask;
    // Backward-shift deletion: no tombstones, so probes stay short however many connections come and go.
    let next = (hole + 1) & mask;
    while (buckets[next] !== 0) {
      const home = hashes[buckets[next]! - 1]! & mask;
      if (((next - home) & mask) >= ((next - hole) & mask)) {
        buckets[hole] = buckets[next]!;
        hole = next;
      }
      next = (next + 1) & mask;
    }
    buckets[hole] = 0;
    this.freeSlots.push(slot);
    this.size--;
  }

  private load(segment: Segment): void {
    const { source, destination } = segment;
    const reversed = this.isReversed(segment);
    this.reversed = reversed;
    const low = reversed ? destination : source;
    const high = reversed ? source : destination;
    const lowPort = reversed ? segment.destinationPort : segment.sourcePort;
    const highPort = reversed ? segment.sourcePort : segment.destinationPort;
    const probe = this.probe;
    probe[0] = low[0]!;
    probe[1] = low[1]!;
    probe[2] = low[2]!;
    probe[3] = low[3]!;
    probe[4] = high[0]!;
    probe[5] = high[1]!;
    probe[6] = high[2]!;
    probe[7] = high[3]!;
    const ports = (lowPort << 16) | highPort;
    probe[8] = ports;
    probe[9] = segment.family;
    let hash = Math.imul(ports, 0x9e3779b1);
    hash = Math.imul(hash ^ (hash >>> 15) ^ low[3]!, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13) ^ high[3]!, 0xc2b2ae35);
    if (segment.family === 6) {
      hash = Math.imul(hash ^ low[0]! ^ Math.imul(low[1]!, 31) ^ Math.imul(low[2]!, 961), 0x27d4eb2f);
      hash = Math.imul(hash ^ high[0]! ^ Math.imul(high[1]!, 31) ^ Math.imul(high[2]!, 961), 0x165667b1);
    }
    this.probeHash = hash ^ (hash >>> 16);
  }

  private isReversed(segment: Segment): boolean {
    const { source, destination } = segment;
    for (let i = segment.family === 4 ? 3 : 0; i < 4; i++) {
      if (source[i] !== destination[i]) return source[i]! > destination[i]!;
    }
    return segment.sourcePort > segment.destinationPort;
  }

  private lookup(): number {
    const { buckets, mask, keys, probe, hashes, probeHash } = this;
    let at = probeHash & mask;
    for (;;) {
      const slot = buckets[at]! - 1;
      if (slot < 0) return -1;
      if (hashes[slot] === probeHash) {
        const k = slot * KEY_WORDS;
        if (
          keys[k + 8] === probe[8] &&
          keys[k + 3] === probe[3] &&
          keys[k + 7] === probe[7] &&
          keys[k + 9] === probe[9] &&
          keys[k] === probe[0] &&
          keys[k + 1] === probe[1] &&
          keys[k + 2] === probe[2] &&
          keys[k + 4] === probe[4] &&
          keys[k + 5] === probe[5] &&
          keys[k + 6] === probe[6]
        ) {
          return slot;
        }
      }
      at = (at + 1) & mask;
    }
  }

  private place(slot: number, hash: number): void {
    let at = hash & this.mask;
    while (this.buckets[at] !== 0) at = (at + 1) & this.mask;
    this.buckets[at] = slot + 1;
  }

  private grow(): void {
    const old = this.buckets;
    this.buckets = new Int32Array(old.length * 2);
    this.mask = this.buckets.length - 1;
    for (const entry of old) if (entry !== 0) this.place(entry - 1, this.hashes[entry - 1]!);
  }

  private growKeys(): void {
    const keys = new Int32Array(this.keys.length * 2);
    keys.set(this.keys);
    this.keys = keys;
    const hashes = new Int32Array(this.hashes.length * 2);
    hashes.set(this.hashes);
    this.hashes = hashes;
  }
}
