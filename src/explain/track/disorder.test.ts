import { describe, expect, it } from 'vitest';
import { exchange, packetsOf, type TraceOptions, tellPackets } from '../../../test/support/trace.ts';
import type { ConnectionEnding } from '../types.ts';

const CLOSING = '50 C FIN ACK\n0.05 S FIN ACK\n0.05 C ACK';
/** 1 SYN, 2 SYN-ACK, 3 ACK, 4 request, 5 ACK, 6 answer, 7 ACK, 8 FIN, 9 FIN, 10 ACK. */
const TALK = `${exchange(0.05)}${CLOSING}`;

/** Tells the conversation with its packets captured in another order, at the times that the captures in their places have. */
function inOrder(
  order: readonly number[],
  text: string = TALK,
  options: TraceOptions = {},
): ConnectionEnding {
  const packets = packetsOf(text, options);
  const at = packets.map((p) => p.atUs);
  const shuffled = order.map((n, i) => ({ number: i + 1, atUs: at[i]!, bytes: packets[n - 1]!.bytes }));
  return tellPackets(shuffled, options).first;
}

describe('packets captured out of order', () => {
  it('tells the close as usual where they are in order', () => {
    expect(inOrder([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]).verdict.cause).toBe('fin-three-segments');
  });

  it.each([
    ['the SYN after its answer', [2, 1, 3, 4, 5, 6, 7, 8, 9, 10]],
    ['the SYN after the handshake', [2, 3, 1, 4, 5, 6, 7, 8, 9, 10]],
    ['the SYN-ACK after the text', [1, 3, 4, 2, 5, 6, 7, 8, 9, 10]],
    ['the SYN-ACK after the acknowledged text', [1, 5, 2, 3, 4, 6, 7, 8, 9, 10]],
    ['an ACK before the text it acknowledges', [1, 2, 3, 5, 4, 7, 6, 8, 9, 10]],
    ['the answer before the request', [1, 2, 3, 6, 4, 5, 7, 8, 9, 10]],
    ['the FINs the other way round', [1, 2, 3, 4, 5, 6, 7, 9, 8, 10]],
    ['the last ACK before the FIN', [1, 2, 3, 4, 5, 6, 7, 8, 10, 9]],
  ])('sees nothing but an orderly close: %s', (_, order) => {
    const e = inOrder(order);
    expect(e.closeKind).toBe('fin');
    expect(e.firstCloser).toBe('client');
    expect(e.verdict.cause).toBe('fin-three-segments');
    expect(e.ends.client.bytes).toBe(40);
    expect(e.ends.server.bytes).toBe(120);
  });

  it('knows what was unread by the numbers of the RST', () => {
    const text = `${exchange(0.05)}5 S PSH ACK 3000\n0.05 C PSH ACK 10\n0.05 S ACK\n5 C RST ACK`;
    const straight = inOrder([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], text);
    const crossed = inOrder([1, 2, 3, 4, 5, 6, 7, 9, 8, 10, 11], text);
    expect(crossed.verdict.cause).toBe(straight.verdict.cause);
    expect(crossed.verdict.alternatives).toEqual(straight.verdict.alternatives);
  });
});

/** mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Packets = ReturnType<typeof packetsOf>;

/** Each packet is held back for up to 1 ms; `keepTimes`: what it came at stays written on it, as several cores do it. */
function heldBack(packets: Packets, seed: number, keepTimes: boolean): Packets {
  const random = randomFrom(seed);
  const late = packets.map((p) => ({ p, atUs: p.atUs + Math.floor(random() * 1000) }));
  late.sort((a, b) => a.atUs - b.atUs);
  return late.map(({ p, atUs }, i) => ({ ...p, number: i + 1, atUs: keepTimes ? p.atUs : atUs }));
}

