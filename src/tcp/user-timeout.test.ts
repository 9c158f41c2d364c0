import { describe, expect, it } from 'vitest';
import { TcbPair } from '../../test/support/tcb-pair.ts';
import { linuxConfig, testConfig } from '../../test/support/tcp-config.ts';
import { OptionBit } from '../wire/index.ts';
import type { TcpConfig } from './config.ts';
import { Errno } from './errno.ts';
import { OFF, Timer } from './tcb.ts';
import { userTimeoutOf } from './user-timeout.ts';

const SECOND = 1_000_000;
const PLAIN = { timestamps: false, sack: false, tailLossProbe: false } as const;

function limited(config: TcpConfig, seconds: number): TcbPair {
  const pair = new TcbPair({ config }).establish().forget();
  pair.left.tcb.userTimeoutUs = seconds * SECOND;
  return pair;
}

describe('the user timeout', () => {
  it('ends a connection whose text is not acknowledged in time', () => {
    const pair = limited(testConfig(PLAIN), 10);
    pair.filter = () => false;
    const start = pair.now;
    pair.left.send('hello');
    pair.settle();
    expect((pair.now - start) / SECOND).toBe(10);
    expect(pair.left.state).toBe('CLOSED');
    expect(pair.left.tcb.error).toBe(Errno.ETIMEDOUT);
  });

  it('stands in the place of R2', () => {
    const pair = limited(testConfig({ ...PLAIN, retries2: 2 }), 100);
    pair.filter = () => false;
    const start = pair.now;
    pair.left.send('hello');
    pair.settle();
    expect((pair.now - start) / SECOND).toBe(100);
  });

  it('Linux: counts from the first retransmission on', () => {
    const pair = limited(linuxConfig(PLAIN), 5);
    pair.filter = () => false;
    const start = pair.now;
    pair.left.send('hello');
    const rto = pair.left.tcb.rtoUs / SECOND;
    pair.settle();
    expect((pair.now - start) / SECOND).toBeCloseTo(5 + rto, 5);
  });

  it('begins again with what is the oldest outstanding now', () => {
    const pair = limited(testConfig(PLAIN), 10);
    pair.left.tcb.noDelay = true;
    let lose = false;
    pair.filter = () => !lose;
    pair.left.send('first');
    pair.run(9 * SECOND);
    expect(pair.left.tcb.timers[Timer.userTimeout]).toBe(OFF);
    lose = true;
    const second = pair.now;
    pair.left.send('second');
    pair.settle();
    expect((pair.now - second) / SECOND).toBe(10);
  });

  it('ends an OPEN, too', () => {
    const pair = new TcbPair({ config: testConfig(PLAIN) });
    pair.filter = () => false;
    pair.left.connect();
    pair.left.tcb.userTimeoutUs = 5 * SECOND;
    const start = pair.now;
    pair.settle();
    expect((pair.now - start) / SECOND).toBe(5);
    expect(pair.left.tcb.error).toBe(Errno.ETIMEDOUT);
  });

  it('of the peer counts within limits, and after that of the user', () => {
    const { tcb } = new TcbPair().establish().left;
    expect(userTimeoutOf(tcb)).toBe(0);
    tcb.peerUserTimeoutUs = SECOND;
    expect(userTimeoutOf(tcb)).toBe(100 * SECOND);
    tcb.peerUserTimeoutUs = 300 * SECOND;
    expect(userTimeoutOf(tcb)).toBe(300 * SECOND);
    tcb.userTimeoutUs = 20 * SECOND;
    expect(userTimeoutOf(tcb)).toBe(20 * SECOND);
  });

  it('is announced on the next text, once', () => {
    const pair = limited(testConfig(PLAIN), 90);
    const seen: number[] = [];
    pair.left.transmit = (_tcb, out) => {
      seen.push((out.optionKinds & OptionBit.userTimeout) !== 0 ? out.userTimeout : -1);
    };
    pair.left.tcb.noDelay = true;
    pair.left.tcb.announceUserTimeout = true;
    pair.left.send('one');
    pair.left.send('two');
    expect(seen).toEqual([90, -1]);
    pair.left.tcb.userTimeoutUs = 40_000 * SECOND;
    pair.left.tcb.announceUserTimeout = true;
    pair.left.send('three');
    expect(seen[2]).toBe(0x8000 | 667);
  });
});
