import { describe, expect, it } from 'vitest';
import { STATE_NAMES } from '../src/states/index.ts';
import { Attacker } from './support/attacker.ts';
import { SchedulePair } from './support/schedules.ts';

const COUNT = Number(process.env.LASTACK_HOSTILE ?? 1_000_000);
const SEED = Number(process.env.LASTACK_SEED ?? 20261123);
const PARTS = 10;
/** Segments forged in one conversation, and conversations on one pair of hosts. */
const PER_SCHEDULE = 200;
const PER_PAIR = 10;
/** Two connections with every buffer full, twice over. */
const MEMORY_BOUND = 64 << 20;

/**
 * Forged segments into conversations that go through every state: nothing throws, memory stays bounded, and when all is
 * over nothing is left. (Somebody who knows the sequence numbers can end a connection and forge data; what he must not do is
 * crash, hang or fill a host. Blind attackers are in defence.test.ts.)
 */
describe(`${COUNT} forged segments (seed ${SEED})`, () => {
  const states = new Set<string>();

  it.each(Array.from({ length: PARTS }, (_, part) => part))('part %i', { timeout: 1_200_000 }, (part) => {
    let injected = 0;
    for (let round = 0; injected < COUNT / PARTS; round++) {
      const seed = SEED + part * 1_000_003 + round;
      const pair = new SchedulePair(seed);
      const attacker = new Attacker(pair);
      for (let n = 0; n < PER_PAIR; n++) {
        attack(pair, attacker, states);
        const result = pair.run();
        if (result.leftovers.length > 0)
          expect.fail(`seed ${seed}, conversation ${n}: ${result.leftovers.join('; ')}`);
      }
      if (attacker.injected === 0) expect.fail(`seed ${seed}: nothing was forged`);
      injected += attacker.injected;
    }
    expect(injected).toBeGreaterThanOrEqual(COUNT / PARTS);
  });

  it('came to every state', () => {
    expect([...states].sort()).toEqual(STATE_NAMES.filter((name) => name !== 'CLOSED').sort());
  });
});

/** Plans the strikes on the conversation that comes next, in bursts spread over its first minutes. */
function attack(pair: SchedulePair, attacker: Attacker, states: Set<string>): void {
  const { network, random, hosts } = pair;
  for (let burst = 0; burst < PER_SCHEDULE / 10; burst++) {
    network.after(Math.floor(random() ** 4 * 120_000_000), () => {
      for (const host of hosts) {
        for (const row of host.sockets()) states.add(row.state);
        if (host.memoryBytes > MEMORY_BOUND)
          throw new Error(`seed ${pair.seed}: ${host.name} holds ${host.memoryBytes} bytes`);
      }
      for (let i = 0; i < 10; i++) attacker.strike();
    });
  }
}
