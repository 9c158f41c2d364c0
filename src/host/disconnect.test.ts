import { describe, expect, it } from 'vitest';
import { TcpBench } from '../../test/support/tcp-bench.ts';
import { Errno } from '../tcp/errno.ts';
import { disconnect, State } from './index.ts';

describe('connect(2) with AF_UNSPEC', () => {
  it('resets the connection and leaves a socket that can connect again', () => {
    const bench = new TcpBench({ profile: 'linux' });
    bench.listen(80);
    const peer = bench.peer();
    const socket = bench.host.socket();
    expect(socket.connect('127.0.0.1', 80)).toBe(-Errno.EINPROGRESS);
    expect(socket.connect('127.0.0.1', 80)).toBe(0);
    expect(socket.connect('127.0.0.1', 80)).toBe(-Errno.EISCONN);
    const before = bench.host.counters.OutRsts;
    expect(disconnect(socket)).toBe(0);
    expect(bench.host.counters.OutRsts).toBe(before + 1);
    expect(socket.state).toBe(State.closed);
    expect(socket.connect('127.0.0.1', 80)).toBe(-Errno.EINPROGRESS);
    expect(socket.connect('127.0.0.1', 80)).toBe(0);
    peer.quiet();
  });

  it('ends listening', () => {
    const bench = new TcpBench({ profile: 'linux' });
    const listener = bench.listen(80);
    expect(disconnect(listener)).toBe(0);
    expect(listener.state).toBe(State.closed);
  });
});
