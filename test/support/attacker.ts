import type { Direction } from '../../src/link/index.ts';
import { Flag, internetChecksum, pseudoHeaderSum } from '../../src/wire/index.ts';
import { randomFrom, type SchedulePair } from './schedules.ts';

/** Packets of the conversation that the attacker keeps as material. */
const MEMORY = 32;
const FLAG_SETS = [
  0,
  Flag.syn,
  Flag.ack,
  Flag.rst,
  Flag.fin,
  Flag.rst | Flag.ack,
  Flag.syn | Flag.ack,
  Flag.fin | Flag.ack,
  Flag.syn | Flag.fin,
  Flag.syn | Flag.rst,
  Flag.urg | Flag.ack,
  Flag.psh | Flag.ack,
  0x1ff,
] as const;

interface Seen {
  readonly bytes: Uint8Array;
  readonly direction: Direction;
}

/**
 * Somebody on the path who knows the sequence numbers: takes what passed, changes it, and sends it to the same end. Every
 * second segment has a good checksum, so that it is not thrown away at the door.
 */
export class Attacker {
  injected = 0;
  readonly #pair: SchedulePair;
  readonly #random: () => number;
  readonly #seen: Seen[] = [];

  constructor(pair: SchedulePair) {
    this.#pair = pair;
    this.#random = randomFrom(pair.seed ^ 0x5eed);
    for (const direction of [pair.link.forward, pair.link.backward]) {
      direction.gate.add((packet) => {
        const seen = { bytes: packet.bytes.slice(0, packet.length), direction };
        if (this.#seen.length < MEMORY) this.#seen.push(seen);
        else this.#seen[Math.floor(this.#random() * MEMORY)] = seen;
        return 'pass';
      });
    }
  }

  /** One segment more. */
  strike(): void {
    if (this.#seen.length === 0) return;
    const { bytes, direction } = this.#seen[Math.floor(this.#random() * this.#seen.length)]!;
    const forged = this.#random() < 0.1 ? this.#noise(bytes) : this.#mutate(bytes);
    this.injected++;
    this.#pair.link.inject(forged, direction);
  }

  #noise(bytes: Uint8Array): Uint8Array {
    const noise = bytes.slice(0, Math.floor(this.#random() * (bytes.length + 1)));
    for (let i = 0; i < noise.length; i++) if (this.#random() < 0.2) noise[i] = this.#random() * 256;
    return noise;
  }

  #mutate(original: Uint8Array): Uint8Array {
    const random = this.#random;
    const at = original[0]! >> 4 === 4 ? 20 : 40;
    if (original.length < at + 20) return this.#noise(original);
    const bytes = original.slice();
    const view = new DataView(bytes.buffer);
    const near = (): number => Math.floor((random() - 0.5) * 2 ** Math.floor(random() * 32));
    if (random() < 0.5) view.setInt32(at + 4, (view.getInt32(at + 4) + near()) | 0);
    if (random() < 0.5) view.setInt32(at + 8, (view.getInt32(at + 8) + near()) | 0);
    if (random() < 0.6) view.setUint8(at + 13, FLAG_SETS[Math.floor(random() * FLAG_SETS.length)]!);
    if (random() < 0.3) view.setUint16(at + 14, random() < 0.3 ? 0 : random() * 65536);
    if (random() < 0.2) view.setUint16(at + 18, random() * 65536);
    if (random() < 0.1) view.setUint8(at + 12, random() * 256);
    for (let i = at + 20; i < bytes.length && i < at + 60; i++)
      if (random() < 0.05) bytes[i] = random() * 256;
    if (random() < 0.9) fillChecksum(bytes, view, at);
    return bytes;
  }
}

function fillChecksum(bytes: Uint8Array, view: DataView, at: number): void {
  const words = new Int32Array(8);
  const four = at === 20;
  if (four) {
    words[3] = view.getInt32(12);
    words[7] = view.getInt32(16);
  } else for (let i = 0; i < 8; i++) words[i] = view.getInt32(8 + 4 * i);
  const length = bytes.length - at;
  view.setUint16(at + 16, 0);
  const pseudo = pseudoHeaderSum(words.subarray(0, 4), words.subarray(4), 6, length);
  view.setUint16(at + 16, internetChecksum(view, at, length, pseudo));
}
