import { describe, expect, it } from 'vitest';
import { Option } from '../../src/host/index.ts';
import { State } from '../../src/states/index.ts';
import { toAddress } from '../../src/wire/index.ts';
import { failure, MINUTE, MS, ok, SECOND, type Sent, TcpBench } from '../support/tcp-bench.ts';

const EHOSTUNREACH = 113;
const ECONNREFUSED = 111;
const words = (address: string): string => String(toAddress(address).words);

/** ICMP messages that stand for soft errors (RFC 9293 3.9.2.2). */
const SOFT4 = [
  [3, 0],
  [3, 1],
  [3, 5],
  [11, 0],
  [11, 1],
  [12, 0],
  [12, 1],
  [12, 2],
] as const;
const SOFT6 = [
  [1, 0],
  [1, 3],
  [3, 0],
  [3, 1],
  [4, 0],
  [4, 1],
  [4, 2],
] as const;

/** An established connection with a segment outstanding that an ICMP error can quote. */
function outstanding(address?: string): { bench: TcpBench; sent: Sent } & ReturnType<TcpBench['accepted']> {
  const bench = new TcpBench({ config: { tailLossProbe: false } });
  const connection = bench.accepted(address === undefined ? {} : { address });
  bench.write(connection.socket, 100);
  return { bench, ...connection, sent: connection.peer.expect('A', 1, 1, 100) };
}

/** Everything still works: the peer acknowledges and speaks. */
function expectAlive(bench: TcpBench, connection: ReturnType<TcpBench['accepted']>): void {
  connection.peer.send('A', 1, 101, { data: 'alive' });
  expect(bench.read(connection.socket)).toBe('alive');
  expect(connection.socket.state).toBe(State.established);
}

describe('reports to the application', () => {
  it('MUST-47: soft errors are reported while the connection goes on', () => {
    const { bench, sent, ...connection } = outstanding();
    let events = 0;
    connection.socket.onEvent = () => events++;
    connection.peer.icmp(3, 1, sent, 0, '10.0.0.254');
    expect(events).toBe(1);
    expect(connection.socket.getOption(Option.error)).toBe(EHOSTUNREACH);
    expectAlive(bench, connection);
  });

  it('SHLD-20: who does not want reports gets none', () => {
    const { bench, sent, ...connection } = outstanding();
    connection.socket.onEvent = null;
    connection.peer.icmp(3, 1, sent, 0, '10.0.0.254');
    connection.peer.send('AU', 1, 1, { urgent: 10 });
    expectAlive(bench, connection);
  });
});

describe('differentiated services and hop limit', () => {
  it('MUST-48: the application chooses the Differentiated Services field', () => {
    const bench = new TcpBench();
    const { syn, peer } = bench.connecting({}, (socket) => ok(socket.setOption(Option.trafficClass, 0xb8)));
    expect(syn.trafficClass).toBe(0xb8);
    peer.send('SA', 0, 1);
    expect(peer.expect('A', 1, 1).trafficClass).toBe(0xb8);
    const six = new TcpBench().connecting({ address: 'fd00::2' }, (socket) =>
      ok(socket.setOption(Option.trafficClass, 0x48)),
    );
    expect(six.syn.trafficClass).toBe(0x48);
  });

  it('SHLD-21: the field can be changed while the connection lives', () => {
    const bench = new TcpBench();
    const { socket, peer } = bench.accepted();
    bench.write(socket, 10);
    expect(peer.expect('A', 1, 1, 10).trafficClass).toBe(0);
    peer.send('A', 1, 11);
    ok(socket.setOption(Option.trafficClass, 0x20));
    bench.write(socket, 10);
    expect(peer.expect('A', 11, 1, 10).trafficClass).toBe(0x20);
  });

  it('SHLD-22: every segment carries the field as it was given', () => {
    const bench = new TcpBench();
    const { socket, peer } = bench.accepted();
    peer.all.length = 0;
    ok(socket.setOption(Option.trafficClass, 0x28));
    bench.write(socket, 3000);
    peer.send('A', 1, 3001, { data: 10 });
    bench.advance(SECOND);
    bench.read(socket);
    socket.close();
    bench.advance(10 * SECOND);
    expect(peer.all.length).toBeGreaterThan(4);
    for (const sent of peer.all) expect(sent.trafficClass & 0xfc).toBe(0x28);
  });

  it('MUST-49: the hop limit can be configured, for the host and for a connection', () => {
    expect(new TcpBench({ config: { hopLimit: 33 } }).connecting().syn.hopLimit).toBe(33);
    const bench = new TcpBench();
    const { syn } = bench.connecting({}, (socket) => ok(socket.setOption(Option.hopLimit, 7)));
    expect(syn.hopLimit).toBe(7);
    const six = new TcpBench().connecting({ address: 'fd00::2' }, (socket) =>
      ok(socket.setOption(Option.hopLimit, 9)),
    );
    expect(six.syn.hopLimit).toBe(9);
  });
});

