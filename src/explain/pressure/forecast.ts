import type { Forecast } from './types.ts';

/** Where ports are held and by when they come back: one value a bucket. */
export interface Load {
  readonly portsHeld: Float64Array;
  readonly opened: Int32Array;
  /** Ports that come back in each bucket after the end. */
  readonly returns: Float64Array;
  readonly bucketUs: number;
  readonly originUs: number;
  readonly endUs: number;
  readonly firstUs: number;
  readonly lastStartUs: number;
  readonly lifetimeUs: number;
  /** Of the connections, which leave the client in TIME-WAIT. */
  readonly waitingShare: number;
}

/** All but this share of the range counts as all: a bucket averages, and a search for a port may miss one. */
const NEARLY_ALL = 0.995;

/** When the ephemeral ports run out, if connections go on being opened at the rate seen. */
export function forecast(load: Load, ports: number, twoMslUs: number): Forecast {
  const seen = firstExhausted(load, ports);
  const rate = openingRate(load, seen, twoMslUs);
  const heldUs = load.waitingShare * twoMslUs + load.lifetimeUs;
  const beginsAt = (ports * 1e6) / Math.max(heldUs, 1);
  const observed = seen >= 0;
  const exhaustedUs = observed
    ? crossing(load, seen, ports * NEARLY_ALL)
    : exhaustion(load, rate * load.waitingShare, ports);
  return {
    rate,
    beginsAt,
    halfFailAt: 2 * beginsAt,
    exhaustedAt: exhaustedUs === null ? null : exhaustedUs / 1e6,
    observed,
    success: rate <= beginsAt ? 1 : beginsAt / rate,
  };
}

function firstExhausted({ portsHeld }: Load, ports: number): number {
  return portsHeld.findIndex((held) => held >= ports * NEARLY_ALL);
}

/** Levels are those at the ends of buckets; between two of them they are taken to be on a line. */
function crossing({ portsHeld, originUs, bucketUs }: Load, at: number, level: number): number {
  const before = at === 0 ? 0 : portsHeld[at - 1]!;
  const share = (level - before) / Math.max(portsHeld[at]! - before, 1e-9);
  return originUs + Math.round((at + share) * bucketUs);
}

/** Openings per second: of the last 2MSL, or until the ports were used up, for then fewer are opened than tried. */
function openingRate(load: Load, exhausted: number, twoMslUs: number): number {
  const { opened, originUs, bucketUs, firstUs, lastStartUs } = load;
  const untilUs = exhausted < 0 ? lastStartUs : originUs + (exhausted + 1) * bucketUs;
  const sinceUs = Math.max(firstUs, untilUs - twoMslUs);
  const from = Math.floor((sinceUs - originUs) / bucketUs);
  const to = Math.floor((Math.min(untilUs, lastStartUs) - originUs) / bucketUs);
  let count = 0;
  for (let i = from; i <= to && i < opened.length; i++) count += opened[i]!;
  const spanUs = Math.min(untilUs, lastStartUs) - sinceUs;
  // So many openings have one interval less between them.
  return count < 2 || spanUs <= 0 ? 0 : ((count - 1) * 1e6) / spanUs;
}

/** Runs on from the end: each bucket so many ports are taken and so many come back. */
function exhaustion(load: Load, rate: number, ports: number): number | null {
  const { returns, bucketUs, endUs, portsHeld } = load;
  const perBucket = (rate * bucketUs) / 1e6;
  let held = portsHeld.at(-1) ?? 0;
  for (let i = 0; i < returns.length; i++) {
    const next = held + perBucket - returns[i]!;
    if (next >= ports)
      return endUs + Math.round((i + (ports - held) / Math.max(next - held, 1e-9)) * bucketUs);
    held = next;
  }
  return null;
}
