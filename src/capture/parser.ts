import { IDENTIFY_BYTES, identify, notACaptureMessage } from './identify.ts';
import { CaptureMetadata } from './metadata.ts';
import { type CaptureProblem, Packet } from './packet.ts';
import { PcapReader } from './pcap.ts';
import { PcapngReader } from './pcapng.ts';
import { ProblemList } from './problems.ts';
import { ByteWindow } from './window.ts';

/**
 * Reads pcap and pcapng out of chunks pushed into it, without input or output of its own:
 *
 *     parser.push(chunk);
 *     while (parser.next()) use(parser.packet);
 *     ...
 *     parser.end();
 *     while (parser.next()) use(parser.packet);
 *
 * Never throws on bad bytes: see `problems`. A chunk must stay unchanged until the next push; the packet record is
 * one and the same each time. Only a record that straddles chunks is copied. Compressed input: see `Decompressor`.
 */
export class CaptureParser {
  readonly packet: Packet = new Packet();
  readonly metadata: CaptureMetadata = new CaptureMetadata();
  format: 'pcap' | 'pcapng' | null = null;
  private readonly window: ByteWindow = new ByteWindow();
  private readonly found: ProblemList = new ProblemList();
  private reader: PcapReader | PcapngReader | null = null;
  private refused: boolean = false;

  /** What was wrong with the capture, in order; bounded, see `problemsOmitted`. */
  get problems(): readonly CaptureProblem[] {
    return this.found.list;
  }

  get problemsOmitted(): number {
    return this.found.omitted;
  }

  /** Bytes pushed so far. */
  get bytesRead(): number {
    return this.window.totalBytes;
  }

  /** No packet will come any more, whatever is pushed. */
  get finished(): boolean {
    return this.refused || (this.reader?.done ?? false);
  }

  push(chunk: Uint8Array): void {
    if (!this.finished) this.window.push(chunk);
  }

  /** No more input: what is left is read by further calls of `next`. */
  end(): void {
    this.window.ended = true;
  }

  /** True: `packet` holds the next packet. False: push more, or `finished`. */
  next(): boolean {
    if (this.reader === null && !this.detect()) return false;
    return this.reader!.next();
  }

  private detect(): boolean {
    const window = this.window;
    if (this.refused || (!window.need(4) && !window.ended)) return false;
    const seen = window.need(IDENTIFY_BYTES) ? IDENTIFY_BYTES : window.limit - window.position;
    const kind = identify(window.bytes.subarray(window.position, window.position + seen));
    if (kind.kind === 'pcap') {
      this.reader = new PcapReader(window, this.packet, this.found);
    } else if (kind.kind === 'pcapng') {
      this.reader = new PcapngReader(window, this.packet, this.found, this.metadata);
    } else {
      if (seen < IDENTIFY_BYTES && !window.ended) return false;
      this.refuse(seen === 0 ? 'empty' : 'not-a-capture', seen === 0 ? '' : notACaptureMessage(kind));
      return false;
    }
    this.format = kind.kind;
    return true;
  }

  private refuse(code: 'empty' | 'not-a-capture', message: string): void {
    this.found.add(code, message === '' ? 'The input is empty.' : message, 0, 0, true);
    this.refused = true;
  }
}
