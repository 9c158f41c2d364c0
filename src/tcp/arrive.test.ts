import { describe, expect, it } from 'vitest';
import { TcbPair } from '../../test/support/tcb-pair.ts';
import { linuxConfig, testConfig } from '../../test/support/tcp-config.ts';
import { Effect, LINUX_TABLE, RFC_TABLE } from '../states/index.ts';
import { Flag, OptionBit } from '../wire/index.ts';
import { shutdown } from './calls.ts';
import { Errno } from './errno.ts';

function established(over: Parameters<typeof testConfig>[0] = {}, table = RFC_TABLE): TcbPair {
  return new TcbPair({ config: testConfig(over), table }).establish().forget();
}

/** What right answers to a segment; null: nothing. */
function answer(pair: TcbPair, over: Parameters<TcbPair['inject']>[1], payload = '') {
  const before = pair.sent.length;
  pair.inject(pair.right, over, payload);
  return pair.sent.length === before ? null : pair.sent[before]!.segment;
}

describe('acceptability (first)', () => {
  it.each([
    ['before the window', -10, 'abc'],
    ['ends at RCV.NXT', -3, 'abc'],
    ['beyond the window', 300_000, 'abc'],
    ['empty before the window', -1, ''],
  ])('%s: an ACK with what is expected, nothing taken', (_name, offset, payload) => {
    const pair = established();
    const { tcb } = pair.right;
    const ack = answer(
      pair,
      { flags: Flag.ack, seq: (tcb.rcvNxt + offset) | 0, ack: tcb.sndNxt + 5 },
      payload,
    );
    expect(ack?.flags).toBe(Flag.ack);
    expect(ack?.ack).toBe(tcb.rcvNxt);
    expect(pair.right.receive()).toBe(-Errno.EAGAIN);
  });

  it('the part inside the window is taken', () => {
    const pair = established();
    const { tcb } = pair.right;
    pair.inject(pair.right, { flags: Flag.ack, seq: tcb.rcvNxt, ack: tcb.sndNxt }, 'abc');
    pair.inject(pair.right, { flags: Flag.ack, seq: (tcb.rcvNxt - 2) | 0, ack: tcb.sndNxt }, 'bcde');
    expect(pair.right.receive()).toBe('abcde');
  });

  it('text beyond the window is cut off and the FIN behind it with it', () => {
    const pair = established({ receiveBufferBytes: 4000, maxReceiveBufferBytes: 4000 });
    const { tcb } = pair.right;
    const window = (tcb.rcvAdv - tcb.rcvNxt) | 0;
    const seq = tcb.rcvNxt;
    const ack = answer(pair, { flags: Flag.ack | Flag.fin, seq, ack: tcb.sndNxt }, 'x'.repeat(window + 100));
    expect(ack?.ack).toBe((seq + window) | 0);
    expect(tcb.receive.readable).toBe(window);
    expect(pair.right.state).toBe('ESTABLISHED');
  });

  it('with a closed window: text is refused and answered, the ACK counts', () => {
    const pair = established({ receiveBufferBytes: 4000, maxReceiveBufferBytes: 4000 });
    const { tcb } = pair.right;
    const window = (tcb.rcvAdv - tcb.rcvNxt) | 0;
    pair.inject(pair.right, { flags: Flag.ack, seq: tcb.rcvNxt, ack: tcb.sndNxt }, 'x'.repeat(window));
    expect(tcb.rcvAdv).toBe(tcb.rcvNxt);
    pair.right.send('ours');
    const una = tcb.sndUna;
    const ack = answer(pair, { flags: Flag.ack, seq: tcb.rcvNxt, ack: tcb.sndNxt }, 'y');
    expect(tcb.sndUna).toBe((una + 4) | 0);
    expect(ack?.ack).toBe(tcb.rcvNxt);
    expect(ack?.window).toBe(0);
    expect(tcb.receive.readable).toBe(window);
    pair.inject(pair.right, { flags: Flag.rst, seq: tcb.rcvNxt });
    expect(pair.right.state).toBe('CLOSED');
  });

  it('bare ACKs outside the window are not answered without end', () => {
    const pair = established();
    const { tcb } = pair.right;
    for (let i = 0; i < 100; i++) {
      pair.inject(pair.right, { flags: Flag.ack, seq: (tcb.rcvNxt - 5) | 0, ack: tcb.sndNxt });
    }
    expect(pair.sent.length).toBe(1);
  });
});

