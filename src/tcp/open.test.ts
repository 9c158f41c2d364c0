import { describe, expect, it } from 'vitest';
import { TcbPair } from '../../test/support/tcb-pair.ts';
import { linuxConfig, testConfig } from '../../test/support/tcp-config.ts';
import { Effect, FREEBSD_TABLE, LINUX_TABLE, RFC_TABLE } from '../states/index.ts';
import { Flag, OptionBit } from '../wire/index.ts';
import { abort, shutdown, takeError } from './calls.ts';
import { Errno } from './errno.ts';
import { openActive, openFromCookie } from './open.ts';

const TABLES = { rfc: RFC_TABLE, linux: LINUX_TABLE, freebsd: FREEBSD_TABLE };

describe.each(Object.entries(TABLES))('opening by the table of %s', (_name, table) => {
  it('three-way handshake: SYN, SYN-ACK, ACK', () => {
    const pair = new TcbPair({ table }).establish();
    expect(pair.log.map((line) => line.replace(/ win.*/, ''))).toEqual([
      'left SYN 0(0)',
      'right SYN|ACK 0(0) ack 1',
      'left ACK 1(0) ack 1',
    ]);
    expect(pair.left.signals & Effect.signalOpen).not.toBe(0);
    expect(pair.right.accepted).toBe(true);
    expect(pair.left.counters.ActiveOpens).toBe(1);
    expect(pair.right.counters.PassiveOpens).toBe(1);
  });

  it('simultaneous open: both become ESTABLISHED, and data goes both ways', () => {
    const pair = new TcbPair({ table });
    pair.left.connect();
    pair.right.connect();
    pair.run(100_000);
    expect([pair.left.state, pair.right.state]).toEqual(['ESTABLISHED', 'ESTABLISHED']);
    pair.left.send('from left');
    pair.right.send('from right');
    pair.run(500_000);
    expect([pair.left.receive(), pair.right.receive()]).toEqual(['from right', 'from left']);
  });

  it('nobody listens: the RST refuses the connection', () => {
    const pair = new TcbPair({ table });
    pair.left.connect();
    pair.run(100_000);
    expect(pair.left.state).toBe('CLOSED');
    expect(pair.left.send('x')).toBe(-Errno.ECONNREFUSED);
    expect(pair.left.send('x')).toBe(-Errno.EPIPE);
    expect(pair.left.signals & Effect.signalRefused).not.toBe(0);
  });

  it('a SYN that is never answered ends in ETIMEDOUT', () => {
    const pair = new TcbPair({ table });
    pair.filter = () => false;
    pair.left.connect();
    pair.settle();
    expect(pair.left.state).toBe('CLOSED');
    expect(pair.left.receive()).toBe(-Errno.ETIMEDOUT);
    expect(pair.log.length).toBe(1 + testConfig().synRetries);
  });

  it('a lost SYN-ACK is sent again', () => {
    const pair = new TcbPair({ table });
    pair.filter = (flight) => pair.sent.length !== 2 || flight.from !== pair.right;
    pair.right.listen();
    pair.left.connect();
    pair.run(5_000_000);
    expect([pair.left.state, pair.right.state]).toEqual(['ESTABLISHED', 'ESTABLISHED']);
  });

  it('a lost ACK of the handshake: the data that follows it completes it', () => {
    const pair = new TcbPair({ table });
    pair.filter = () => pair.sent.length !== 3;
    pair.right.listen();
    pair.left.connect();
    pair.run(30_000);
    expect(pair.right.state).toBe('SYN-RECEIVED');
    pair.left.send('hello');
    pair.run(30_000);
    expect(pair.right.state).toBe('ESTABLISHED');
    expect(pair.right.receive()).toBe('hello');
  });

  it('SHUT_WR in SYN-SENT gives the connection up', () => {
    const pair = new TcbPair({ table });
    pair.filter = () => false;
    pair.left.connect();
    expect(shutdown(pair.left, pair.left.tcb, 1)).toBe(0);
    expect(pair.left.state).toBe('CLOSED');
    pair.settle();
    expect(pair.log.length).toBe(1);
  });

  it('a full accept queue ignores the last ACK; the SYN-ACK comes again', () => {
    const pair = new TcbPair({ table });
    pair.right.listen();
    pair.right.acceptRoom = false;
    pair.left.connect();
    pair.run(500_000);
    expect([pair.left.state, pair.right.state]).toEqual(['ESTABLISHED', 'SYN-RECEIVED']);
    pair.right.acceptRoom = true;
    pair.run(2_000_000);
    expect(pair.right.state).toBe('ESTABLISHED');
  });

  it('an RST in the handshake of a passive open leaves nothing behind', () => {
    const pair = new TcbPair({ table });
    pair.right.listen();
    pair.left.connect();
    pair.run(10_000);
    const tcb = pair.right.tcb;
    pair.inject(pair.right, { flags: Flag.rst, seq: tcb.rcvNxt });
    expect(pair.right.state).toBe('CLOSED');
    expect(pair.right.deletedCount).toBe(1);
    expect(pair.right.deadline()).toBe(Number.POSITIVE_INFINITY);
    expect(pair.right.counters.EmbryonicRsts).toBe(1);
    expect(takeError(tcb)).toBe(0);
  });

  it('a bad ACK in SYN-SENT is answered by RST with its number', () => {
    const pair = new TcbPair({ table });
    pair.left.connect();
    pair.forget();
    const { tcb } = pair.left;
    pair.inject(pair.left, { flags: Flag.syn | Flag.ack, seq: 77, ack: tcb.iss });
    expect(pair.left.state).toBe('SYN-SENT');
    expect(pair.sent[0]!.segment.flags).toBe(Flag.rst);
    expect(pair.sent[0]!.segment.seq).toBe(tcb.iss);
  });

  it('aborting in SYN-RECEIVED sends RST', () => {
    const pair = new TcbPair({ table });
    pair.right.listen();
    pair.left.connect();
    pair.run(10_000);
    abort(pair.right, pair.right.tcb);
    pair.run(10_000);
    expect(pair.right.state).toBe('CLOSED');
    expect(pair.left.state).toBe('CLOSED');
    expect(pair.left.receive()).toBe(-Errno.ECONNRESET);
  });
});

