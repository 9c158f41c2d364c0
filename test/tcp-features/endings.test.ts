import { describe, expect, it } from 'vitest';
import { Option, Poll, Shut, type Socket } from '../../src/host/index.ts';
import { State } from '../../src/states/index.ts';
import { Flag, seqGreater } from '../../src/wire/index.ts';
import { failure, MINUTE, MS, ok, SECOND, TcpBench } from '../support/tcp-bench.ts';

/** The peer closes nothing: the host has closed and its FIN is acknowledged. */
function finWait2(
  options: ConstructorParameters<typeof TcpBench>[0],
  end: (socket: Socket) => void,
  prepare: (socket: Socket) => void = () => {},
): { bench: TcpBench } & ReturnType<TcpBench['accepted']> {
  const bench = new TcpBench(options);
  const connection = bench.accepted();
  prepare(connection.socket);
  end(connection.socket);
  connection.peer.expect('FA', 1, 1);
  connection.peer.send('A', 1, 2);
  return { bench, ...connection };
}

const close = (socket: Socket): void => {
  ok(socket.close());
};

describe('four segments and three', () => {
  it('the passive closer goes through CLOSE-WAIT and LAST-ACK', () => {
    const bench = new TcpBench();
    const { socket, peer } = bench.accepted();
    peer.send('FA', 1, 1);
    peer.expect('A', 1, 2);
    expect(socket.state).toBe(State.closeWait);
    bench.write(socket, 'still sending');
    peer.expect('A', 1, 2, 13);
    peer.send('A', 2, 14);
    ok(socket.close());
    peer.expect('FA', 14, 2);
    expect(bench.states()).toEqual(['LAST-ACK', 'LISTEN']);
    peer.send('A', 2, 15);
    expect(bench.states()).toEqual(['LISTEN']);
  });

  it('FIN and ACK of the FIN in one segment: three segments in all', () => {
    const bench = new TcpBench();
    const { socket, peer } = bench.accepted();
    ok(socket.close());
    peer.expect('FA', 1, 1);
    peer.send('FA', 1, 2);
    peer.expect('A', 2, 2);
    expect(bench.states()).toEqual(['LISTEN', 'TIME-WAIT']);
  });

  it('simultaneous close goes through CLOSING to TIME-WAIT on both sides', () => {
    const bench = new TcpBench();
    const { socket, peer } = bench.accepted();
    ok(socket.close());
    peer.expect('FA', 1, 1);
    peer.send('FA', 1, 1);
    peer.expect('A', 2, 2);
    expect(bench.states()).toEqual(['CLOSING', 'LISTEN']);
    peer.send('A', 2, 2);
    expect(bench.states()).toEqual(['LISTEN', 'TIME-WAIT']);
  });

  it('a half-closed connection carries data the other way for as long as it likes', () => {
    const { bench, peer, socket } = finWait2({}, (one) => ok(one.shutdown(Shut.write)));
    for (let i = 0; i < 10; i++) {
      bench.advance(10 * MINUTE);
      peer.send('A', 1 + i * 1000, 2, { data: 1000 });
      expect(bench.readBytes(socket).length).toBe(1000);
    }
    peer.queue.length = 0;
    peer.send('FA', 10_001, 2);
    peer.expect('A', 2, 10_002);
    expect(bench.read(socket)).toBe('EOF');
    expect(failure(socket.send(new Uint8Array(1)))).toBe('EPIPE');
  });

  it('data that is queued goes before the FIN', () => {
    const bench = new TcpBench();
    const { socket, peer } = bench.accepted({ window: 1000 });
    bench.write(socket, 3_000);
    ok(socket.close());
    peer.expect('A', 1, 1, 1000);
    peer.quiet();
    peer.send('A', 1, 1001);
    peer.expect('A', 1001, 1, 1000);
    peer.send('A', 1, 2001);
    peer.expect('A', 2001, 1, 1000);
    // The FIN takes a sequence number, for which the window had no room.
    peer.send('A', 1, 3001);
    peer.expect('FA', 3001, 1);
  });

  it('a lost FIN is sent again', () => {
    const bench = new TcpBench({ config: { tailLossProbe: false } });
    const { socket, peer } = bench.accepted();
    ok(socket.close());
    peer.expect('FA', 1, 1);
    peer.expectWithin(5 * SECOND, 'FA', 1, 1);
    peer.expectWithin(5 * SECOND, 'FA', 1, 1);
    peer.send('FA', 1, 2);
    peer.expect('A', 2, 2);
  });

  it('shutdown for reading gives EOF and goes on acknowledging', () => {
    const bench = new TcpBench();
    const { socket, peer } = bench.accepted();
    ok(socket.shutdown(Shut.read));
    expect(bench.read(socket)).toBe('EOF');
    peer.send('A', 1, 1, { data: 10 });
    peer.expectWithin(SECOND, 'A', 1, 11);
    bench.write(socket, 'fine');
    peer.expect('A', 1, 11, 4);
  });
});

