import { Packet } from '../capture/packet.ts';
import { type DrillResult, drill, type ProfileName } from '../drill/index.ts';
import { flagText, readLive } from '../drill/trace.ts';
import { Explainer } from '../explain/engine.ts';
import type { ConnectionEnding } from '../explain/types.ts';
import { Flag, LinkType } from '../wire/index.ts';
import type { Played } from './script.ts';

/** When the capture of a run begins: any time will do. */
const EPOCH_US = 1_000_000_000_000_000;

export interface Play {
  readonly result: DrillResult;
  /** What our TCP sent. */
  readonly sent: readonly Played[];
  /** What `explain` says of the packets of the run; null where there were none. */
  readonly ending: ConnectionEnding | null;
}

/** Runs a script on our TCP, and has `explain` look at the packets that passed. `silentUntilUs`: how long somebody looked on. */
export function play(script: string, profile: ProfileName, file: string, silentUntilUs: number): Play {
  const sent: Played[] = [];
  const numbers = new Numbers();
  let ending: ConnectionEnding | null = null;
  const explainer = new Explainer({
    onConnection: (view) => {
      ending ??= view.report();
    },
  });
  let count = 0;
  const result = drill(script, {
    file,
    profile,
    onPacket: (direction, bytes, timeUs) => {
      explainer.packet(recordOf(bytes, timeUs, ++count));
      const text = numbers.text(direction, bytes, timeUs);
      if (direction === '>' && text !== null) sent.push({ atUs: timeUs, text });
    },
  });
  // The capture went on for so long, and nothing more came.
  if (silentUntilUs > 0) explainer.packet(recordOf(new Uint8Array(0), silentUntilUs, ++count));
  explainer.finish();
  return { result, sent, ending };
}

function recordOf(bytes: Uint8Array, timeUs: number, number: number): Packet {
  return Object.assign(new Packet(), {
    number,
    timeUs: EPOCH_US + timeUs,
    linkType: LinkType.raw,
    bytes,
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    offset: 0,
    capturedLength: bytes.length,
    originalLength: bytes.length,
  });
}

/** Sequence numbers as scripts have them: those of the first SYN of each side are 0. */
class Numbers {
  readonly #isn: { '<': number; '>': number } = { '<': 0, '>': 0 };
  readonly #known: Set<string> = new Set();

  text(direction: '<' | '>', bytes: Uint8Array, timeUs: number): string | null {
    const live = readLive(bytes, timeUs);
    if (live === null) return null;
    const isSyn = (live.flags & Flag.syn) !== 0;
    if (isSyn && !this.#known.has(direction)) {
      this.#known.add(direction);
      this.#isn[direction] = live.seq;
    }
    const other = direction === '<' ? '>' : '<';
    const seq = (live.seq - this.#isn[direction]) >>> 0;
    const end = (seq + live.payload.length) >>> 0;
    const acks = (live.flags & Flag.ack) === 0 ? '' : ` ack ${(live.ack - this.#isn[other]) >>> 0}`;
    return `${flagText(live.flags)} ${seq}:${end}(${live.payload.length})${acks}${isSyn ? ' <...>' : ''}`;
  }
}
