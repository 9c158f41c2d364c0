import { describe, expect, it } from 'vitest';
import { FakeNode, segment, tell } from '../../test/support/fake-node.ts';
import { CaptureParser } from '../capture/index.ts';
import {
  ChecksumState,
  FragmentReassembler,
  IpDecoder,
  LinkType,
  SegmentKind,
  verifyTcpChecksum,
} from '../wire/index.ts';
import { BareNetwork } from './bare-network.ts';
import { Network } from './network.ts';
import { CAPTURE_EPOCH_US, writeTaps } from './tap.ts';

const A = '10.0.0.1';
const B = '10.0.0.2';

function pair(): { network: Network; a: FakeNode; b: FakeNode } {
  const network = new Network({ seed: 1 });
  const a = new FakeNode(network, 'a', A);
  const b = new FakeNode(network, 'b', B);
  network.connect(a, b, { delayUs: 100 });
  return { network, a, b };
}

describe('virtual time', () => {
  it('jumps to what is due and stops where it is told', () => {
    const { network, a, b } = pair();
    a.sendAt(3_600e6, segment(A, B));
    network.run(3_600e6);
    expect(network.now).toBe(3_600e6);
    expect(b.heard).toEqual([]);
    network.run(3_600e6 + 100);
    expect(b.heard.length).toBe(1);
    network.run(3_601e6);
    expect([network.now, a.now]).toEqual([3_601e6, 3_601e6]);
  });

  it('runs actions at their time, and not those cancelled', () => {
    const { network, a, b } = pair();
    const done: number[] = [];
    network.at(50, () => done.push(network.now));
    network.after(20, () => {
      done.push(network.now);
      expect(a.now).toBe(20);
      a.send(segment(A, B));
    });
    const planned = network.at(30, () => done.push(-1));
    planned.cancel();
    planned.cancel();
    expect(network.runIdle()).toBe(true);
    expect(done).toEqual([20, 50]);
    expect(b.heard.map(({ atUs }) => atUs)).toEqual([120]);
    expect(() => network.at(49, () => {})).toThrow('past');
  });

  it('runs until nothing is pending, a condition holds, or the limit', () => {
    const { network, a, b } = pair();
    for (const at of [1000, 2000, 9000]) a.sendAt(at, segment(A, B));
    expect(network.runUntil(() => b.heard.length === 1, 1e6)).toBe(true);
    expect(network.now).toBe(1100);
    expect(network.runIdle(5000)).toBe(false);
    expect(network.now).toBe(5000);
    expect(network.runIdle()).toBe(true);
    expect(network.now).toBe(9100);
    expect(network.step()).toBe(false);
  });

  it('tells of a livelock', () => {
    const network = new Network({ seed: 77, maxEventsPerInstant: 500 });
    const a = new FakeNode(network, 'a', A);
    const b = new FakeNode(network, 'b', B);
    network.connect(a, b, { delayUs: 0 });
    a.answer = () => [segment(A, B)];
    b.answer = () => [segment(B, A)];
    a.send(segment(A, B));
    expect(() => network.runIdle()).toThrow(/livelock: more than 500 events at 0 µs, .*a-b.* \(seed 77\)/);
  });

  it('tells of a node that asks to be polled again and again', () => {
    const network = new Network({ seed: 1, maxEventsPerInstant: 500 });
    const a = new FakeNode(network, 'restless', A);
    a.sendAt(5, segment(A, B));
    a.poll = () => {};
    expect(() => network.runIdle()).toThrow(/livelock.*restless/);
  });
});

