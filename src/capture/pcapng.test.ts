import { describe, expect, it } from 'vitest';
import { concatenate, readCapture, sameBytes } from '../../test/support/captures.ts';
import { ByteCollector, PcapngWriter } from './index.ts';

const TIME_US = 1_775_000_000_123_456;
const encoder = new TextEncoder();

/** Builds the blocks of one byte order. */
class Blocks {
  readonly little: boolean;

  constructor(little: boolean = true) {
    this.little = little;
  }

  words(...values: number[]): Uint8Array {
    const bytes = new Uint8Array(values.length * 4);
    const view = new DataView(bytes.buffer);
    for (const [index, value] of values.entries()) view.setUint32(index * 4, value, this.little);
    return bytes;
  }

  halves(first: number, second: number): Uint8Array {
    const bytes = new Uint8Array(4);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, first, this.little);
    view.setUint16(2, second, this.little);
    return bytes;
  }

  option(code: number, value: Uint8Array | string): Uint8Array {
    const bytes = typeof value === 'string' ? encoder.encode(value) : value;
    return concatenate(this.halves(code, bytes.length), pad(bytes));
  }

  block(type: number, ...parts: Uint8Array[]): Uint8Array {
    const body = pad(concatenate(...parts));
    const length = 12 + body.length;
    return concatenate(this.words(type, length), body, this.words(length));
  }

  section(...options: Uint8Array[]): Uint8Array {
    const none = this.words(0xffffffff, 0xffffffff);
    return this.block(0x0a0d0d0a, this.words(0x1a2b3c4d), this.halves(1, 0), none, ...options);
  }

  interface(linkType: number, snaplen: number = 0, ...options: Uint8Array[]): Uint8Array {
    return this.block(1, this.halves(linkType, 0), this.words(snaplen), ...options);
  }

  packet(id: number, count: bigint, frame: Uint8Array, ...options: Uint8Array[]): Uint8Array {
    const [high, low] = [Number(count >> 32n), Number(count & 0xffffffffn)];
    return this.block(6, this.words(id, high, low, frame.length, frame.length), pad(frame), ...options);
  }
}

function pad(bytes: Uint8Array): Uint8Array {
  return concatenate(bytes, new Uint8Array((4 - (bytes.length % 4)) % 4));
}

const A = Uint8Array.of(1, 2, 3, 4, 5);
const B = Uint8Array.of(9, 8, 7);
const us = BigInt(TIME_US);
const blocks = new Blocks();
const start = concatenate(blocks.section(), blocks.interface(1));

