import { describe, expect, it } from 'vitest';
import { flagNames, TcbPair, type TcbPairOptions } from '../../test/support/tcb-pair.ts';
import { linuxConfig, testConfig } from '../../test/support/tcp-config.ts';
import { RFC_TABLE } from '../states/index.ts';
import { Flag } from '../wire/index.ts';
import { abort, Msg } from './calls.ts';
import { output } from './output.ts';
import { OFF, Timer } from './tcb.ts';

const PLAIN = { timestamps: false, sack: false, tailLossProbe: false } as const;

function established(options: TcbPairOptions = {}): TcbPair {
  return new TcbPair({ config: testConfig(PLAIN), ...options }).establish().forget();
}

/** `PSH|ACK 1(5)` of every segment of one end since `forget`. */
function sentBy(pair: TcbPair, name: 'left' | 'right'): string[] {
  const end = pair[name];
  return pair.sent
    .filter(({ from }) => from === end)
    .map(({ segment }) => {
      const seq = (segment.seq - end.tcb.iss) | 0;
      return `${flagNames(segment.flags)} ${seq}(${segment.payloadLength})`;
    });
}

const bytes = (n: number): Uint8Array => Uint8Array.from({ length: n }, (_, i) => i % 251);

describe('text', () => {
  it('goes in full segments, PSH on the last one', () => {
    const pair = established();
    pair.left.sendBytes(bytes(3000));
    expect(sentBy(pair, 'left')).toEqual(['ACK 1(1460)', 'ACK 1461(1460)', 'PSH|ACK 2921(80)'].slice(0, 2));
    pair.run(30_000);
    expect(sentBy(pair, 'left').at(-1)).toBe('PSH|ACK 2921(80)');
    expect(pair.right.receiveBytes()).toEqual(bytes(3000));
  });

  it('PSH stands where a SEND ends inside what waits', () => {
    const pair = established();
    pair.left.tcb.noDelay = true;
    pair.filter = ({ from, segment }) => {
      if (from === pair.right) segment.window = 0;
      return true;
    };
    pair.left.send('x');
    pair.run(300_000);
    pair.forget();
    pair.left.sendBytes(bytes(2000));
    pair.left.send('more', Msg.more);
    pair.filter = null;
    pair.inject(pair.left, {
      flags: Flag.ack,
      seq: pair.left.tcb.rcvNxt,
      ack: pair.left.tcb.sndUna,
      window: 32_768,
    });
    // What MSG_MORE held back goes with the next ACK, as on Linux.
    expect(sentBy(pair, 'left')).toEqual(['ACK 2(1460)', 'PSH|ACK 1462(544)']);
  });

  it('an ACK that is due rides on text', () => {
    const pair = established();
    pair.left.send('question');
    pair.run(15_000);
    pair.right.send('answer');
    pair.run(15_000);
    expect(sentBy(pair, 'right')).toEqual(['PSH|ACK 1(6)']);
  });

  it('does not exceed the window, and a window half as large as the largest is used', () => {
    const pair = established();
    pair.left.tcb.sndWnd = 1000;
    pair.left.tcb.maxSndWnd = 1900;
    pair.left.sendBytes(bytes(5000));
    expect(sentBy(pair, 'left')).toEqual(['ACK 1(1000)']);
  });

  it('does not fill a smaller one (SWS avoidance), until the override timer runs out', () => {
    const pair = established();
    pair.left.tcb.sndWnd = 900;
    pair.left.tcb.maxSndWnd = 1900;
    pair.left.sendBytes(bytes(5000));
    expect(sentBy(pair, 'left')).toEqual([]);
    pair.run(1_000_000);
    expect(sentBy(pair, 'left')[0]).toBe('ACK 1(900)');
  });

  it('does not exceed cwnd', () => {
    const pair = established();
    pair.left.tcb.cwnd = 3 * 1460;
    pair.left.sendBytes(bytes(20_000));
    expect(sentBy(pair, 'left')).toEqual(['ACK 1(1460)', 'ACK 1461(1460)', 'ACK 2921(1460)']);
  });

  it('queued before the SYN is acknowledged waits for that', () => {
    const pair = new TcbPair({ config: testConfig(PLAIN) });
    pair.right.listen();
    pair.left.connect();
    pair.left.send('early');
    expect(sentBy(pair, 'left')).toEqual(['SYN 0(0)']);
    pair.run(20_000);
    expect(sentBy(pair, 'left').at(-1)).toBe('PSH|ACK 1(5)');
  });
});

