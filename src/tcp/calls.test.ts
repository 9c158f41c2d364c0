import { describe, expect, it } from 'vitest';
import { TcbPair } from '../../test/support/tcb-pair.ts';
import { freebsdConfig, linuxConfig, testConfig } from '../../test/support/tcp-config.ts';
import { Effect, FREEBSD_TABLE, LINUX_TABLE, RFC_TABLE } from '../states/index.ts';
import { Flag } from '../wire/index.ts';
import { abort, Msg, shutdown } from './calls.ts';
import { Errno } from './errno.ts';

const TABLES = {
  rfc: { table: RFC_TABLE, config: testConfig() },
  linux: { table: LINUX_TABLE, config: linuxConfig() },
  freebsd: { table: FREEBSD_TABLE, config: freebsdConfig() },
};

function states(pair: TcbPair): string[] {
  return [pair.left.state, pair.right.state];
}

/** Flags of what was sent since, bare ACKs left out. */
function marks(pair: TcbPair): string[] {
  return pair.log.filter((line) => /FIN|RST|SYN/.test(line)).map((line) => line.split(' ', 2).join(' '));
}

/** Both ends have forgotten the connection: nothing is stored, no timer runs. */
function expectNothingLeft(pair: TcbPair): void {
  expect(states(pair)).toEqual(['CLOSED', 'CLOSED']);
  for (const end of [pair.left, pair.right]) {
    expect(end.memory).toBe(0);
    expect(end.deadline()).toBe(Number.POSITIVE_INFINITY);
    expect(end.deletedCount).toBe(1);
  }
}

