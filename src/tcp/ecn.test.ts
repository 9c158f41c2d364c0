import { describe, expect, it } from 'vitest';
import { TcbPair } from '../../test/support/tcb-pair.ts';
import { testConfig } from '../../test/support/tcp-config.ts';
import { Flag } from '../wire/index.ts';

const SECOND = 1_000_000;
const ECN = Flag.ece | Flag.cwr;
const config = testConfig({ ecn: 1, tailLossProbe: false });
const bytes = (n: number): Uint8Array => new Uint8Array(n);

describe('ECN', () => {
  it('is asked for by the SYN and agreed to by the SYN-ACK', () => {
    const pair = new TcbPair({ config }).establish();
    expect(pair.sent.map(({ segment }) => segment.flags & ECN)).toEqual([ECN, Flag.ece, 0]);
    expect(pair.sent.map(({ segment }) => segment.ecn)).toEqual([0, 0, 0]);
  });

  it('is not asked for again by a SYN that was lost', () => {
    const pair = new TcbPair({ config });
    pair.filter = () => false;
    pair.left.connect();
    pair.run(2 * SECOND);
    expect(pair.sent.map(({ segment }) => segment.flags & ECN)).toEqual([ECN, 0]);
  });

  it('marks new text as capable, not its ACKs, nor what is sent again', () => {
    const pair = new TcbPair({ config }).establish().forget();
    let lose = true;
    pair.filter = () => !lose;
    pair.left.send('hello');
    lose = false;
    pair.run(5 * SECOND);
    const marks = pair.sent.map(({ from, segment }) => [from.name, segment.payloadLength, segment.ecn]);
    expect(marks).toEqual([
      ['left', 5, 2],
      ['left', 5, 0],
      ['right', 0, 0],
    ]);
  });

  it('CE comes back as ECE on every ACK until CWR tells that the window was reduced', () => {
    const pair = new TcbPair({ config }).establish().forget();
    let marked = false;
    pair.filter = ({ from, segment }) => {
      if (from === pair.left && segment.payloadLength > 0 && !marked) {
        segment.ecn = 3;
        marked = true;
      }
      return true;
    };
    const before = pair.left.tcb.cwnd;
    pair.left.sendBytes(bytes(20_000));
    pair.run(SECOND);
    const echoes = pair.sent.filter(({ from }) => from === pair.right);
    expect(echoes[0]!.segment.flags & Flag.ece).toBe(Flag.ece);
    const told = pair.sent.filter(
      ({ from, segment }) => from === pair.left && (segment.flags & Flag.cwr) !== 0,
    );
    expect(told.length).toBe(1);
    expect(pair.left.tcb.cwnd).toBeLessThan(before);
    const after = echoes.filter(({ sentAt }) => sentAt > told[0]!.sentAt + pair.delayUs);
    expect(after.length).toBeGreaterThan(0);
    expect(after.every(({ segment }) => (segment.flags & Flag.ece) === 0)).toBe(true);
    expect(pair.right.counters.InCEPkts).toBe(1);
  });

  it('CWR is not put on a super-segment', () => {
    const pair = new TcbPair({ config, superSegmentBytes: 65_536 }).establish().forget();
    pair.left.tcb.cwrQueued = true;
    pair.left.sendBytes(bytes(8 * 1448));
    const first = pair.sent[0]!.segment;
    expect([first.payloadLength, first.flags & Flag.cwr]).toEqual([1448, Flag.cwr]);
    expect(pair.sent[1]!.segment.payloadLength).toBe(7 * 1448);
  });
});
