import { describe, expect, it } from 'vitest';
import { decodeRaw, FakeNode, segment, tell } from '../../test/support/fake-node.ts';
import { ChecksumState, encodeIcmpError, Flag, internetChecksum, verifyTcpChecksum } from '../wire/index.ts';
import type { Nat, NatOptions } from './nat.ts';
import { Network } from './network.ts';

const INSIDE = '192.168.1.10';
const OUT = '198.51.100.1';
const SERVER = '203.0.113.5';
const SYN = Flag.syn;
const ACK = Flag.ack;

function build(options: Partial<NatOptions> = {}): {
  network: Network;
  a: FakeNode;
  b: FakeNode;
  nat: Nat;
} {
  const network = new Network({ seed: 1 });
  const a = new FakeNode(network, 'a', INSIDE);
  const b = new FakeNode(network, 'b', SERVER);
  const nat = network.nat('nat', { outside: [OUT], portFrom: 1000, ...options });
  network.connect(a, nat, { delayUs: 10 });
  network.connect(nat, b, { delayUs: 10 });
  return { network, a, b, nat };
}

/** A handshake of `a` with `b`, so that the flow is established. */
function open({ network, a, b }: ReturnType<typeof build>, sourcePort: number = 1000): void {
  a.send(segment(INSIDE, SERVER, { sourcePort, flags: SYN, seq: 100 }));
  network.run(network.now + 100);
  const port = decodeRaw(b.heard.at(-1)!.bytes).sourcePort;
  b.send(
    segment(SERVER, OUT, { sourcePort: 80, destinationPort: port, flags: SYN | ACK, seq: 500, ack: 101 }),
  );
  network.run(network.now + 100);
  a.send(segment(INSIDE, SERVER, { sourcePort, flags: ACK, seq: 101, ack: 501 }));
  network.run(network.now + 100);
}

