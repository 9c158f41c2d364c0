import { describe, expect, it } from 'vitest';
import { TcbPair } from '../../test/support/tcb-pair.ts';
import { freebsdConfig, linuxConfig, testConfig } from '../../test/support/tcp-config.ts';

const TOTAL = 400_000;
const text = Uint8Array.from({ length: TOTAL }, (_, i) => i % 251);

/** Loses a share of all segments, by a seed. */
function loses(share: number, seed: number): () => boolean {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 0) / 2 ** 32 >= share;
  };
}

/** Everything goes from left to right, and what right got so far is right. */
function transfer(pair: TcbPair): void {
  let sent = 0;
  let got = 0;
  for (let i = 0; i < 100_000 && got < TOTAL; i++) {
    if (sent < TOTAL) sent += Math.max(0, pair.left.sendBytes(text.subarray(sent, sent + 50_000)));
    pair.step();
    const here = pair.right.receiveBytes();
    expect(Buffer.compare(here, text.subarray(got, got + here.length))).toBe(0);
    got += here.length;
  }
  expect(got).toBe(TOTAL);
}

const CONFIGS = { rfc: testConfig(), linux: linuxConfig(), freebsd: freebsdConfig() };

describe.each(Object.entries(CONFIGS))('a bulk transfer with the configuration of %s', (_name, config) => {
  it.each([
    [0, 0],
    [0, 0.03],
    [65_536, 0],
    [65_536, 0.1],
  ])('super-segments of %i octets, loss %f', (superSegmentBytes, loss) => {
    const pair = new TcbPair({ config, superSegmentBytes }).establish();
    pair.filter = loses(loss, 7);
    transfer(pair);
    expect(pair.left.counters.RetransSegs > 0).toBe(loss > 0);
    pair.filter = null;
    pair.left.close();
    pair.run(5_000_000);
    pair.right.close();
    pair.settle();
    expect([pair.left.state, pair.right.state]).toEqual(['CLOSED', 'CLOSED']);
    expect([pair.left.memory, pair.right.memory]).toEqual([0, 0]);
  });
});
