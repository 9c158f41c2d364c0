import { describe, expect, it } from 'vitest';
import { concatenate, readCapture, sameBytes, seededRandom } from '../../test/support/captures.ts';
import { ByteCollector, PcapWriter } from './index.ts';

const SECOND = 1_775_000_000;

interface Record {
  readonly second?: number;
  readonly fraction?: number;
  readonly captured?: number;
  readonly original?: number;
  readonly extra?: number[];
  readonly frame: Uint8Array;
}

function fileHeader(
  magic: number,
  { little = true, major = 2, minor = 4, snaplen = 65535, network = 1, extra = 0 } = {},
): Uint8Array {
  const bytes = new Uint8Array(24 + extra);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, magic, little);
  view.setUint16(4, major, little);
  view.setUint16(6, minor, little);
  view.setUint32(16, snaplen, little);
  view.setUint32(20, network, little);
  return bytes;
}

function record(fields: Record, little: boolean = true): Uint8Array {
  const extra = fields.extra ?? [];
  const bytes = new Uint8Array(16 + extra.length + fields.frame.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, fields.second ?? SECOND, little);
  view.setUint32(4, fields.fraction ?? 250_000, little);
  view.setUint32(8, fields.captured ?? fields.frame.length, little);
  view.setUint32(12, fields.original ?? fields.frame.length, little);
  bytes.set(extra, 16);
  bytes.set(fields.frame, 16 + extra.length);
  return bytes;
}

function frame(length: number, seed: number = length): Uint8Array {
  const random = seededRandom(seed);
  return Uint8Array.from({ length }, () => random(256));
}

const FRAMES = [60, 74, 1514, 66, 54].map((length) => frame(length));

describe('pcap flavours', () => {
  for (const little of [true, false]) {
    for (const [name, magic, fraction] of [
      ['microseconds', 0xa1b2c3d4, 250_000],
      ['nanoseconds', 0xa1b23c4d, 250_000_999],
    ] as const) {
      it(`reads ${little ? 'little' : 'big'}-endian ${name}`, () => {
        const records = FRAMES.map((bytes) => record({ fraction, frame: bytes }, little));
        const { packets, codes } = readCapture(concatenate(fileHeader(magic, { little }), ...records));
        expect(packets.map((packet) => packet.frame)).toEqual(FRAMES);
        expect(packets.map((packet) => packet.timeUs)).toEqual(FRAMES.map(() => SECOND * 1e6 + 250_000));
        expect(packets[0]!.fileOffset).toBe(24);
        expect(codes).toEqual([]);
      });
    }
  }

  for (const [name, magic, extraBytes] of [
    ['the patch of 1999-10-29', 0xa1b2cd34, 8],
    ['the patch of 1999-09-15', 0xa1b2cd34, 12],
    ['the patch of 1999-04-17 under the standard magic', 0xa1b2c3d4, 8],
    ['Nokia under the standard magic', 0xa1b2c3d4, 4],
  ] as const) {
    for (const step of [1, 100, 1_000_000]) {
      it(`reads the longer record headers of ${name} in chunks of ${step}`, () => {
        const extra = Array.from({ length: extraBytes }, (_, i) => (i === 0 ? 2 : 0));
        const records = FRAMES.map((bytes) => record({ extra, frame: bytes }));
        const { packets, codes } = readCapture(concatenate(fileHeader(magic), ...records), step);
        expect(packets.map((packet) => packet.frame)).toEqual(FRAMES);
        expect(codes).toEqual([]);
      });
    }
  }

  it("passes over the size field of Ixia's files", () => {
    for (const [magic, fraction] of [
      [0x1c0001ab, 250_000],
      [0x1c0001ac, 250_000_000],
    ] as const) {
      const records = FRAMES.map((bytes) => record({ fraction, frame: bytes }));
      const { packets } = readCapture(concatenate(fileHeader(magic, { extra: 4 }), ...records));
      expect(packets.map((packet) => packet.frame)).toEqual(FRAMES);
      expect(packets[0]!.timeUs).toBe(SECOND * 1e6 + 250_000);
    }
  });

  it('maps the interface types and nanoseconds of AIX', () => {
    const input = concatenate(
      fileHeader(0xa1b2c3d4, { minor: 2, network: 6 }),
      record({ fraction: 250_000_999, frame: frame(60) }),
    );
    const [packet] = readCapture(input).packets;
    expect(packet!.linkType).toBe(1);
    expect(packet!.timeUs).toBe(SECOND * 1e6 + 250_000);
  });

  for (const [major, minor] of [
    [2, 2],
    [2, 3],
    [543, 0],
  ] as const) {
    it(`reads the exchanged length fields of version ${major}.${minor}`, () => {
      const swapped = { captured: 1514, original: 96, frame: frame(96) };
      const header = fileHeader(0xa1b2c3d4, { major, minor });
      const { packets } = readCapture(concatenate(header, record(swapped), record(swapped)));
      expect(packets.map((packet) => [packet.frame.length, packet.originalLength])).toEqual([
        [96, 1514],
        [96, 1514],
      ]);
    });
  }

  it('takes the link type without the FCS length above it', () => {
    const input = concatenate(fileHeader(0xa1b2c3d4, { network: 0x24000071 }), record({ frame: frame(60) }));
    expect(readCapture(input).packets[0]!.linkType).toBe(113);
  });

  it('reads records when the snapshot length is 0 or absurd, and records above it', () => {
    for (const snaplen of [0, 0xffffffff, 96]) {
      const header = fileHeader(0xa1b2c3d4, { snaplen });
      const { packets, codes } = readCapture(
        concatenate(header, ...FRAMES.map((bytes) => record({ frame: bytes }))),
      );
      expect(packets.length).toBe(FRAMES.length);
      expect(codes).toEqual([]);
    }
  });

  it('reads a file whose records claim fewer bytes on the wire than were captured', () => {
    const records = FRAMES.map((bytes) => record({ original: 20, frame: bytes }));
    const { packets, codes } = readCapture(concatenate(fileHeader(0xa1b2c3d4), ...records));
    expect(packets.map((packet) => packet.originalLength)).toEqual(FRAMES.map((bytes) => bytes.length));
    expect(codes).toEqual([]);
  });

  it('reads captures joined one behind the other', () => {
    const first = concatenate(fileHeader(0xa1b2c3d4), ...FRAMES.map((bytes) => record({ frame: bytes })));
    const second = concatenate(
      fileHeader(0xa1b23c4d, { little: false, network: 101 }),
      ...FRAMES.map((bytes) => record({ fraction: 9_000, frame: bytes }, false)),
    );
    for (const step of [1, 33, 1_000_000]) {
      const { packets, codes } = readCapture(concatenate(first, second, first), step);
      expect(packets.map((packet) => packet.frame)).toEqual([...FRAMES, ...FRAMES, ...FRAMES]);
      expect(packets[5]!.linkType).toBe(101);
      expect(packets[5]!.timeUs).toBe(SECOND * 1e6 + 9);
      expect(codes).toEqual(['joined-captures', 'joined-captures']);
    }
  });
});

