import { describe, expect, it } from 'vitest';
import { option, type Peer, SECOND, TcpBench } from '../../test/support/tcp-bench.ts';
import { Errno } from '../tcp/errno.ts';
import { HOST_PROFILES } from './freebsd.ts';
import { migrateRequests, Option, Socket, State } from './index.ts';
import { linuxHost } from './profiles.ts';

const QUIET = { tailLossProbe: false };

/** The bare profile has no jar. */
const WITH_COOKIES = { ...linuxHost, cookies: HOST_PROFILES.linux.cookies! };

describe('queues of a listener', () => {
  it('the accept queue holds one more than the backlog; then handshakes stay unfinished', () => {
    const bench = new TcpBench({ profile: WITH_COOKIES, config: QUIET });
    const listener = bench.listen(80, '0.0.0.0', 2);
    for (let i = 0; i < 3; i++) {
      const peer = bench.peer({ port: 1000 + i });
      peer.send('S', 0);
      peer.expect('SA', 0, 1);
      peer.send('A', 1, 1);
    }
    const late = bench.peer({ port: 2000 });
    late.send('S', 0);
    late.quiet();
    expect(bench.host.counters.ListenOverflows).toBe(1);
    expect(bench.host.counters.ListenDrops).toBe(1);
    expect(bench.host.sockets().find((row) => row.state === 'LISTEN')).toMatchObject({ recvQ: 3, sendQ: 2 });
    expect(listener.accept()).toBeInstanceOf(Socket);
    late.send('S', 0);
    late.expect('SA', 0, 1);
  });

  it('a full SYN queue drops SYNs where cookies are off', () => {
    const bench = new TcpBench({ profile: 'linux', config: { ...QUIET, synCookies: 0 } });
    bench.listen(80, '0.0.0.0', 3);
    for (let i = 0; i < 4; i++) {
      const peer = bench.peer({ port: 1000 + i });
      peer.send('S', 0);
      peer.expect('SA', 0, 1);
    }
    const late = bench.peer({ port: 2000 });
    late.send('S', 0);
    late.quiet();
    expect(bench.host.counters.TCPReqQFullDrop).toBe(1);
  });

  it('half-open connections give up and leave the queue', () => {
    const bench = new TcpBench({ profile: 'linux', config: { ...QUIET, synCookies: 0 } });
    const listener = bench.listen(80, '0.0.0.0', 1);
    bench.peer({ port: 1000 }).send('S', 0);
    expect(bench.states()).toEqual(['LISTEN', 'SYN-RECEIVED']);
    bench.advance(200 * SECOND);
    expect(bench.states()).toEqual(['LISTEN']);
    expect(listener.listener!.synCount).toBe(0);
    expect(bench.host.memoryBytes).toBe(0);
  });

  it('closing the listener resets what waits to be accepted and forgets what is half open', () => {
    const bench = new TcpBench({ profile: WITH_COOKIES, config: QUIET });
    const listener = bench.listen(80);
    const open = bench.peer({ port: 1000 });
    open.send('S', 0);
    open.expect('SA', 0, 1);
    open.send('A', 1, 1);
    const half = bench.peer({ port: 1001 });
    half.send('S', 0);
    half.expect('SA', 0, 1);
    listener.close();
    bench.drain();
    expect(open.text(open.next())).toContain('R');
    half.quiet();
    expect(bench.states()).toEqual([]);
    half.send('A', 1, 1);
    expect(half.text(half.next())).toContain('R');
  });

  it.each([true, false])(
    'a group with SO_REUSEPORT takes over what waits: tcp_migrate_req %s',
    (migrates) => {
      const bench = new TcpBench({ profile: WITH_COOKIES, config: QUIET });
      if (migrates) migrateRequests(bench.host);
      const [old, heir] = [0, 1].map(() => {
        const socket = bench.host.socket();
        socket.setOption(Option.reusePort, 1);
        socket.bind('0.0.0.0', 80);
        socket.listen(8);
        return socket;
      }) as [Socket, Socket];
      const peers = Array.from({ length: 6 }, (_, i) => bench.peer({ port: 1000 + i }));
      for (const [i, peer] of peers.entries()) {
        peer.send('S', 0);
        peer.expect('SA', 0, 1);
        // Every other one is half open when the listener closes.
        if (i % 2 === 0) peer.send('A', 1, 1);
      }
      const before = heir.listener!.waiting;
      expect(before).toBeLessThan(3);
      old.close();
      expect(heir.listener!.waiting).toBe(migrates ? 3 : before);
      if (!migrates) return;
      for (const [i, peer] of peers.entries()) if (i % 2 === 1) peer.send('A', 1, 1);
      expect(heir.listener!.waiting).toBe(6);
      expect(heir.listener!.synCount).toBe(0);
      expect(bench.host.counters.OutRsts).toBe(0);
    },
  );

  it('TCP_DEFER_ACCEPT waits for data', () => {
    const bench = new TcpBench({ profile: WITH_COOKIES, config: QUIET });
    const listener = bench.listen(80);
    listener.setOption(Option.deferAccept, 3);
    const peer = bench.peer();
    peer.send('S', 0);
    peer.expect('SA', 0, 1);
    peer.send('A', 1, 1);
    expect(listener.accept()).toBe(-Errno.EAGAIN);
    peer.send('A', 1, 1, { data: 4 });
    expect(listener.accept()).toBeInstanceOf(Socket);
  });

  it('where the accept queue is full at the last ACK: silence, or RST with tcp_abort_on_overflow', () => {
    for (const abortOnOverflow of [false, true]) {
      const bench = new TcpBench({ profile: 'linux', config: { ...QUIET, abortOnOverflow } });
      const listener = bench.listen(80, '0.0.0.0', 1);
      const [early, last, late] = [1000, 1001, 1002].map((port) => bench.peer({ port })) as [
        Peer,
        Peer,
        Peer,
      ];
      early.send('S', 0);
      early.expect('SA', 0, 1);
      early.send('A', 1, 1);
      for (const peer of [last, late]) {
        peer.send('S', 0);
        peer.expect('SA', 0, 1);
      }
      last.send('A', 1, 1);
      late.send('A', 1, 1);
      if (abortOnOverflow) late.expect('R', 1);
      late.quiet();
      const rest = abortOnOverflow ? [] : ['SYN-RECEIVED'];
      expect(bench.states()).toEqual(['ESTABLISHED', 'ESTABLISHED', 'LISTEN', ...rest]);
      expect(listener.listener!.waiting).toBe(2);
    }
  });

  it('a connection that was reset while it waited is accepted and tells so', () => {
    const bench = new TcpBench({ profile: WITH_COOKIES, config: QUIET });
    const listener = bench.listen(80);
    const peer = bench.peer();
    peer.send('S', 0);
    peer.expect('SA', 0, 1);
    peer.send('A', 1, 1, { data: 3 });
    peer.send('R', 4);
    const socket = bench.accept(listener);
    expect(socket.state).toBe(State.closed);
    expect(socket.unread).toBe(3);
    expect(socket.recv(new Uint8Array(9))).toBe(3);
    expect(socket.recv(new Uint8Array(1))).toBe(-Errno.ECONNRESET);
    expect(socket.recv(new Uint8Array(1))).toBe(0);
    socket.close();
    expect(bench.host.inUse.length).toBe(1);
  });
});

