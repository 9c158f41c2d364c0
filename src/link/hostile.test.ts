import { expect, it } from 'vitest';
import { FakeNode, segment } from '../../test/support/fake-node.ts';
import { encodeIcmpError, Flag } from '../wire/index.ts';
import { Network } from './network.ts';
import { Random } from './random.ts';

const A = '192.168.0.1';
const B = '203.0.113.1';
const OUT = '198.51.100.1';

it('no damaged packet makes a box fail or lose a packet of the pool', () => {
  const network = new Network({ seed: 5 });
  const a = new FakeNode(network, 'a', A);
  const b = new FakeNode(network, 'b', B);
  const nat = network.nat('nat', {
    outside: [OUT],
    strayInside: 'adopt',
    strayOutside: 'reset',
    exhausted: 'icmp',
  });
  const wall = network.firewall('wall', {
    rules: [
      { payload: true, nth: [1, 99], action: 'inject-resets' },
      { state: 'invalid', nth: [1, 99], action: 'prohibited' },
    ],
  });
  const balancer = network.balancer('lb', {
    address: '198.51.100.9',
    port: 80,
    backends: [B],
    stray: 'reset',
  });
  const router = network.router('r');
  const rough = { corrupt: 0.5, corruptBits: 4, red: { minPackets: 1, maxPackets: 5 }, rateBps: 1e9 };
  network.connect(a, nat, rough);
  network.connect(nat, wall, { ...rough, mtu: 300 });
  network.connect(wall, router, rough);
  network.connect(balancer.outside, router, rough);
  network.connect(balancer.inside, b, { ...rough, superSegments: 'cut' });
  const random = new Random(1, 'content');
  const flagsOf = (): number => random.below(256);
  for (let i = 0; i < 20_000; i++) {
    const payload = new Uint8Array(random.below(400));
    const sourcePort = 2000 + random.below(20);
    const ends = {
      sourcePort,
      flags: i % 3 === 0 ? Flag.syn : flagsOf(),
      payload,
      ecn: 2,
      hopLimit: random.below(4),
    };
    const destination = random.chance(0.5) ? B : '198.51.100.9';
    const out = segment(A, destination, { ...ends, dontFragment: random.chance(0.5) });
    const back = segment(B, OUT, { ...ends, sourcePort: 80, destinationPort: sourcePort });
    a.sendAt(i * 50, random.chance(0.1) ? garbage(random) : out);
    b.sendAt(i * 50, random.chance(0.1) ? errorAbout(back, out) : back);
  }
  network.runIdle();
  expect(network.packets.inUse).toBe(0);
  expect(nat.counters.translated).toBeGreaterThan(5000);
  expect(balancer.counters.translated).toBeGreaterThan(500);
  expect(a.heard.length).toBeGreaterThan(1000);
  expect(b.heard.length).toBeGreaterThan(1000);
});

function garbage(random: Random): Uint8Array {
  const bytes = Uint8Array.from({ length: 1 + random.below(80) }, () => random.below(256));
  bytes[0] = random.chance(0.5) ? 0x45 : bytes[0]!;
  return bytes;
}

function errorAbout(back: Uint8Array, out: Uint8Array): Uint8Array {
  const quoted = out.slice();
  quoted.set(back.subarray(16, 20), 12);
  return encodeIcmpError({ source: B, destination: OUT, type: 3, code: 1, quoted });
}