describe('RST (second; RFC 5961 3)', () => {
  it('at RCV.NXT: the connection is reset', () => {
    const pair = established();
    expect(answer(pair, { flags: Flag.rst, seq: pair.right.tcb.rcvNxt })).toBe(null);
    expect(pair.right.state).toBe('CLOSED');
    expect(pair.right.receive()).toBe(-Errno.ECONNRESET);
    expect(pair.right.signals & Effect.signalReset).not.toBe(0);
    expect(pair.right.counters.EstabResets).toBe(1);
  });

  it('elsewhere in the window: a challenge ACK', () => {
    const pair = established();
    const { tcb } = pair.right;
    const ack = answer(pair, { flags: Flag.rst, seq: (tcb.rcvNxt + 1) | 0 });
    expect(ack?.flags).toBe(Flag.ack);
    expect(pair.right.state).toBe('ESTABLISHED');
    expect(pair.right.counters.TCPChallengeACK).toBe(1);
  });

  it('outside: nothing', () => {
    const pair = established();
    expect(answer(pair, { flags: Flag.rst, seq: (pair.right.tcb.rcvNxt - 1) | 0 })).toBe(null);
    expect(pair.right.state).toBe('ESTABLISHED');
  });

  it.each([
    [RFC_TABLE, 'rfc', Errno.ECONNRESET],
    [LINUX_TABLE, 'linux', Errno.EPIPE],
  ])('in CLOSE-WAIT, table %#', (table, _name, errno) => {
    const pair = established({}, table);
    shutdown(pair.left, pair.left.tcb, 1);
    pair.run(50_000);
    pair.inject(pair.right, { flags: Flag.rst, seq: pair.right.tcb.rcvNxt });
    expect(pair.right.state).toBe('CLOSED');
    expect(pair.right.send('x')).toBe(-errno);
  });

  it('Linux takes it just before the FIN that it has taken, and at the edge of a SACK', () => {
    const config = linuxConfig();
    const pair = new TcbPair({ config }).establish();
    const { tcb } = pair.right;
    pair.inject(pair.right, { flags: Flag.ack, seq: (tcb.rcvNxt + 10) | 0, ack: tcb.sndNxt }, 'abc');
    pair.inject(pair.right, { flags: Flag.rst, seq: (tcb.rcvNxt + 12) | 0 });
    expect(pair.right.state).toBe('ESTABLISHED');
    pair.inject(pair.right, { flags: Flag.rst, seq: (tcb.rcvNxt + 13) | 0 });
    expect(pair.right.state).toBe('CLOSED');

    const other = new TcbPair({ config }).establish();
    shutdown(other.left, other.left.tcb, 1);
    other.run(50_000);
    other.inject(other.right, { flags: Flag.rst, seq: (other.right.tcb.rcvNxt - 1) | 0 });
    expect(other.right.state).toBe('CLOSED');
  });

  it('challenge ACKs are limited for a connection and for the host', () => {
    const pair = established();
    const seq = (pair.right.tcb.rcvNxt + 1) | 0;
    for (let i = 0; i < 50; i++) pair.inject(pair.right, { flags: Flag.rst, seq });
    expect(pair.sent.length).toBe(1);
    pair.run(1_000_000);
    pair.right.challengesLeft = 0;
    expect(answer(pair, { flags: Flag.rst, seq })).toBe(null);
  });
});

