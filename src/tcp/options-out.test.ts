import { describe, expect, it } from 'vitest';
import { TcbPair } from '../../test/support/tcb-pair.ts';
import { testConfig } from '../../test/support/tcp-config.ts';
import { Flag, OptionBit } from '../wire/index.ts';
import { optionBytes, segmentBytes } from './options-out.ts';

describe('options of a segment', () => {
  it('timestamps: our clock, and the TSval that the peer is to see again', () => {
    const pair = new TcbPair({ config: testConfig({ timestampTickUs: 1000 }) }).establish().forget();
    pair.left.send('hello');
    const { segment, sentAt } = pair.sent[0]!;
    expect(segment.optionKinds).toBe(OptionBit.timestamps);
    expect(segment.tsVal).toBe((Math.floor(sentAt / 1000) + pair.left.tcb.tsOffset) | 0);
    expect(segment.tsEcr).toBe(pair.left.tcb.tsRecent);
  });

  it('of a SYN tell no TSecr, of a SYN-ACK that of the SYN', () => {
    const pair = new TcbPair().establish();
    const [syn, synAck] = pair.sent;
    expect(syn!.segment.tsEcr).toBe(0);
    expect(synAck!.segment.tsEcr).toBe(syn!.segment.tsVal);
  });

  it('SACK: the range that changed last comes first, the rest behind it', () => {
    const pair = new TcbPair().establish().forget();
    const { tcb } = pair.right;
    const at = (n: number) => (tcb.rcvNxt + n) | 0;
    for (const start of [10, 30, 50, 20]) {
      pair.inject(pair.right, { flags: Flag.ack, seq: at(start), ack: tcb.sndNxt }, 'abcde');
    }
    const { segment } = pair.sent.at(-1)!;
    expect(segment.sackCount).toBe(3);
    expect([...segment.sack.subarray(0, 6)]).toEqual([20, 25, 50, 55, 30, 35].map(at));
    expect(segment.optionKinds).toBe(OptionBit.timestamps | OptionBit.sack);
  });

  it('without timestamps there is room for four', () => {
    const pair = new TcbPair({ config: testConfig({ timestamps: false }) }).establish().forget();
    const { tcb } = pair.right;
    for (const start of [10, 20, 30, 40, 50]) {
      const seq = (tcb.rcvNxt + start) | 0;
      pair.inject(pair.right, { flags: Flag.ack, seq, ack: tcb.sndNxt }, 'abcde');
    }
    expect(pair.sent.at(-1)!.segment.sackCount).toBe(4);
  });

  it('DSACK: what came twice comes first, once', () => {
    const pair = new TcbPair().establish().forget();
    const { tcb } = pair.right;
    const first = tcb.rcvNxt;
    const at = (n: number) => (first + n) | 0;
    pair.inject(pair.right, { flags: Flag.ack, seq: at(0), ack: tcb.sndNxt }, '0123456789');
    pair.inject(pair.right, { flags: Flag.ack, seq: at(20), ack: tcb.sndNxt }, 'abcde');
    pair.inject(pair.right, { flags: Flag.ack, seq: at(0), ack: tcb.sndNxt }, '0123456789');
    const twice = pair.sent.at(-1)!.segment;
    expect(twice.sackCount).toBe(2);
    expect([...twice.sack.subarray(0, 4)]).toEqual([0, 10, 20, 25].map(at));
    pair.inject(pair.right, { flags: Flag.ack, seq: at(30), ack: tcb.sndNxt }, 'abcde');
    const next = pair.sent.at(-1)!.segment;
    expect([...next.sack.subarray(0, 2 * next.sackCount)]).toEqual([30, 35, 20, 25].map(at));
  });

  it('take their place from the payload', () => {
    const pair = new TcbPair().establish().forget();
    const { tcb } = pair.right;
    expect([optionBytes(tcb), segmentBytes(tcb)]).toEqual([12, 1448]);
    for (const start of [10, 30]) {
      const seq = (tcb.rcvNxt + start) | 0;
      pair.inject(pair.right, { flags: Flag.ack, seq, ack: tcb.sndNxt }, 'abcde');
    }
    expect([optionBytes(tcb), segmentBytes(tcb)]).toEqual([32, 1428]);
    pair.forget();
    pair.right.sendBytes(new Uint8Array(3000));
    expect(pair.sent[0]!.segment.payloadLength).toBe(1428);
    expect(pair.sent[0]!.segment.sackCount).toBe(2);
  });
});