describe('packets held back for up to 1 ms', () => {
  const handshake = '0 C SYN\n0.05 S SYN ACK\n0.05 C ACK\n';
  const conversations = {
    'linger 0': `${exchange(0.05)}5 C RST ACK`,
    'a request after the close': `${exchange(0.05)}800 S FIN ACK\n0.05 C ACK\n500 C PSH ACK 40\n0.05 S RST`,
    'a request that crosses the close': `${exchange(0.05)}800 S FIN ACK\n0.02 C PSH ACK 40 ack=-1\n0.03 S RST seq=-1`,
    'a closed port': '0 C SYN\n0.05 S RST ACK',
    'a SYN on a live connection': `${exchange(0.05)}500 C SYN isn=7000000\n0.05 S ACK\n0.05 C RST`,
    'unread text': `${handshake}1 C PSH ACK 40\n0.05 S ACK\n0.1 S PSH ACK 3000\n0.05 C ACK\n0.2 C RST ACK`,
    'a new incarnation': `${TALK}\n0.3 C SYN isn=7000000\n0.05 S SYN ACK isn=80000000\n0.05 C ACK\n${'0.1 C PSH ACK 40\n0.05 S PSH ACK 120\n0.05 C ACK\n'}${CLOSING}`,
  };
  const options: TraceOptions[] = [{ timestamps: true }, { timestamps: false }];

  it.each(Object.entries(conversations))('say the same: %s', (_, text) => {
    for (const option of options) {
      const packets = packetsOf(text, option);
      const straight = tellPackets(packets, option).connections.map((e) => e.verdict.cause);
      for (let seed = 1; seed <= 20; seed++)
        for (const keepTimes of [false, true]) {
          const told = tellPackets(heldBack(packets, seed, keepTimes), option);
          expect(told.connections.map((e) => e.verdict.cause)).toEqual(straight);
        }
    }
  });

  it('stay as they are where a number is forged', () => {
    const text = `0 C SYN
      0.8 S ACK ack=29336 seq=-40000 id=0
      0 C RST seq=29336
      0.8 S SYN ACK
      0 C ACK
      100 C PSH ACK 40
      1.6 S PSH ACK 120`;
    const { first } = tellPackets(packetsOf(text));
    expect(first.verdict.cause).toBe('bad-ack-in-syn-sent');
    expect(first.notes.join()).not.toContain('out of order');
  });

  it('are put in order by one clock, where several cores wrote them', () => {
    const packets = packetsOf(TALK);
    const late = [...packets.slice(1, 4), packets[0]!, ...packets.slice(4)];
    const { first } = tellPackets(late.map((p, i) => ({ ...p, number: i + 1 })));
    expect(first.verdict.cause).toBe('fin-three-segments');
    expect(first.client.port).toBe(50_000);
  });

  it('are all told where more come at once than wait', () => {
    const lines = Array.from({ length: 20_000 }, (_, i) => `0 C SYN port=${20_000 + i}\n0 S RST ACK`);
    const told = tellPackets(packetsOf(lines.join('\n')));
    expect(told.connections.filter((e) => e.verdict.cause === 'port-closed')).toHaveLength(20_000);
  });
});

describe('the habits of a host', () => {
  const more =
    '5 C PSH ACK 40\n0.05 S PSH ACK 120\n0.05 C ACK\n5 C PSH ACK 40\n0.05 S PSH ACK 120\n0.05 C ACK\n';

  it('show an RST whose IP ID does not lie in its run', () => {
    const of = (id: string): ConnectionEnding =>
      tellPackets(packetsOf(`${exchange(0.05)}${more}300 S RST ACK${id}`)).first;
    expect(of('').rstSender).toBe('server');
    expect(of(' id=40000').rstSender).toBe('middlebox');
    expect(of(' id=0').rstSender).toBe('middlebox');
    expect(of(' id=40000').verdict.evidence.some((v) => v.shows.includes('IP ID 40000'))).toBe(true);
  });

  it('say nothing where it numbers by chance', () => {
    const text = `${exchange(0.05)}${more}`
      .split('\n')
      .map((line, n) => (line.includes(' S ') ? `${line} id=${((n * 13_337) & 0xfff0) + 1}` : line))
      .join('\n');
    expect(tellPackets(packetsOf(`${text}\n300 S RST ACK id=40000`)).first.rstSender).toBe('server');
  });
});
