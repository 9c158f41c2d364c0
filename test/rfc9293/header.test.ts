import { describe, expect, it } from 'vitest';
import { Flag, OptionKind } from '../../src/wire/index.ts';
import { option, type Sent, TcpBench } from '../support/tcp-bench.ts';

/** Initial window large enough that only the peer's window limits. */
const OPEN_WIDE = { initialWindowSegments: 1000, sendBufferBytes: 1 << 20, maxSendBufferBytes: 1 << 20 };

/** Every segment of a connection that the host opens, sends data on, answers and closes. */
function wholeConnection(layout: 'linux' | 'freebsd'): Sent[] {
  const bench = new TcpBench({ config: { optionLayout: layout, timestamps: true, sack: true } });
  const { socket, peer } = bench.connected({ timestamps: true, sack: true, scale: 7 });
  bench.write(socket, 3000);
  peer.send('A', 1, 3001);
  // A gap, for SACK blocks.
  peer.send('A', 11, 3001, { data: 10 });
  peer.send('A', 1, 3001, { data: 10 });
  bench.read(socket);
  socket.close();
  peer.send('FA', 21, 3002);
  bench.drain();
  return peer.all;
}

describe('window', () => {
  it('MUST-1: a window of 65535 octets is no negative one', () => {
    const bench = new TcpBench({ config: OPEN_WIDE });
    const { socket, peer } = bench.accepted({ window: 0xffff });
    bench.write(socket, 100_000);
    bench.drain();
    const outstanding = peer.queue.reduce((sum, sent) => sum + sent.length, 0);
    expect(outstanding).toBeGreaterThan(0xffff - 1460);
    expect(outstanding).toBeLessThanOrEqual(0xffff);
  });

  it('REC-1: windows beyond 16 bits are computed in 32', () => {
    const bench = new TcpBench({ config: { ...OPEN_WIDE, windowScaling: true } });
    const { socket, peer } = bench.accepted({ window: 0xffff, scale: 4 });
    bench.write(socket, 500_000);
    bench.drain();
    // The tail waits for an ACK (Nagle).
    expect(peer.queue.reduce((sum, sent) => sum + sent.length, 0)).toBeGreaterThan(499_000);
  });
});

describe('checksum', () => {
  it('MUST-2: every segment sent has its checksum', () => {
    for (const address of ['10.0.0.2', 'fd00::2']) {
      const bench = new TcpBench();
      const { socket, peer } = bench.accepted({ address });
      bench.write(socket, 'odd length!');
      socket.close();
      peer.send('RA', 5, 1);
      bench.drain();
      expect(peer.all.length).toBeGreaterThanOrEqual(3);
      for (const sent of peer.all) expect(sent.checksumOk).toBe(true);
    }
  });

  it('MUST-3: a segment with a wrong checksum is dropped and counted', () => {
    const bench = new TcpBench();
    const { socket, peer } = bench.accepted();
    const damage = (packet: Uint8Array): void => {
      packet[packet.length - 1]! ^= 1;
    };
    peer.send('A', 1, 1, { data: 'spoilt', damage });
    peer.quietFor(1_000_000);
    expect(bench.read(socket)).toBe('EAGAIN');
    expect(bench.host.counters.InCsumErrors).toBe(1);
    peer.send('A', 1, 1, { data: 'sound' });
    expect(bench.read(socket)).toBe('sound');
  });
});