describe('FIN-WAIT-2', () => {
  it('without a reader it lasts tcp_fin_timeout; what comes later meets an RST', () => {
    const { bench, peer } = finWait2({ profile: 'linux' }, close);
    bench.advance(60 * SECOND - MS);
    expect(bench.states()).toEqual(['FIN-WAIT-2', 'LISTEN']);
    bench.advance(SECOND);
    expect(bench.states()).toEqual(['LISTEN']);
    peer.send('FA', 1, 2);
    expect(peer.next().flags & Flag.rst).toBe(Flag.rst);
  });

  it('with a reader it has no end', () => {
    const { bench } = finWait2({ profile: 'linux' }, (socket) => ok(socket.shutdown(Shut.write)));
    bench.advance(60 * MINUTE);
    expect(bench.states()).toEqual(['FIN-WAIT-2', 'LISTEN']);
  });

  it('TCP_LINGER2 sets it for one connection', () => {
    const { bench } = finWait2({ profile: 'linux' }, close, (socket) =>
      ok(socket.setOption(Option.linger2, 5)),
    );
    bench.advance(4 * SECOND);
    expect(bench.states()).toEqual(['FIN-WAIT-2', 'LISTEN']);
    bench.advance(2 * SECOND);
    expect(bench.states()).toEqual(['LISTEN']);
  });

  it('RFC 9293 has no such timeout', () => {
    const { bench } = finWait2({ profile: 'rfc' }, close);
    bench.advance(24 * 60 * MINUTE);
    expect(bench.states()).toEqual(['FIN-WAIT-2', 'LISTEN']);
  });
});

describe('SO_LINGER', () => {
  it('off: close returns at once and the connection closes in good order', () => {
    const bench = new TcpBench();
    const { socket, peer } = bench.accepted();
    bench.write(socket, 'bye');
    ok(socket.close());
    peer.expect('A', 1, 1, 3);
    peer.expect('FA', 4, 1);
  });

  it('0: close is an ABORT: RST, nothing queued is sent, no TIME-WAIT', () => {
    const bench = new TcpBench();
    const { socket, peer } = bench.accepted({ window: 10 });
    ok(socket.setOption(Option.linger, 0));
    bench.write(socket, 5_000);
    bench.drain();
    peer.queue.length = 0;
    ok(socket.close());
    expect(peer.next().flags & Flag.rst).toBe(Flag.rst);
    peer.quietFor(MINUTE);
    expect(bench.states()).toEqual(['LISTEN']);
  });

  it('the seconds of a lingering close change nothing on the wire', () => {
    const bench = new TcpBench();
    const { socket, peer } = bench.accepted();
    ok(socket.setOption(Option.linger, 5));
    expect(socket.getOption(Option.linger)).toBe(5);
    ok(socket.close());
    peer.expect('FA', 1, 1);
    bench.advance(500 * MS);
    expect(bench.states()).toEqual(['FIN-WAIT-1', 'LISTEN']);
  });

  it('abort sends RST in whatever state', () => {
    const bench = new TcpBench();
    const { socket, peer } = bench.accepted();
    ok(socket.abort());
    peer.expect('RA', 1, 1);
    const half = bench.accepted({ hostPort: 81 });
    half.peer.send('FA', 1, 1);
    half.peer.expect('A', 1, 2);
    ok(half.socket.abort());
    half.peer.expect('RA', 1, 2);
  });
});

describe('orphans', () => {
  it('beyond tcp_max_orphans the next one is reset', () => {
    const bench = new TcpBench({ profile: 'linux', config: { maxOrphans: 2 } });
    const listener = bench.listen(80);
    const all = Array.from({ length: 3 }, (_, i) =>
      bench.handshake(listener, bench.peer({ port: 1000 + i })),
    );
    for (const { socket } of all) ok(socket.close());
    bench.drain();
    expect(all[2]!.peer.queue.some((sent) => (sent.flags & Flag.rst) !== 0)).toBe(true);
    expect(bench.states()).toEqual(['FIN-WAIT-1', 'FIN-WAIT-1', 'LISTEN']);
  });

  it('an orphan whose peer is gone is given up', () => {
    const bench = new TcpBench({ profile: 'linux' });
    const { socket } = bench.accepted();
    ok(socket.close());
    bench.advance(30 * MINUTE);
    expect(bench.states()).toEqual(['LISTEN']);
  });
});