describe('pcapng blocks', () => {
  it('reads several sections, each with its byte order and interfaces', () => {
    const big = new Blocks(false);
    const input = concatenate(
      start,
      blocks.interface(113),
      blocks.packet(1, us, A),
      big.section(),
      big.interface(101),
      big.packet(0, us + 1n, B),
      start,
      blocks.packet(0, us + 2n, A),
    );
    for (const step of [1, 13, 10_000]) {
      const { packets, codes } = readCapture(input, step);
      expect(packets.map((packet) => [packet.linkType, packet.timeUs, packet.frame.length])).toEqual([
        [113, TIME_US, 5],
        [101, TIME_US + 1, 3],
        [1, TIME_US + 2, 5],
      ]);
      expect(codes).toEqual([]);
    }
  });

  it('counts time as the interface says', () => {
    const offset = new Uint8Array(8);
    new DataView(offset.buffer).setBigInt64(0, 1_000_000_000n, true);
    const input = concatenate(
      blocks.section(),
      blocks.interface(1, 0, blocks.option(9, Uint8Array.of(9))),
      blocks.interface(1, 0, blocks.option(9, Uint8Array.of(0x80 | 20))),
      blocks.interface(1, 0, blocks.option(9, Uint8Array.of(3)), blocks.option(14, offset)),
      blocks.packet(0, us * 1000n + 789n, A),
      blocks.packet(1, (1_775_000_000n << 20n) + 1n, A),
      blocks.packet(2, 775_000_000_123n, A),
    );
    expect(readCapture(input).packets.map((packet) => packet.timeUs)).toEqual([
      TIME_US,
      1_775_000_000_000_000,
      1_775_000_000_123_000,
    ]);
  });

  it('reads the obsolete Packet Block', () => {
    const [high, low] = [Number(us >> 32n), Number(us & 0xffffffffn)];
    const old = blocks.block(2, blocks.halves(1, 7), blocks.words(high, low, 5, 99), pad(A));
    const { packets } = readCapture(concatenate(start, blocks.interface(12), old));
    expect(packets).toMatchObject([
      { interfaceId: 1, linkType: 12, timeUs: TIME_US, originalLength: 99, frame: A },
    ]);
  });

  it('gives Simple Packet Blocks the time of the packet before, and says so once', () => {
    const simple = blocks.block(3, blocks.words(100), pad(A), new Uint8Array(3));
    const limited = concatenate(blocks.section(), blocks.interface(1, 5));
    const { packets, codes } = readCapture(concatenate(limited, blocks.packet(0, us, B), simple, simple));
    expect(packets.map((packet) => [packet.timeUs, packet.originalLength, packet.frame.length])).toEqual([
      [TIME_US, 3, 3],
      [TIME_US, 100, 5],
      [TIME_US, 100, 5],
    ]);
    expect(codes).toEqual(['no-timestamp']);
  });

  it('passes over everything that holds no packet', () => {
    const input = concatenate(
      start,
      blocks.block(0x0000000a, blocks.words(0x544c534b, 4), new Uint8Array(4)),
      blocks.block(0x00000bad, blocks.words(32473), new Uint8Array(20)),
      blocks.block(0x40000bad, blocks.words(32473)),
      blocks.block(0x12345678, new Uint8Array(40)),
      blocks.packet(0, us, A),
    );
    const { packets, codes } = readCapture(input);
    expect(packets.map((packet) => packet.number)).toEqual([1]);
    expect(codes).toEqual([]);
  });

  it('numbers journal entries like packets, as Wireshark does', () => {
    const journal = blocks.block(9, encoder.encode('__REALTIME_TIMESTAMP=1775000000123456\n'));
    const { packets } = readCapture(
      concatenate(start, blocks.packet(0, us, A), journal, blocks.packet(0, us, B)),
    );
    expect(packets.map((packet) => packet.number)).toEqual([1, 3]);
  });

  it('passes over a block of any size without holding it', () => {
    const large = blocks.block(0x0000000a, new Uint8Array(3_000_000));
    const input = concatenate(start, large, blocks.packet(0, us, A));
    for (const step of [4096, 1_000_003, input.length]) {
      const { packets, codes } = readCapture(input, step);
      expect(packets.map((packet) => packet.frame)).toEqual([A]);
      expect(codes).toEqual([]);
    }
  });

  it('keeps what interfaces, statistics and names tell', () => {
    const counters = concatenate(
      blocks.option(4, blocks.words(1000, 0)),
      blocks.option(5, blocks.words(7, 0)),
      blocks.option(7, blocks.words(2, 0)),
    );
    const names = concatenate(
      blocks.option(1, concatenate(Uint8Array.of(192, 0, 2, 1), encoder.encode('client\0'))),
      blocks.option(2, concatenate(new Uint8Array(15), Uint8Array.of(1), encoder.encode('localhost\0'))),
    );
    const input = concatenate(
      blocks.section(blocks.option(4, 'dumpcap')),
      blocks.interface(1, 96, blocks.option(2, 'eth0'), blocks.option(3, 'uplink')),
      blocks.block(4, names, blocks.words(0)),
      blocks.packet(0, us, A, blocks.option(2, blocks.words(1)), blocks.option(1, 'here')),
      blocks.block(5, blocks.words(0, 0, 0), counters, blocks.words(0)),
    );
    const { metadata } = readCapture(input).parser;
    expect(metadata.interfaces).toMatchObject([
      { linkType: 1, snaplen: 96, name: 'eth0', description: 'uplink', received: 1000, dropped: 9 },
    ]);
    expect([...metadata.names]).toEqual([
      ['192.0.2.1', 'client'],
      ['::1', 'localhost'],
    ]);
    expect(metadata.application).toBe('dumpcap');
    expect(metadata.comments).toEqual([{ on: 'packet', packet: 1, text: 'here' }]);
  });

  it('bounds the comments it keeps', () => {
    const chatty = blocks.packet(0, us, A, blocks.option(1, 'again'));
    const { metadata } = readCapture(concatenate(start, ...Array(1500).fill(chatty))).parser;
    expect(metadata.comments.length).toBe(1000);
    expect(metadata.commentsOmitted).toBe(500);
  });
});

