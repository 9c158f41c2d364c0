import { describe, expect, it } from 'vitest';
import { tell } from '../../test/support/trace.ts';

/** Keep-alive connections that the server closes after a silence, while the next request is on its way. */
function races(silencesMs: readonly number[]): string {
  const lines: string[] = [];
  for (const [i, silent] of silencesMs.entries()) {
    const port = 50_000 + 2 * i;
    lines.push(`1 C SYN port=${port}`, `20 S SYN ACK`, `0.05 C ACK`, `0.1 C PSH ACK 40`, `20 S PSH ACK 120`);
    lines.push(`0.05 C ACK`, `${silent} S FIN ACK`, `5 C PSH ACK 40 ack=-1`, `15 S RST seq=-1`);
  }
  return lines.join('\n');
}

function storyOf(silencesMs: readonly number[]): string {
  const { findings } = tell(races(silencesMs));
  return findings.find((f) => f.cause === 'keepalive-race')!.story;
}

describe('silences before a close', () => {
  it('show the timer behind keep-alive races', () => {
    expect(storyOf([5000, 5003, 4999, 5010, 2100])).toContain(
      '4 of 5 had been silent for about 5.00 s before, a round time as timers have',
    );
  });

  it('of an odd length too', () => {
    const story = storyOf([7340, 7350, 7355]);
    expect(story).toContain('3 of 3 had been silent for about 7.35 s before: look');
  });

  it('show no timer where they have nothing in common', () => {
    const story = storyOf([1200, 3300, 9000, 15_000]);
    expect(story).toContain('Silent for 1.20 s to 15.0 s before.');
    expect(story).not.toContain('timer');
  });
});