describe('SYN cookies (RFC 4987)', () => {
  it('open a connection of which nothing was kept, with scale and SACK from the timestamp', () => {
    const bench = new TcpBench({ profile: WITH_COOKIES, config: { ...QUIET, synCookies: 2 } });
    const listener = bench.listen(80);
    const peer = bench.peer();
    peer.send('S', 0, 0, {
      options: [
        { kind: 'mss', mss: 1400 },
        { kind: 'sackPermitted' },
        { kind: 'timestamps', value: 77, echo: 0 },
        { kind: 'nop' },
        { kind: 'windowScale', shift: 5 },
      ],
    });
    expect(bench.host.inUse.length).toBe(1);
    const synAck = peer.expect('SA', 0, 1);
    const echo = option(synAck, 'timestamps')!.value;
    peer.send('A', 1, 1, { options: [{ kind: 'timestamps', value: 78, echo }] });
    const socket = bench.accept(listener);
    const info = socket.info();
    expect(info.options).toMatchObject({ sack: true, timestamps: true, windowScale: true });
    expect(info.sndWscale).toBe(5);
    // The largest of the table that the peer takes.
    expect(info.sndMss).toBe(1288);
    expect(bench.host.counters).toMatchObject({ SyncookiesSent: 1, SyncookiesRecv: 1, SyncookiesFailed: 0 });
  });

  it.each([
    [true, 'SEW', 'SAE', true],
    [false, 'SEW', 'SA', false],
    [true, 'S', 'SA', false],
  ])('timestamps %s, SYN %s: %s, and both ends agree on ECN', (withTimestamps, syn, synAck, ecn) => {
    const bench = new TcpBench({ profile: WITH_COOKIES, config: { ...QUIET, synCookies: 2 } });
    const listener = bench.listen(80);
    const peer = bench.peer();
    const mss = { kind: 'mss', mss: 1400 } as const;
    peer.send(syn, 0, 0, {
      options: withTimestamps ? [mss, { kind: 'timestamps', value: 77, echo: 0 }] : [mss],
    });
    const answer = peer.expect(synAck, 0, 1);
    const echo = option(answer, 'timestamps')?.value ?? 0;
    peer.send('A', 1, 1, { options: withTimestamps ? [{ kind: 'timestamps', value: 78, echo }] : [] });
    expect(bench.accept(listener).info().options.ecn).toBe(ecn);
  });

  it('without timestamps remember the MSS only', () => {
    const bench = new TcpBench({ profile: WITH_COOKIES, config: { ...QUIET, synCookies: 2 } });
    const listener = bench.listen(80);
    const peer = bench.peer();
    peer.send('S', 0, 0, {
      options: [{ kind: 'mss', mss: 1460 }, { kind: 'sackPermitted' }, { kind: 'nop' }, { kind: 'nop' }],
    });
    const synAck = peer.expect('SA', 0, 1);
    expect(option(synAck, 'sackPermitted')).toBeUndefined();
    peer.send('A', 1, 1, { data: 3, options: [] });
    const socket = bench.accept(listener);
    expect(socket.info().options).toMatchObject({ sack: false, timestamps: false, windowScale: false });
    expect(socket.info().sndMss).toBe(1460);
    expect(socket.recv(new Uint8Array(10))).toBe(3);
  });

  it('a forged or an old one opens nothing', () => {
    const bench = new TcpBench({ profile: WITH_COOKIES, config: { ...QUIET, synCookies: 2 } });
    const listener = bench.listen(80);
    const peer = bench.peer();
    peer.send('S', 0);
    peer.expect('SA', 0, 1);
    peer.send('A', 1, 2);
    expect(peer.text(peer.next())).toContain('R');
    bench.advance(130 * SECOND);
    peer.send('A', 1, 1);
    expect(peer.text(peer.next())).toContain('R');
    expect(listener.accept()).toBe(-Errno.EAGAIN);
    expect(bench.host.counters.SyncookiesFailed).toBe(2);
  });

  it('a flood of SYNs leaves open connections and new ones working', () => {
    const bench = new TcpBench({ profile: WITH_COOKIES, config: QUIET });
    const listener = bench.listen(80, '0.0.0.0', 16);
    const early = bench.handshake(listener, bench.peer({ port: 999 }));
    for (let i = 0; i < 3000; i++) {
      bench.arrive(bench.peer({ address: `10.77.${i >> 8}.${i & 255}`, port: 1000 + i }).packet('S', 0));
    }
    bench.drain();
    expect(bench.host.inUse.length).toBeLessThanOrEqual(2 + 17);
    expect(bench.host.counters.SyncookiesSent).toBe(3000 - 17);
    early.peer.send('A', 1, 1, { data: 'still here' });
    expect(bench.read(early.socket)).toBe('still here');
    const late = bench.handshake(listener, bench.peer({ port: 998 }));
    late.peer.send('A', 1, 1, { data: 'new' });
    expect(bench.read(late.socket)).toBe('new');
  });
});