describe('options of the handshake', () => {
  it('agrees on MSS, scale, SACK and timestamps', () => {
    const pair = new TcbPair({ mtu: 1400, config: testConfig({ maxReceiveBufferBytes: 6_291_456 }) });
    pair.establish();
    for (const { tcb } of [pair.left, pair.right]) {
      expect(tcb.sndMss).toBe(1360);
      expect(tcb.peerMss).toBe(1360);
      expect(tcb.rcvScale).toBe(7);
      expect(tcb.sndScale).toBe(7);
      expect(tcb.sackOk && tcb.timestampsOk && tcb.scalingOk).toBe(true);
    }
  });

  it('uses nothing that one side does not want', () => {
    const rightConfig = testConfig({ timestamps: false, sack: false, windowScaling: false });
    const pair = new TcbPair({ rightConfig }).establish();
    for (const { tcb } of [pair.left, pair.right]) {
      expect(tcb.sackOk || tcb.timestampsOk || tcb.scalingOk).toBe(false);
      expect(tcb.rcvScale).toBe(0);
      expect(tcb.sndScale).toBe(0);
    }
    expect(pair.sent[1]!.segment.optionKinds).toBe(OptionBit.mss);
  });

  it('a peer without the MSS option gets 536 octets', () => {
    const pair = new TcbPair();
    pair.right.listen();
    pair.inject(pair.right, { flags: Flag.syn, seq: 1, optionKinds: 0, mss: -1 });
    expect(pair.right.tcb.sndMss).toBe(536);
  });

  it('a shift above 14 means 14', () => {
    const pair = new TcbPair();
    pair.right.listen();
    pair.inject(pair.right, { flags: Flag.syn, seq: 1, optionKinds: OptionBit.windowScale, windowScale: 20 });
    expect(pair.right.tcb.sndScale).toBe(14);
  });

  it('the user limits the MSS in both directions', () => {
    const pair = new TcbPair();
    pair.right.listen();
    const tcb = pair.left.fresh();
    tcb.maxSegOption = 700;
    openActive(pair.left, tcb);
    pair.run(50_000);
    expect(tcb.sndMss).toBe(700);
    expect(pair.right.tcb.sndMss).toBe(700);
  });

  it('ECN needs both', () => {
    const asks = testConfig({ ecn: 1 });
    const answers = testConfig({ ecn: 2 });
    const both = new TcbPair({ config: asks, rightConfig: answers }).establish();
    expect([both.left.tcb.ecnOk, both.right.tcb.ecnOk]).toEqual([true, true]);
    const one = new TcbPair({ config: asks, rightConfig: testConfig() }).establish();
    expect([one.left.tcb.ecnOk, one.right.tcb.ecnOk]).toEqual([false, false]);
    const none = new TcbPair({ config: answers }).establish();
    expect([none.left.tcb.ecnOk, none.right.tcb.ecnOk]).toEqual([false, false]);
  });

  it('timestamps are echoed', () => {
    const pair = new TcbPair().establish();
    const [syn, synAck, ack] = pair.sent.map((flight) => flight.segment);
    expect(synAck!.tsEcr).toBe(syn!.tsVal);
    expect(ack!.tsEcr).toBe(synAck!.tsVal);
  });
});

