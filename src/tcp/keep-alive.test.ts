import { describe, expect, it } from 'vitest';
import { TcbPair } from '../../test/support/tcb-pair.ts';
import { linuxConfig, testConfig } from '../../test/support/tcp-config.ts';
import { LINUX_TABLE, RFC_TABLE, type Table } from '../states/index.ts';
import { Flag } from '../wire/index.ts';
import type { TcpConfig } from './config.ts';
import { Errno } from './errno.ts';
import { keepAliveChanged } from './keep-alive.ts';
import { OFF, Timer } from './tcb.ts';

const SECOND = 1_000_000;
const TIMES = {
  keepAliveIdleUs: 100 * SECOND,
  keepAliveIntervalUs: 10 * SECOND,
  keepAliveProbes: 3,
  timestamps: false,
  sack: false,
} as const;

function kept(config: TcpConfig = testConfig(TIMES), table: Table = RFC_TABLE): TcbPair {
  const pair = new TcbPair({ config, table }).establish().forget();
  pair.left.tcb.keepAlive = true;
  keepAliveChanged(pair.left, pair.left.tcb);
  return pair;
}

const byLeft = (pair: TcbPair) => pair.sent.filter(({ from }) => from === pair.left);

describe('keepalive', () => {
  it('is off unless the user wants it', () => {
    const pair = new TcbPair({ config: testConfig(TIMES) }).establish().forget();
    pair.run(10_000 * SECOND);
    expect(pair.sent).toEqual([]);
  });

  it('asks a peer that was idle with a segment below SND.UNA, which the peer answers', () => {
    const pair = kept();
    pair.run(99 * SECOND);
    expect(pair.sent).toEqual([]);
    pair.run(2 * SECOND);
    const [probe, answer] = pair.sent;
    expect((probe!.segment.seq - pair.left.tcb.sndNxt) | 0).toBe(-1);
    expect(probe!.segment.payloadLength).toBe(0);
    expect(probe!.segment.flags).toBe(Flag.ack);
    expect(answer!.from).toBe(pair.right);
    pair.run(1000 * SECOND);
    expect(pair.left.state).toBe('ESTABLISHED');
    expect(byLeft(pair).length).toBe(1 + 10);
  });

  it('may carry an octet of garbage, which the peer does not take', () => {
    const pair = kept(testConfig({ ...TIMES, keepAliveGarbage: true }));
    pair.run(101 * SECOND);
    expect(byLeft(pair)[0]!.segment.payloadLength).toBe(1);
    expect(pair.right.receive()).toBe(-Errno.EAGAIN);
    expect(pair.sent.length).toBe(2);
  });

  it('a segment of the peer begins the idle time again', () => {
    const pair = kept();
    pair.run(60 * SECOND);
    pair.right.send('hello');
    pair.run(SECOND);
    pair.forget();
    pair.run(98 * SECOND);
    expect(pair.sent).toEqual([]);
    pair.run(2 * SECOND);
    expect(byLeft(pair).length).toBe(1);
  });

  it.each([
    ['rfc', RFC_TABLE, 0],
    ['linux', LINUX_TABLE, 1],
  ])(
    'gives up after so many unanswered probes; the table of %s says whether with RST',
    (_name, table, resets) => {
      const pair = kept(testConfig(TIMES), table);
      pair.filter = () => false;
      const start = pair.left.tcb.lastArrivedAt;
      pair.settle();
      expect((pair.now - start) / SECOND).toBe(100 + 3 * 10);
      expect(pair.left.state).toBe('CLOSED');
      expect(pair.left.tcb.error).toBe(Errno.ETIMEDOUT);
      expect(byLeft(pair).filter(({ segment }) => (segment.flags & Flag.rst) !== 0).length).toBe(resets);
      expect(pair.left.counters.TCPKeepAlive).toBe(3);
    },
  );

  it('is not given up for probes that were answered in between', () => {
    const pair = kept();
    let sent = 0;
    pair.filter = ({ from }) => from === pair.right || ++sent % 3 === 0;
    pair.run(5000 * SECOND);
    expect(pair.left.state).toBe('ESTABLISHED');
  });

  it('does not ask while text is unacknowledged', () => {
    const pair = kept(testConfig({ ...TIMES, retries2: 30 }));
    pair.filter = () => false;
    pair.left.send('hello');
    pair.run(500 * SECOND);
    expect(pair.left.counters.TCPKeepAlive).toBe(0);
  });

  it('ends with the option', () => {
    const pair = kept();
    pair.left.tcb.keepAlive = false;
    keepAliveChanged(pair.left, pair.left.tcb);
    expect(pair.left.tcb.timers[Timer.keepAlive]).toBe(OFF);
    pair.run(500 * SECOND);
    expect(pair.sent).toEqual([]);
  });

  it('runs from the handshake on where it was wanted before', () => {
    const pair = new TcbPair({ config: testConfig(TIMES) });
    pair.right.listen();
    pair.left.connect();
    pair.left.tcb.keepAlive = true;
    pair.run(SECOND);
    expect(pair.left.tcb.timers[Timer.keepAlive]).toBeLessThan(OFF);
  });

  it('Linux: a user timeout counts in place of the number of probes', () => {
    const pair = kept(linuxConfig(TIMES), LINUX_TABLE);
    pair.left.tcb.userTimeoutUs = 115 * SECOND;
    pair.filter = () => false;
    const start = pair.left.tcb.lastArrivedAt;
    pair.settle();
    expect((pair.now - start) / SECOND).toBe(120);
  });
});
