import { describe, expect, it } from 'vitest';
import { SchedulePair } from './support/schedules.ts';

const COUNT = Number(process.env.LASTACK_SCHEDULES ?? 100_000);
const SEED = Number(process.env.LASTACK_SEED ?? 20261123);
/** Schedules on one pair of hosts; a pair is what a seed repeats. */
const PER_PAIR = 50;
const PARTS = 20;

/**
 * Random loss, duplication, reordering, corruption and calls. Whatever happens: what is read is a prefix of what was
 * written, both ends come to CLOSED within the bound, and neither timers, packets nor memory stay behind.
 */
describe(`random schedules (${COUNT}, seed ${SEED})`, () => {
  it.each(Array.from({ length: PARTS }, (_, part) => part))('part %i', { timeout: 1_200_000 }, (part) => {
    let delivered = 0;
    const pairs = Math.ceil(COUNT / PER_PAIR / PARTS);
    for (let pair = 0; pair < pairs; pair++) {
      const seed = SEED + part * 1_000_003 + pair;
      const hosts = new SchedulePair(seed);
      for (let n = 0; n < PER_PAIR; n++) {
        const result = hosts.run();
        const faults = [...result.dataFaults, ...result.leftovers];
        if (faults.length > 0) expect.fail(`seed ${seed}, schedule ${n}: ${faults.join('; ')}`);
        delivered += result.delivered;
      }
    }
    expect(delivered).toBeGreaterThan(0);
  });
});
