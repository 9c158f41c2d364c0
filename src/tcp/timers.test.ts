import { describe, expect, it } from 'vitest';
import { TcbPair } from '../../test/support/tcb-pair.ts';
import { linuxConfig, testConfig } from '../../test/support/tcp-config.ts';
import { Effect, LINUX_TABLE, RFC_TABLE } from '../states/index.ts';
import { Flag } from '../wire/index.ts';
import type { TcpConfig } from './config.ts';
import { Errno } from './errno.ts';
import { nextDeadline, OFF, Timer } from './tcb.ts';
import { setTimer, stopTimer } from './timers.ts';

const SECOND = 1_000_000;
const PLAIN = { timestamps: false, sack: false, tailLossProbe: false } as const;

/** Seconds at which one end sent, counted from the first. */
function times(pair: TcbPair, name: 'left' | 'right'): number[] {
  const own = pair.sent.filter(({ from }) => from === pair[name]);
  return own.map(({ sentAt }) => (sentAt - own[0]!.sentAt) / SECOND);
}

function silenced(config: TcpConfig): TcbPair {
  const pair = new TcbPair({ config }).establish().forget();
  pair.filter = () => false;
  return pair;
}

describe('an unanswered SYN', () => {
  it('comes again at doubled intervals, then the OPEN fails', () => {
    const pair = new TcbPair({ config: testConfig({ synRetries: 3 }), table: RFC_TABLE });
    pair.filter = () => false;
    pair.left.connect();
    pair.settle();
    expect(times(pair, 'left')).toEqual([0, 1, 3, 7]);
    expect(pair.now).toBe(16 * SECOND);
    expect(pair.left.tcb.error).toBe(Errno.ETIMEDOUT);
    expect(pair.left.counters.TCPSynRetrans).toBe(3);
    expect(Array.from(pair.left.tcb.timers).every((at) => at === OFF)).toBe(true);
  });

  it('Linux: at an even pace at first, for as long as doubled intervals take', () => {
    const config = testConfig({ synRetries: 3, synLinearTimeouts: 4 });
    const pair = new TcbPair({ config, table: LINUX_TABLE });
    pair.filter = () => false;
    pair.left.connect();
    pair.settle();
    expect(times(pair, 'left')).toEqual([0, 1, 2, 3, 4, 5, 7, 11]);
    // 19 seconds after the first.
    expect(pair.now).toBe(20 * SECOND);
    expect(pair.left.tcb.error).toBe(Errno.ETIMEDOUT);
  });

  it('of a peer that does not answer our SYN-ACK: the SYN-ACK', () => {
    const pair = new TcbPair({ config: testConfig({ synAckRetries: 2 }), table: RFC_TABLE });
    pair.right.listen();
    pair.filter = ({ from }) => from === pair.left;
    pair.left.connect();
    pair.filter = () => false;
    pair.run(20 * SECOND);
    expect(times(pair, 'right')).toEqual([0, 1, 3]);
    expect(pair.right.state).toBe('CLOSED');
    expect(pair.right.signals & Effect.signalTimeout).not.toBe(0);
  });
});

