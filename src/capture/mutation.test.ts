import { describe, expect, it } from 'vitest';
import {
  type CopiedPacket,
  describePackets,
  readCapture,
  seededRandom,
} from '../../test/support/captures.ts';
import { ByteCollector, PcapngWriter, PcapWriter } from './index.ts';

const RUNS = 10_000;
/** Generous: a busy machine is not a failure, only a hang is. */
const TIMEOUT_MS = 120_000;
const TIME_US = 1_775_000_000_000_000;

function samples(): Uint8Array[] {
  const random = seededRandom(7);
  const frames = Array.from({ length: 25 }, () =>
    Uint8Array.from({ length: 20 + random(200) }, () => random(256)),
  );
  const made = [];
  for (const byteOrder of ['little', 'big'] as const) {
    const pcap = new ByteCollector();
    const pcapWriter = new PcapWriter(pcap.sink, { linkType: 1, byteOrder });
    const pcapng = new ByteCollector();
    const pcapngWriter = new PcapngWriter(pcapng.sink, { byteOrder, comment: 'sample' });
    pcapngWriter.addInterface({ linkType: 1, name: 'a', resolution: 9 });
    pcapngWriter.writeNames([[Uint8Array.of(192, 0, 2, 1), 'host']]);
    for (const [index, frame] of frames.entries()) {
      pcapWriter.write(TIME_US + index, frame);
      pcapngWriter.write(0, TIME_US + index, frame, index % 5 === 0 ? { comment: 'note' } : {});
    }
    made.push(pcap.bytes(), pcapng.bytes());
  }
  return made;
}

/** Changes `input` at one place or more; returns the new bytes and the offset of the first change. */
function mutate(input: Uint8Array, random: (bound: number) => number): { bytes: Uint8Array; from: number } {
  const at = random(input.length);
  const bytes = input.slice();
  const view = new DataView(bytes.buffer);
  switch (random(6)) {
    case 0:
      bytes[at]! ^= 1 << random(8);
      return { bytes, from: at };
    case 1:
      return { bytes: bytes.subarray(0, at), from: at };
    case 2: {
      // A length field: 32 bits at a multiple of 4.
      const word = Math.min(at & ~3, bytes.length - 4);
      const values = [0, 1, 0xffffffff, 0x7fffffff, 12, 0x10000, random(0x10000), random(0x1000000)];
      view.setUint32(word, values[random(values.length)]!, random(2) === 0);
      return { bytes, from: word };
    }
    case 3:
      for (let i = at; i < Math.min(at + 1 + random(60), bytes.length); i++) bytes[i] = random(256);
      return { bytes, from: at };
    case 4: {
      const without = new Uint8Array(bytes.length - Math.min(random(100), bytes.length - at));
      without.set(bytes.subarray(0, at));
      without.set(bytes.subarray(bytes.length - (without.length - at)), at);
      return { bytes: without, from: at };
    }
    default: {
      const extra = random(100);
      const longer = new Uint8Array(bytes.length + extra);
      longer.set(bytes.subarray(0, at));
      for (let i = 0; i < extra; i++) longer[at + i] = random(256);
      longer.set(bytes.subarray(at), at + extra);
      return { bytes: longer, from: at };
    }
  }
}

/** Packets whose record ends before the record in which byte `from` lies begins, or before `from`. */
function before(packets: readonly CopiedPacket[], from: number): CopiedPacket[] {
  return packets.filter((_, index) => (packets[index + 1]?.fileOffset ?? Number.POSITIVE_INFINITY) <= from);
}

describe('damaged captures', () => {
  it('never throw or hang, and keep every packet before the damage', { timeout: TIMEOUT_MS }, () => {
    const originals = samples().map((bytes) => ({ bytes, packets: readCapture(bytes).packets }));
    const random = seededRandom(20_260_401);
    for (let run = 0; run < RUNS; run++) {
      const { bytes: input, packets } = originals[run % originals.length]!;
      const { bytes, from } = mutate(input, random);
      const steps = [bytes.length, 64, 4096, 1 + random(100)];
      const found = readCapture(bytes, Math.max(1, steps[random(steps.length)]!));
      const kept = before(packets, from);
      expect(describePackets(found.packets.slice(0, kept.length)), `run ${run}`).toEqual(
        describePackets(kept),
      );
      expect(found.parser.finished, `run ${run}`).toBe(true);
      expect(found.packets.length, `run ${run}`).toBeLessThan(packets.length * 3);
      for (const problem of found.parser.problems)
        expect(problem.message).toMatch(/byte \d+|looks like|empty|header/);
    }
  });

  it('read the same whatever the chunks', { timeout: TIMEOUT_MS }, () => {
    const random = seededRandom(5);
    const originals = samples();
    for (let run = 0; run < 400; run++) {
      const { bytes } = mutate(originals[run % originals.length]!, random);
      const whole = readCapture(bytes);
      const pieces = readCapture(bytes, 1 + random(70));
      expect(describePackets(pieces.packets), `run ${run}`).toEqual(describePackets(whole.packets));
      expect(pieces.parser.problems, `run ${run}`).toEqual(whole.parser.problems);
    }
  });
});