describe('SYN on a connection (fourth; RFC 5961 4)', () => {
  it.each([-1, 0, 5, 400_000])('at RCV.NXT%+d: a challenge ACK, the connection stays', (offset) => {
    const pair = established();
    const { tcb } = pair.right;
    const ack = answer(pair, { flags: Flag.syn, seq: (tcb.rcvNxt + offset) | 0 });
    expect(ack?.flags).toBe(Flag.ack);
    expect(ack?.seq).toBe(tcb.sndNxt);
    expect(pair.right.state).toBe('ESTABLISHED');
    expect(pair.right.counters.TCPSYNChallenge).toBe(1);
  });

  it('a peer that has lost the connection answers the challenge with an RST that fits', () => {
    const pair = established();
    pair.left.fresh();
    pair.left.connect();
    pair.run(30_000);
    expect(pair.right.state).toBe('CLOSED');
    expect(pair.left.state).toBe('SYN-SENT');
  });
});

describe('ACK (fifth; RFC 5961 5)', () => {
  it('of something never sent: an ACK, nothing taken', () => {
    const pair = established();
    const { tcb } = pair.right;
    const ack = answer(pair, { flags: Flag.ack, seq: tcb.rcvNxt, ack: (tcb.sndNxt + 1) | 0 }, 'blind');
    expect(ack?.ack).toBe(tcb.rcvNxt);
    expect(pair.right.receive()).toBe(-Errno.EAGAIN);
  });

  it('older than the largest window: a challenge ACK, nothing taken', () => {
    const pair = established();
    const { tcb } = pair.right;
    const ack = (tcb.sndUna - tcb.maxSndWnd) | 0;
    expect(answer(pair, { flags: Flag.ack, seq: tcb.rcvNxt, ack: (ack - 1) | 0 }, 'x')?.flags).toBe(Flag.ack);
    expect(pair.right.receive()).toBe(-Errno.EAGAIN);
    pair.inject(pair.right, { flags: Flag.ack, seq: tcb.rcvNxt, ack }, 'old ACK, new text');
    expect(pair.right.receive()).toBe('old ACK, new text');
  });

  it('without ACK the segment is dropped', () => {
    const pair = established();
    expect(answer(pair, { flags: Flag.psh, seq: pair.right.tcb.rcvNxt }, 'x')).toBe(null);
    expect(pair.right.receive()).toBe(-Errno.EAGAIN);
  });

  it('the window of an older segment does not count', () => {
    const pair = established();
    const { tcb } = pair.right;
    const seq = tcb.rcvNxt;
    pair.inject(pair.right, { flags: Flag.ack, seq, ack: tcb.sndNxt, window: 100 }, 'abcdef');
    const wnd = tcb.sndWnd;
    expect(wnd).toBe(100 << tcb.sndScale);
    pair.inject(pair.right, { flags: Flag.ack, seq: (seq + 2) | 0, ack: tcb.sndNxt, window: 9 }, 'cdef+');
    expect(tcb.sndWnd).toBe(9 << tcb.sndScale);
    pair.inject(pair.right, { flags: Flag.ack, seq: (seq + 1) | 0, ack: tcb.sndNxt, window: 7 }, 'bcdef+x');
    expect(tcb.sndWnd).toBe(9 << tcb.sndScale);
  });
});