/** IP option 131 (RFC 791 3.1) with its pointer. */
function looseRoute(pointer: number, ...hops: readonly string[]): Uint8Array {
  const octets = hops.flatMap((hop) => hop.split('.').map(Number));
  return Uint8Array.of(131, 3 + octets.length, pointer, ...octets);
}

/** The IP options of a packet, padding left out. */
function ipOptions(packet: Uint8Array): Uint8Array {
  const options = packet.subarray(20, (packet[0]! & 15) * 4);
  return options[0] === 1 ? options.subarray(1) : options;
}

function routeOf(sent: Sent): string {
  const options = ipOptions(sent.packet);
  if (options.length === 0) return 'none';
  const length = options[1]!;
  const hops: string[] = [];
  for (let at = 3; at + 4 <= length; at += 4) hops.push(options.subarray(at, at + 4).join('.'));
  return `${options[0]} at ${options[2]}: ${hops.join(' ')}`;
}

describe('IP options', () => {
  it('MUST-50: IP options that TCP does not understand are passed over', () => {
    const bench = new TcpBench();
    const listener = bench.listen(80);
    const peer = bench.peer();
    // Router alert, an unknown one, and a timestamp.
    const strange = [
      Uint8Array.of(148, 4, 0, 0),
      Uint8Array.of(0x9e, 6, 1, 2, 3, 4),
      Uint8Array.of(68, 8, 5, 0, 0, 0, 0, 0),
    ];
    peer.send('S', 0, 0, { ip4Options: strange[0]! });
    peer.expect('SA', 0, 1);
    peer.send('A', 1, 1, { ip4Options: strange[1]! });
    const socket = bench.accept(listener);
    peer.send('A', 1, 1, { data: 'taken', ip4Options: strange[2]! });
    expect(bench.read(socket)).toBe('taken');
  });

  it('MUST-51: the application gives a source route when it opens a connection', () => {
    const bench = new TcpBench();
    const socket = bench.host.socket(4);
    ok(socket.setSourceRoute(['10.0.9.1', '10.0.9.2']));
    expect(failure(socket.connect('10.0.0.2', 80))).toBe('EINPROGRESS');
    bench.drain();
    const syn = bench.strays[0]!;
    expect(String(syn.destination)).toBe(words('10.0.9.1'));
    expect(routeOf(syn)).toBe('131 at 4: 10.0.9.2 10.0.0.2');
  });

  it('MUST-52: the route of the application goes before a route that arrived', () => {
    const bench = new TcpBench();
    const socket = bench.host.socket(4);
    ok(socket.setSourceRoute(['10.0.9.1']));
    expect(failure(socket.connect('10.0.0.2', 80))).toBe('EINPROGRESS');
    const peer = bench.peer({ port: 80, hostPort: socket.localPort });
    bench.drain();
    peer.hostIss = bench.strays[0]!.seq;
    peer.send('SA', 0, 1, { ip4Options: looseRoute(12, '10.0.8.1', '10.0.8.2') });
    bench.drain();
    const ack = bench.strays[1]!;
    expect(String(ack.destination)).toBe(words('10.0.9.1'));
    expect(routeOf(ack)).toBe('131 at 4: 10.0.0.2');
  });

  it('MUST-53: a passive connection answers along the route that the SYN came on', () => {
    const bench = new TcpBench();
    const listener = bench.listen(80);
    const peer = bench.peer();
    peer.send('S', 0, 0, { ip4Options: looseRoute(12, '10.0.8.1', '10.0.8.2') });
    const synAck = bench.strays[0]!;
    expect(String(synAck.destination)).toBe(words('10.0.8.2'));
    expect(routeOf(synAck)).toBe('131 at 4: 10.0.8.1 10.0.0.2');
    peer.hostIss = synAck.seq;
    peer.send('A', 1, 1);
    bench.write(bench.accept(listener), 10);
    bench.drain();
    expect(routeOf(bench.strays[1]!)).toBe('131 at 4: 10.0.8.1 10.0.0.2');
  });

  it('SHLD-24: a later route replaces an earlier one', () => {
    const bench = new TcpBench();
    const listener = bench.listen(80);
    const peer = bench.peer();
    peer.send('S', 0, 0, { ip4Options: looseRoute(8, '10.0.8.1') });
    peer.hostIss = bench.strays[0]!.seq;
    peer.send('A', 1, 1, { ip4Options: looseRoute(8, '10.0.8.77') });
    bench.write(bench.accept(listener), 10);
    bench.drain();
    expect(routeOf(bench.strays.at(-1)!)).toBe('131 at 4: 10.0.0.2');
    expect(String(bench.strays.at(-1)!.destination)).toBe(words('10.0.8.77'));
  });
});

