import { describe, expect, it } from 'vitest';
import { type Peer, SECOND, TcpBench } from '../../test/support/tcp-bench.ts';
import { TcpPair } from '../../test/support/tcp-pair.ts';
import type { TcpConfig } from '../tcp/config.ts';
import { Errno } from '../tcp/errno.ts';
import { Option, Socket } from './index.ts';

const TS = (value: number, echo = 0) =>
  [{ kind: 'nop' }, { kind: 'nop' }, { kind: 'timestamps', value, echo }] as const;

/** A host whose accepted connection on port 80 is in TIME-WAIT: both FINs have sequence number 1. */
function inTimeWait(
  config: Record<string, unknown> = {},
  profile: 'rfc' | 'linux' = 'linux',
): { bench: TcpBench; peer: Peer } {
  const bench = new TcpBench({ profile, config: { tailLossProbe: false, ...config } });
  const { socket, peer } = bench.accepted();
  socket.close();
  peer.expect('FA', 1, 1);
  peer.send('FA', 1, 2);
  peer.expect('A', 2, 2);
  expect(bench.states()).toEqual(['LISTEN', 'TIME-WAIT']);
  return { bench, peer };
}

describe('TIME-WAIT', () => {
  it.each([
    [30, 60],
    [60, 120],
    [120, 240],
  ])('with an MSL of %d s lasts %d s', (msl, seconds) => {
    const { bench } = inTimeWait({ mslUs: msl * SECOND });
    bench.advance(seconds * SECOND - 1000);
    expect(bench.states()).toEqual(['LISTEN', 'TIME-WAIT']);
    bench.advance(2000);
    expect(bench.states()).toEqual(['LISTEN']);
    expect(bench.host.counters.TW).toBe(1);
    expect(bench.host.nextTimeout()).toBe(Number.POSITIVE_INFINITY);
  });

  it('acknowledges the FIN that comes again, and begins anew', () => {
    const { bench, peer } = inTimeWait();
    bench.advance(50 * SECOND);
    peer.send('FA', 1, 2);
    peer.expect('A', 2, 2);
    bench.advance(59 * SECOND);
    expect(bench.states()).toEqual(['LISTEN', 'TIME-WAIT']);
    bench.advance(2 * SECOND);
    expect(bench.states()).toEqual(['LISTEN']);
  });

  it('a SYN above the old sequence numbers opens a new incarnation, above ours', () => {
    const { bench, peer } = inTimeWait();
    const before = peer.hostIss;
    peer.send('S', 1000, 0, { options: [{ kind: 'mss', mss: 1460 }] });
    const synAck = peer.next();
    expect(synAck.ack).toBe((peer.iss + 1001) | 0);
    expect((synAck.seq - before) | 0).toBeGreaterThan(65_535);
    expect(bench.states()).toEqual(['LISTEN', 'SYN-RECEIVED']);
  });

  it('an old SYN is answered with the last ACK, whether anybody listens or not', () => {
    const { bench, peer } = inTimeWait();
    peer.send('S', -1000);
    expect(peer.text(peer.next())).toBe('A 2:2(0) ack 2');
    expect(bench.states()).toEqual(['LISTEN', 'TIME-WAIT']);
  });

  it('a timestamp decides before the sequence number (RFC 6191)', () => {
    for (const [value, seq, state] of [
      [500, -1000, 'SYN-RECEIVED'],
      [50, 1000, 'TIME-WAIT'],
    ] as const) {
      const bench = new TcpBench({ profile: 'linux', config: { tailLossProbe: false } });
      const listener = bench.listen(80);
      const peer = bench.peer();
      peer.send('S', 0, 0, { options: [{ kind: 'mss', mss: 1460 }, ...TS(100)] });
      peer.next();
      peer.send('A', 1, 1, { options: [...TS(101)] });
      const socket = bench.accept(listener);
      socket.close();
      peer.next();
      peer.send('FA', 1, 2, { options: [...TS(102)] });
      peer.next();
      peer.send('S', seq, 0, { options: [{ kind: 'mss', mss: 1460 }, ...TS(value)] });
      expect(bench.states()).toEqual(['LISTEN', state]);
    }
  });

  it('an RST ends it, unless RFC 1337 is heeded', () => {
    const plain = inTimeWait();
    plain.peer.send('R', 2);
    expect(plain.bench.states()).toEqual(['LISTEN']);
    const careful = inTimeWait({ rfc1337: true });
    careful.peer.send('R', 2);
    expect(careful.bench.states()).toEqual(['LISTEN', 'TIME-WAIT']);
  });

  it('beyond the limit there is none, and it is counted', () => {
    const bench = new TcpBench({ profile: 'linux', config: { maxTimeWait: 1, tailLossProbe: false } });
    const listener = bench.listen(80);
    for (let i = 0; i < 2; i++) {
      const { peer, socket } = bench.handshake(listener, bench.peer({ port: 1000 + i }));
      socket.close();
      peer.expect('FA', 1, 1);
      peer.send('FA', 1, 2);
      peer.expect('A', 2, 2);
    }
    expect(bench.states()).toEqual(['LISTEN', 'TIME-WAIT']);
    expect(bench.host.counters.TCPTimeWaitOverflow).toBe(1);
  });

  it('keeps its port from a new server without SO_REUSEADDR', () => {
    for (const reuse of [0, 1]) {
      const bench = new TcpBench({ profile: 'linux', config: { tailLossProbe: false } });
      const first = bench.host.socket(4);
      first.setOption(Option.reuseAddress, reuse);
      first.bind('', 80);
      first.listen(5);
      const { peer, socket } = bench.handshake(first, bench.peer());
      socket.close();
      peer.expect('FA', 1, 1);
      peer.send('FA', 1, 2);
      first.close();
      expect(bench.states()).toEqual(['TIME-WAIT']);
      const plain = bench.host.socket(4);
      expect(plain.bind('', 80)).toBe(-Errno.EADDRINUSE);
      const again = bench.host.socket(4);
      again.setOption(Option.reuseAddress, 1);
      expect(again.bind('', 80)).toBe(reuse === 1 ? 0 : -Errno.EADDRINUSE);
      bench.advance(61 * SECOND);
      expect(bench.host.socket(4).bind('', 81)).toBe(0);
      again.close();
      expect(plain.bind('', 80)).toBe(0);
    }
  });
});

