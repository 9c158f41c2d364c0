import { describe, expect, it } from 'vitest';
import { decodeRaw, FakeNode, segment, tell } from '../../test/support/fake-node.ts';
import { ChecksumState, Flag, verifyTcpChecksum } from '../wire/index.ts';
import type { Link } from './link.ts';
import { Network } from './network.ts';
import type { LinkOptions } from './options.ts';
import { writeTaps } from './tap.ts';

const A = '10.0.0.1';
const B = '10.0.0.2';

function pair(
  options: LinkOptions,
  seed: number = 1,
): { network: Network; a: FakeNode; b: FakeNode; link: Link } {
  const network = new Network({ seed });
  const a = new FakeNode(network, 'a', A);
  const b = new FakeNode(network, 'b', B);
  return { network, a, b, link: network.connect(a, b, options) };
}

/** `count` segments from a to b, one each `gapUs`; returns the numbers and times of those that arrive. */
function stream(
  options: LinkOptions,
  count: number,
  gapUs: number = 0,
  seed: number = 1,
): { n: number; atUs: number }[] {
  const { network, a, b } = pair(options, seed);
  for (let i = 0; i < count; i++) a.sendAt(i * gapUs, segment(A, B, { seq: i }));
  network.runIdle();
  expect(network.packets.inUse).toBe(0);
  return b.heard.map(({ atUs, bytes }) => ({ n: decodeRaw(bytes).seq, atUs }));
}