describe('the Nagle algorithm', () => {
  it('holds a short segment while anything is unacknowledged', () => {
    const pair = established();
    pair.left.sendBytes(bytes(1460));
    pair.left.send('a');
    pair.left.send('b');
    expect(sentBy(pair, 'left')).toEqual(['PSH|ACK 1(1460)']);
    pair.run(230_000);
    expect(sentBy(pair, 'left')[1]).toBe('PSH|ACK 1461(2)');
  });

  it('of Minshall holds it only behind another short one', () => {
    const pair = established({ config: linuxConfig(PLAIN) });
    pair.left.sendBytes(bytes(1460));
    pair.left.send('a');
    pair.left.send('b');
    expect(sentBy(pair, 'left')).toEqual(['PSH|ACK 1(1460)', 'PSH|ACK 1461(1)']);
    pair.run(230_000);
    expect(sentBy(pair, 'left')[2]).toBe('PSH|ACK 1462(1)');
  });

  it('is off with noDelay', () => {
    const pair = established();
    pair.left.tcb.noDelay = true;
    pair.left.send('a');
    pair.left.send('b');
    expect(sentBy(pair, 'left')).toEqual(['PSH|ACK 1(1)', 'PSH|ACK 2(1)']);
  });

  it('cork holds a short segment, noDelay or not, until it is taken out', () => {
    const pair = established();
    pair.left.tcb.noDelay = true;
    pair.left.tcb.cork = true;
    pair.left.sendBytes(bytes(2000));
    expect(sentBy(pair, 'left')).toEqual(['ACK 1(1460)']);
    pair.left.tcb.cork = false;
    output(pair.left, pair.left.tcb);
    expect(sentBy(pair, 'left')[1]).toBe('PSH|ACK 1461(540)');
  });

  it('cork holds no longer than the override timer', () => {
    const pair = established({ config: linuxConfig(PLAIN) });
    pair.left.tcb.cork = true;
    pair.left.send('a');
    pair.run(250_000);
    expect(sentBy(pair, 'left')).toEqual(['PSH|ACK 1(1)']);
  });

  it('does not hold the last segment before a FIN', () => {
    const pair = established();
    pair.left.sendBytes(bytes(1460));
    pair.left.send('a');
    pair.left.close();
    expect(sentBy(pair, 'left')).toEqual(['PSH|ACK 1(1460)', 'FIN|PSH|ACK 1461(1)']);
  });
});