describe('unanswered text', () => {
  it('is given up after R2 retransmissions', () => {
    const pair = silenced(testConfig({ ...PLAIN, retries2: 4 }));
    pair.left.send('hello');
    pair.settle();
    expect(times(pair, 'left')).toEqual([0, 1, 3, 7, 15]);
    expect(pair.left.state).toBe('CLOSED');
    expect(pair.left.tcb.error).toBe(Errno.ETIMEDOUT);
    expect(pair.left.counters.TCPAbortOnTimeout).toBe(1);
  });

  it('R1 tells the network layer before that', () => {
    const pair = silenced(testConfig({ ...PLAIN, retries1: 3, retries2: 5 }));
    pair.left.send('hello');
    pair.run(7.5 * SECOND);
    expect(pair.left.suspected).toBe(0);
    pair.run(8 * SECOND);
    expect(pair.left.suspected).toBe(1);
  });

  it('Linux: 15 retries are the 924.6 seconds that they would take from 200 ms on', () => {
    const pair = silenced(linuxConfig(PLAIN));
    pair.left.send('hello');
    const start = pair.now;
    pair.settle();
    const elapsed = (pair.now - start) / SECOND;
    expect(pair.left.state).toBe('CLOSED');
    expect(elapsed).toBeGreaterThanOrEqual(924.6);
    expect(elapsed).toBeLessThan(924.6 + 120);
  });

  it('Linux: that of an orphan is given up sooner', () => {
    const pair = silenced(linuxConfig({ ...PLAIN, orphanRetries: 0 }));
    pair.left.send('hello');
    pair.left.close();
    const start = pair.now;
    pair.settle();
    // Eight retries from 200 ms on: 511 times 200 ms.
    const elapsed = (pair.now - start) / SECOND;
    expect(pair.left.state).toBe('CLOSED');
    expect(elapsed).toBeGreaterThanOrEqual(102.2);
    expect(elapsed).toBeLessThan(102.2 + 103);
  });

  it('an ACK begins the count again', () => {
    const pair = silenced(testConfig({ ...PLAIN, retries2: 3 }));
    pair.left.send('hello');
    pair.run(6 * SECOND);
    expect(pair.left.tcb.backoff).toBe(2);
    pair.filter = null;
    pair.run(4 * SECOND);
    expect(pair.left.tcb.backoff).toBe(0);
    expect(pair.right.receive()).toBe('hello');
    expect(pair.left.state).toBe('ESTABLISHED');
  });
});

describe('the delayed ACK', () => {
  it('goes when its time is over, once', () => {
    const pair = new TcbPair({ config: testConfig(PLAIN) }).establish().forget();
    pair.left.send('hello');
    pair.run(SECOND);
    const acks = pair.sent.filter(({ from }) => from === pair.right);
    expect(acks.map(({ sentAt }) => sentAt - pair.sent[0]!.sentAt)).toEqual([210_000]);
    expect(pair.right.counters.DelayedACKs).toBe(1);
  });
});

describe('FIN-WAIT-2 without a reader', () => {
  it('ends by itself', () => {
    const pair = new TcbPair({ config: testConfig(PLAIN), table: LINUX_TABLE }).establish();
    pair.left.close();
    pair.run(SECOND);
    expect(pair.left.state).toBe('FIN-WAIT-2');
    pair.run(60 * SECOND);
    expect(pair.left.state).toBe('CLOSED');
    expect(pair.left.deletedCount).toBe(1);
  });
});

describe('SO_LINGER', () => {
  it('ends only the wait of CLOSE', () => {
    const pair = silenced(testConfig({ ...PLAIN, retries2: 4 }));
    pair.left.tcb.lingerUs = 2 * SECOND;
    pair.left.send('hello');
    pair.left.close();
    const wakes = pair.left.wakes;
    pair.run(2 * SECOND);
    expect(pair.left.wakes).toBe(wakes + 1);
    expect(pair.left.state).toBe('FIN-WAIT-1');
  });
});

describe('setTimer, stopTimer', () => {
  it('tell the host only of what is due earlier than it looks', () => {
    const pair = new TcbPair().establish();
    let told = 0;
    const { tcb } = pair.left;
    const schedule = () => {
      told++;
      tcb.wheelAt = nextDeadline(tcb);
    };
    const env = Object.assign(Object.create(pair.left), { schedule });
    stopTimer(tcb, Timer.linger);
    setTimer(env, tcb, Timer.linger, 5);
    setTimer(env, tcb, Timer.linger, 5);
    setTimer(env, tcb, Timer.linger, 7);
    expect(told).toBe(1);
    setTimer(env, tcb, Timer.linger, 4);
    expect(told).toBe(2);
    stopTimer(tcb, Timer.linger);
    expect(told).toBe(2);
    expect(tcb.timers[Timer.linger]).toBe(OFF);
  });
});

describe('after the end', () => {
  it('no timer runs', () => {
    const pair = new TcbPair({ config: testConfig({ keepAliveIdleUs: SECOND }) }).establish();
    pair.left.tcb.keepAlive = true;
    pair.left.tcb.userTimeoutUs = 100 * SECOND;
    pair.left.send('hello');
    pair.run(SECOND / 2);
    pair.inject(pair.left, { flags: Flag.rst, seq: pair.left.tcb.rcvNxt });
    expect(pair.left.state).toBe('CLOSED');
    expect(Array.from(pair.left.tcb.timers).every((at) => at === OFF)).toBe(true);
  });
});