describe('a link', () => {
  it('delays, in both directions', () => {
    const { network, a, b } = pair({ delayUs: 700, backward: { delayUs: 30 } });
    b.answer = () => [segment(B, A)];
    a.send(segment(A, B));
    network.runIdle();
    expect(b.heard.map(({ atUs }) => atUs)).toEqual([700]);
    expect(a.heard.map(({ atUs }) => atUs)).toEqual([730]);
  });

  it('sends at its rate, and queues', () => {
    // 40 bytes at 320 kbit/s take a millisecond.
    const arrivals = stream({ delayUs: 100, rateBps: 320_000 }, 5);
    expect(arrivals.map(({ atUs }) => atUs)).toEqual([1100, 2100, 3100, 4100, 5100]);
  });

  it('does not lose fractions of a microsecond of a fast rate', () => {
    // 40 bytes at 1 Gbit/s take 0.32 us.
    expect(stream({ delayUs: 0, rateBps: 1e9 }, 1000).at(-1)!.atUs).toBe(320);
  });

  it('drops at the tail of a full queue, by packets or by bytes', () => {
    expect(stream({ rateBps: 1e6, queuePackets: 3 }, 10).map(({ n }) => n)).toEqual([0, 1, 2]);
    expect(stream({ rateBps: 1e6, queueBytes: 100 }, 10).map(({ n }) => n)).toEqual([0, 1]);
    expect(stream({ rateBps: 320_000, queuePackets: 1 }, 6, 500).map(({ n }) => n)).toEqual([0, 2, 4]);
  });

  it('makes a host wait for room where it is told to', () => {
    const { network, a, b } = pair({ delayUs: 0, rateBps: 320_000, queuePackets: 2, whenFull: 'wait' });
    for (let i = 0; i < 6; i++) a.send(segment(A, B, { seq: i }));
    network.step();
    expect(a.waiting).toBeGreaterThan(0);
    network.runIdle();
    expect(b.heard.map(({ atUs }) => atUs)).toEqual([1000, 2000, 3000, 4000, 5000, 6000]);
  });

  it('keeps the order under jitter unless told otherwise', () => {
    const inOrder = stream({ delayUs: 1000, jitterUs: 500 }, 500, 10);
    expect(inOrder.map(({ n }) => n)).toEqual(Array.from({ length: 500 }, (_, i) => i));
    const free = stream({ delayUs: 1000, jitterUs: 500, keepOrder: false }, 500, 10);
    expect(free.map(({ n }) => n)).not.toEqual(inOrder.map(({ n }) => n));
    const delays = free.map(({ n, atUs }) => atUs - n * 10);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(1000);
    expect(Math.max(...delays)).toBeLessThanOrEqual(1500);
    expect(Math.max(...delays) - Math.min(...delays)).toBeGreaterThan(450);
  });

  it('loses its share', () => {
    const arrived = stream({ loss: 0.1 }, 20_000, 1).length;
    expect(Math.abs(arrived - 18_000)).toBeLessThan(200);
  });

  it('loses in bursts as Gilbert and Elliott say', () => {
    const arrived = stream({ loss: { enter: 0.01, leave: 0.2 } }, 40_000, 1).map(({ n }) => n);
    // Steady state: 0.01 / (0.01 + 0.2) are bad; a stay lasts 1 / 0.2 packets.
    expect(Math.abs(arrived.length / 40_000 - 0.952)).toBeLessThan(0.01);
    const gaps = arrived
      .slice(1)
      .map((n, i) => n - arrived[i]! - 1)
      .filter((gap) => gap > 0);
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    expect(Math.abs(mean - 5)).toBeLessThan(0.7);
  });

  it('duplicates and reorders', () => {
    const doubled = stream({ delayUs: 5, duplicate: 1, duplicateAfterUs: 40 }, 1);
    expect(doubled.map(({ atUs }) => atUs)).toEqual([5, 45]);
    const order = stream({ delayUs: 5, reorder: 0.1, reorderByUs: 25 }, 1000, 10).map(({ n }) => n);
    const late = order.filter((n, i) => i > 0 && n < order[i - 1]!);
    expect(Math.abs(late.length - 100)).toBeLessThan(30);
    expect([...order].sort((x, y) => x - y)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
  });

  it('flips bits, which the checksum shows even on a trusted link', () => {
    const { network, a, b } = pair({ corrupt: 1 });
    const clean = segment(A, B, { payload: new Uint8Array(1000) });
    const unfilled = clean.slice();
    unfilled.fill(0, 36, 38);
    for (let i = 0; i < 200; i++) a.send(unfilled, { trusted: true });
    network.runIdle();
    for (const { bytes } of b.heard) {
      const flipped = bytes.reduce((sum, byte, i) => sum + bitCount(byte ^ clean[i]!), 0);
      expect(flipped).toBe(1);
    }
    const bad = b.heard.filter(({ bytes }) => verifyTcpChecksum(decodeRaw(bytes)) === ChecksumState.bad);
    expect(bad.length).toBeGreaterThan(180);
  });

  it('marks CE before it drops, where the flow can', () => {
    const { network, a, b, link } = pair({ rateBps: 1e6, red: { minPackets: 3, maxPackets: 3, weight: 1 } });
    for (let i = 0; i < 6; i++) a.send(segment(A, B, { seq: i, ecn: 2 }));
    for (let i = 6; i < 8; i++) a.send(segment(A, B, { seq: i, ecn: 0 }));
    network.runIdle();
    expect(b.heard.map(({ bytes }) => decodeRaw(bytes).ecn)).toEqual([2, 2, 2, 3, 3, 3]);
    expect(link.forward.counters).toMatchObject({ marked: 3, overflowed: 2 });
    for (const { bytes } of b.heard) expect(ip4Sum(bytes)).toBe(0xffff);
  });

  it('passes nothing while it is down, and loses what was on it', () => {
    const { network, a, b, link } = pair({ delayUs: 100 });
    a.sendAt(0, segment(A, B, { seq: 0 }));
    a.sendAt(60, segment(A, B, { seq: 1 }));
    a.sendAt(300, segment(A, B, { seq: 2 }));
    network.at(50, () => link.down());
    network.at(200, () => link.up());
    network.runIdle();
    expect(b.heard.map(({ bytes }) => decodeRaw(bytes).seq)).toEqual([2]);
    expect(link.forward.counters.down).toBe(2);
  });
});

describe('a narrow link', () => {
  const big = segment(A, B, { seq: 9, payload: new Uint8Array(1460) });

  it('answers with "fragmentation needed" and its MTU', () => {
    const { network, a, b } = pair({ delayUs: 10, mtu: 1400 });
    a.send(big);
    network.runIdle();
    expect(b.heard).toEqual([]);
    expect(a.heard.map(({ bytes }) => tell(bytes))).toEqual([`icmp 3/4 mtu 1400 about ${A}:1000 > ${B}:80`]);
    expect(a.heard[0]!.atUs).toBe(10);
    expect(decodeRaw(a.heard[0]!.bytes).seq).toBe(9);
  });

  it('answers with "packet too big" for IPv6', () => {
    const { network, a } = pair({ mtu: 1400 });
    a.send(segment('2001:db8::1', '2001:db8::2', { payload: new Uint8Array(1460) }));
    network.runIdle();
    expect(a.heard.map(({ bytes }) => tell(bytes))).toEqual([
      'icmp 2/0 mtu 1400 about [2001:db8::1]:1000 > [2001:db8::2]:80',
    ]);
  });

  it('is silent as a black hole', () => {
    const { network, a, b } = pair({ mtu: 1400, tooBig: 'drop' });
    a.send(big);
    network.runIdle();
    expect([...a.heard, ...b.heard]).toEqual([]);
    expect(network.packets.inUse).toBe(0);
  });

  it('fragments what may be fragmented', () => {
    const { network, a, b } = pair({ mtu: 600 });
    a.send(segment(A, B, { payload: new Uint8Array(1460), dontFragment: false }));
    network.runIdle();
    expect(b.heard.map(({ bytes }) => bytes.length)).toEqual([596, 596, 348]);
  });

  it('judges a super-segment by the segments it will be cut into', () => {
    const { network, a, b } = pair({ mtu: 1500 });
    const whole = segment(A, B, { payload: new Uint8Array(4380) });
    a.send(whole, { segmentSize: 1460 });
    a.send(whole, { segmentSize: 1461 });
    network.runIdle();
    expect(b.heard.length).toBe(1);
    expect(a.heard.length).toBe(1);
  });

  it('cuts super-segments as a network card does', () => {
    const { network, a, b } = pair({ mtu: 1500, superSegments: 'cut' });
    const payload = Uint8Array.from({ length: 3000 }, (_, i) => i);
    const flags = Flag.ack | Flag.psh | Flag.fin | Flag.cwr;
    a.send(segment(A, B, { seq: -1000, identification: 7, flags, payload }), { segmentSize: 1448 });
    network.runIdle();
    const pieces = b.heard.map(({ bytes }) => ({ ...decodeRaw(bytes) }));
    expect(pieces.map((s) => [s.seq, s.payloadLength, s.flags, s.identification])).toEqual([
      [-1000, 1448, Flag.ack | Flag.cwr, 7],
      [448, 1448, Flag.ack, 8],
      [1896, 104, Flag.ack | Flag.psh | Flag.fin, 9],
    ]);
    expect(b.heard.flatMap(({ bytes }) => [...bytes.subarray(40)])).toEqual([...payload]);
    for (const { bytes } of b.heard) expect(verifyTcpChecksum(decodeRaw(bytes))).toBe(ChecksumState.good);
    expect(network.packets.inUse).toBe(0);
  });
});

describe('filters', () => {
  it('drop the n-th that fits', () => {
    const { network, a, b, link } = pair({});
    link.on({ flags: Flag.fin, nth: 2 }, 'drop');
    for (let i = 0; i < 6; i++)
      a.send(segment(A, B, { seq: i, flags: i % 2 === 0 ? Flag.fin | Flag.ack : Flag.ack }));
    network.runIdle();
    expect(b.heard.map(({ bytes }) => decodeRaw(bytes).seq)).toEqual([0, 1, 3, 4, 5]);
  });

  it('hold a packet until it is released, with its place in the order lost', () => {
    const { network, a, b, link } = pair({ delayUs: 10 });
    const remove = link.filter((_packet, { number, from }) =>
      from === 'a' && number === 1 ? 'hold' : 'pass',
    );
    a.sendAt(0, segment(A, B, { seq: 0 }));
    a.sendAt(5, segment(A, B, { seq: 1 }));
    network.runIdle();
    expect(link.held.length).toBe(1);
    remove();
    network.at(60e6, () => link.release(link.held[0]!, 3));
    network.runIdle();
    expect(b.heard.map(({ atUs, bytes }) => [decodeRaw(bytes).seq, atUs])).toEqual([
      [1, 15],
      [0, 60e6 + 13],
    ]);
    expect(link.held).toEqual([]);
    expect(network.packets.inUse).toBe(0);
  });

  it('duplicate and delay', () => {
    const { network, a, b, link } = pair({ delayUs: 10 });
    link.filter((_packet, { segment: { seq } }) => (seq === 0 ? 'duplicate' : seq === 1 ? 500 : 'pass'));
    for (let i = 0; i < 3; i++) a.send(segment(A, B, { seq: i }));
    network.runIdle();
    expect(b.heard.map(({ atUs, bytes }) => [decodeRaw(bytes).seq, atUs])).toEqual([
      [0, 10],
      [0, 10],
      [2, 10],
      [1, 510],
    ]);
  });

  it('do not see what is injected, nor does the sender', () => {
    const { network, a, b, link } = pair({ delayUs: 10 });
    link.on({}, 'drop');
    const tap = network.tap(a);
    link.inject(segment(A, B, { flags: Flag.rst }));
    link.inject(segment(B, A, { flags: Flag.rst }), link.backward);
    network.runIdle();
    expect(b.heard.length).toBe(1);
    expect(a.heard.length).toBe(1);
    expect(tap.packets.map(({ way }) => way)).toEqual(['in']);
  });
});

describe('a run', () => {
  const rough: LinkOptions = {
    delayUs: 1000,
    jitterUs: 300,
    keepOrder: false,
    rateBps: 1e7,
    queuePackets: 20,
    loss: { enter: 0.01, leave: 0.3 },
    duplicate: 0.02,
    reorder: 0.02,
    corrupt: 0.02,
  };

  function capture(seed: number, withOther: boolean): Uint8Array {
    const { network, a, b } = pair(rough, seed);
    if (withOther) {
      const c = new FakeNode(network, 'c', '10.0.0.3');
      const d = new FakeNode(network, 'd', '10.0.0.4');
      network.connect(c, d, rough);
      for (let i = 0; i < 100; i++) c.sendAt(i * 17, segment('10.0.0.3', '10.0.0.4', { seq: i }));
    }
    const tap = network.tap(b);
    for (let i = 0; i < 500; i++)
      a.sendAt(i * 20, segment(A, B, { seq: i, payload: new Uint8Array(i % 90) }));
    network.runIdle();
    expect(network.packets.inUse).toBe(0);
    return writeTaps([tap]);
  }

  it('repeats byte for byte from its seed', () => {
    expect(capture(42, false)).toEqual(capture(42, false));
    expect(capture(42, false)).not.toEqual(capture(43, false));
  });

  it('is not changed by a link that has nothing to do with it', () => {
    expect(capture(42, true)).toEqual(capture(42, false));
  });

  it('draws the same losses whatever else befalls packets', () => {
    const plain = stream({ loss: 0.2 }, 200, 10).map(({ n }) => n);
    const jittered = stream({ loss: 0.2, jitterUs: 9, reorder: 0.1, reorderByUs: 3 }, 200, 10).map(
      ({ n }) => n,
    );
    expect(jittered).toEqual(plain);
  });
});

function bitCount(byte: number): number {
  return byte.toString(2).replaceAll('0', '').length;
}

function ip4Sum(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < 20; i += 2) sum += bytes[i]! * 256 + bytes[i + 1]!;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}
