import { describe, expect, it } from 'vitest';
import { TcbPair } from '../../test/support/tcb-pair.ts';
import { linuxConfig, testConfig } from '../../test/support/tcp-config.ts';
import { Flag } from '../wire/index.ts';
import type { TcpConfig } from './config.ts';
import { Errno } from './errno.ts';
import { OFF, Timer } from './tcb.ts';

const SECOND = 1_000_000;
const PLAIN = { timestamps: false, sack: false, tailLossProbe: false } as const;

/** The window of right is closed, and left has something to send. */
function stuck(config: TcpConfig): TcbPair {
  const pair = new TcbPair({ config }).establish();
  pair.filter = ({ from, segment }) => {
    if (from === pair.right) segment.window = 0;
    return true;
  };
  pair.left.send('x');
  pair.run(SECOND);
  expect(pair.left.tcb.sndWnd).toBe(0);
  pair.right.receive();
  pair.forget();
  pair.left.send('hello');
  return pair;
}

function probes(pair: TcbPair): { at: number; text: string }[] {
  const { left } = pair;
  return pair.sent
    .filter(({ from }) => from === left)
    .map(({ sentAt, segment }) => ({
      at: sentAt / SECOND,
      text: `${(segment.seq - left.tcb.sndUna) | 0}(${segment.payloadLength})`,
    }));
}

function gaps(pair: TcbPair): number[] {
  const all = probes(pair);
  return all.slice(1).map(({ at }, i) => Math.round((at - all[i]!.at) * 1000) / 1000);
}

describe('a closed window', () => {
  it('is probed with the next octet, at doubled intervals', () => {
    const pair = stuck(testConfig(PLAIN));
    // The octet is not taken, as a full buffer would not.
    pair.filter = ({ from, segment, to }) => {
      if (from === pair.left) to.tcb.rcvAdv = to.tcb.rcvNxt;
      else segment.window = 0;
      return true;
    };
    pair.run(16 * SECOND);
    expect(probes(pair).map(({ text }) => text)).toEqual(['0(1)', '0(1)', '0(1)', '0(1)']);
    expect(gaps(pair)).toEqual([2, 4, 8]);
  });

  it('Linux: is probed below SND.UNA without text', () => {
    const pair = stuck(linuxConfig(PLAIN));
    pair.run(4 * SECOND);
    const texts = probes(pair).map(({ text }) => text);
    expect(texts.length).toBeGreaterThan(2);
    expect(new Set(texts)).toEqual(new Set(['-1(0)']));
    expect(pair.left.counters.TCPWinProbe).toBe(texts.length);
  });

  it.each([
    ['octets', testConfig(PLAIN)],
    ['Linux', linuxConfig(PLAIN)],
  ])('keeps the connection open for as long as the peer answers: %s', (_name, config) => {
    const pair = stuck(config);
    const { right } = pair;
    pair.filter = ({ from, segment }) => {
      if (from === pair.left) right.tcb.rcvAdv = right.tcb.rcvNxt;
      else segment.window = 0;
      return true;
    };
    pair.run(3 * 3600 * SECOND);
    expect(pair.left.state).toBe('ESTABLISHED');
    pair.filter = null;
    pair.run(200 * SECOND);
    expect(right.receive()).toBe('hello');
    expect(pair.left.tcb.timers[Timer.persist]).toBe(OFF);
    expect(pair.left.tcb.octetOut).toBe(false);
  });

  it('that opens lets the text go at once, the octet of the probe first', () => {
    const pair = stuck(testConfig(PLAIN));
    pair.filter = () => false;
    pair.run(1.5 * SECOND);
    expect(probes(pair).map(({ text }) => text)).toEqual(['0(1)']);
    pair.filter = null;
    const { tcb } = pair.left;
    pair.inject(pair.left, { flags: Flag.ack, seq: tcb.rcvNxt, ack: tcb.sndUna, window: 1000 });
    pair.run(SECOND);
    expect(pair.right.receive()).toBe('hello');
    expect(tcb.cwnd).toBeGreaterThanOrEqual(10 * 1460);
  });

  it('an octet that was taken is not sent again', () => {
    const pair = stuck(testConfig(PLAIN));
    pair.run(1.5 * SECOND);
    expect(pair.right.tcb.receive.readable).toBe(1);
    pair.filter = null;
    const { tcb } = pair.left;
    expect(tcb.octetOut).toBe(false);
    pair.forget();
    pair.inject(pair.left, { flags: Flag.ack, seq: tcb.rcvNxt, ack: tcb.sndUna, window: 1000 });
    pair.run(SECOND);
    expect(pair.right.receive()).toBe('hello');
    expect(probes(pair)[0]!.text).toBe('-4(4)');
  });

  it.each([
    ['octets', testConfig({ ...PLAIN, retries2: 5 })],
    ['Linux', linuxConfig({ ...PLAIN, retries2: 5 })],
  ])('of a peer that does not answer is given up: %s', (_name, config) => {
    const pair = stuck(config);
    pair.filter = () => false;
    pair.settle();
    expect(pair.left.state).toBe('CLOSED');
    expect(pair.left.tcb.error).toBe(Errno.ETIMEDOUT);
    expect(probes(pair).length).toBe(5);
  });

  it('holds a FIN back, which is probed with, too', () => {
    const pair = stuck(testConfig(PLAIN));
    pair.left.tcb.send.drop(5);
    pair.left.close();
    pair.run(2 * SECOND);
    const fins = pair.sent.filter(({ segment }) => (segment.flags & Flag.fin) !== 0);
    expect(fins.length).toBe(1);
    expect(pair.right.state).toBe('CLOSE-WAIT');
  });

  it('Linux: of an orphan is not probed for ever, though the peer answers', () => {
    const pair = stuck(linuxConfig(PLAIN));
    pair.left.close();
    pair.run(3600 * SECOND);
    expect(pair.left.state).toBe('CLOSED');
  });
});