describe('data and handshakes', () => {
  it('SEND in SYN-SENT queues, and goes once ESTABLISHED', () => {
    const pair = new TcbPair();
    pair.right.listen();
    pair.left.connect();
    expect(pair.left.send('early')).toBe(5);
    expect(pair.left.receive()).toBe(-Errno.EAGAIN);
    pair.run(100_000);
    expect(pair.right.receive()).toBe('early');
  });

  it('or is refused, as Linux sockets that do not block do', () => {
    const pair = new TcbPair({ config: linuxConfig() });
    pair.left.connect();
    expect(pair.left.send('early')).toBe(-Errno.EAGAIN);
  });

  it.each([true, false])('data on a SYN: kept %s', (keepSynData) => {
    const pair = new TcbPair({ config: testConfig({ keepSynData }) });
    pair.right.listen();
    pair.inject(pair.right, { flags: Flag.syn, seq: 100 }, 'hello');
    expect(pair.right.receive()).toBe(-Errno.EAGAIN);
    const { tcb } = pair.right;
    expect(pair.sent[0]!.segment.ack).toBe(keepSynData ? 106 : 101);
    pair.inject(pair.right, { flags: Flag.syn, seq: 100 }, 'hello');
    expect(pair.right.state).toBe('SYN-RECEIVED');
    const seq = keepSynData ? 106 : 101;
    pair.inject(pair.right, { flags: Flag.ack, seq, ack: tcb.sndNxt }, keepSynData ? '' : 'hello');
    expect(pair.right.state).toBe('ESTABLISHED');
    expect(pair.right.receive()).toBe('hello');
  });

  it('data and FIN on the SYN-ACK are taken', () => {
    const pair = new TcbPair();
    pair.left.connect();
    const { tcb } = pair.left;
    pair.inject(
      pair.left,
      { flags: Flag.syn | Flag.ack | Flag.fin, seq: -1, ack: (tcb.iss + 1) | 0 },
      'all of it',
    );
    expect(pair.left.state).toBe('CLOSE-WAIT');
    expect(pair.left.receive()).toBe('all of it');
    expect(pair.left.receive()).toBe(0);
    expect(pair.sent.at(-1)!.segment.ack).toBe(10);
  });
});

describe('a connection from a SYN cookie', () => {
  // In the upper half of the sequence space a number is below the 0 that a new control block begins with.
  it.each([5001, -5001])('is ESTABLISHED at once, with the data of the ACK and its window: %i', (seq) => {
    const pair = new TcbPair();
    const tcb = pair.right.fresh();
    const segmentOf = { flags: Flag.ack | Flag.psh, seq, ack: 9001, window: 1_000 };
    pair.right.arrive = (segment) => openFromCookie(pair.right, tcb, segment, 1220);
    pair.inject(pair.right, segmentOf, 'GET /');
    expect(pair.right.state).toBe('ESTABLISHED');
    expect(pair.right.accepted).toBe(true);
    expect(pair.right.receive()).toBe('GET /');
    expect(tcb.sndMss).toBe(1220);
    expect(tcb.iss).toBe(9000);
    expect(tcb.sndUna).toBe(9001);
    expect(tcb.sndWnd).toBe(1_000);
    expect(pair.right.send('answer')).toBe(6);
    expect(pair.sent.at(-1)!.segment.payloadLength).toBe(6);
  });
});
