import { describe, expect, it } from 'vitest';
import { Option } from '../../src/host/index.ts';
import { State } from '../../src/states/index.ts';
import { Flag, formatAddress, toAddress } from '../../src/wire/index.ts';
import { failure, MS, ok, PEER4, SECOND, TcpBench } from '../support/tcp-bench.ts';

const words = (address: string): string => String(toAddress(address).words);

describe('initial sequence numbers', () => {
  it('MUST-8: the ISN of one four-tuple follows a clock of 4 microseconds', () => {
    const bench = new TcpBench();
    const isn = (): number => {
      const { socket, syn } = bench.connecting();
      socket.abort();
      return syn.seq;
    };
    const first = isn();
    bench.advance(400 * MS);
    const second = isn();
    expect((second - first) | 0).toBe(100_000);
    bench.advance(4 * SECOND);
    expect((isn() - second) | 0).toBe(1_000_000);
  });

  it('SHLD-1: the ISN depends on the four-tuple and on a secret', () => {
    const isnOf = (seed: number, hostPort: number, port: number, address: string): number =>
      new TcpBench({ seed }).connecting({ hostPort, port, address }).syn.seq;
    const isns = [
      isnOf(1, 50_000, 80, PEER4),
      isnOf(1, 50_001, 80, PEER4),
      isnOf(1, 50_000, 81, PEER4),
      isnOf(1, 50_000, 80, '10.0.0.3'),
      isnOf(2, 50_000, 80, PEER4),
    ];
    expect(new Set(isns).size).toBe(isns.length);
  });

  it('MUST-9: ISNs of neighbouring ports tell nothing about each other', () => {
    const bench = new TcpBench();
    const isns = Array.from(
      { length: 64 },
      (_, i) => bench.connecting({ hostPort: 50_000 + i }).syn.seq >>> 0,
    );
    const steps = isns.slice(1).map((isn, i) => (isn - isns[i]!) >>> 0);
    expect(new Set(steps).size).toBe(steps.length);
    // Every bit of the steps is set about half of the time: a linear F would leave most of them still.
    for (let bit = 0; bit < 32; bit++) {
      const set = steps.filter((step) => ((step >>> bit) & 1) === 1).length;
      expect(set).toBeGreaterThan(12);
      expect(set).toBeLessThan(51);
    }
  });
});

