/** How fields are called that hold a time or a duration. */
const TIME = /(At|Us|Since|After)$/;

/**
 * Times are beyond the engine's small integers, or fractions. A fraction once in each such field of one object settles that for its
 * class, so that hot code is not compiled anew whenever a field gets its first (measured).
 */
export function settleTimes(sample: object): void {
  const fields = sample as Record<string, unknown>;
  for (const name of Object.keys(fields)) {
    if (TIME.test(name) && typeof fields[name] === 'number') fields[name] = 0.5;
  }
}