describe('TIME-WAIT', () => {
  /** The host connects from its only ephemeral port, closes first and waits. */
  function usedUp(config: object): TcpBench {
    const bench = new TcpBench({
      profile: 'linux',
      config: { ephemeralFrom: 50_000, ephemeralTo: 50_000, ...config },
    });
    const peer = bench.peer({ port: 80, hostPort: 50_000, timestamps: true });
    const socket = bench.host.socket(4);
    expect(failure(socket.connect(peer.address, 80))).toBe('EINPROGRESS');
    peer.expect('S', 0);
    peer.send('SA', 0, 1);
    peer.expect('A', 1, 1);
    ok(socket.close());
    peer.expect('FA', 1, 1);
    peer.send('FA', 1, 2);
    peer.expect('A', 2, 2);
    return bench;
  }

  function connect(bench: TcpBench): string {
    return failure(bench.host.socket(4).connect('10.0.0.2', 80));
  }

  it('keeps its port from a new connection to the same peer: EADDRNOTAVAIL', () => {
    const bench = usedUp({ timeWaitReuse: 0 });
    expect(connect(bench)).toBe('EADDRNOTAVAIL');
    bench.advance(59 * SECOND);
    expect(connect(bench)).toBe('EADDRNOTAVAIL');
    bench.advance(2 * SECOND);
    expect(connect(bench)).toBe('EINPROGRESS');
  });

  it('tcp_tw_reuse takes it over after a second, with a later sequence number', () => {
    const bench = usedUp({ timeWaitReuse: 1 });
    const last = bench.peers[0]!.all.at(-1)!.seq;
    expect(connect(bench)).toBe('EADDRNOTAVAIL');
    bench.advance(1_100 * MS);
    expect(connect(bench)).toBe('EINPROGRESS');
    const syn = bench.peers[0]!.next();
    expect(syn.flags & Flag.syn).toBe(Flag.syn);
    expect(seqGreater(syn.seq, last)).toBe(true);
    expect(bench.states()).toEqual(['SYN-SENT']);
  });

  it('beyond tcp_max_tw_buckets connections end without it', () => {
    const bench = new TcpBench({ profile: 'linux', config: { maxTimeWait: 2 } });
    const listener = bench.listen(80);
    for (let i = 0; i < 4; i++) {
      const { socket, peer } = bench.handshake(listener, bench.peer({ port: 1000 + i }));
      ok(socket.close());
      peer.expect('FA', 1, 1);
      peer.send('FA', 1, 2);
    }
    expect(bench.states().filter((state) => state === 'TIME-WAIT').length).toBe(2);
    expect(bench.host.counters.TCPTimeWaitOverflow).toBe(2);
  });

  it('sockets() tells how long it still waits', () => {
    const bench = usedUp({});
    bench.advance(10 * SECOND);
    const row = bench.host.sockets().find((one) => one.state === 'TIME-WAIT')!;
    expect(row.localPort).toBe(50_000);
    expect(row.remotePort).toBe(80);
    expect(row.timer).toBe('timewait');
    expect(row.timerUs / SECOND).toBeCloseTo(50, 0);
  });

  it('the last ACK that was lost is repeated', () => {
    const bench = usedUp({});
    const peer = bench.peers[0]!;
    bench.advance(SECOND);
    peer.send('FA', 1, 2);
    peer.expect('A', 2, 2);
    // Without TIME-WAIT the peer's FIN meets nobody.
    bench.host.crash();
    peer.send('FA', 1, 2);
    expect(peer.next().flags & Flag.rst).toBe(Flag.rst);
  });
});

describe('resets', () => {
  it('a segment to nobody gets an RST that takes its numbers from it', () => {
    const bench = new TcpBench();
    const peer = bench.peer();
    peer.send('S', 0);
    const first = peer.next();
    expect([first.flags, first.seq, peer.relAck(first.ack)]).toEqual([Flag.rst | Flag.ack, 0, 1]);
    peer.send('A', 10, 77, { data: 5 });
    const second = peer.next();
    expect([second.flags, second.seq, second.ack]).toEqual([Flag.rst, 77, 0]);
    peer.send('R', 10);
    peer.quiet();
  });

  it('a blocked reader learns ECONNRESET, a later writer EPIPE', () => {
    const bench = new TcpBench();
    const { socket, peer } = bench.accepted();
    let seen = 0;
    socket.onEvent = (one) => {
      seen = one.poll();
    };
    peer.send('R', 1);
    expect(seen & (Poll.in | Poll.err | Poll.hup)).toBe(Poll.in | Poll.err | Poll.hup);
    expect(bench.read(socket)).toBe('ECONNRESET');
    expect(failure(socket.send(new Uint8Array(1)))).toBe('EPIPE');
  });

  it('a crashed host answers an old connection with RST', () => {
    const bench = new TcpBench();
    const { peer } = bench.accepted();
    bench.host.crash();
    expect(bench.states()).toEqual([]);
    peer.send('A', 1, 1, { data: 10 });
    expect(peer.next().flags & Flag.rst).toBe(Flag.rst);
  });
});