/** The client connects from its only port, closes, and is in TIME-WAIT. */
function onlyPort(timeWaitReuse: 0 | 1 | 2): { pair: TcpPair; connect: () => number } {
  const config = { ephemeralFrom: 40_000, ephemeralTo: 40_000, timeWaitReuse };
  const pair = new TcpPair({
    delayUs: 100,
    client: { profile: 'linux', config },
    server: { profile: 'linux' },
  });
  const { client, server } = pair.open();
  client.close();
  pair.run(10_000);
  server.close();
  pair.run(10_000);
  expect(pair.client.sockets().map((row) => row.state)).toEqual(['TIME-WAIT']);
  return { pair, connect: () => pair.client.socket(4).connect('10.0.0.2', 80) };
}

describe('connect while the port is in TIME-WAIT', () => {
  it('fails until 2 MSL are over', () => {
    const { pair, connect } = onlyPort(0);
    expect(connect()).toBe(-Errno.EADDRNOTAVAIL);
    pair.run(60 * SECOND);
    expect(connect()).toBe(-Errno.EINPROGRESS);
  });

  it('takes it over after a second with tcp_tw_reuse, above the old sequence numbers', () => {
    const { pair, connect } = onlyPort(1);
    expect(connect()).toBe(-Errno.EADDRNOTAVAIL);
    pair.run(1.1 * SECOND);
    const last = pair.trace.filter(({ fromClient }) => fromClient).at(-1)!.sent.seq;
    expect(connect()).toBe(-Errno.EINPROGRESS);
    pair.drain();
    const syn = pair.trace.at(-1)!.sent;
    expect((syn.seq - last) | 0).toBe(65_537);
    expect(pair.client.counters.TWRecycled).toBe(1);
    pair.run(SECOND);
    expect(pair.client.sockets().map((row) => row.state)).toEqual(['ESTABLISHED']);
  });

  it('on loopback only, as Linux begins', () => {
    const { pair, connect } = onlyPort(2);
    pair.run(2 * SECOND);
    expect(connect()).toBe(-Errno.EADDRNOTAVAIL);
    const host = pair.server;
    host.setConfig({ ephemeralFrom: 40_000, ephemeralTo: 40_000 });
    for (let i = 0; i < 2; i++) {
      const socket = host.socket(4);
      expect(socket.connect('127.0.0.1', 80)).toBe(-Errno.EINPROGRESS);
      const listener = host.sockets().find((row) => row.state === 'LISTEN')!.socket!;
      let accepted = listener.accept();
      while (accepted instanceof Socket && accepted.remotePort !== 40_000) accepted = listener.accept();
      socket.close();
      if (accepted instanceof Socket) accepted.close();
      pair.run(2 * SECOND);
    }
    expect(host.counters.TWRecycled).toBe(1);
  });
});

