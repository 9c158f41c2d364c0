/** So long may the rest of the program wait: Ctrl-C is heard between two turns. */
const TURN_MS = 50;

/** Calls `step` until it returns false, or the signal is given: then false. Signals and timers have their turn meanwhile. */
export async function inTurns(signal: AbortSignal, step: () => boolean): Promise<boolean> {
  let turnEnds = performance.now() + TURN_MS;
  while (!signal.aborted) {
    if (!step()) return true;
    if (performance.now() < turnEnds) continue;
    await new Promise(setImmediate);
    turnEnds = performance.now() + TURN_MS;
  }
  return false;
}
