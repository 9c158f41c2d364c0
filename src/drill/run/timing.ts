/** When an event of a script is to happen: microseconds since the script's start. `any`: `*`. */
export interface When {
  readonly kind: 'any' | 'point' | 'range';
  readonly us: number;
  /** The end of a range; otherwise the same as `us`. */
  readonly endUs: number;
}

export interface Tolerance {
  readonly us: number;
  /** Of the time since the event before. */
  readonly percent: number;
}

/** The last moment at which it may happen. */
export function latest(when: When, lastEventUs: number | null, tolerance: Tolerance): number {
  return when.kind === 'any'
    ? Number.POSITIVE_INFINITY
    : when.endUs + allowance(when.us, lastEventUs, tolerance);
}

/** packetdrill's verify_time: null where `actualUs` is near enough, otherwise what was wrong. */
export function checkTime(
  what: string,
  when: When,
  actualUs: number,
  lastEventUs: number | null,
  tolerance: Tolerance,
): string | null {
  if (when.kind === 'any') return null;
  const allowed = allowance(when.us, lastEventUs, tolerance);
  if (actualUs >= when.us - allowed && actualUs <= when.endUs + allowed) return null;
  const expected =
    when.kind === 'range'
      ? `between ${seconds(when.us)} and ${seconds(when.endUs)} s`
      : `at ${seconds(when.us)} s`;
  return `expected ${what} ${expected}, it happened at ${seconds(actualUs)} s (tolerance ${seconds(allowed)} s)`;
}

/** The tolerance grows with the time since the event before: timers of kernels are not exact. */
function allowance(us: number, lastEventUs: number | null, tolerance: Tolerance): number {
  if (lastEventUs === null) return tolerance.us;
  return Math.max(tolerance.us, (tolerance.percent / 100) * (us - lastEventUs));
}

export function seconds(us: number): string {
  return (us / 1_000_000).toFixed(6);
}