describe.each(Object.entries(TABLES))('closing by the table of %s', (_name, options) => {
  it('four segments: FIN, ACK, FIN, ACK; TIME-WAIT is with who closed first', () => {
    const pair = new TcbPair(options).establish().forget();
    pair.left.close();
    pair.run(300_000);
    expect(states(pair)).toEqual(['FIN-WAIT-2', 'CLOSE-WAIT']);
    expect(pair.right.receive()).toBe(0);
    pair.right.close();
    expect(pair.right.state).toBe('LAST-ACK');
    pair.run(30_000);
    expect(states(pair)).toEqual(['TIME-WAIT', 'CLOSED']);
    expect(pair.log.map((line) => line.replace(/ win.*/, ''))).toEqual([
      'left FIN|ACK 1(0) ack 1',
      'right ACK 1(0) ack 2',
      'right FIN|ACK 1(0) ack 2',
      'left ACK 2(0) ack 2',
    ]);
    pair.run(2 * options.config.mslUs - 100_000);
    expect(pair.left.state).toBe('TIME-WAIT');
    pair.settle();
    expectNothingLeft(pair);
  });

  it('data before the FIN arrives before the end of file', () => {
    const pair = new TcbPair(options).establish();
    pair.left.send('last words');
    pair.left.close();
    pair.run(100_000);
    expect(pair.right.receive()).toBe('last words');
    expect(pair.right.receive()).toBe(0);
    expect(pair.right.receive()).toBe(0);
    pair.right.close();
    pair.settle();
    expectNothingLeft(pair);
  });

  it('three segments: the peer closes on the FIN before its ACK has left', () => {
    const pair = new TcbPair(options).establish().forget();
    pair.left.close();
    const arrive = pair.right.arrive.bind(pair.right);
    const right = pair.right;
    // The application is called while the segment is processed: before its ACK leaves.
    right.wake = (_tcb, signals) => {
      if ((signals & Effect.signalEof) !== 0) shutdown(right, right.tcb, 1);
    };
    right.arrive = arrive;
    pair.run(50_000);
    expect(marks(pair)).toEqual(['left FIN|ACK', 'right FIN|ACK']);
    expect(pair.log.length).toBe(3);
    expect(states(pair)).toEqual(['TIME-WAIT', 'CLOSED']);
  });

  it('simultaneous close: CLOSING, then TIME-WAIT at both ends', () => {
    const pair = new TcbPair(options).establish().forget();
    pair.left.close();
    pair.right.close();
    expect(states(pair)).toEqual(['FIN-WAIT-1', 'FIN-WAIT-1']);
    pair.run(10_000);
    expect(states(pair)).toEqual(['CLOSING', 'CLOSING']);
    pair.run(10_000);
    expect(states(pair)).toEqual(['TIME-WAIT', 'TIME-WAIT']);
    pair.settle();
    expectNothingLeft(pair);
  });

  it('half-close: the other direction goes on as long as it likes', () => {
    const pair = new TcbPair(options).establish();
    pair.left.send('request');
    expect(shutdown(pair.left, pair.left.tcb, 1)).toBe(0);
    expect(pair.left.send('more')).toBe(-Errno.EPIPE);
    expect(shutdown(pair.left, pair.left.tcb, 1)).toBe(0);
    pair.run(1_000_000);
    expect(pair.right.receive()).toBe('request');
    expect(pair.right.receive()).toBe(0);
    for (let i = 0; i < 5; i++) {
      pair.run(100_000_000);
      expect(states(pair)).toEqual(['FIN-WAIT-2', 'CLOSE-WAIT']);
      pair.right.send(`answer ${i};`);
    }
    pair.right.close();
    pair.run(1_000_000);
    expect(pair.left.receive()).toBe('answer 0;answer 1;answer 2;answer 3;answer 4;');
    expect(pair.left.receive()).toBe(0);
    expect(states(pair)).toEqual(['TIME-WAIT', 'CLOSED']);
    pair.settle();
    expectNothingLeft(pair);
  });

  it('linger 0: RST, what is queued is lost, no TIME-WAIT, ECONNRESET at the peer', () => {
    const pair = new TcbPair(options).establish().forget();
    pair.left.tcb.lingerUs = 0;
    pair.left.tcb.cork = true;
    pair.left.send('never to leave');
    pair.left.close();
    expect(pair.left.state).toBe('CLOSED');
    pair.run(20_000);
    expect(pair.right.receive()).toBe(-Errno.ECONNRESET);
    expect(pair.right.receive()).toBe(0);
    expect(pair.right.send('x')).toBe(-Errno.EPIPE);
    expect(marks(pair)).toEqual(['left RST|ACK']);
    pair.settle();
    expectNothingLeft(pair);
  });

  it('an RST behind text that got lost is challenged, and the second one fits', () => {
    const pair = new TcbPair(options).establish().forget();
    pair.left.tcb.lingerUs = 0;
    pair.filter = (flight) => flight.segment.payloadLength === 0;
    pair.left.send('lost on the way');
    pair.left.close();
    pair.run(10_000);
    expect(pair.right.state).toBe('ESTABLISHED');
    pair.run(20_000);
    expect(pair.right.receive()).toBe(-Errno.ECONNRESET);
    expect(marks(pair)).toEqual(['left RST|ACK', 'left RST']);
    expectNothingLeft(pair);
  });

  it('what arrived before an RST can still be read', () => {
    const pair = new TcbPair(options).establish();
    pair.left.send('first');
    pair.run(50_000);
    abort(pair.left, pair.left.tcb);
    pair.run(50_000);
    expect(pair.right.receive()).toBe('first');
    expect(pair.right.receive()).toBe(-Errno.ECONNRESET);
    pair.right.close();
    expectNothingLeft(pair);
  });

  it('data after close: the closed end answers RST', () => {
    const pair = new TcbPair(options).establish().forget();
    pair.left.close();
    pair.run(100_000);
    pair.right.send('anybody there?');
    pair.run(10_000);
    expect(pair.left.state).toBe('CLOSED');
    expect(pair.left.counters.TCPAbortOnData).toBe(1);
    pair.run(10_000);
    expect(pair.right.state).toBe('CLOSED');
    const rst = pair.sent.at(-1)!.segment;
    expect(rst.flags).toBe(Flag.rst);
    expect(rst.seq).toBe((pair.left.tcb.iss + 2) | 0);
    expect(pair.right.receive()).toBe(0);
    expect(pair.right.send('x')).toBe(options.table === LINUX_TABLE ? -Errno.EPIPE : -Errno.ECONNRESET);
    expectNothingLeft(pair);
  });

  it('data that crosses the FIN meets a closed end too', () => {
    const pair = new TcbPair(options).establish().forget();
    pair.left.close();
    pair.right.send('on its way');
    pair.run(10_000);
    expect(pair.left.state).toBe('CLOSED');
    pair.run(1_000_000);
    expect(pair.right.state).toBe('CLOSED');
  });

  it('the last ACK gets lost: it is sent again for each FIN, and TIME-WAIT begins anew', () => {
    const pair = new TcbPair(options).establish().forget();
    pair.left.close();
    pair.run(100_000);
    pair.right.close();
    let lost = 0;
    pair.filter = (flight) => flight.from !== pair.left || ++lost > 2;
    pair.run(20_000_000);
    expect(lost).toBe(3);
    expect(states(pair)).toEqual(['TIME-WAIT', 'CLOSED']);
  });

  it('the first FIN gets lost', () => {
    const pair = new TcbPair(options).establish().forget();
    let lost = 0;
    pair.filter = (flight) => (flight.segment.flags & Flag.fin) === 0 || ++lost > 1;
    pair.left.close();
    pair.run(20_000_000);
    expect(states(pair)).toEqual(['FIN-WAIT-2', 'CLOSE-WAIT']);
    expect(lost).toBe(2);
  });

  it('close in SYN-RECEIVED: FIN once the SYN-ACK is acknowledged', () => {
    const pair = new TcbPair(options);
    pair.left.connect();
    pair.right.connect();
    pair.run(10_000);
    expect(states(pair)).toEqual(['SYN-RECEIVED', 'SYN-RECEIVED']);
    pair.left.close();
    expect(pair.left.state).toBe('FIN-WAIT-1');
    // The SYN-ACK that crosses is on a connection that has its SYN: ours goes again until an ACK answers it.
    pair.run(3_000_000);
    expect(states(pair)).toEqual(['FIN-WAIT-2', 'CLOSE-WAIT']);
    pair.right.close();
    pair.settle();
    expectNothingLeft(pair);
  });

  it('close of nothing is fine', () => {
    const pair = new TcbPair(options);
    expect(pair.left.close()).toBe(0);
    expect(shutdown(pair.left, pair.left.tcb, 1)).toBe(-Errno.ENOTCONN);
    expect(shutdown(pair.left, pair.left.tcb, 3)).toBe(-Errno.EINVAL);
  });

  it('an orphan whose peer is gone gives up', () => {
    const pair = new TcbPair(options).establish();
    pair.left.send('x');
    pair.filter = () => false;
    pair.left.close();
    expect(pair.left.orphanedCount).toBe(1);
    pair.settle();
    expect(pair.left.state).toBe('CLOSED');
    expect(pair.left.memory).toBe(0);
    expect(pair.left.counters.TCPAbortOnTimeout).toBe(1);
  });
});