describe('PAWS and TS.Recent (RFC 7323)', () => {
  it('a timestamp from before is answered and dropped', () => {
    const pair = established();
    const { tcb } = pair.right;
    const over = { flags: Flag.ack, seq: tcb.rcvNxt, ack: tcb.sndNxt, tsVal: (tcb.tsRecent - 1) | 0 };
    expect(answer(pair, over, 'old')?.flags).toBe(Flag.ack);
    expect(pair.right.receive()).toBe(-Errno.EAGAIN);
    expect(pair.right.counters.PAWSEstab).toBe(1);
  });

  it('not after 24 days of silence', () => {
    const pair = established();
    const { tcb } = pair.right;
    pair.run(25 * 86_400_000_000);
    const tsVal = (tcb.tsRecent - 1) | 0;
    pair.inject(pair.right, { flags: Flag.ack, seq: tcb.rcvNxt, ack: tcb.sndNxt, tsVal }, 'new');
    expect(pair.right.receive()).toBe('new');
    expect(tcb.tsRecent).toBe(tsVal);
  });

  it('an RST is not tested', () => {
    const pair = established();
    const { tcb } = pair.right;
    pair.inject(pair.right, { flags: Flag.rst, seq: tcb.rcvNxt, tsVal: (tcb.tsRecent - 1) | 0 });
    expect(pair.right.state).toBe('CLOSED');
  });

  it('TS.Recent follows segments that reach back to the last ACK, no others', () => {
    const pair = established();
    const { tcb } = pair.right;
    const at = tcb.rcvNxt;
    const recent = tcb.tsRecent;
    const send = (offset: number, later: number, text: string) =>
      pair.inject(
        pair.right,
        { flags: Flag.ack, seq: (at + offset) | 0, ack: tcb.sndNxt, tsVal: recent + later },
        text,
      );
    send(10, 5, 'out of order');
    expect(tcb.tsRecent).toBe(recent);
    send(0, 7, '0123456789');
    expect(tcb.tsRecent).toBe(recent + 7);
  });

  it.each([true, false])('segments without timestamps: dropped %s', (requireTimestamps) => {
    const pair = established({ requireTimestamps });
    const { tcb } = pair.right;
    pair.inject(pair.right, { flags: Flag.ack, seq: tcb.rcvNxt, ack: tcb.sndNxt, optionKinds: 0 }, 'bare');
    expect(pair.right.receive()).toBe(requireTimestamps ? -Errno.EAGAIN : 'bare');
    pair.inject(pair.right, { flags: Flag.rst, seq: tcb.rcvNxt, optionKinds: 0 });
    expect(pair.right.state).toBe('CLOSED');
  });
});

describe('text (seventh)', () => {
  it('out of order: an ACK with SACK at once, and at once when the gap closes', () => {
    const pair = established();
    const { tcb } = pair.right;
    const at = tcb.rcvNxt;
    const first = answer(pair, { flags: Flag.ack, seq: (at + 5) | 0, ack: tcb.sndNxt }, 'fghij');
    expect(first?.ack).toBe(at);
    expect(first!.optionKinds & OptionBit.sack).not.toBe(0);
    expect([...first!.sack.subarray(0, 2)]).toEqual([(at + 5) | 0, (at + 10) | 0]);
    const second = answer(pair, { flags: Flag.ack, seq: at, ack: tcb.sndNxt }, 'abcde');
    expect(second?.ack).toBe((at + 10) | 0);
    expect(pair.right.receive()).toBe('abcdefghij');
  });

  it('what came twice is reported (DSACK)', () => {
    const pair = established();
    const { tcb } = pair.right;
    const at = tcb.rcvNxt;
    pair.inject(pair.right, { flags: Flag.ack, seq: at, ack: tcb.sndNxt }, 'abcde');
    const again = answer(pair, { flags: Flag.ack, seq: at, ack: tcb.sndNxt }, 'abcde');
    expect([...again!.sack.subarray(0, 2)]).toEqual([at, (at + 5) | 0]);
    expect(again!.sackCount).toBe(1);
    expect(pair.right.counters.TCPDSACKOldSent).toBe(1);
    pair.inject(pair.right, { flags: Flag.ack, seq: (at + 10) | 0, ack: tcb.sndNxt }, 'klmno');
    const ahead = answer(pair, { flags: Flag.ack, seq: (at + 10) | 0, ack: tcb.sndNxt }, 'klm');
    expect([...ahead!.sack.subarray(0, 4)]).toEqual([at + 10, at + 13, at + 10, at + 15].map((n) => n | 0));
    expect(pair.right.counters.TCPDSACKOfoSent).toBe(1);
  });

  it('a FIN before its text waits for it', () => {
    const pair = established();
    const { tcb } = pair.right;
    const at = tcb.rcvNxt;
    const ack = { flags: Flag.ack, ack: tcb.sndNxt };
    pair.inject(pair.right, { ...ack, flags: Flag.ack | Flag.fin, seq: (at + 6) | 0 }, 'ghi');
    expect(pair.right.state).toBe('ESTABLISHED');
    pair.inject(pair.right, { ...ack, seq: at }, 'ab');
    expect(pair.right.state).toBe('ESTABLISHED');
    const last = answer(pair, { ...ack, seq: (at + 2) | 0 }, 'cdef');
    expect(pair.right.state).toBe('CLOSE-WAIT');
    expect(last?.ack).toBe((at + 10) | 0);
    expect(pair.right.receive()).toBe('abcdefghi');
    expect(pair.right.receive()).toBe(0);
  });

  it('a FIN alone that came early', () => {
    const pair = established();
    const { tcb } = pair.right;
    const at = tcb.rcvNxt;
    pair.inject(pair.right, { flags: Flag.ack | Flag.fin, ack: tcb.sndNxt, seq: (at + 3) | 0 });
    expect(pair.right.state).toBe('ESTABLISHED');
    pair.inject(pair.right, { flags: Flag.ack, ack: tcb.sndNxt, seq: at }, 'abc');
    expect(pair.right.state).toBe('CLOSE-WAIT');
  });

  it('ranges out of order are bounded', () => {
    const pair = established({ maxReassemblyRanges: 8 });
    const { tcb } = pair.right;
    for (let i = 1; i <= 1000; i++) {
      pair.inject(pair.right, { flags: Flag.ack, ack: tcb.sndNxt, seq: (tcb.rcvNxt + 2 * i) | 0 }, 'x');
      expect(tcb.receive.rangeCount).toBeLessThanOrEqual(8);
    }
    expect(pair.right.memory).toBeLessThanOrEqual(262_144);
  });

  it('memory refused for what is out of order loses only that', () => {
    const pair = established();
    const { tcb } = pair.right;
    pair.right.memoryLimit = 100;
    const ack = answer(pair, { flags: Flag.ack, ack: tcb.sndNxt, seq: (tcb.rcvNxt + 5) | 0 }, 'fghij');
    expect(ack?.ack).toBe(tcb.rcvNxt);
    expect(pair.right.counters.TCPOFODrop).toBe(1);
    expect(pair.right.memory).toBe(0);
  });
});

