import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TcbPair } from '../../test/support/tcb-pair.ts';
import { testConfig } from '../../test/support/tcp-config.ts';
import { nextDeadline, OFF, type Tcb } from './tcb.ts';

/** What becomes of the segments, in the order of sending: lost, late, twice; all others arrive. */
interface Fate {
  readonly lost: boolean;
  readonly twice: boolean;
  readonly lateUs: number;
}

const fate: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ lost: false, twice: false, lateUs: 0 }) },
  { weight: 2, arbitrary: fc.constant({ lost: true, twice: false, lateUs: 0 }) },
  {
    weight: 1,
    arbitrary: fc.record({
      lost: fc.constant(false),
      twice: fc.boolean(),
      lateUs: fc.integer({ min: 1, max: 3_000_000 }),
    }),
  },
);

const path = fc.record({
  sack: fc.boolean(),
  timestamps: fc.boolean(),
  rack: fc.boolean(),
  tailLossProbe: fc.boolean(),
  frto: fc.boolean(),
  proportionalRateReduction: fc.boolean(),
  limitedTransmit: fc.boolean(),
  congestion: fc.constantFrom('reno' as const, 'cubic' as const),
  ecn: fc.constantFrom(0 as const, 1 as const),
  mtu: fc.constantFrom(1500, 576),
  superSegmentBytes: fc.constantFrom(0, 16_384),
  fates: fc.array(fate, { maxLength: 120 }),
  bytes: fc.integer({ min: 1, max: 40_000 }),
  pieces: fc.integer({ min: 1, max: 4 }),
  pauseUs: fc.constantFrom(0, 5_000, 700_000),
});

/** The counters of a scoreboard are sums over its entries. */
function checkBoard(tcb: Tcb): void {
  const sent = tcb.sent;
  let sacked = 0;
  let lost = 0;
  let again = 0;
  for (let i = 0; i < sent.count; i++) {
    const flags = sent.flagsOf(i);
    if ((flags & 1) !== 0) sacked += sent.lengthOf(i);
    if ((flags & 2) !== 0) lost += sent.lengthOf(i);
    if ((flags & 4) !== 0) again += sent.lengthOf(i);
  }
  if (sent.sackedBytes !== sacked || sent.lostBytes !== lost || sent.retransBytes !== again) {
    throw new Error(
      `${sent.sackedBytes} ${sent.lostBytes} ${sent.retransBytes} are ${sacked} ${lost} ${again}`,
    );
  }
  if (!(tcb.cwnd > 0) || !Number.isInteger(tcb.cwnd)) throw new Error(`cwnd ${tcb.cwnd}`);
  if (sent.count === 0) return;
  if (sent.startOf(0) !== tcb.sndUna || sent.endOf(sent.count - 1) !== tcb.sndNxt) {
    throw new Error('the scoreboard does not reach from SND.UNA to SND.NXT');
  }
  if (nextDeadline(tcb) === OFF) throw new Error('nothing will bring the connection forward');
}

test('whatever a path does, all octets arrive once and in order, and nothing is left', () => {
  fc.assert(
    fc.property(path, ({ fates, bytes, pieces, pauseUs, mtu, superSegmentBytes, ...over }) => {
      const config = testConfig({ ...over, retries2: 20 });
      const pair = new TcbPair({ config, mtu, superSegmentBytes });
      pair.establish();
      let at = 0;
      pair.filter = (flight) => {
        const what = fates[at++];
        if (what === undefined) return true;
        if (what.lost) return false;
        if (what.twice) pair.deliverLater({ ...flight, arrivesAt: flight.arrivesAt + 10 });
        flight.arrivesAt += what.lateUs;
        return true;
      };
      const data = Uint8Array.from({ length: bytes }, (_, i) => i ^ (i >> 8));
      const received: number[] = [];
      const share = Math.ceil(bytes / pieces);
      let written = 0;
      for (let n = 0; n < 200_000 && received.length < bytes; n++) {
        const due = Math.min(bytes, share * (1 + Math.floor(n / 50)));
        if (written < due) {
          const took = pair.left.sendBytes(data.subarray(written, due));
          if (took > 0) written += took;
        } else if (!pair.step() && written < bytes) pair.now += pauseUs;
        checkBoard(pair.left.tcb);
        if (pair.right.tcb.receive.readable > 0) {
          received.push(...pair.right.receiveBytes(bytes - received.length));
        }
      }
      expect(received.length).toBe(bytes);
      expect(Uint8Array.from(received)).toEqual(data);
      pair.left.close();
      pair.right.close();
      pair.settle();
      expect([pair.left.state, pair.right.state]).toEqual(['CLOSED', 'CLOSED']);
      for (const end of [pair.left, pair.right]) {
        expect(end.tcb.sent.count).toBe(0);
        expect(end.tcb.sent.pipe).toBe(0);
        expect(nextDeadline(end.tcb)).toBe(OFF);
      }
    }),
    { numRuns: 150 },
  );
}, 60_000);