describe('unread data at close', () => {
  it.each([
    ['rfc', RFC_TABLE],
    ['linux', LINUX_TABLE],
  ])('%s: RST at once', (_name, table) => {
    const pair = new TcbPair({ table }).establish();
    pair.right.send('unread');
    pair.run(500_000);
    pair.forget();
    pair.left.close();
    pair.run(20_000);
    expect(marks(pair)).toEqual(['left RST|ACK']);
    expect(pair.right.receive()).toBe(-Errno.ECONNRESET);
    expect(pair.left.counters.TCPAbortOnClose).toBe(1);
    pair.right.close();
    expectNothingLeft(pair);
  });

  it('goes before linger 0 in what is counted', () => {
    const pair = new TcbPair().establish();
    pair.right.send('unread');
    pair.run(500_000);
    pair.left.tcb.lingerUs = 0;
    pair.left.close();
    expect(pair.left.counters.TCPAbortOnClose).toBe(1);
    expect(pair.left.counters.TCPAbortOnLinger).toBe(0);
  });

  it('freebsd: an ordinary FIN', () => {
    const pair = new TcbPair({ table: FREEBSD_TABLE }).establish();
    pair.right.send('unread');
    pair.run(500_000);
    pair.forget();
    pair.left.close();
    pair.run(1_000_000);
    expect(marks(pair)).toEqual(['left FIN|ACK']);
    expect(states(pair)).toEqual(['FIN-WAIT-2', 'CLOSE-WAIT']);
    pair.right.close();
    pair.settle();
    expectNothingLeft(pair);
  });
});

