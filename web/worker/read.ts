import { CaptureParser, openCapture, type Packet } from '../../src/capture/index.ts';
import type { CaptureProblem } from './protocol.ts';
import { filePieces, Turns } from './source.ts';

export interface ReadOptions {
  readonly onPacket: (packet: Packet) => void;
  readonly onBytes?: (bytes: number) => void;
  /** Asked between pieces: true ends the reading. */
  readonly stopped: () => boolean;
  /** Begins at a packet instead of the beginning of the file. */
  readonly from?: { readonly packet: number; readonly places: Places };
}

/** Packets between two known places. */
const EVERY = 8_192;

/** Where packets lie in a capture that is not compressed, so that a part can be read alone. */
export interface Places {
  /** Bytes before the first packet. */
  readonly head: number;
  /** Offsets of packet 1, and of each `EVERY`th one after it. */
  readonly offsets: readonly number[];
}

export interface Read {
  readonly problems: readonly CaptureProblem[];
  /** null where parts cannot be read alone: compressed, damaged, or with several sections. */
  readonly places: Places | null;
}

/** Reads a capture to its end, or until it is stopped. Throws a `CaptureError`. */
export async function readCapture(file: Blob, options: ReadOptions): Promise<Read> {
  const { source, packet } = partOf(file, options.from);
  const capture = await openCapture(filePieces(source, (bytes) => options.onBytes?.(bytes)));
  const parser = new CaptureParser();
  parser.packet.number = packet;
  const index = new Index(parser);
  const take = (): void => {
    while (parser.next()) {
      index.note(parser.packet);
      options.onPacket(parser.packet);
    }
  };
  const turns = new Turns();
  for await (const chunk of capture.chunks) {
    parser.push(chunk);
    take();
    if (turns.due) await turns.breathe();
    if (parser.finished || options.stopped()) break;
  }
  if (!options.stopped()) {
    parser.end();
    take();
  }
  const problems = [...capture.problems, ...parser.problems];
  return { problems, places: capture.compression === null && problems.length === 0 ? index.places() : null };
}

/** The head of the file and what follows from the last known place before the packet. */
function partOf(file: Blob, from: ReadOptions['from']): { source: Blob; packet: number } {
  if (from === undefined) return { source: file, packet: 0 };
  const { head, offsets } = from.places;
  const place = Math.min(Math.floor((from.packet - 1) / EVERY), offsets.length - 1);
  if (place <= 0) return { source: file, packet: 0 };
  return { source: new Blob([file.slice(0, head), file.slice(offsets[place]!)]), packet: place * EVERY };
}

class Index {
  private readonly parser: CaptureParser;
  private readonly offsets: number[] = [];
  private interfaces: readonly object[] = [];
  private known = 0;

  constructor(parser: CaptureParser) {
    this.parser = parser;
  }

  note({ number, fileOffset }: Packet): void {
    if ((number - 1) % EVERY !== 0) return;
    if (number === 1) {
      this.interfaces = this.parser.metadata.interfaces;
      this.known = this.interfaces.length;
    }
    this.offsets.push(fileOffset);
  }

  /** What was told after the first packet (another section or interface) is not in the head. */
  places(): Places | null {
    const { interfaces } = this.parser.metadata;
    const same = interfaces === this.interfaces && interfaces.length === this.known;
    return same && this.offsets.length > 0 ? { head: this.offsets[0]!, offsets: this.offsets } : null;
  }
}
