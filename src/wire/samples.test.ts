import { describe, expect, it } from 'vitest';
import { linkSamples } from '../../test/support/link-samples.ts';
import { ChecksumState, verifyTcpChecksum } from './checksum.ts';
import { Decoder } from './decoder.ts';
import { Flag, SegmentKind } from './segment.ts';
import { viewOf } from './write.ts';

const { fin, syn, rst, psh, ack } = Flag;
const CLIENT = [40000, 8080];
const SERVER = [8080, 40000];

/** Ports, sequence number relative to the sender's SYN, flags and payload length of each segment. */
const opening = [
  [CLIENT, 0, syn, 0],
  [SERVER, 0, syn | ack, 0],
  [CLIENT, 1, ack, 0],
  [CLIENT, 1, psh | ack, 18],
  [SERVER, 1, psh | ack, 27],
];
const endings = {
  fin: [
    [SERVER, 28, fin | ack, 0],
    [CLIENT, 19, fin | ack, 0],
    [SERVER, 29, ack, 0],
  ],
  rst: [[CLIENT, 19, rst | ack, 0]],
};

describe('the same conversation', () => {
  it.each(linkSamples().map((sample) => [sample.name, sample] as const))('comes out of %s', (_, sample) => {
    const decoder = new Decoder();
    const segment = decoder.segment;
    const seen: unknown[] = [];
    for (const frame of sample.frames) {
      const kind = decoder.decode(sample.linkType, frame, viewOf(frame), 0, frame.length, frame.length, 0);
      if (kind !== SegmentKind.tcp) continue;
      const start = segment.sourcePort === 40000 ? 0xfffffff0 : 1000;
      expect(segment.problems).toBe(0);
      expect(verifyTcpChecksum(segment)).toBe(ChecksumState.good);
      const ports = [segment.sourcePort, segment.destinationPort];
      seen.push([ports, (segment.seq - start) | 0, segment.flags, segment.payloadLength]);
    }
    expect(seen).toEqual([...opening, ...endings[sample.ending]]);
  });

  it('has a sample of each name once', () => {
    const names = linkSamples().map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});