describe('FIN-WAIT-2 without a reader', () => {
  it('ends by itself where the table has a limit', () => {
    const pair = new TcbPair({ config: linuxConfig({ finWait2Us: 60_000_000 }) }).establish();
    pair.left.close();
    pair.run(59_000_000);
    expect(pair.left.state).toBe('FIN-WAIT-2');
    pair.run(2_000_000);
    expect(pair.left.state).toBe('CLOSED');
    expect(pair.right.state).toBe('CLOSE-WAIT');
  });

  it('never ends by RFC 9293', () => {
    const pair = new TcbPair({ table: RFC_TABLE }).establish();
    pair.left.close();
    pair.run(100_000_000_000);
    expect(pair.left.state).toBe('FIN-WAIT-2');
  });

  it('TCP_LINGER2 sets the time, or skips the state', () => {
    const pair = new TcbPair().establish();
    pair.left.tcb.linger2Us = 5_000_000;
    pair.left.close();
    pair.run(5_100_000);
    expect(pair.left.state).toBe('CLOSED');
    const skipped = new TcbPair().establish();
    skipped.left.tcb.linger2Us = -2;
    skipped.left.close();
    skipped.run(50_000);
    expect(skipped.left.state).toBe('CLOSED');
  });

  it('begins at close where the FIN was acknowledged before', () => {
    const pair = new TcbPair().establish();
    shutdown(pair.left, pair.left.tcb, 1);
    pair.run(1_000_000_000);
    expect(pair.left.state).toBe('FIN-WAIT-2');
    pair.left.close();
    expect(pair.left.orphanedCount).toBe(1);
    pair.run(61_000_000);
    expect(pair.left.state).toBe('CLOSED');
  });
});

describe('reading', () => {
  it('SHUT_RD: recv returns 0, what arrives is taken still', () => {
    const pair = new TcbPair().establish();
    expect(shutdown(pair.right, pair.right.tcb, 0)).toBe(0);
    expect(pair.right.receive()).toBe(0);
    pair.left.send('still here');
    pair.run(500_000);
    expect(pair.left.tcb.send.length).toBe(0);
    expect(pair.right.receive()).toBe('still here');
    expect(pair.right.receive()).toBe(0);
    expect(states(pair)).toEqual(['ESTABLISHED', 'ESTABLISHED']);
  });

  it('SHUT_RDWR, then data: RST, as after close', () => {
    const pair = new TcbPair().establish();
    shutdown(pair.right, pair.right.tcb, 2);
    pair.run(50_000);
    pair.left.send('too late');
    pair.run(50_000);
    expect(states(pair)).toEqual(['CLOSED', 'CLOSED']);
  });

  it('MSG_PEEK leaves what it shows', () => {
    const pair = new TcbPair().establish();
    pair.left.send('look');
    pair.run(50_000);
    expect(pair.right.receive(2, Msg.peek)).toBe('lo');
    expect(pair.right.receive(9, Msg.peek)).toBe('look');
    expect(pair.right.receive(3)).toBe('loo');
    expect(pair.right.receive(9, Msg.peek)).toBe('k');
    expect(pair.right.receive(0)).toBe(0);
    expect(pair.right.receive()).toBe('k');
    expect(pair.right.receive()).toBe(-Errno.EAGAIN);
  });

  it('a window that was full is offered again when the reader makes room', () => {
    const config = testConfig({ receiveBufferBytes: 4000, maxReceiveBufferBytes: 4000 });
    const pair = new TcbPair({ config }).establish();
    pair.left.sendBytes(new Uint8Array(10_000).fill(65));
    pair.run(5_000_000);
    const { tcb } = pair.right;
    const held = tcb.receive.readable;
    expect(held).toBeGreaterThan(4000 - 1460);
    expect((tcb.rcvAdv - tcb.rcvNxt) | 0).toBeLessThan(1460);
    pair.forget();
    expect((pair.right.receive() as string).length).toBe(held);
    expect(pair.log[0]).toContain('right ACK');
    expect(pair.sent[0]!.segment.window).toBeGreaterThan(0);
    pair.run(1_000_000);
    expect((pair.right.receive() as string).length).toBeGreaterThan(2000);
  });

  it('a FIN hides a later RST from the reader', () => {
    const pair = new TcbPair().establish();
    shutdown(pair.left, pair.left.tcb, 1);
    pair.run(50_000);
    abort(pair.left, pair.left.tcb);
    pair.run(50_000);
    expect(pair.right.state).toBe('CLOSED');
    expect(pair.right.receive()).toBe(0);
    expect(pair.right.send('x')).toBe(-Errno.EPIPE);
  });
});

