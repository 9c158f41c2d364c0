import { describe, expect, it } from 'vitest';
import { TcbPair } from '../../test/support/tcb-pair.ts';
import { testConfig } from '../../test/support/tcp-config.ts';
import { LINUX_TABLE, RFC_TABLE } from '../states/index.ts';
import { Segment, SegmentKind } from '../wire/index.ts';
import { takeError } from './calls.ts';
import { Errno } from './errno.ts';
import { icmpArrives } from './icmp.ts';

/** An ICMP error at left that quotes what it sent. */
function icmp(pair: TcbPair, type: number, code: number, over: Partial<Segment> = {}): void {
  const { tcb } = pair.left;
  const segment = new Segment();
  segment.kind = SegmentKind.icmpError;
  segment.icmpFamily = 4;
  segment.icmpType = type;
  segment.icmpCode = code;
  segment.seq = tcb.sndUna;
  Object.assign(segment, over);
  icmpArrives(pair.left, tcb, segment);
}

describe('in SYN-SENT', () => {
  it.each([
    [3, 1, RFC_TABLE, 'SYN-SENT', 0],
    [3, 1, LINUX_TABLE, 'CLOSED', Errno.EHOSTUNREACH],
    [3, 0, LINUX_TABLE, 'CLOSED', Errno.ENETUNREACH],
    [3, 3, RFC_TABLE, 'CLOSED', Errno.ECONNREFUSED],
    [3, 13, RFC_TABLE, 'CLOSED', Errno.EHOSTUNREACH],
    [11, 0, RFC_TABLE, 'SYN-SENT', 0],
    [4, 0, LINUX_TABLE, 'SYN-SENT', 0],
    [8, 0, LINUX_TABLE, 'SYN-SENT', 0],
  ])('type %d code %d: case %#', (type, code, table, state, error) => {
    const pair = new TcbPair({ table });
    pair.left.connect();
    icmp(pair, type, code);
    expect(pair.left.state).toBe(state);
    expect(pair.left.tcb.error).toBe(error);
  });

  it('a soft error is what a timeout ends with', () => {
    const pair = new TcbPair({ table: RFC_TABLE });
    pair.filter = () => false;
    pair.left.connect();
    icmp(pair, 3, 0);
    pair.settle();
    expect(pair.left.receive()).toBe(-Errno.ENETUNREACH);
  });

  it('an RST refuses whatever ICMP said before', () => {
    const pair = new TcbPair({ table: RFC_TABLE });
    pair.left.connect();
    icmp(pair, 3, 0);
    pair.run(50_000);
    expect(pair.left.receive()).toBe(-Errno.ECONNREFUSED);
  });

  it('ICMPv6', () => {
    const pair = new TcbPair({ table: RFC_TABLE });
    pair.left.connect();
    icmp(pair, 1, 4, { icmpFamily: 6 });
    expect(takeError(pair.left.tcb)).toBe(Errno.ECONNREFUSED);
    expect(takeError(pair.left.tcb)).toBe(0);
  });
});

describe('in SYN-RECEIVED of a listener', () => {
  it.each([
    [4, 3, 3, false, 'CLOSED'],
    [4, 3, 3, true, 'SYN-RECEIVED'],
    [4, 3, 13, true, 'SYN-RECEIVED'],
    [4, 3, 12, true, 'SYN-RECEIVED'],
    [4, 3, 1, true, 'CLOSED'],
    [4, 11, 0, true, 'CLOSED'],
    [6, 1, 4, true, 'CLOSED'],
    [6, 1, 0, true, 'SYN-RECEIVED'],
  ] as const)('ICMPv%d type %d code %d: case %#', (family, type, code, steadyRequests, state) => {
    const pair = new TcbPair({ config: testConfig({ steadyRequests }), table: LINUX_TABLE });
    pair.left.listen();
    pair.filter = ({ from }) => from === pair.right;
    pair.right.connect();
    pair.run(50_000);
    expect(pair.left.state).toBe('SYN-RECEIVED');
    icmp(pair, type, code, { icmpFamily: family });
    expect(pair.left.state).toBe(state);
  });
});

describe('on a connection', () => {
  it('even a hard error does not end it, SO_ERROR tells of it once', () => {
    const pair = new TcbPair().establish();
    icmp(pair, 3, 3);
    expect(pair.left.state).toBe('ESTABLISHED');
    expect(pair.left.receive()).toBe(-Errno.EAGAIN);
    expect(takeError(pair.left.tcb)).toBe(Errno.ECONNREFUSED);
    expect(takeError(pair.left.tcb)).toBe(0);
  });

  it('an ACK after it says that it is out of date', () => {
    const pair = new TcbPair({ table: RFC_TABLE }).establish();
    icmp(pair, 3, 1);
    pair.right.send('x');
    pair.run(50_000);
    expect(takeError(pair.left.tcb)).toBe(0);
  });

  it('a quoted number that is not under way is blind', () => {
    const pair = new TcbPair().establish();
    for (const offset of [-1, 1, 1 << 30]) {
      icmp(pair, 3, 3, { seq: (pair.left.tcb.sndUna + offset) | 0 });
    }
    expect(pair.left.counters.OutOfWindowIcmps).toBe(3);
    expect(takeError(pair.left.tcb)).toBe(0);
  });

  it('packet too big makes segments smaller', () => {
    const pair = new TcbPair().establish().forget();
    pair.filter = (flight) => flight.segment.payloadLength <= 1148;
    pair.left.sendBytes(new Uint8Array(3000));
    icmp(pair, 3, 4, { icmpMtu: 1200 });
    pair.run(3_000_000);
    expect(pair.right.tcb.receive.readable).toBe(3000);
    expect(pair.left.tcb.sndMss).toBe(1160);
    expect(pair.left.learntMtu).toBe(1200);
  });

  it('or not, where path MTU discovery is off', () => {
    const pair = new TcbPair({ config: testConfig({ pathMtuDiscovery: false }) }).establish();
    pair.left.sendBytes(new Uint8Array(3000));
    icmp(pair, 3, 4, { icmpMtu: 1200 });
    expect(pair.left.tcb.sndMss).toBe(1460);
  });
});