describe('opening connections', () => {
  it('MUST-10: two SYNs that cross open one connection', () => {
    const bench = new TcpBench();
    const { socket, peer, syn } = bench.connecting();
    peer.send('S', 0);
    const synAck = peer.expect('SA', 0, 1);
    expect(synAck.seq).toBe(syn.seq);
    expect(bench.states()).toEqual(['SYN-RECEIVED']);
    peer.send('SA', 0, 1);
    expect(bench.states()).toEqual(['ESTABLISHED']);
    bench.advance(SECOND);
    bench.drain();
    peer.queue.length = 0;
    peer.send('A', 1, 1, { data: 'both' });
    expect(bench.read(socket)).toBe('both');
    bench.write(socket, 'ways');
    expect(peer.next().payload.length).toBe(4);
  });

  it('MUST-11: an RST in SYN-RECEIVED leads a passive OPEN back to LISTEN and refuses an active one', () => {
    const bench = new TcpBench();
    const listener = bench.listen(80);
    const passive = bench.peer();
    passive.send('S', 0);
    passive.expect('SA', 0, 1);
    passive.send('R', 1);
    expect(bench.states()).toEqual(['LISTEN']);
    expect(failure(listener.accept())).toBe('EAGAIN');
    bench.handshake(listener, bench.peer({ port: 40_001 }));

    const active = bench.connecting({ port: 81 });
    active.peer.send('S', 0);
    active.peer.expect('SA', 0, 1);
    active.peer.send('R', 1);
    expect(active.socket.state).toBe(State.closed);
    expect(active.socket.getOption(Option.error)).toBe(111);
  });

  it('MUST-41: a passive OPEN does not touch what exists', () => {
    const bench = new TcpBench();
    const { socket, peer } = bench.accepted();
    const second = bench.host.socket(4);
    expect(failure(second.bind('0.0.0.0', 80))).toBe('EADDRINUSE');
    bench.listen(81);
    peer.send('A', 1, 1, { data: 'still here' });
    expect(bench.read(socket)).toBe('still here');
    expect(bench.states()).toEqual(['ESTABLISHED', 'LISTEN', 'LISTEN']);
  });

  it.each(['SYN-SENT', 'SYN-RECEIVED'])(
    'MUST-42: a port can be listened on while a connection of it is being opened (%s)',
    (state) => {
      const bench = new TcpBench();
      const reuse = (socket: { setOption(option: number, value: number): number }): void => {
        ok(socket.setOption(Option.reuseAddress, 1));
      };
      const { peer } = bench.connecting({ hostPort: 5000 }, reuse);
      if (state === 'SYN-RECEIVED') peer.send('S', 0);
      expect(bench.states()).toEqual([state]);
      const listener = bench.host.socket(4);
      reuse(listener);
      ok(listener.bind('0.0.0.0', 5000));
      ok(listener.listen(5));
      const { peer: another } = bench.handshake(listener, bench.peer({ port: 999, hostPort: 5000 }));
      expect(another.all.length).toBe(1);
      expect(bench.states()).toContain(state);
    },
  );

  it('MUST-44: the network layer chooses the local address of a SYN', () => {
    const bench = new TcpBench({ addresses: ['10.0.0.1', '192.168.7.1', 'fd00::1'] });
    const open = (address: string, family: 4 | 6): string => {
      const socket = bench.host.socket(family);
      expect(failure(socket.connect(address, 80))).toBe('EINPROGRESS');
      bench.drain();
      return formatAddress(family, bench.strays.pop()!.source);
    };
    expect(open('10.0.0.2', 4)).toBe('10.0.0.1');
    expect(open('192.168.7.9', 4)).toBe('192.168.7.1');
    expect(open('fd00::2', 6)).toBe('fd00::1');
  });

  it('MUST-45: all segments of a connection carry the address that it began with', () => {
    const bench = new TcpBench({ addresses: ['10.0.0.1', '10.0.0.7'] });
    const { socket, peer } = bench.accepted({ hostAddress: '10.0.0.7' });
    bench.write(socket, 3000);
    peer.send('A', 1, 3001, { data: 'request' });
    bench.read(socket);
    bench.advance(SECOND);
    socket.close();
    bench.advance(SECOND);
    expect(peer.all.length).toBeGreaterThan(4);
    expect(new Set(peer.all.map((sent) => String(sent.source)))).toEqual(new Set([words('10.0.0.7')]));
    expect(bench.strays).toEqual([]);
  });

  it.each(['255.255.255.255', '224.0.0.1', '239.1.2.3', 'ff02::1', 'ff0e::5'])(
    'MUST-46: an OPEN to a broadcast or multicast address is refused (%s)',
    (address) => {
      const bench = new TcpBench();
      const socket = bench.host.socket(address.includes(':') ? 6 : 4);
      expect(['ENETUNREACH', 'EACCES', 'EINVAL', 'EADDRNOTAVAIL', 'EHOSTUNREACH']).toContain(
        failure(socket.connect(address, 80)),
      );
      bench.advance(10 * SECOND);
      expect(bench.strays).toEqual([]);
      expect(socket.state).toBe(State.closed);
    },
  );

  it.each(['255.255.255.255', '224.0.0.1', 'ff02::1'])(
    'MUST-57: a SYN to a broadcast or multicast address is dropped in silence (%s)',
    (hostAddress) => {
      const bench = new TcpBench();
      bench.listen(80, '::');
      const address = hostAddress.includes(':') ? 'fd00::2' : PEER4;
      const peer = bench.peer({ address, hostAddress });
      peer.send('S', 0);
      bench.peer({ address, hostAddress, hostPort: 81 }).send('S', 0);
      bench.advance(10 * SECOND);
      expect(peer.all).toEqual([]);
      expect(bench.strays).toEqual([]);
    },
  );

  it.each(['255.255.255.255', '224.0.0.1', '0.0.0.0', '127.0.0.1', 'ff02::1', '::', '::1'])(
    'MUST-63: a SYN from an invalid address is dropped in silence (%s)',
    (address) => {
      const bench = new TcpBench();
      bench.listen(80, '::');
      const peer = bench.peer({ address });
      peer.send('S', 0);
      // With nobody listening there is no RST either.
      bench.peer({ address, hostPort: 81 }).send('S', 0);
      bench.advance(10 * SECOND);
      expect(peer.all).toEqual([]);
      expect(bench.strays).toEqual([]);
      expect(bench.states()).toEqual(['LISTEN']);
    },
  );

  it('MUST-43: the local address of an OPEN can be given', () => {
    const bench = new TcpBench({ addresses: ['10.0.0.1', '10.0.0.7'] });
    const { syn, socket } = bench.connecting({ hostAddress: '10.0.0.7' });
    expect(String(syn.source)).toBe(words('10.0.0.7'));
    expect(socket.localAddress).toBe('10.0.0.7');
    const listener = bench.listen(80, '10.0.0.7');
    bench.handshake(listener, bench.peer({ hostAddress: '10.0.0.7', port: 41_000 }));
    const other = bench.peer({ hostAddress: '10.0.0.1', port: 41_001 });
    other.send('S', 0);
    expect(other.next().flags & Flag.rst).not.toBe(0);
  });
});
