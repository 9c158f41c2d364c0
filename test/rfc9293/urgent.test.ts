import { describe, expect, it } from 'vitest';
import { Message, Option, Poll } from '../../src/host/index.ts';
import { Flag } from '../../src/wire/index.ts';
import { ok, TcpBench } from '../support/tcp-bench.ts';

const OPEN_WIDE = { initialWindowSegments: 100 };

describe('urgent data', () => {
  it('MUST-30: urgent data is sent and received', () => {
    const bench = new TcpBench({ config: OPEN_WIDE });
    const { socket, peer } = bench.accepted();
    bench.write(socket, 'abc', Message.oob);
    const sent = peer.expect('UA', 1, 1, 3);
    expect(sent.flags & Flag.urg).toBe(Flag.urg);
    peer.send('AU', 1, 4, { data: 'xyz', urgent: 3 });
    expect(socket.poll() & Poll.pri).toBe(Poll.pri);
    ok(socket.setOption(Option.oobInline, 1));
    let got = '';
    for (let text = bench.read(socket); text !== 'EAGAIN'; text = bench.read(socket)) got += text;
    expect(got).toBe('xyz');
  });

  it('MUST-62: the pointer points to the octet that follows the urgent data', () => {
    const bench = new TcpBench({ config: OPEN_WIDE });
    const { socket, peer } = bench.accepted();
    ok(socket.setOption(Option.noDelay, 1));
    bench.write(socket, 'normal');
    peer.expect('A', 1, 1, 6);
    bench.write(socket, 'urgent!', Message.oob);
    const sent = peer.expect('UA', 7, 1, 7);
    expect(peer.rel(sent.seq) + sent.urgentPointer).toBe(14);
    bench.write(socket, 'normal again');
    const after = peer.expect('A', 14, 1, 12);
    expect(after.flags & Flag.urg).toBe(0);
  });

  it('MUST-31: urgent data may be of any length', () => {
    const bench = new TcpBench({ config: OPEN_WIDE });
    const { socket, peer } = bench.accepted();
    bench.write(socket, 5_000, Message.oob);
    bench.drain();
    const sent = peer.queue.splice(0);
    expect(sent.reduce((sum, one) => sum + one.length, 0)).toBe(5_000);
    for (const one of sent) {
      expect(one.flags & Flag.urg).toBe(Flag.urg);
      expect(peer.rel(one.seq) + one.urgentPointer).toBe(5_001);
    }
    // And received: the mark lies behind all of it.
    ok(socket.setOption(Option.oobInline, 1));
    for (let seq = 1; seq < 4001; seq += 1000) {
      peer.send('AU', seq, 5_001, { data: 1000, urgent: 4001 - seq });
    }
    let read = 0;
    while ((socket.poll() & Poll.in) !== 0) read += bench.readBytes(socket).length;
    expect(read).toBe(4_000);
  });

  it('MUST-32: the application is told when urgent data begins and when the pointer advances', () => {
    const bench = new TcpBench({ config: OPEN_WIDE });
    const { socket, peer } = bench.accepted();
    let told = 0;
    socket.onEvent = (one) => {
      if ((one.poll() & Poll.pri) !== 0) told++;
    };
    // The pointer comes before the data it points behind.
    peer.send('AU', 1, 1, { urgent: 100 });
    expect(told).toBe(1);
    peer.send('AU', 1, 1, { urgent: 200 });
    expect(told).toBe(2);
    // No advance, no news.
    peer.send('AU', 1, 1, { urgent: 200 });
    expect(told).toBe(2);
  });

  it('MUST-33: the application can learn whether more urgent data remains', () => {
    const bench = new TcpBench({ config: OPEN_WIDE });
    const { socket, peer } = bench.accepted();
    ok(socket.setOption(Option.oobInline, 1));
    peer.send('AU', 1, 1, { data: 'urgently', urgent: 8 });
    peer.send('A', 9, 1, { data: 'calmly' });
    expect(socket.atMark()).toBe(false);
    expect(socket.poll() & Poll.pri).toBe(Poll.pri);
    // A read stops at the mark, so that the application can look.
    let before = '';
    while (!socket.atMark()) before += bench.read(socket, 3);
    expect(before === 'urgently' || before === 'urgentl').toBe(true);
    let rest = '';
    while ((socket.poll() & Poll.in) !== 0) rest += bench.read(socket);
    expect(before + rest).toBe('urgentlycalmly');
    expect(socket.poll() & Poll.pri).toBe(0);
  });
});