describe('ICMP', () => {
  it('MUST-54: an ICMP error reaches the connection that it is about, and no other', () => {
    const bench = new TcpBench();
    const first = bench.connecting({ hostPort: 50_000 });
    const second = bench.connecting({ hostPort: 50_001 });
    first.peer.icmp(3, 3, first.syn);
    expect(first.socket.state).toBe(State.closed);
    expect(second.socket.state).toBe(State.synSent);
    // A quote of what was never sent belongs to nothing.
    const forged = { ...second.syn, packet: second.syn.packet.slice() };
    forged.packet[24]! ^= 0x55;
    second.peer.icmp(3, 3, forged);
    expect(second.socket.state).toBe(State.synSent);
  });

  it.each(SOFT4)(
    'MUST-56: soft errors of ICMPv4 do not abort a connection (type %i code %i)',
    (type, code) => {
      const { bench, sent, ...connection } = outstanding();
      connection.peer.icmp(type, code, sent, 0, '10.0.0.254');
      expectAlive(bench, connection);
      const opening = bench.connecting({ port: 81 });
      opening.peer.icmp(type, code, opening.syn, 0, '10.0.0.254');
      expect(opening.socket.state).toBe(State.synSent);
      opening.peer.send('SA', 0, 1);
      opening.peer.expect('A', 1, 1);
    },
  );

  it.each(SOFT6)(
    'MUST-56: soft errors of ICMPv6 do not abort a connection (type %i code %i)',
    (type, code) => {
      const { bench, sent, ...connection } = outstanding('fd00::2');
      connection.peer.icmp(type, code, sent, 0, 'fd00::fe');
      expectAlive(bench, connection);
      const opening = bench.connecting({ port: 81, address: 'fd00::2' });
      opening.peer.icmp(type, code, opening.syn, 0, 'fd00::fe');
      expect(opening.socket.state).toBe(State.synSent);
    },
  );

  it.each([
    [0, 101],
    [1, 113],
    [5, 95],
  ])('SHLD-25: the application learns of soft errors (unreachable code %i)', (code, error) => {
    const { sent, ...connection } = outstanding();
    connection.peer.icmp(3, code, sent, 0, '10.0.0.254');
    expect(connection.socket.getOption(Option.error)).toBe(error);
  });

  it('SHLD-25: a connect that times out after soft errors ends with the soft error', () => {
    const bench = new TcpBench({ config: { synRetries: 2 } });
    const { socket, peer, syn } = bench.connecting();
    peer.icmp(3, 1, syn, 0, '10.0.0.254');
    bench.runUntil(() => socket.state === State.closed, 5 * MINUTE);
    expect(socket.getOption(Option.error)).toBe(EHOSTUNREACH);
  });

  it.each([2, 3])('SHLD-26: a hard error ends a connect (unreachable code %i)', (code) => {
    const bench = new TcpBench();
    const { socket, peer, syn } = bench.connecting();
    peer.icmp(3, code, syn);
    expect(socket.state).toBe(State.closed);
    expect([ECONNREFUSED, 92]).toContain(socket.getOption(Option.error));
  });

  it.each([2, 3])(
    'SHLD-26: a hard error is soft to a synchronised connection (unreachable code %i)',
    (code) => {
      const { bench, sent, ...connection } = outstanding();
      connection.peer.icmp(3, code, sent);
      expectAlive(bench, connection);
    },
  );

  it('MUST-55: source quench is dropped in silence', () => {
    const { bench, sent, ...connection } = outstanding();
    const before = connection.socket.info().sndCwnd;
    let events = 0;
    connection.socket.onEvent = () => events++;
    connection.peer.icmp(4, 0, sent, 0, '10.0.0.254');
    bench.advance(MS);
    connection.peer.quiet();
    expect(connection.socket.info().sndCwnd).toBe(before);
    expect(events).toBe(0);
    expect(connection.socket.getOption(Option.error)).toBe(0);
    const opening = bench.connecting({ port: 81 });
    opening.peer.icmp(4, 0, opening.syn, 0, '10.0.0.254');
    expect(opening.socket.state).toBe(State.synSent);
  });

  it('MUST-54: packet too big lowers the segment size of the connection that sent it', () => {
    const bench = new TcpBench({ config: { initialWindowSegments: 10 } });
    const { socket, peer } = bench.accepted();
    bench.write(socket, 1460);
    const sent = peer.expect('A', 1, 1, 1460);
    expect(sent.dontFragment).toBe(true);
    peer.icmp(3, 4, sent, 1200, '10.0.0.254');
    peer.expect('A', 1, 1, 1160);
    peer.expect('A', 1161, 1, 300);
  });
});