describe('the FIN', () => {
  it('goes by itself where all text is sent', () => {
    const pair = established();
    pair.left.send('a');
    pair.left.close();
    expect(sentBy(pair, 'left')).toEqual(['PSH|ACK 1(1)', 'FIN|ACK 2(0)']);
  });

  it('waits for a window with room for it', () => {
    const pair = established();
    pair.left.tcb.sndWnd = 5;
    pair.left.tcb.maxSndWnd = 5;
    pair.left.tcb.cork = true;
    pair.left.send('hello');
    pair.left.close();
    expect(sentBy(pair, 'left')).toEqual(['PSH|ACK 1(5)']);
    pair.run(250_000);
    expect(sentBy(pair, 'left').slice(1)).toEqual(['FIN|ACK 6(0)']);
  });

  it('does not wait for cwnd', () => {
    const pair = established();
    pair.left.tcb.cwnd = 1460;
    pair.left.sendBytes(bytes(1460));
    pair.left.close();
    expect(sentBy(pair, 'left')).toEqual(['PSH|ACK 1(1460)', 'FIN|ACK 1461(0)']);
  });

  it('is sent again, with the text before it where that was lost too', () => {
    const pair = established();
    pair.filter = () => false;
    pair.left.tcb.cork = true;
    pair.left.send('tail');
    pair.left.close();
    pair.run(1_000_000);
    pair.filter = null;
    expect(sentBy(pair, 'left')).toEqual(['FIN|PSH|ACK 1(4)', 'FIN|PSH|ACK 1(4)']);
    pair.filter = () => true;
    pair.run(3_000_000);
    expect(pair.left.state).toBe('FIN-WAIT-2');
    expect(pair.right.receive()).toBe('tail');
  });

  it('alone is sent again alone', () => {
    const pair = established();
    pair.filter = () => false;
    pair.left.close();
    pair.run(3_000_000);
    expect(sentBy(pair, 'left')).toEqual(['FIN|ACK 1(0)', 'FIN|ACK 1(0)', 'FIN|ACK 1(0)']);
  });

  it('of a CLOSE in SYN-RECEIVED does not wait for the ACK of our SYN; then the SYN-ACK comes again first', () => {
    const pair = new TcbPair({ config: testConfig(PLAIN), table: RFC_TABLE });
    pair.right.listen();
    let lost = 0;
    pair.filter = ({ from }) => from !== pair.right || lost++ > 1;
    pair.left.connect();
    pair.run(15_000);
    expect(pair.right.state).toBe('SYN-RECEIVED');
    pair.right.close();
    expect(pair.right.state).toBe('FIN-WAIT-1');
    pair.run(5_000_000);
    const sent = sentBy(pair, 'right').filter((text) => !text.startsWith('ACK'));
    expect(sent).toEqual(['SYN|ACK 0(0)', 'FIN|ACK 1(0)', 'SYN|ACK 0(0)', 'FIN|ACK 1(0)']);
    expect(pair.left.state).toBe('CLOSE-WAIT');
    expect(pair.right.state).toBe('FIN-WAIT-2');
  });

  it('so sent is acknowledged together with the SYN', () => {
    const pair = new TcbPair({ config: testConfig(PLAIN), table: RFC_TABLE });
    pair.right.listen();
    pair.left.connect();
    pair.run(15_000);
    pair.right.close();
    const { tcb } = pair.right;
    pair.filter = () => false;
    pair.inject(pair.right, { flags: Flag.ack, seq: tcb.rcvNxt, ack: tcb.sndNxt });
    expect(pair.right.state).toBe('FIN-WAIT-2');
    expect(tcb.sent.count).toBe(0);
    expect(tcb.timers[Timer.retransmit]).toBe(OFF);
  });

  it('waits where there is text before it', () => {
    const pair = new TcbPair({ config: testConfig(PLAIN), table: RFC_TABLE });
    pair.right.listen();
    pair.left.connect();
    pair.run(15_000);
    pair.right.send('text');
    pair.right.close();
    pair.run(1_000_000);
    expect(sentBy(pair, 'right')).toEqual(['SYN|ACK 0(0)', 'FIN|PSH|ACK 1(4)']);
    expect(pair.left.receive()).toBe('text');
  });
});

describe('urgent data', () => {
  it('points behind the urgent octet, on every segment before it', () => {
    const pair = established();
    pair.left.tcb.cwnd = 1460;
    pair.left.sendBytes(bytes(1999));
    pair.left.send('!', Msg.oob);
    pair.run(250_000);
    const pointers = pair.sent
      .filter(({ from, segment }) => from === pair.left && (segment.flags & Flag.urg) !== 0)
      .map(({ segment }) => segment.seq + segment.urgentPointer - pair.left.tcb.iss);
    expect(pointers.length).toBeGreaterThan(0);
    expect(new Set(pointers)).toEqual(new Set([2001]));
    expect(pair.right.receive(4000, Msg.oob)).toBe('!');
  });

  it('is told to a peer with a closed window', () => {
    const pair = established({ config: linuxConfig(PLAIN) });
    pair.left.tcb.sndWnd = 0;
    pair.left.send('!', Msg.oob);
    pair.filter = () => false;
    pair.run(1_000_000);
    expect(sentBy(pair, 'left').slice(0, 2)).toEqual(['ACK|URG 1(0)', 'ACK|URG 0(0)']);
  });
});

