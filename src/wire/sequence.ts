/**
 * Arithmetic on TCP sequence numbers (RFC 9293 3.4), which are held as int32 so that the engine keeps them as
 * small integers: the wire's 0xffffffff is -1. All comparisons are modulo 2^32 and mean something only while the two
 * numbers are less than 2^31 apart.
 */

/** `a - b` as a signed distance, from -2^31 to 2^31 - 1. */
export function seqDiff(a: number, b: number): number {
  return (a - b) | 0;
}

/** `a + n` modulo 2^32; `n` may be negative. */
export function seqAdd(a: number, n: number): number {
  return (a + n) | 0;
}

export function seqLess(a: number, b: number): boolean {
  return ((a - b) | 0) < 0;
}

export function seqLessOrEqual(a: number, b: number): boolean {
  return ((a - b) | 0) <= 0;
}

export function seqGreater(a: number, b: number): boolean {
  return ((a - b) | 0) > 0;
}

export function seqGreaterOrEqual(a: number, b: number): boolean {
  return ((a - b) | 0) >= 0;
}

export function seqMax(a: number, b: number): number {
  return ((a - b) | 0) < 0 ? b : a;
}

export function seqMin(a: number, b: number): number {
  return ((a - b) | 0) < 0 ? a : b;
}

/** Whether `start <= a < start + length`, the test of a window (RFC 9293 3.4); `length` is below 2^31. */
export function seqWithin(a: number, start: number, length: number): boolean {
  return (a - start) >>> 0 < length;
}

/** The number as the wire and people write it, from 0 to 2^32 - 1. */
export function seqUnsigned(a: number): number {
  return a >>> 0;
}
