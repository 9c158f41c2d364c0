/** Initial TTL / hop limit that stacks use (Linux, BSD, macOS 64; Windows 128; routers and Solaris 255; old ones 32). */
export function initialHopLimit(hopLimit: number): number {
  if (hopLimit <= 32) return 32;
  if (hopLimit <= 64) return 64;
  return hopLimit <= 128 ? 128 : 255;
}

/** Routers between the sender and the capture point, if the sender began at a usual value. */
export function hopsOf(hopLimit: number): number {
  return initialHopLimit(hopLimit) - hopLimit;
}