describe('partitions', () => {
  it('keep groups from hearing each other for their time, routers or not', () => {
    const network = new Network({ seed: 1 });
    const [a, b, c] = [1, 2, 3].map((n) => new FakeNode(network, `n${n}`, `10.0.0.${n}`));
    const router = network.router('r');
    for (const node of [a!, b!, c!]) network.connect(node, router, { delayUs: 1 });
    network.partition([[a!], [b!]], 100, 200);
    for (const at of [50, 150, 250]) {
      a!.sendAt(at, segment(A, B, { seq: at }));
      a!.sendAt(at, segment(A, '10.0.0.3', { seq: at }));
    }
    network.runIdle();
    expect(b!.heard.map(({ atUs }) => atUs)).toEqual([52, 252]);
    expect(c!.heard.map(({ atUs }) => atUs)).toEqual([52, 152, 252]);
    expect(network.packets.inUse).toBe(0);
  });

  it('heal', () => {
    const { network, a, b } = pair();
    const partition = network.partition([[a], [b]]);
    a.send(segment(A, B, { seq: 1 }));
    network.runIdle();
    network.heal(partition);
    a.send(segment(A, B, { seq: 2 }));
    network.runIdle();
    expect(b.heard.length).toBe(1);
  });
});

describe('a crash', () => {
  it('makes a node deaf and dumb until it is up again', () => {
    const { network, a, b } = pair();
    b.sendAt(150, segment(B, A));
    b.sendAt(450, segment(B, A));
    for (const at of [0, 100, 300]) a.sendAt(at, segment(A, B, { seq: at }));
    network.at(120, () => network.crash(b, 230));
    network.runIdle();
    expect(b.crashes).toBe(1);
    expect(b.heard.map(({ atUs }) => atUs)).toEqual([100, 400]);
    // What fell due while it was off happens when it is on again (a fake keeps its alarms).
    expect(a.heard.map(({ atUs }) => atUs)).toEqual([450, 550]);
    expect(network.packets.inUse).toBe(0);
  });
});

describe('taps', () => {
  it('see what passes where they are, before the link loses it', () => {
    const { network, a, b } = pair();
    const [first, second] = [network.tap(a), network.tap(b, 'eth9')];
    network.links[0]!.on({ where: ({ seq }) => seq === 1 }, 'drop');
    b.answer = () => [segment(B, A)];
    a.send(segment(A, B, { seq: 1 }));
    a.send(segment(A, B, { seq: 2 }));
    network.runIdle();
    expect(first.packets.map(({ way, timeUs }) => [way, timeUs])).toEqual([
      ['out', 0],
      ['out', 0],
      ['in', 200],
    ]);
    expect(second.packets.map(({ way, timeUs }) => [way, timeUs])).toEqual([
      ['in', 100],
      ['out', 100],
    ]);
    first.stop();
    a.send(segment(A, B, { seq: 3 }));
    network.runIdle();
    expect(first.packets.length).toBe(3);
    expect(second.packets.length).toBe(4);
  });

  it('make captures that our own reader opens, several in one, in order of time', () => {
    const { network, a, b } = pair();
    const taps = [network.tap(b, { name: 'eth9', snaplen: 60 }), network.tap(a)];
    const bytes = segment(A, B, { payload: new Uint8Array(100) });
    a.sendAt(7, bytes);
    network.runIdle();
    const parser = new CaptureParser();
    const seen: [number, number, number, number][] = [];
    parser.push(writeTaps(taps));
    parser.end();
    while (parser.next()) {
      const { capturedLength, linkType, originalLength, timeUs } = parser.packet;
      seen.push([timeUs - CAPTURE_EPOCH_US, capturedLength, originalLength, linkType]);
    }
    expect(seen).toEqual([
      [7, 140, 140, LinkType.raw],
      [107, 60, 140, LinkType.raw],
    ]);
    expect(parser.metadata.interfaces.map(({ name }) => name)).toEqual(['eth9', 'a:0']);
  });
});