describe('super-segments', () => {
  const sizes = (pair: TcbPair): number[] =>
    pair.sent.filter(({ from }) => from === pair.left).map(({ segment }) => segment.payloadLength);

  it('cover whole segments and what is left of all that waits', () => {
    const pair = established({ superSegmentBytes: 65_536 });
    pair.left.tcb.noDelay = true;
    pair.left.sendBytes(bytes(5000));
    expect(sizes(pair)).toEqual([5000]);
  });

  it('leave a short rest to the Nagle algorithm', () => {
    const pair = established({ superSegmentBytes: 65_536 });
    pair.left.sendBytes(bytes(5000));
    expect(sizes(pair)).toEqual([4380]);
  });

  it('are bounded by cwnd, the window and the host', () => {
    const pair = established({ superSegmentBytes: 4000 });
    pair.left.tcb.cwnd = 5 * 1460;
    pair.left.sendBytes(bytes(30_000));
    expect(sizes(pair)).toEqual([2920, 2920, 1460]);
    const narrow = established({ superSegmentBytes: 65_536 });
    narrow.left.tcb.sndWnd = 4000;
    narrow.left.sendBytes(bytes(30_000));
    expect(sizes(narrow)).toEqual([2920]);
  });

  it('lost, they are sent again', () => {
    const pair = established({ superSegmentBytes: 65_536 });
    let lose = true;
    pair.filter = ({ from }) => from !== pair.left || !lose;
    pair.left.sendBytes(bytes(14_600));
    lose = false;
    pair.run(10_000_000);
    expect(pair.right.receiveBytes()).toEqual(bytes(14_600));
  });
});

describe('RST of our own accord', () => {
  it('has SEG.SEQ = SND.NXT and ACK', () => {
    const pair = established();
    pair.left.send('sent');
    abort(pair.left, pair.left.tcb);
    expect(sentBy(pair, 'left').at(-1)).toBe('RST|ACK 5(0)');
    expect(pair.left.counters.OutRsts).toBe(1);
  });
});

describe('a window that shrank', () => {
  it('stops new text, and what lies beyond is not sent again but for the first segment', () => {
    const pair = established();
    pair.filter = () => false;
    pair.left.sendBytes(bytes(2920));
    const { tcb } = pair.left;
    pair.inject(pair.left, { flags: Flag.ack, seq: tcb.rcvNxt, ack: tcb.sndUna, window: 100 });
    pair.forget();
    pair.left.send('more');
    pair.run(2_500_000);
    expect(sentBy(pair, 'left')).toEqual(['ACK 1(1460)']);
    expect(pair.left.state).toBe('ESTABLISHED');
  });

  it('moves the sequence number of bare ACKs back into it', () => {
    const pair = established();
    pair.filter = () => false;
    pair.left.sendBytes(bytes(1460));
    const { tcb } = pair.left;
    pair.inject(pair.left, { flags: Flag.ack, seq: tcb.rcvNxt, ack: tcb.sndUna, window: 100 });
    pair.forget();
    pair.inject(pair.left, { flags: Flag.ack, seq: tcb.rcvNxt, ack: tcb.sndUna, window: 100 }, 'text');
    pair.run(300_000);
    expect(sentBy(pair, 'left')[0]).toBe(`ACK ${1 + 100 * 2 ** tcb.sndScale}(0)`);
  });
});