describe('connect from a bound port that is in TIME-WAIT', () => {
  it.each([
    ['linux', true, -Errno.EINPROGRESS],
    ['linux', false, -Errno.EADDRNOTAVAIL],
    ['rfc', true, -Errno.EADDRNOTAVAIL],
  ] as const)('%s, timestamps %s', (profile, timestamps, result) => {
    const config = { timestamps, timeWaitReuse: 0 } as const;
    const pair = new TcpPair({ delayUs: 100, client: { profile, config }, server: { profile: 'linux' } });
    const listener = pair.server.socket(4);
    listener.bind('', 80);
    listener.listen(5);
    const connect = (): number => {
      const socket = pair.client.socket(4);
      socket.setOption(Option.reuseAddress, 1);
      expect(socket.bind('', 40_000)).toBe(0);
      const outcome = socket.connect('10.0.0.2', 80);
      pair.run(10_000);
      socket.close();
      const accepted = listener.accept();
      pair.run(10_000);
      if (accepted instanceof Socket) accepted.close();
      pair.run(100_000);
      return outcome;
    };
    expect(connect()).toBe(-Errno.EINPROGRESS);
    expect(pair.client.sockets().map((row) => row.state)).toEqual(['TIME-WAIT']);
    expect(connect()).toBe(result);
  });
});

describe('an orphan in FIN-WAIT-2', () => {
  /** The host has closed; its FIN is acknowledged. */
  function orphan(config: Partial<TcpConfig> = {}): { bench: TcpBench; peer: Peer } {
    const bench = new TcpBench({ profile: 'linux', config: { tailLossProbe: false, ...config } });
    const { peer, socket } = bench.accepted();
    socket.close();
    peer.expect('FA', 1, 1);
    peer.send('A', 1, 2);
    peer.quiet();
    return { bench, peer };
  }

  it('is ended by an RST or a SYN anywhere in the window, and takes no notice of ACKs', () => {
    for (const flags of ['R', 'S', 'A']) {
      const { bench, peer } = orphan();
      peer.send(flags, 100, flags === 'A' ? 5000 : 0);
      expect(peer.texts()).toEqual(flags === 'S' ? [expect.stringMatching(/^RA .* ack 101$/)] : []);
      expect(bench.states()).toEqual(flags === 'A' ? ['FIN-WAIT-2', 'LISTEN'] : ['LISTEN']);
    }
  });

  it('counts as one that waits: beyond the limit it is gone', () => {
    const { bench, peer } = orphan({ maxTimeWait: 0 });
    expect(bench.states()).toEqual(['LISTEN']);
    expect(bench.host.counters.TCPTimeWaitOverflow).toBe(1);
    peer.send('FA', 1, 2);
    peer.expect('R', 2);
  });

  it('a host that keeps to RFC 9293 challenges such an RST', () => {
    const { bench, peer } = orphan({ finWait2Record: false });
    peer.send('R', 100);
    peer.expect('A', 2, 1);
    expect(bench.states()).toEqual(['FIN-WAIT-2', 'LISTEN']);
  });
});

describe('every port of a range in TIME-WAIT', () => {
  it('end one by one, each port usable again afterwards', () => {
    const pair = new TcpPair({ delayUs: 10, client: { profile: 'linux' }, server: { profile: 'linux' } });
    pair.server.setConfig({ maxTimeWait: 0 });
    const listener = pair.server.socket(4);
    listener.bind('', 80);
    listener.listen(100);
    const { client } = pair;
    client.setConfig({ ephemeralFrom: 40_000, ephemeralTo: 41_999 });
    let refused = 0;
    for (let i = 0; i < 2100; i++) {
      const socket = client.socket(4);
      if (socket.connect('10.0.0.2', 80) === -Errno.EADDRNOTAVAIL) refused++;
      pair.run(50);
      const accepted = listener.accept();
      socket.close();
      pair.run(50);
      if (accepted instanceof Socket) accepted.close();
      pair.run(50);
    }
    expect(client.timeWaitCount).toBe(2000);
    expect(refused).toBe(100);
    pair.run(61 * SECOND);
    expect(client.timeWaitCount).toBe(0);
    expect(client.inUse.length).toBe(0);
    expect(client.socket(4).connect('10.0.0.2', 80)).toBe(-Errno.EINPROGRESS);
  });
});
