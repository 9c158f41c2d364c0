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
