import { describe, expect, it } from 'vitest';
import { exchange, handshake, tell } from '../../../test/support/trace.ts';

function story(text: string, options = {}): string {
  return tell(text, options).first.verdict.story;
}

describe('what a reset can have cost', () => {
  it('names the bytes that the resetting end may not have read', () => {
    expect(story(`${exchange()}\n100 C RST ACK`)).toContain(
      'up to 120 bytes that the client had received but its application may not have read.',
    );
  });

  it('names the bytes dropped with the send queue', () => {
    const told = story(`${exchange()}
      5 C PSH ACK 1000
      20 S ACK win=0
      0.1 C PSH ACK 300
      100 C RST ACK`);
    expect(told).toContain('300 bytes of the client without acknowledgement, dropped with its send queue');
  });

  it('does not count what the RST itself acknowledges', () => {
    expect(story(`${exchange()}\n5 S PSH ACK 700\n1 C RST ACK`)).not.toContain('700 bytes of the server');
    expect(story(`${exchange()}\n5 S PSH ACK 700\n1 C RST`)).toContain('700 bytes of the server without');
  });

  it('does not blame the end whose name was used', () => {
    const told = story(`${exchange()}\n200 S RST ACK ttl=40`, { serverHops: 8 });
    expect(told).toContain("in the server's name");
    expect(told).not.toContain('may not have read');
  });

  it('says nothing of loss where nothing can be lost', () => {
    expect(story(`${handshake()}\n5 C RST ACK`)).not.toContain('lost');
    expect(story(`${exchange()}\n5 C FIN ACK\n20 S FIN ACK\n0.1 C ACK`)).not.toContain('lost');
  });

  it('says that the RST came from an end that had not received the FIN, however late', () => {
    for (const lateMs of [20, 2000]) {
      const { verdict, firstCloser } = tell(`${exchange()}\n100 C FIN ACK\n${lateMs} S RST ACK ack=-1`).first;
      expect(firstCloser).toBe('server');
      expect(verdict.story).toContain('later the server, which had not received it, sent RST');
    }
  });

  it('says that no TIME-WAIT remains, and what the application sees', () => {
    const told = story(`${exchange()}\n100 C RST ACK`);
    expect(told).toContain("The server's application sees ECONNRESET (connection reset by peer)");
    expect(told).toContain('no TIME-WAIT remains on either side');
  });
});
