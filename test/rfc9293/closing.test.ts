import { describe, expect, it } from 'vitest';
import { Poll, Shut } from '../../src/host/index.ts';
import { Flag, seqGreater } from '../../src/wire/index.ts';
import { failure, MINUTE, ok, SECOND, TcpBench } from '../support/tcp-bench.ts';

/** A connection that the host has closed first and the peer second: TIME-WAIT, sequence numbers 2 and 2 are next. */
function timeWait(
  config: ConstructorParameters<typeof TcpBench>[0] = {},
  timestamps = false,
): ReturnType<TcpBench['accepted']> & { bench: TcpBench } {
  const bench = new TcpBench(config);
  const connection = bench.accepted({ timestamps });
  ok(connection.socket.close());
  connection.peer.expect('FA', 1, 1);
  connection.peer.send('FA', 1, 2);
  connection.peer.expect('A', 2, 2);
  expect(bench.states()).toEqual(['LISTEN', 'TIME-WAIT']);
  return { bench, ...connection };
}

describe('closing connections', () => {
  it('SHLD-2: an RST may carry data', () => {
    const bench = new TcpBench();
    const { socket, peer } = bench.accepted();
    peer.send('RA', 1, 1, { data: 'why it was reset' });
    expect(bench.read(socket)).toBe('ECONNRESET');
    expect(bench.states()).toEqual(['LISTEN']);
  });

  it('MUST-12: the application learns whether the peer closed or aborted', () => {
    const bench = new TcpBench();
    const closed = bench.accepted();
    closed.peer.send('FA', 1, 1, { data: 'last words' });
    expect(bench.read(closed.socket)).toBe('last words');
    expect(bench.read(closed.socket)).toBe('EOF');
    expect(closed.socket.poll() & Poll.err).toBe(0);

    const aborted = bench.handshake(closed.listener, bench.peer({ port: 40_001 }));
    aborted.peer.send('R', 1);
    expect(aborted.socket.poll() & (Poll.err | Poll.hup)).not.toBe(0);
    expect(bench.read(aborted.socket)).toBe('ECONNRESET');
    expect(bench.read(aborted.socket)).toBe('EOF');
    expect(failure(aborted.socket.send(new Uint8Array(1)))).toBe('EPIPE');
  });

  it('MAY-1: who has called close reads no more', () => {
    const bench = new TcpBench();
    const { socket, peer } = bench.accepted();
    ok(socket.close());
    peer.expect('FA', 1, 1);
    expect(bench.read(socket)).toBe('EBADF');
  });

  it('SHLD-3: close with unread data sends RST', () => {
    const bench = new TcpBench();
    const { socket, peer } = bench.accepted();
    peer.send('A', 1, 1, { data: 'never read' });
    bench.drain();
    peer.queue.length = 0;
    ok(socket.close());
    peer.expect('RA', 1, 11);
    expect(bench.states()).toEqual(['LISTEN']);
  });

  it('SHLD-3: data that arrives after close is answered with RST', () => {
    const bench = new TcpBench();
    const { socket, peer } = bench.accepted();
    ok(socket.close());
    peer.expect('FA', 1, 1);
    peer.send('A', 1, 2);
    peer.quiet();
    expect(bench.states()).toEqual(['FIN-WAIT-2', 'LISTEN']);
    peer.send('A', 1, 2, { data: 'too late' });
    expect(peer.next().flags & Flag.rst).not.toBe(0);
    expect(bench.states()).toEqual(['LISTEN']);
  });

  it('SHLD-3: a half-closed connection goes on reading', () => {
    const bench = new TcpBench();
    const { socket, peer } = bench.accepted();
    ok(socket.shutdown(Shut.write));
    peer.expect('FA', 1, 1);
    peer.send('A', 1, 2, { data: 'not too late' });
    expect(bench.read(socket)).toBe('not too late');
    expect(bench.states()).toEqual(['FIN-WAIT-2', 'LISTEN']);
  });

  it.each([30, 60, 120])('MUST-13: the active closer stays in TIME-WAIT for 2 MSL (MSL %i s)', (seconds) => {
    const { bench } = timeWait({ config: { mslUs: seconds * SECOND } });
    bench.advance(2 * seconds * SECOND - 1);
    expect(bench.states()).toEqual(['LISTEN', 'TIME-WAIT']);
    // The wheel may be a little late, never early.
    bench.advance(SECOND);
    expect(bench.states()).toEqual(['LISTEN']);
    expect(bench.host.nextTimeout()).toBe(Number.POSITIVE_INFINITY);
  });

  it('MUST-13: the MSL of profile rfc is two minutes', () => {
    const { bench } = timeWait();
    bench.advance(4 * MINUTE - 1);
    expect(bench.states()).toEqual(['LISTEN', 'TIME-WAIT']);
    bench.advance(SECOND);
    expect(bench.states()).toEqual(['LISTEN']);
  });

  it('MUST-13: a retransmitted FIN is acknowledged and starts the 2 MSL again', () => {
    const { bench, peer } = timeWait({ config: { mslUs: MINUTE } });
    bench.advance(MINUTE);
    peer.send('FA', 1, 2);
    peer.expect('A', 2, 2);
    bench.advance(2 * MINUTE - 1);
    expect(bench.states()).toEqual(['LISTEN', 'TIME-WAIT']);
    bench.advance(SECOND);
    expect(bench.states()).toEqual(['LISTEN']);
  });

  it('MAY-2: a SYN newer than the old incarnation reopens TIME-WAIT, with a higher ISN', () => {
    const { bench, peer, listener } = timeWait();
    const last = (peer.hostIss + 2) | 0;
    peer.send('S', 5_000);
    const synAck = peer.next();
    expect(synAck.flags & (Flag.syn | Flag.ack)).toBe(Flag.syn | Flag.ack);
    expect(seqGreater(synAck.seq, last)).toBe(true);
    expect(peer.relAck(synAck.ack)).toBe(5_001);
    peer.send('A', 5_001, 1, { data: 'anew' });
    expect(bench.read(bench.accept(listener))).toBe('anew');
    expect(bench.states()).toEqual(['ESTABLISHED', 'LISTEN']);
  });

  it('MAY-2: a SYN older than the old incarnation does not reopen TIME-WAIT', () => {
    const { bench, peer } = timeWait();
    peer.send('S', -5_000);
    peer.expect('A', 2, 2);
    expect(bench.states()).toEqual(['LISTEN', 'TIME-WAIT']);
  });

  it('SHLD-4: with timestamps a later SYN reopens TIME-WAIT, whatever its sequence number (RFC 6191)', () => {
    const { bench, peer } = timeWait({ config: { timestamps: true } }, true);
    expect(peer.timestamps).toBe(true);
    bench.advance(SECOND);
    peer.send('S', -5_000);
    const synAck = peer.next();
    expect(synAck.flags & (Flag.syn | Flag.ack)).toBe(Flag.syn | Flag.ack);
    expect(peer.relAck(synAck.ack)).toBe(-4_999);
    expect(bench.states()).toEqual(['LISTEN', 'SYN-RECEIVED']);
  });

  it('SHLD-4: with timestamps an earlier SYN does not reopen TIME-WAIT', () => {
    const { bench, peer } = timeWait({ config: { timestamps: true } }, true);
    peer.send('S', 5_000, 0, { tsVal: peer.tsNow() - 3_000 });
    expect(peer.next().flags & Flag.syn).toBe(0);
    expect(bench.states()).toEqual(['LISTEN', 'TIME-WAIT']);
  });
});