describe('options', () => {
  it('MUST-4: end of list, no-operation and MSS are understood', () => {
    const bench = new TcpBench({ config: OPEN_WIDE });
    const { socket, peer } = bench.accepted({
      synOptions: [{ kind: 'nop' }, { kind: 'mss', mss: 700 }, { kind: 'end' }],
    });
    bench.write(socket, 1400);
    peer.expect('A', 1, 1, 700);
    peer.expect('A', 701, 1, 700);
  });

  it('MUST-4: what stands behind the end of the list counts for nothing', () => {
    const bench = new TcpBench({ config: OPEN_WIDE });
    const { socket, peer } = bench.accepted({
      synOptions: [{ kind: 'mss', mss: 700 }, { kind: 'end' }, { kind: 'mss', mss: 300 }],
    });
    bench.write(socket, 700);
    peer.expect('A', 1, 1, 700);
  });

  it('MUST-5: any segment may carry options', () => {
    const bench = new TcpBench();
    const { socket, peer } = bench.accepted();
    const options = [
      { kind: 'mss', mss: 200 },
      { kind: 'timestamps', value: 1, echo: 2 },
    ] as const;
    peer.send('A', 1, 1, { data: 'with options', options });
    expect(bench.read(socket)).toBe('with options');
    peer.send('FA', 13, 1, { options });
    expect(bench.read(socket)).toBe('EOF');
  });

  it('MUST-6: unknown options are passed over', () => {
    const bench = new TcpBench({ config: OPEN_WIDE });
    const { socket, peer } = bench.accepted({
      synOptions: [
        { kind: 'unknown', number: 200, data: new Uint8Array(5) },
        { kind: 'mss', mss: 900 },
        { kind: 'unknown', number: 253, data: Uint8Array.of(0xab, 0xcd) },
      ],
    });
    bench.write(socket, 900);
    peer.expect('A', 1, 1, 900);
    peer.send('A', 1, 901, {
      data: 'x',
      options: [{ kind: 'unknown', number: 77, data: new Uint8Array(9) }],
    });
    expect(bench.read(socket)).toBe('x');
  });

  it('MUST-7: an illegal option length does no harm', () => {
    for (const data of [
      Uint8Array.of(0),
      Uint8Array.of(1),
      Uint8Array.of(255),
      Uint8Array.of(3, 5),
      Uint8Array.of(40),
    ]) {
      const bench = new TcpBench();
      const { socket, peer } = bench.accepted({
        synOptions: [
          { kind: 'mss', mss: 1000 },
          { kind: 'malformed', number: OptionKind.windowScale, data },
        ],
      });
      peer.send('A', 1, 1, { data: 'alive', options: [{ kind: 'malformed', number: 5, data }] });
      expect(bench.read(socket)).toBe('alive');
      bench.write(socket, 10);
      expect(bench.states()).toContain('ESTABLISHED');
    }
  });

  it('MUST-64: an option that begins on no word boundary is read', () => {
    for (const before of [1, 2, 3]) {
      const bench = new TcpBench({ config: OPEN_WIDE });
      const nops = Array.from({ length: before }, () => ({ kind: 'nop' }) as const);
      const { socket, peer } = bench.accepted({ synOptions: [...nops, { kind: 'mss', mss: 800 }] });
      bench.write(socket, 800);
      peer.expect('A', 1, 1, 800);
    }
  });

  it.each(['linux', 'freebsd'] as const)(
    'MUST-68: every option sent has its length (layout %s)',
    (layout) => {
      for (const { options, optionBytes } of wholeConnection(layout)) {
        expect(options.map((one) => one.kind)).not.toContain('malformed');
        expect(optionBytes.length % 4).toBe(0);
      }
    },
  );

  it.each(['linux', 'freebsd'] as const)(
    'MUST-69: behind the end of the list stand zeros (layout %s)',
    (layout) => {
      let checked = 0;
      for (const { options, optionBytes } of wholeConnection(layout)) {
        checked++;
        // Re-reads the bytes, so that padding of any kind is seen.
        let at = 0;
        while (at < optionBytes.length && optionBytes[at] !== OptionKind.end) {
          at += optionBytes[at] === OptionKind.nop ? 1 : optionBytes[at + 1]!;
        }
        expect([...optionBytes.subarray(at)].filter((octet) => octet !== 0)).toEqual([]);
        expect(at).toBeGreaterThanOrEqual(options.length === 0 ? 0 : 1);
      }
      expect(checked).toBeGreaterThanOrEqual(5);
    },
  );

  it('MUST-14: MSS is sent in SYN and SYN-ACK and obeyed when received', () => {
    const bench = new TcpBench({ config: OPEN_WIDE });
    const active = bench.connected({ mss: 600 });
    expect(option(active.syn, 'mss')?.mss).toBe(1460);
    bench.write(active.socket, 1200);
    active.peer.expect('A', 1, 1, 600);
    active.peer.expect('A', 601, 1, 600);
    const passive = bench.accepted({ mss: 601 });
    expect(option(passive.peer.all[0]!, 'mss')?.mss).toBe(1460);
    bench.write(passive.socket, 1202);
    passive.peer.expect('A', 1, 1, 601);
    passive.peer.expect('A', 602, 1, 601);
  });

  it('SHLD-5: an IPv4 SYN announces an MSS other than 536', () => {
    const bench = new TcpBench({ mtu: 1400 });
    expect(option(bench.connecting().syn, 'mss')?.mss).toBe(1360);
  });

  it('SHLD-5: an IPv6 SYN announces an MSS other than 1220', () => {
    const bench = new TcpBench({ mtu: 1400 });
    expect(option(bench.connecting({ address: 'fd00::2' }).syn, 'mss')?.mss).toBe(1340);
  });

  it('MAY-3: the MSS option is sent even where it says the default', () => {
    expect(option(new TcpBench({ mtu: 576 }).connecting().syn, 'mss')?.mss).toBe(536);
    const six = new TcpBench({ mtu: 1280 }).connecting({ address: 'fd00::2' });
    expect(option(six.syn, 'mss')?.mss).toBe(1220);
  });

  it('MUST-15: without an MSS option IPv4 sends 536 octets at most', () => {
    const bench = new TcpBench({ config: OPEN_WIDE });
    const { socket, peer } = bench.accepted({ mss: null });
    bench.write(socket, 1000);
    peer.expect('A', 1, 1, 536);
  });

  it('MUST-15: without an MSS option IPv6 sends 1220 octets at most', () => {
    const bench = new TcpBench({ config: OPEN_WIDE });
    const { socket, peer } = bench.accepted({ address: 'fd00::2', mss: null });
    bench.write(socket, 3000);
    peer.expect('A', 1, 1, 1220);
  });

  it('MUST-16: the effective send MSS is the smaller of what the peer takes and the path carries, options off', () => {
    const wide = new TcpBench({ config: OPEN_WIDE });
    const plain = wide.accepted({ mss: 8960 });
    wide.write(plain.socket, 9000);
    plain.peer.expect('A', 1, 1, 1460);
    const stamped = new TcpBench({ config: { ...OPEN_WIDE, timestamps: true } });
    const { socket, peer } = stamped.accepted({ mss: 1460, timestamps: true });
    stamped.write(socket, 9000);
    peer.expect('A', 1, 1, 1448);
    const six = new TcpBench({ config: OPEN_WIDE });
    const connection = six.accepted({ address: 'fd00::2', mss: 8940 });
    six.write(connection.socket, 9000);
    connection.peer.expect('A', 1, 1, 1440);
  });

  it('SHLD-6: the MSS announced follows the one MTU that the host has, also when the path carries less', () => {
    const bench = new TcpBench({ mtu: 1500, config: OPEN_WIDE });
    const { socket, peer } = bench.connected();
    bench.write(socket, 1460);
    const large = peer.expect('A', 1, 1, 1460);
    peer.icmp(3, 4, large, 1200);
    bench.drain();
    const { syn } = bench.connecting({ hostPort: 50_001 });
    expect(option(syn, 'mss')?.mss).toBeLessThanOrEqual(1460);
    expect(syn.length).toBe(0);
  });

  it('MUST-65: no segment without SYN carries an MSS', () => {
    const segments = wholeConnection('linux');
    expect(segments.filter((sent) => (sent.flags & Flag.syn) !== 0).length).toBe(1);
    for (const sent of segments) {
      expect(option(sent, 'mss') === undefined).toBe((sent.flags & Flag.syn) === 0);
    }
  });

  it('MUST-67: the MSS announced is at most what the network layer takes less 20', () => {
    for (const mtu of [1280, 1500, 9000]) {
      expect(option(new TcpBench({ mtu }).connecting().syn, 'mss')!.mss).toBeLessThanOrEqual(mtu - 20 - 20);
      const six = new TcpBench({ mtu }).connecting({ address: 'fd00::2' });
      expect(option(six.syn, 'mss')!.mss).toBeLessThanOrEqual(mtu - 40 - 20);
    }
  });
});