describe('acknowledging (RFC 9293 3.8.6.3)', () => {
  it('a lone segment waits, a second full one does not', () => {
    const pair = established();
    pair.left.sendBytes(new Uint8Array(1448));
    pair.run(15_000);
    expect(pair.log.filter((line) => line.startsWith('right'))).toEqual([]);
    pair.run(300_000);
    expect(pair.log.filter((line) => line.startsWith('right')).length).toBe(1);
    pair.forget();
    pair.left.sendBytes(new Uint8Array(2 * 1448));
    pair.run(15_000);
    expect(pair.log.filter((line) => line.startsWith('right')).length).toBe(1);
  });

  it('at most every second segment of a stream is acknowledged, and no fewer', () => {
    const pair = established();
    pair.left.sendBytes(new Uint8Array(20 * 1448));
    pair.run(400_000);
    const acks = pair.log.filter((line) => line.startsWith('right')).length;
    expect(acks).toBe(10);
  });

  it('the delay is 40 to 200 ms as with Linux, after the quick ACKs at the start', () => {
    const pair = new TcbPair({ config: linuxConfig() }).establish().forget();
    for (let i = 0; i < 20; i++) {
      pair.left.send('x');
      pair.run(20_000);
    }
    const delays = pair.sent
      .filter((flight) => flight.from === pair.right)
      .map((flight) => (flight.sentAt - 10_000) % 20_000);
    expect(delays.length).toBeGreaterThan(15);
    expect(delays.every((delay) => delay === 0)).toBe(true);
  });

  it('data of ours carries the ACK', () => {
    const pair = established();
    pair.left.send('question');
    pair.run(10_000);
    pair.right.send('answer');
    pair.run(5_000);
    expect(pair.log.filter((line) => line.startsWith('right')).length).toBe(1);
    pair.run(100_000);
    expect(pair.left.tcb.send.length).toBe(0);
  });
});
