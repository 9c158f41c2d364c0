import { describe, expect, it } from 'vitest';
import { FakeNode, segment, tell } from '../../test/support/fake-node.ts';
import { Flag } from '../wire/index.ts';
import type { Firewall, FirewallOptions } from './firewall.ts';
import { Network } from './network.ts';

const A = '10.0.0.1';
const B = '10.0.0.2';

function build(options: FirewallOptions): { network: Network; a: FakeNode; b: FakeNode; wall: Firewall } {
  const network = new Network({ seed: 1 });
  const a = new FakeNode(network, 'a', A);
  const b = new FakeNode(network, 'b', B);
  const wall = network.firewall('wall', options);
  network.connect(a, wall);
  network.connect(wall, b);
  return { network, a, b, wall };
}

function said(node: FakeNode): string[] {
  return node.heard.map(({ bytes }) => tell(bytes));
}

describe('a firewall without state', () => {
  it('matches on addresses, ports, flags, direction and count; the first rule that fits decides', () => {
    const { network, a, b, wall } = build({
      rules: [
        { source: '10.0.0.0/30', destinationPort: [80, 90], flags: Flag.fin, nth: 2, action: 'drop' },
        { destinationPort: 22, direction: 'out', action: 'drop' },
        { destinationPort: 22, action: 'pass' },
        { payload: true, without: Flag.psh, action: 'drop' },
      ],
    });
    for (let i = 0; i < 3; i++) a.send(segment(A, B, { seq: i, flags: Flag.fin | Flag.ack }));
    a.send(segment(A, B, { seq: 3, destinationPort: 22 }));
    a.send(segment(A, B, { seq: 4, payload: Uint8Array.of(1) }));
    a.send(segment(A, B, { seq: 5, payload: Uint8Array.of(1), flags: Flag.ack | Flag.psh }));
    b.send(segment(B, A, { seq: 6, destinationPort: 22, payload: Uint8Array.of(1) }));
    network.runIdle();
    expect(b.heard.map(({ bytes }) => tell(bytes).split(' ')[4])).toEqual(['0', '2', '5']);
    expect(said(a).length).toBe(1);
    expect(wall.counters).toMatchObject({ pass: 4, drop: 3 });
    expect(network.packets.inUse).toBe(0);
  });

  it('rejects by RST in answer to a SYN and to later segments, and never to an RST', () => {
    const { network, a, b } = build({ rules: [{ action: 'reset' }] });
    a.send(segment(A, B, { seq: 10, flags: Flag.syn }));
    a.send(segment(A, B, { seq: 11, ack: 77, payload: Uint8Array.of(1, 2) }));
    a.send(segment(A, B, { seq: 13, flags: Flag.rst }));
    network.runIdle();
    expect(said(a)).toEqual([`${B}:80 > ${A}:1000 RA 0 11 0`, `${B}:80 > ${A}:1000 R 77 0 0`]);
    expect(b.heard).toEqual([]);
  });

  it('rejects by ICMP', () => {
    const { network, a } = build({
      rules: [
        { destinationPort: 81, action: 'unreachable' },
        { destinationPort: 82, action: 'prohibited' },
      ],
    });
    for (const destinationPort of [81, 82]) a.send(segment(A, B, { destinationPort }));
    network.runIdle();
    expect(said(a)).toEqual([
      `icmp 3/3 mtu 0 about ${A}:1000 > ${B}:81`,
      `icmp 3/13 mtu 0 about ${A}:1000 > ${B}:82`,
    ]);
  });

  it.each([
    ['reset-both', [`${A}:1000 > ${B}:80 RA 11 77 0`]],
    ['inject-resets', [`${A}:1000 > ${B}:80 A 11 77 3`, `${A}:1000 > ${B}:80 RA 14 77 0`]],
  ] as const)('injects RSTs in both directions: %s', (action, expected) => {
    const { network, a, b } = build({ rules: [{ payload: true, nth: 1, action }] });
    a.send(segment(A, B, { seq: 11, ack: 77, payload: new Uint8Array(3) }));
    network.runIdle();
    expect(said(b)).toEqual(expected);
    expect(said(a)).toEqual([`${B}:80 > ${A}:1000 R 77 0 0`]);
    expect(network.packets.inUse).toBe(0);
  });
});

describe('a stateful firewall', () => {
  const rules = [
    { state: 'established', action: 'pass' },
    { state: 'new', direction: 'out', action: 'pass' },
  ] as const;

  it('lets in only what belongs to connections opened from inside', () => {
    const { network, a, b } = build({ rules, otherwise: 'drop' });
    b.send(segment(B, A, { flags: Flag.syn }));
    b.send(segment(B, A, { flags: Flag.ack }));
    network.runIdle();
    expect(a.heard).toEqual([]);
    a.send(segment(A, B, { flags: Flag.syn }));
    network.runIdle();
    b.send(
      segment(B, A, { sourcePort: 80, destinationPort: 1000, flags: Flag.syn | Flag.ack, seq: 5, ack: 1 }),
    );
    b.send(
      segment(B, A, { sourcePort: 81, destinationPort: 1000, flags: Flag.syn | Flag.ack, seq: 5, ack: 1 }),
    );
    network.runIdle();
    expect(said(a)).toEqual([`${B}:80 > ${A}:1000 SA 5 1 0`]);
  });

  it('forgets idle connections, after which their segments are invalid', () => {
    const { network, a, b } = build({
      rules: [...rules, { state: 'invalid', action: 'reset' }],
      otherwise: 'drop',
      idleUs: 10e6,
    });
    a.sendAt(0, segment(A, B, { flags: Flag.syn }));
    b.sendAt(
      1000,
      segment(B, A, { sourcePort: 80, destinationPort: 1000, flags: Flag.syn | Flag.ack, ack: 1 }),
    );
    a.sendAt(2000, segment(A, B, { seq: 1, ack: 1 }));
    a.sendAt(9e6, segment(A, B, { seq: 1, ack: 1 }));
    a.sendAt(20e6, segment(A, B, { seq: 1, ack: 1 }));
    network.runIdle();
    expect(b.heard.length).toBe(3);
    expect(said(a).at(-1)).toBe(`${B}:80 > ${A}:1000 R 1 0 0`);
  });
});

it('a full firewall drops the next SYN and lets what it knows pass', () => {
  const { network, a, b, wall } = build({ maxFlows: 2, closingUs: 10e6 });
  const at = (us: number, sourcePort: number, flags: number): void => {
    a.sendAt(us, segment(A, B, { sourcePort, flags, ...((flags & Flag.ack) !== 0 && { seq: 1, ack: 1 }) }));
  };
  for (const sourcePort of [1, 2, 3]) at(sourcePort, sourcePort, Flag.syn);
  at(10, 1, Flag.ack);
  at(20, 1, Flag.fin | Flag.ack);
  at(1e6, 4, Flag.syn);
  // By then the flow that ended is forgotten.
  at(11e6, 4, Flag.syn);
  network.runIdle();
  const heard = said(b).map((line) => line.split(' ')[0]!.split(':')[1]);
  expect(heard).toEqual(['1', '2', '1', '1', '4']);
  expect(wall.counters).toMatchObject({ drop: 2, pass: 5 });
  expect(network.packets.inUse).toBe(0);
});