describe('damaged pcapng', () => {
  const frames = Array.from({ length: 12 }, (_, index) => new Uint8Array(40 + index).fill(index + 1));
  const packets = frames.map((frame, index) => blocks.packet(0, us + BigInt(index), frame));
  const whole = concatenate(start, ...packets);
  const startOf = (index: number): number =>
    start.length + packets.slice(0, index).reduce((sum, block) => sum + block.length, 0);

  function damaged(at: number, value: number): Uint8Array {
    const copy = whole.slice();
    new DataView(copy.buffer).setUint32(at, value, true);
    return copy;
  }

  it('reads on at the next block behind an impossible length', () => {
    for (const length of [0, 8, 36, 0x7ffffffc, 0xffffffff, 4096]) {
      for (const step of [1, 50, 100_000]) {
        const { packets: found, codes, parser } = readCapture(damaged(startOf(5) + 4, length), step);
        expect(found.map((packet) => packet.frame)).toEqual([...frames.slice(0, 5), ...frames.slice(6)]);
        expect(codes).toEqual(['bad-block']);
        expect(parser.problems[0]).toMatchObject({ offset: startOf(5), packet: 5, fatal: false });
      }
    }
  });

  it('uses a block whose trailing length alone is wrong', () => {
    for (const index of [5, 11]) {
      const { packets: found, codes } = readCapture(damaged(startOf(index + 1) - 4, 77));
      expect(found.map((packet) => packet.frame)).toEqual(frames);
      expect(codes).toEqual(['bad-block-length']);
    }
  });

  it('leaves out a packet that does not fit its block', () => {
    const { packets: found, codes } = readCapture(damaged(startOf(5) + 20, 1000));
    expect(found.map((packet) => packet.frame)).toEqual([...frames.slice(0, 5), ...frames.slice(6)]);
    expect(codes).toEqual(['bad-block']);
  });

  it('leaves out packets of an interface that is not described', () => {
    const { packets: found, codes } = readCapture(damaged(startOf(5) + 8, 3));
    expect(found.length).toBe(11);
    expect(codes).toEqual(['unknown-interface']);
  });

  it('does not shift interface ids when a description is damaged', () => {
    const second = blocks.interface(1);
    new DataView(second.buffer).setUint32(4, 6, true);
    const input = concatenate(
      blocks.section(),
      second,
      blocks.interface(113),
      blocks.packet(0, us, A),
      blocks.packet(1, us, B),
    );
    const { packets: found, codes } = readCapture(input);
    expect(found.map((packet) => [packet.linkType, packet.frame])).toEqual([[113, B]]);
    expect(codes).toEqual(['bad-block', 'unknown-interface']);
  });

  it('looks behind what claims to be a large block of no known type', () => {
    const junk = new Uint8Array(24);
    new DataView(junk.buffer).setUint32(0, 0x12345678, true);
    new DataView(junk.buffer).setUint32(4, 2_000_000, true);
    const { packets: found } = readCapture(concatenate(start, junk, blocks.packet(0, us, A)), 65_536);
    expect(found.map((packet) => packet.frame)).toEqual([A]);
  });

  it('finds the end of a large block again when its length was wrong', () => {
    const large = blocks.block(0x0000000a, new Uint8Array(2_000_000));
    new DataView(large.buffer).setUint32(4, large.length - 8, true);
    const { packets: found, codes } = readCapture(concatenate(start, large, blocks.packet(0, us, A)), 65_536);
    expect(found.map((packet) => packet.frame)).toEqual([A]);
    expect(codes).toEqual(['bad-block']);
  });

  it('says truncated, and nothing worse, at every cut', () => {
    for (let cut = 12; cut < whole.length; cut++) {
      const { packets: found, parser, codes } = readCapture(whole.subarray(0, cut));
      const complete = frames.filter((_, index) => startOf(index + 1) <= cut);
      expect(
        sameBytes(
          found.map((packet) => packet.frame),
          complete,
        ),
      ).toBe(true);
      const atBlockEnd = cut === 28 || cut === 48 || (cut > 48 && startOf(complete.length) === cut);
      expect(codes).toEqual(atBlockEnd ? [] : ['truncated']);
      expect(parser.finished).toBe(true);
    }
  });

  it('stops where nothing believable follows, and keeps what was read', () => {
    const {
      packets: found,
      parser,
      codes,
    } = readCapture(concatenate(whole, new Uint8Array(2_000_000)), 65_536);
    expect(found.length).toBe(frames.length);
    expect(codes).toEqual(['bad-block']);
    expect(parser.problems[0]!.fatal).toBe(true);
    expect(parser.finished).toBe(true);
  });
});

describe('a pcapng that grows', () => {
  it('gives each packet as soon as its block is whole', () => {
    const collector = new ByteCollector();
    const writer = new PcapngWriter(collector.sink);
    writer.addInterface({ linkType: 1 });
    writer.write(0, TIME_US, A);
    expect(readCapture(collector.bytes(), 1).packets.length).toBe(1);
  });
});
