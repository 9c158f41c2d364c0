import { describe, expect, it } from 'vitest';
import { Network } from '../link/index.ts';
import { FastOpenTable } from './fast-open.ts';
import { encodeOption } from './fast-open-option.ts';
import { Errno, type Host, moreInfo, type Socket } from './index.ts';
import { sipHash } from './siphash.ts';

interface Pair {
  readonly network: Network;
  readonly client: Host;
  readonly server: Host;
  readonly fast: FastOpenTable;
  readonly listener: Socket;
}

/** Two hosts with Fast Open, 10 ms apart. */
function pair(): Pair {
  const network = new Network({ seed: 3 });
  const client = network.host('client', { addresses: ['10.0.0.1'] });
  const server = network.host('server', { addresses: ['10.0.0.2'] });
  network.connect(client, server, { delayUs: 10_000 });
  const fast = new FastOpenTable(client);
  client.fastOpen = fast;
  const serving = new FastOpenTable(server);
  serving.enabled = 0x403;
  server.fastOpen = serving;
  const listener = server.socket(4);
  listener.bind('10.0.0.2', 80);
  listener.listen(8);
  return { network, client, server, fast, listener };
}

function open({ network, client, fast }: Pair, bytes: Uint8Array): { socket: Socket; result: number } {
  const socket = client.socket(4);
  let result = 0;
  network.act(() => {
    result = fast.connectWith(socket, '10.0.0.2', 80, bytes, false);
  });
  return { socket, result };
}

describe('TCP Fast Open (RFC 7413)', () => {
  it('asks for a cookie first, and has its text on the SYN from then on', () => {
    const all = pair();
    const { network, listener } = all;
    expect(open(all, new Uint8Array(100)).result).toBe(-Errno.EINPROGRESS);
    network.run(100_000);
    expect(listener.accept()).not.toBe(-Errno.EAGAIN);
    expect(all.fast.hasCookie(all.client.socket(4), '10.0.0.2')).toBe(true);

    const before = network.now;
    const { socket, result } = open(all, new Uint8Array(100).fill(7));
    expect(result).toBe(100);
    // One way later the server's application has it: no round trip was spent.
    network.run(before + 11_000);
    const child = listener.accept() as Socket;
    const target = new Uint8Array(200);
    expect(child.recv(target)).toBe(100);
    expect(target[99]).toBe(7);
    expect(moreInfo(child)).toMatchObject({ synTextTaken: true, isFastChild: true });
    network.run(before + 100_000);
    expect(child.info().stateName).toBe('ESTABLISHED');
    expect(moreInfo(socket).synTextTaken).toBe(true);
  });

  it('sends the text again where the server takes the SYN alone', () => {
    const all = pair();
    open(all, new Uint8Array(0));
    all.network.run(100_000);
    all.listener.accept();
    (all.server.fastOpen as FastOpenTable).enabled = 0;
    const { socket, result } = open(all, new Uint8Array(300));
    expect(result).toBe(300);
    all.network.run(300_000);
    const child = all.listener.accept() as Socket;
    expect(child.recv(new Uint8Array(400))).toBe(300);
    expect(moreInfo(socket).synTextTaken).toBe(false);
  });

  it('keeps no more children than the listener allows', () => {
    const all = pair();
    open(all, new Uint8Array(0));
    all.network.run(100_000);
    all.listener.accept();
    (all.server.fastOpen as FastOpenTable).setLimit(all.listener, 1);
    const before = all.network.now;
    for (let i = 0; i < 3; i++) open(all, new Uint8Array(10));
    all.network.run(before + 11_000);
    expect(all.listener.accept()).not.toBe(-Errno.EAGAIN);
    expect(all.listener.accept()).toBe(-Errno.EAGAIN);
  });

  it('is refused where it is not enabled', () => {
    const all = pair();
    all.fast.enabled = 0;
    expect(open(all, new Uint8Array(1)).result).toBe(-Errno.EOPNOTSUPP);
  });
});

describe('its parts', () => {
  it('SipHash-2-4 is that of its paper', () => {
    const bytes = (count: number): Uint8Array => Uint8Array.from({ length: count }, (_, i) => i);
    expect(sipHash(bytes(16), bytes(15))).toBe(0xa129ca6149be45e5n);
    expect(sipHash(bytes(16), bytes(0))).toBe(0x726fdb47dd0e0e31n);
  });

  it('an option is filled up to four octets', () => {
    const cookie = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    expect([...encodeOption({ cookie, isExperimental: false })]).toEqual([
      34, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1,
    ]);
    expect([...encodeOption({ cookie: cookie.subarray(0, 4), isExperimental: true })]).toEqual([
      254, 8, 0xf9, 0x89, 1, 2, 3, 4,
    ]);
  });
});