describe('a topology', () => {
  it('leads through routers by itself, hop by hop, and by a configured route before', () => {
    const network = new Network({ seed: 1 });
    const a = new FakeNode(network, 'a', A);
    const b = new FakeNode(network, 'b', B);
    const [r1, r2, detour] = ['r1', 'r2', 'detour'].map((name) => network.router(name));
    network.connect(a, r1!);
    network.connect(r1!, r2!);
    network.connect(r2!, b);
    const around = network.connect(r1!, detour!);
    network.connect(detour!, r2!);
    b.answer = () => [segment(B, A)];
    a.send(segment(A, B));
    network.runIdle();
    network.route(r1!, `${B}/32`, around);
    a.send(segment(A, B));
    network.runIdle();
    expect(b.heard.map(({ bytes }) => bytes[8])).toEqual([62, 61]);
    expect(a.heard.map(({ bytes }) => bytes[8])).toEqual([62, 62]);
    expect(detour!.counters.forwarded).toBe(1);
  });

  it('answers what it cannot deliver', () => {
    const network = new Network({ seed: 1 });
    const a = new FakeNode(network, 'a', A);
    const b = new FakeNode(network, 'b', B);
    const router = network.router('r', { addresses: ['10.9.9.9', '2001:db8::9'] });
    network.connect(a, router);
    const cut = network.connect(router, b);
    a.send(segment(A, B, { hopLimit: 1 }));
    a.send(segment(A, '10.7.7.7'));
    network.runIdle();
    cut.down();
    a.send(segment(A, B));
    a.send(segment('2001:db8::1', '2001:db8::7'));
    network.addAddress(a, '2001:db8::1');
    network.runIdle();
    expect(a.heard.map(({ bytes }) => tell(bytes))).toEqual([
      `icmp 11/0 mtu 0 about ${A}:1000 > ${B}:80`,
      `icmp 3/0 mtu 0 about ${A}:1000 > 10.7.7.7:80`,
      `icmp 3/1 mtu 0 about ${A}:1000 > ${B}:80`,
      'icmp 1/0 mtu 0 about [2001:db8::1]:1000 > [2001:db8::7]:80',
    ]);
    expect([...a.heard[0]!.bytes.subarray(12, 16)]).toEqual([10, 9, 9, 9]);
    expect(network.packets.inUse).toBe(0);
  });

  it('drops what was damaged on the way', () => {
    const network = new Network({ seed: 1 });
    const a = new FakeNode(network, 'a', A);
    const b = new FakeNode(network, 'b', B);
    const router = network.router('r');
    network.connect(a, router);
    network.connect(router, b);
    const damaged = segment(A, B);
    damaged[9]! ^= 4;
    a.send(damaged);
    a.send(Uint8Array.of(0x45, 0));
    network.runIdle();
    expect(b.heard).toEqual([]);
    expect(router.counters.damaged).toBe(2);
  });

  it('fragments fragments again where the way gets narrower', () => {
    const network = new Network({ seed: 1 });
    const a = new FakeNode(network, 'a', A);
    const b = new FakeNode(network, 'b', B);
    const router = network.router('r');
    network.connect(a, router, { mtu: 1000 });
    network.connect(router, b, { mtu: 500 });
    const payload = Uint8Array.from({ length: 1400 }, (_, i) => i % 251);
    const whole = segment(A, B, { payload, dontFragment: false });
    a.send(whole);
    network.runIdle();
    expect(b.heard.length).toBe(4);
    const decoder = new IpDecoder(new FragmentReassembler());
    const kinds = b.heard.map(({ bytes }) =>
      decoder.decode(bytes, new DataView(bytes.buffer), bytes.length, 0),
    );
    expect(kinds).toEqual([SegmentKind.none, SegmentKind.none, SegmentKind.none, SegmentKind.tcp]);
    expect(verifyTcpChecksum(decoder.segment)).toBe(ChecksumState.good);
    expect(decoder.segment.payloadLength).toBe(1400);
    expect(network.packets.inUse).toBe(0);
  });

  it.each([
    ['with routes', Network],
    ['to neighbours', BareNetwork],
  ])('sends from a node with several links along the one that leads there, %s', (_, Kind) => {
    const network = new Kind({ seed: 1 });
    const a = new FakeNode(network, 'a', A);
    const b = new FakeNode(network, 'b', B);
    const c = new FakeNode(network, 'c', '10.0.0.3');
    network.connect(a, b);
    network.connect(a, c);
    a.send(segment(A, '10.0.0.3'));
    a.send(segment(A, B));
    a.send(segment(A, '10.0.0.4'));
    network.runIdle();
    expect([b.heard.length, c.heard.length]).toEqual([1, 1]);
    expect(network.packets.inUse).toBe(0);
  });
});
