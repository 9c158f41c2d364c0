import { TimeScale } from './time.ts';

const MAX_COMMENTS = 1000;
const MAX_NAMES = 10_000;
const MAX_TEXT_BYTES = 4096;

/** An interface of a pcapng section (Interface Description Block), or the one of a pcap file. */
export class CaptureInterface {
  /** LINKTYPE_ value; -1 where its description was damaged. */
  linkType: number;
  /** Most bytes kept of a packet; 0: no limit. */
  snaplen: number;
  name: string = '';
  description: string = '';
  scale: TimeScale = new TimeScale();
  /** Packets seen and dropped, as the capturing program counted them; null where it did not say. */
  received: number | null = null;
  dropped: number | null = null;

  constructor(linkType: number, snaplen: number) {
    this.linkType = linkType;
    this.snaplen = snaplen;
  }
}

/** A comment that somebody left in the capture. The text is not trusted: it may hold control characters. */
export interface CaptureComment {
  readonly on: 'section' | 'interface' | 'packet';
  /** The packet it belongs to; for sections and interfaces the last packet before it (0: none). */
  readonly packet: number;
  readonly text: string;
}

/** What a capture tells beside its packets. All lists are bounded. */
export class CaptureMetadata {
  /** Interfaces of the current section, by interface id. */
  interfaces: CaptureInterface[] = [];
  readonly comments: CaptureComment[] = [];
  /** Comments beyond those kept. */
  commentsOmitted: number = 0;
  /** Host names by address text (Name Resolution Blocks). */
  readonly names: Map<string, string> = new Map();
  /** Hardware, operating system and program that wrote the (latest) section; empty where not said. */
  hardware: string = '';
  operatingSystem: string = '';
  application: string = '';

  addComment(on: CaptureComment['on'], packet: number, text: string): void {
    if (this.comments.length < MAX_COMMENTS) this.comments.push({ on, packet, text });
    else this.commentsOmitted += 1;
  }

  addName(address: string, name: string): void {
    if (this.names.size < MAX_NAMES && name !== '') this.names.set(address, name);
  }
}

const decoder = new TextDecoder();

/** UTF-8 text of at most 4 KiB, up to the first NUL. Bad sequences become U+FFFD. */
export function readText(bytes: Uint8Array, at: number, length: number): string {
  const slice = bytes.subarray(at, at + Math.min(length, MAX_TEXT_BYTES));
  const nul = slice.indexOf(0);
  return decoder.decode(nul < 0 ? slice : slice.subarray(0, nul));
}

/** Address text: dotted quad for 4 bytes, RFC 5952 for 16. */
export function addressText(bytes: Uint8Array, at: number, length: 4 | 16): string {
  if (length === 4) return bytes.subarray(at, at + 4).join('.');
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2) groups.push((bytes[at + i]! << 8) | bytes[at + i + 1]!);
  const zeros = longestZeroRun(groups);
  const text = (part: number[]): string => part.map((group) => group.toString(16)).join(':');
  if (zeros.length < 2) return text(groups);
  return `${text(groups.slice(0, zeros.start))}::${text(groups.slice(zeros.start + zeros.length))}`;
}

function longestZeroRun(groups: number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (let i = 0; i <= groups.length; i++) {
    if (i < groups.length && groups[i] === 0) continue;
    if (i - start > best.length) best = { start, length: i - start };
    start = i + 1;
  }
  return best;
}
