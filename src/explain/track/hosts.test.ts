import { describe, expect, it } from 'vitest';
import { tell } from '../../../test/support/trace.ts';

const whole = (port: number): string => `1 C SYN port=${port}
  20 S SYN ACK
  0.1 C ACK
  0.1 C PSH ACK 40
  20 S PSH ACK 120
  0.1 C FIN ACK
  20 S FIN ACK
  0.1 C ACK`;
/** The capture has nothing of the server on this connection but an RST. */
const cutOff = (ttl: number): string => `50 C PSH ACK 40 port=50100 nots\n20 S RST ttl=${ttl} nots`;

function lastOf(text: string): { rstSender: string | null; words: string } {
  const { connections } = tell(text, { serverHops: 8 });
  const { rstSender, verdict } = connections.at(-1)!;
  return { rstSender, words: [verdict.story, ...verdict.evidence.map((e) => e.shows)].join(' ') };
}

describe('what all connections of a host show', () => {
  it('tells a stranger by its TTL', () => {
    const { rstSender, words } = lastOf(`${whole(50_000)}\n${whole(50_002)}\n${cutOff(60)}`);
    expect(rstSender).toBe('middlebox');
    expect(words).toContain("TTL 60 where that host's other connections have 56");
  });

  it('knows the host by it, whatever its RSTs begin at', () => {
    expect(lastOf(`${whole(50_000)}\n${whole(50_002)}\n${cutOff(56)}`).rstSender).toBe('server');
    expect(lastOf(`${whole(50_000)}\n${whole(50_002)}\n${cutOff(247)}`).rstSender).toBe('server');
  });

  it('is no habit after one connection', () => {
    expect(lastOf(`${whole(50_000)}\n${cutOff(60)}`).rstSender).toBe('server');
  });
});
