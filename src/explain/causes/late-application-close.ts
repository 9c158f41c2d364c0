import type { Cause } from './cause.ts';
import { abortedLive } from './signs/resets.ts';
import { beforeReset, between, namesOf } from './signs/words.ts';

/** Both leave within one run of the application's event loop. */
const FIN_THEN_RESET_US = 5_000;

export const lateApplicationClose: Cause = {
  id: 'late-application-close',
  group: 'field',
  severity: 'warning',
  title: 'EOF was handled seconds late: starved event loop',
  summary:
    'The FIN arrived and was acknowledged by the kernel, but the application reacted seconds later; ' +
    'then its FIN and an RST leave within microseconds.',
  recognise:
    'FIN acknowledged at once, seconds pass, then FIN and RST of the passive side together. A passive ' +
    'side that never reacts is close-wait-leak; one that had data to send is half-close-then-data.',
  remedy:
    'The process was starved: a blocked event loop, garbage collection, CPU throttling (cgroup ' +
    'cpu.max), swapping. Measure event loop delay (Node perf_hooks.monitorEventLoopDelay), GC and ' +
    'throttling counters. Check: time from FIN to FIN.',
  wouldSettle: [
    'event loop delay, GC and CPU throttling (cpu.stat nr_throttled) of the passive side at that time',
  ],
  references: ['RFC 9293 section 3.3.2 (CLOSE-WAIT)', 'haproxy/haproxy#3029'],
  scenario: 'late-close',
  kinds: ['fin-then-rst', 'fin'],
  needsOddity: true,
  fit: (k) => {
    const { closer, passive, reset } = k;
    if (
      reset === null ||
      reset.foreign !== null ||
      closer === null ||
      passive!.fins === 0 ||
      k.sender !== passive
    )
      return 0;
    const slow = passive!.finAtUs - closer.finAtUs > Math.max(900_000, 5 * k.o.rttUs);
    return slow && reset.record.atUs - passive!.finAtUs < FIN_THEN_RESET_US && reset.form === 'A' ? 0.97 : 0;
  },
  halfSeen: (k) =>
    abortedLive(k) && k.reset!.record.atUs - k.sender!.finLastAtUs < FIN_THEN_RESET_US ? 0.5 : 0,
  story: (k) => {
    const { closer, passive } = namesOf(k);
    return `The ${passive} answered the ${closer}'s FIN with its own only ${between(k.passive!.finAtUs, k.closer!.finAtUs)} later, and with RST ${beforeReset(k, k.passive!.finAtUs)} after that: its application was late, not the network.`;
  },
};
