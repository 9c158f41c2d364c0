import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CopiedPacket, readCapture } from '../../test/support/captures.ts';
import { ByteCollector, type ByteOrder, PcapngWriter, PcapWriter } from './index.ts';

interface Sample {
  readonly timeUs: number;
  readonly frame: Uint8Array;
  readonly cut: number;
}

const samples = fc.array(
  fc.record({
    timeUs: fc.integer({ min: 0, max: 4_000_000_000_000_000 }),
    frame: fc.uint8Array({ minLength: 0, maxLength: 300 }),
    cut: fc.nat(1500),
  }),
  { maxLength: 12 },
);
const byteOrder = fc.constantFrom<ByteOrder>('little', 'big');
const resolution = fc.constantFrom<6 | 9>(6, 9);
const step = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constant(100_000));

function expectSame(found: readonly CopiedPacket[], written: readonly Sample[]): void {
  expect(found.map((packet) => packet.timeUs)).toEqual(written.map((sample) => sample.timeUs));
  expect(found.map((packet) => packet.frame)).toEqual(written.map((sample) => sample.frame));
  expect(found.map((packet) => packet.originalLength)).toEqual(
    written.map((sample) => sample.frame.length + sample.cut),
  );
  expect(found.map((packet) => packet.number)).toEqual(written.map((_, index) => index + 1));
}

describe('PcapWriter', () => {
  it('writes what the parser reads back, whatever the chunks', () => {
    fc.assert(
      fc.property(samples, byteOrder, resolution, step, (written, order, digits, size) => {
        const collector = new ByteCollector();
        const writer = new PcapWriter(collector.sink, {
          linkType: 113,
          byteOrder: order,
          resolution: digits,
        });
        // Neighbouring records years apart look like damage, so the times of one file lie close together.
        const near = written.map((sample) => ({
          ...sample,
          timeUs: 1_775_000_000_000_000 + (sample.timeUs % 1e12),
        }));
        for (const { timeUs, frame, cut } of near) writer.write(timeUs, frame, frame.length + cut);
        const { packets, parser, codes } = readCapture(collector.bytes(), size);
        expectSame(packets, near);
        expect(codes).toEqual([]);
        expect(parser.format).toBe('pcap');
        expect(parser.finished).toBe(true);
        expect(packets.every((packet) => packet.linkType === 113)).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  it('keeps packets that are years apart', () => {
    const collector = new ByteCollector();
    const writer = new PcapWriter(collector.sink, { linkType: 1 });
    const times = [0, 1_775_000_000_000_000, 1_000_000, 4_000_000_000_000_000];
    for (const timeUs of times) writer.write(timeUs, new Uint8Array(60));
    const { packets, codes } = readCapture(collector.bytes());
    expect(packets.map((packet) => packet.timeUs)).toEqual(times);
    expect(codes).toEqual([]);
  });

  it('cuts frames to the snapshot length', () => {
    const collector = new ByteCollector();
    new PcapWriter(collector.sink, { linkType: 1, snaplen: 20 }).write(1, new Uint8Array(100));
    const [packet] = readCapture(collector.bytes()).packets;
    expect(packet!.frame.length).toBe(20);
    expect(packet!.originalLength).toBe(100);
  });
});

describe('PcapngWriter', () => {
  it('writes what the parser reads back, whatever the chunks', () => {
    fc.assert(
      fc.property(samples, byteOrder, resolution, step, (written, order, digits, size) => {
        const collector = new ByteCollector();
        const writer = new PcapngWriter(collector.sink, { byteOrder: order, comment: 'whole' });
        writer.addInterface({ linkType: 101, name: 'first' });
        const id = writer.addInterface({
          linkType: 1,
          name: 'eth0',
          description: 'uplink',
          resolution: digits,
        });
        for (const { timeUs, frame, cut } of written) {
          writer.write(id, timeUs, frame, { originalLength: frame.length + cut });
        }
        const { packets, parser, codes } = readCapture(collector.bytes(), size);
        expectSame(packets, written);
        expect(codes).toEqual([]);
        expect(parser.format).toBe('pcapng');
        expect(parser.finished).toBe(true);
        expect(packets.every((packet) => packet.linkType === 1 && packet.interfaceId === 1)).toBe(true);
        expect(parser.metadata.interfaces[1]!.description).toBe('uplink');
      }),
      { numRuns: 400 },
    );
  });

  it('writes comments, names and what made the capture', () => {
    const collector = new ByteCollector();
    const writer = new PcapngWriter(collector.sink, {
      comment: 'run 7',
      hardware: 'a board',
      operatingSystem: 'an OS',
      application: 'a program',
    });
    writer.addInterface({ linkType: 1, comment: 'behind the balancer' });
    writer.writeNames([
      [Uint8Array.of(192, 0, 2, 1), 'client.example'],
      [Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), 'server.example'],
    ]);
    writer.write(0, 1, new Uint8Array(3));
    writer.write(0, 2, new Uint8Array(5), { comment: 'the reset' });
    const { metadata } = readCapture(collector.bytes()).parser;
    expect(metadata.comments).toEqual([
      { on: 'section', packet: 0, text: 'run 7' },
      { on: 'interface', packet: 0, text: 'behind the balancer' },
      { on: 'packet', packet: 2, text: 'the reset' },
    ]);
    expect(Object.fromEntries(metadata.names)).toEqual({
      '192.0.2.1': 'client.example',
      '2001:db8::1': 'server.example',
    });
    expect([metadata.hardware, metadata.operatingSystem, metadata.application]).toEqual([
      'a board',
      'an OS',
      'a program',
    ]);
  });

  it('refuses a packet of an interface that was not added', () => {
    const writer = new PcapngWriter(() => undefined);
    expect(() => writer.write(0, 1, new Uint8Array(3))).toThrow(RangeError);
  });
});