describe('damaged pcap', () => {
  const frames = Array.from({ length: 20 }, (_, index) => frame(60 + index * 7, index));
  const records = frames.map((bytes, index) => record({ fraction: index * 1000, frame: bytes }));
  const whole = concatenate(fileHeader(0xa1b2c3d4), ...records);
  const startOf = (index: number): number =>
    24 + records.slice(0, index).reduce((sum, bytes) => sum + bytes.length, 0);

  function damaged(at: number, value: number): Uint8Array {
    const copy = whole.slice();
    new DataView(copy.buffer).setUint32(at, value, true);
    return copy;
  }

  it('finds the next record behind an impossible length', () => {
    for (const length of [0x7fffffff, 300_000, 5000, 1]) {
      for (const step of [1, 50, 1_000_000]) {
        const { packets, parser, codes } = readCapture(damaged(startOf(5) + 8, length), step);
        expect(codes).toEqual(['bad-record']);
        expect(packets.slice(0, 5).map((packet) => packet.frame)).toEqual(frames.slice(0, 5));
        expect(packets.slice(-14).map((packet) => packet.frame)).toEqual(frames.slice(-14));
        expect(parser.problems[0]!.fatal).toBe(false);
      }
    }
  });

  it('names the place of the damage', () => {
    const { parser } = readCapture(damaged(startOf(5) + 8, 0x7fffffff));
    expect(parser.problems[0]).toMatchObject({ offset: startOf(5), packet: 5 });
    expect(parser.problems[0]!.message).toContain(`byte ${startOf(5)}`);
  });

  it('reads on behind bytes that were lost or put in', () => {
    const lost = concatenate(whole.subarray(0, startOf(5) + 30), whole.subarray(startOf(7) + 3));
    expect(
      readCapture(lost)
        .packets.slice(-12)
        .map((packet) => packet.frame),
    ).toEqual(frames.slice(-12));
    const more = concatenate(whole.subarray(0, startOf(5)), frame(1001), whole.subarray(startOf(5)));
    const { packets, codes } = readCapture(more);
    expect(packets.map((packet) => packet.frame)).toEqual(frames);
    expect(codes).toEqual(['bad-record']);
  });

  it('stops where nothing believable follows within reach, and keeps what was read', () => {
    const noise = frame(2_000_000, 99);
    const { packets, parser, codes } = readCapture(concatenate(whole, noise), 65_536);
    expect(packets.map((packet) => packet.frame)).toEqual(frames);
    expect(codes).toEqual(['bad-record']);
    expect(parser.problems[0]!.fatal).toBe(true);
    expect(parser.finished).toBe(true);
  });

  it('does not take a tail of zeros for packets', () => {
    const { packets, codes } = readCapture(concatenate(whole, new Uint8Array(100_000)));
    expect(packets.length).toBe(frames.length);
    expect(codes).toEqual(['bad-record']);
    expect(readCapture(concatenate(fileHeader(0xa1b2c3d4), new Uint8Array(5000))).packets).toEqual([]);
  });

  it('says truncated, and nothing worse, at every cut', () => {
    for (let cut = 25; cut < whole.length; cut++) {
      const { packets, parser, codes } = readCapture(whole.subarray(0, cut));
      const complete = frames.filter((_, index) => startOf(index + 1) <= cut);
      expect(
        sameBytes(
          packets.map((packet) => packet.frame),
          complete,
        ),
      ).toBe(true);
      expect(codes).toEqual(startOf(complete.length) === cut ? [] : ['truncated']);
      expect(parser.problems.some((problem) => problem.fatal)).toBe(false);
      expect(parser.finished).toBe(true);
    }
  });

  it('is fatal without even a file header', () => {
    for (let cut = 4; cut < 24; cut++) {
      const { parser, codes } = readCapture(whole.subarray(0, cut));
      expect(codes).toEqual(['truncated']);
      expect(parser.finished).toBe(true);
    }
  });
});

describe('a pcap that grows', () => {
  it('gives each packet as soon as the next one begins, and the rest at the end', () => {
    const collector = new ByteCollector();
    const writer = new PcapWriter(collector.sink, { linkType: 1 });
    for (const bytes of FRAMES) writer.write(SECOND * 1e6, bytes);
    const { packets } = readCapture(collector.bytes(), 1);
    expect(packets.length).toBe(FRAMES.length);
  });
});