describe('writing', () => {
  it('a full buffer takes what fits, then EAGAIN, and tells when there is room', () => {
    const config = testConfig({ sendBufferBytes: 5000, maxSendBufferBytes: 5000 });
    const pair = new TcbPair({ config });
    pair.left.connect();
    expect(pair.left.sendBytes(new Uint8Array(8000))).toBe(5000);
    expect(pair.left.sendBytes(new Uint8Array(1))).toBe(-Errno.EAGAIN);
    pair.right.listen();
    pair.run(2_000_000);
    const wakes = pair.left.wakes;
    expect(wakes).toBeGreaterThan(1);
    expect(pair.left.sendBytes(new Uint8Array(1))).toBe(1);
  });

  it('no memory is EAGAIN, and accounted memory comes back', () => {
    const pair = new TcbPair().establish();
    pair.left.memoryLimit = 1000;
    expect(pair.left.send('x')).toBe(-Errno.EAGAIN);
    pair.left.memoryLimit = 1 << 20;
    expect(pair.left.send('x')).toBe(1);
    expect(pair.left.memory).toBeGreaterThan(0);
    pair.run(500_000);
    expect(pair.left.memory).toBe(0);
    pair.right.receive();
    expect(pair.right.memory).toBe(0);
  });

  it('the receiver without memory drops text, which comes again', () => {
    const pair = new TcbPair().establish();
    pair.right.memoryLimit = 1000;
    pair.left.send('patience');
    pair.left.close();
    pair.run(100_000);
    expect(pair.right.state).toBe('ESTABLISHED');
    pair.right.memoryLimit = 1 << 20;
    pair.run(20_000_000);
    expect(pair.right.receive()).toBe('patience');
    expect(pair.right.state).toBe('CLOSE-WAIT');
  });
});

describe('urgent data', () => {
  it('goes out of band', () => {
    const pair = new TcbPair().establish();
    pair.left.send('abc');
    pair.left.send('d!', Msg.oob);
    pair.left.send('ef');
    pair.run(500_000);
    expect(pair.sent.some((flight) => (flight.segment.flags & Flag.urg) !== 0)).toBe(true);
    expect(pair.right.receive(9, Msg.oob)).toBe('!');
    expect(pair.right.receive(9, Msg.oob)).toBe(-Errno.EINVAL);
    expect(pair.right.receive()).toBe('abcd');
    expect(pair.right.receive()).toBe('ef');
  });

  it('or inline, and a read stops before the mark', () => {
    const pair = new TcbPair().establish();
    pair.right.tcb.urgentInline = true;
    pair.left.send('ab!', Msg.oob);
    pair.left.send('cd');
    pair.run(500_000);
    expect(pair.right.receive(9, Msg.oob)).toBe(-Errno.EINVAL);
    expect(pair.right.receive()).toBe('ab');
    expect(pair.right.receive()).toBe('!cd');
  });

  it('is announced before the octet itself arrives', () => {
    const pair = new TcbPair().establish();
    const { tcb } = pair.right;
    pair.inject(pair.right, {
      flags: Flag.ack | Flag.urg,
      seq: tcb.rcvNxt,
      ack: tcb.sndNxt,
      urgentPointer: 3,
    });
    expect(pair.right.receive(1, Msg.oob)).toBe(-Errno.EAGAIN);
    pair.inject(pair.right, { flags: Flag.ack, seq: tcb.rcvNxt, ack: tcb.sndNxt }, 'xy!z');
    expect(pair.right.receive(1, Msg.oob)).toBe('!');
    expect(pair.right.receive()).toBe('xy');
    expect(pair.right.receive()).toBe('z');
  });
});