describe('a NAT', () => {
  it('gives connections an address outside and brings the answers back', () => {
    const net = build();
    open(net);
    expect(net.b.heard.map(({ bytes }) => tell(bytes))).toEqual([
      `${OUT}:1000 > ${SERVER}:80 S 100 0 0`,
      `${OUT}:1000 > ${SERVER}:80 A 101 501 0`,
    ]);
    expect(net.a.heard.map(({ bytes }) => tell(bytes))).toEqual([
      `${SERVER}:80 > ${INSIDE}:1000 SA 500 101 0`,
    ]);
    for (const { bytes } of [...net.a.heard, ...net.b.heard]) {
      expect(verifyTcpChecksum(decodeRaw(bytes))).toBe(ChecksumState.good);
      expect(internetChecksum(new DataView(bytes.buffer), 0, 20)).toBe(0);
    }
    expect(net.network.packets.inUse).toBe(0);
  });

  it('works for IPv6', () => {
    const network = new Network({ seed: 1 });
    const a = new FakeNode(network, 'a', 'fd00::1');
    const b = new FakeNode(network, 'b', '2001:db8::5');
    const nat = network.nat('nat', { outside: ['2001:db8::1'], portFrom: 1000 });
    network.connect(a, nat.inside);
    network.connect(b, nat.outside);
    b.answer = () => [
      segment('2001:db8::5', '2001:db8::1', { sourcePort: 80, destinationPort: 1000, flags: SYN | ACK }),
    ];
    a.send(segment('fd00::1', '2001:db8::5', { flags: SYN }));
    network.runIdle();
    expect(a.heard.map(({ bytes }) => tell(bytes))).toEqual(['[2001:db8::5]:80 > [fd00::1]:1000 SA 0 0 0']);
    for (const { bytes } of [...a.heard, ...b.heard]) {
      expect(verifyTcpChecksum(decodeRaw(bytes))).toBe(ChecksumState.good);
    }
  });

  it('gives one port to two connections only where their remote ends differ', () => {
    const { network, a, b, nat } = build({ portFrom: 1000, portTo: 1001 });
    const syn = (sourcePort: number, destinationPort: number, source: string = INSIDE): void =>
      a.send(segment(source, SERVER, { sourcePort, destinationPort, flags: SYN }));
    syn(1000, 80);
    syn(1000, 80, '192.168.1.11');
    syn(1000, 81, '192.168.1.11');
    syn(1005, 80);
    network.runIdle();
    expect(b.heard.map(({ bytes }) => tell(bytes))).toEqual([
      `${OUT}:1000 > ${SERVER}:80 S 0 0 0`,
      `${OUT}:1001 > ${SERVER}:80 S 0 0 0`,
      `${OUT}:1000 > ${SERVER}:81 S 0 0 0`,
    ]);
    expect(nat.counters).toMatchObject({ opened: 3, exhausted: 1 });
    expect(network.packets.inUse).toBe(0);
  });

  it('has ports again when flows have ended', () => {
    const { network, a, b, nat } = build({ portFrom: 1000, portTo: 1000, exhausted: 'icmp', closingUs: 5e6 });
    a.sendAt(0, segment(INSIDE, SERVER, { flags: SYN }));
    a.sendAt(1e6, segment(INSIDE, SERVER, { flags: Flag.fin | ACK }));
    a.sendAt(2e6, segment(INSIDE, SERVER, { sourcePort: 7, flags: SYN }));
    a.sendAt(7e6, segment(INSIDE, SERVER, { sourcePort: 7, flags: SYN }));
    network.runIdle();
    expect(nat.counters).toMatchObject({ opened: 2, exhausted: 1 });
    expect(a.heard.map(({ bytes }) => tell(bytes))).toEqual([
      `icmp 3/1 mtu 0 about ${INSIDE}:7 > ${SERVER}:80`,
    ]);
    expect(b.heard.length).toBe(3);
  });

  it('uses the next address of its pool when one has no port left', () => {
    const { network, a, b } = build({ outside: [OUT, '198.51.100.2'], portFrom: 5, portTo: 5 });
    for (let i = 1; i <= 3; i++) a.send(segment(INSIDE, SERVER, { sourcePort: i, flags: SYN }));
    network.runIdle();
    const seen = b.heard.map(({ bytes }) => tell(bytes).split(' ')[0]);
    expect(seen.sort()).toEqual([`${OUT}:5`, '198.51.100.2:5']);
  });

  it.each([
    ['drop', []],
    ['reset', [`${SERVER}:80 > ${INSIDE}:1000 R 501 0 0`]],
  ] as const)('forgets an idle flow; what comes later: %s', (strayInside, answers) => {
    const net = build({ idleUs: 350e6, strayInside, strayOutside: 'reset' });
    open(net);
    const { network, a, b } = net;
    const before = [a.heard.length, b.heard.length];
    a.sendAt(network.now + 349e6, segment(INSIDE, SERVER, { seq: 101, ack: 501, payload: Uint8Array.of(1) }));
    network.runIdle();
    expect(b.heard.length).toBe(before[1]! + 1);
    a.sendAt(network.now + 351e6, segment(INSIDE, SERVER, { seq: 102, ack: 501, payload: Uint8Array.of(1) }));
    network.runIdle();
    expect(a.heard.slice(before[0]).map(({ bytes }) => tell(bytes))).toEqual(answers);
    b.send(segment(SERVER, OUT, { sourcePort: 80, destinationPort: 1000, seq: 501, ack: 102 }));
    network.runIdle();
    expect(tell(b.heard.at(-1)!.bytes)).toBe(`${OUT}:1000 > ${SERVER}:80 R 102 0 0`);
    expect(b.heard.length).toBe(before[1]! + 2);
  });

  it('takes up a connection in the middle where it is told to', () => {
    const { network, a, b } = build({ strayInside: 'adopt' });
    a.send(segment(INSIDE, SERVER, { seq: 9 }));
    network.runIdle();
    expect(b.heard.map(({ bytes }) => tell(bytes))).toEqual([`${OUT}:1000 > ${SERVER}:80 A 9 0 0`]);
  });

  it('resets both ends of an idle flow where it is told to, at the sequence numbers they expect', () => {
    const net = build({ idleUs: 60e6, onIdle: 'reset' });
    open(net);
    net.a.heard.length = 0;
    net.b.heard.length = 0;
    expect(net.network.runIdle()).toBe(true);
    expect(net.a.heard.map(({ bytes }) => tell(bytes))).toEqual([
      `${SERVER}:80 > ${INSIDE}:1000 RA 501 101 0`,
    ]);
    expect(net.b.heard.map(({ bytes }) => tell(bytes))).toEqual([`${OUT}:1000 > ${SERVER}:80 RA 101 501 0`]);
    expect(net.a.heard[0]!.atUs).toBe(210 + 60e6 + 10);
    expect(net.nat.flows.size).toBe(0);
  });

  it('brings ICMP errors back to who caused them', () => {
    const net = build();
    open(net);
    const { network, a, b } = net;
    const quoted = b.heard.at(-1)!.bytes;
    b.send(
      encodeIcmpError({
        source: '203.0.113.254',
        destination: OUT,
        type: 3,
        code: 4,
        mtu: 1280,
        quoted,
        quoteLength: quoted.length,
      }),
    );
    network.runIdle();
    const error = a.heard.at(-1)!.bytes;
    expect(tell(error)).toBe(`icmp 3/4 mtu 1280 about ${INSIDE}:1000 > ${SERVER}:80`);
    expect([...error.subarray(16, 20)]).toEqual([192, 168, 1, 10]);
    expect(internetChecksum(new DataView(error.buffer), 20, error.length - 20)).toBe(0);
    expect(verifyTcpChecksum(decodeRaw(error.slice(28)))).toBe(ChecksumState.good);
  });

  it('lets nobody outside reach what is inside', () => {
    const { network, a, b, nat } = build();
    b.send(segment(SERVER, OUT, { flags: SYN }));
    b.send(segment(SERVER, INSIDE, { flags: SYN }));
    network.runIdle();
    expect(a.heard).toEqual([]);
    expect(nat.counters.strayOutside).toBe(2);
    expect(network.packets.inUse).toBe(0);
  });
});
