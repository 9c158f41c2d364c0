/**
 * Rings of octets for the buffers of all connections. Sizes are powers of two, so that a position is found with a mask.
 * Rings that are not in use wait in a bounded list for each size: connections that come and go quickly allocate nothing.
 */

const SMALLEST_SHIFT = 11;
const LARGEST_SHIFT = 30;
/** Octets that may wait in the list of one size. */
const IDLE_BYTES = 8 << 20;

/** Positions that are kept modulo this + 1 are right modulo the size of every ring. */
export const LARGEST_MASK: number = (1 << LARGEST_SHIFT) - 1;

/** What a buffer without memory holds. */
export const NO_RING: Uint8Array = new Uint8Array(0);

const idle: Uint8Array[][] = Array.from({ length: LARGEST_SHIFT - SMALLEST_SHIFT + 1 }, () => []);

/** The size of the smallest ring for so many octets. */
export function ringSize(bytes: number): number {
  return bytes <= 1 << SMALLEST_SHIFT ? 1 << SMALLEST_SHIFT : 1 << (32 - Math.clz32(bytes - 1));
}

function listOf(size: number): Uint8Array[] {
  return idle[31 - Math.clz32(size) - SMALLEST_SHIFT]!;
}

/** A ring of `ringSize(bytes)` octets; its content is undefined. */
export function takeRing(bytes: number): Uint8Array {
  const size = ringSize(bytes);
  return listOf(size).pop() ?? new Uint8Array(size);
}

export function giveRing(ring: Uint8Array): void {
  const size = ring.length;
  if (size === 0) return;
  const list = listOf(size);
  if (list.length * size < IDLE_BYTES) list.push(ring);
}

/** Copies `length` octets at position `from` (modulo the size) of one ring to the same position of a larger one. */
export function moveOctets(source: Uint8Array, target: Uint8Array, from: number, length: number): void {
  let done = 0;
  while (done < length) {
    const a = (from + done) & (source.length - 1);
    const b = (from + done) & (target.length - 1);
    const n = Math.min(length - done, source.length - a, target.length - b);
    target.set(source.subarray(a, a + n), b);
    done += n;
  }
}

/** Writes octets into a ring from position `to` (modulo its size) on. */
export function writeOctets(
  ring: Uint8Array,
  to: number,
  bytes: Uint8Array,
  offset: number,
  length: number,
): void {
  const at = to & (ring.length - 1);
  const first = ring.length - at;
  if (length <= first) {
    copyOctets(bytes, offset, ring, at, length);
    return;
  }
  copyOctets(bytes, offset, ring, at, first);
  copyOctets(bytes, offset + first, ring, 0, length - first);
}

/** Reads octets of a ring from position `from` (modulo its size) on. */
export function readOctets(
  ring: Uint8Array,
  from: number,
  target: Uint8Array,
  at: number,
  length: number,
): void {
  const start = from & (ring.length - 1);
  const first = ring.length - start;
  if (length <= first) {
    copyOctets(ring, start, target, at, length);
    return;
  }
  copyOctets(ring, start, target, at, first);
  copyOctets(ring, 0, target, at + first, length - first);
}

/** Looked up once: that costs as much as the octets of a segment. */
const { set, subarray } = Uint8Array.prototype;

/** Below this a loop is quicker than making a view for `set`. */
const LOOP_LIMIT = 64;

export function copyOctets(
  source: Uint8Array,
  from: number,
  target: Uint8Array,
  to: number,
  length: number,
): void {
  if (length <= LOOP_LIMIT) {
    for (let i = 0; i < length; i++) target[to + i] = source[from + i]!;
    return;
  }
  set.call(target, subarray.call(source, from, from + length), to);
}
