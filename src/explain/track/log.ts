/**
 * A bounded log of each connection's segments in one shared arena, so that a packet costs a few integer stores and
 * no allocation. A connection keeps its first 32 segments, its last 32, and up to 32 notable ones from between.
 */

/** Bits that the tracker adds to a logged segment. */
export const Note = {
  retransmission: 0x0001,
  keepaliveProbe: 0x0002,
  windowProbe: 0x0004,
  duplicateAck: 0x0008,
  zeroWindow: 0x0010,
  windowUpdate: 0x0020,
  outOfOrder: 0x0040,
  /** The sender skipped bytes that the capture never saw. */
  gapBefore: 0x0080,
  /** Acknowledges bytes that the capture never saw. */
  ackOfUnseen: 0x0100,
  /** A copy of the same packet (mirrored port, `-i any`). */
  duplicate: 0x0200,
  challengeAck: 0x0400,
  /** TTL, IP ID or timestamp do not fit the address it claims to come from. */
  foreign: 0x0800,
  sack: 0x1000,
  timestamps: 0x2000,
  icmp: 0x4000,
  /** Kept even when the ring moves on. */
  notable: 0x8000,
} as const;

const PAGE_SEGMENTS = 16;
const WORDS = 12;
const PAGE_WORDS = PAGE_SEGMENTS * WORDS;
const SLAB_PAGES = 1024;

const HEAD = 32;
const RING = 32;
const MARKS = 32;
const LOG_PAGES: number = (HEAD + RING + MARKS) / PAGE_SEGMENTS;

/** One segment as read back from the log. */
export interface LoggedSegment {
  readonly packet: number;
  readonly atUs: number;
  /** 0: sent by the client, 1: by the server. */
  readonly direction: 0 | 1;
  readonly flags: number;
  readonly notes: number;
  readonly seq: number;
  readonly ack: number;
  readonly length: number;
  /** The raw window field. */
  readonly window: number;
  readonly hopLimit: number;
  readonly identification: number;
  readonly tsVal: number;
  /** First four payload bytes, big-endian, 0 where there are none. */
  readonly payload: number;
  /** Right edge of the first SACK block where `Note.sack` is set. */
  readonly sackRight: number;
}

/** The log of one connection: page numbers in the arena and how many segments went through. */
export class LogPages {
  readonly pages: Int32Array = new Int32Array(LOG_PAGES).fill(-1);
  /** Segments appended in all. */
  appended: number = 0;
  marks: number = 0;
  /** The page that was written last and its index, so that a packet need not look it up. */
  lastPage: number = -1;
  lastIndex: number = -1;

  clear(): void {
    this.pages.fill(-1);
    this.appended = 0;
    this.marks = 0;
    this.lastPage = -1;
    this.lastIndex = -1;
  }
}

export class LogArena {
  private readonly words: Int32Array[] = [];
  private readonly times: Float64Array[] = [];
  private readonly free: number[] = [];
  private next = 0;

  /** Pages in use, for memory accounting. */
  get used(): number {
    return this.next - this.free.length;
  }

  private page(log: LogPages, index: number): number {
    const have = log.pages[index]!;
    if (have >= 0) return have;
    let page = this.free.pop();
    if (page === undefined) {
      page = this.next++;
      if (page % SLAB_PAGES === 0) {
        const buffer = new ArrayBuffer(SLAB_PAGES * PAGE_WORDS * 4);
        this.words.push(new Int32Array(buffer));
        this.times.push(new Float64Array(buffer));
      }
    }
    log.pages[index] = page;
    return page;
  }

  release(log: LogPages): void {
    for (let i = 0; i < LOG_PAGES; i++) {
      const page = log.pages[i]!;
      if (page >= 0) this.free.push(page);
    }
    log.clear();
  }

  /** Word offset of a position in its slab; position 0..95 is head, ring, marks. */
  private offset(page: number, position: number): number {
    return (page % SLAB_PAGES) * PAGE_WORDS + (position % PAGE_SEGMENTS) * WORDS;
  }

  append(
    log: LogPages,
    packet: number,
    atUs: number,
    direction: number,
    flags: number,
    notes: number,
    seq: number,
    ack: number,
    length: number,
    window: number,
    hopLimit: number,
    identification: number,
    tsVal: number,
    payload: number,
    sackRight: number,
  ): void {
    const n = log.appended++;
    const position = n < HEAD ? n : HEAD + ((n - HEAD) % RING);
    const index = (position / PAGE_SEGMENTS) | 0;
    if (index !== log.lastIndex) {
      log.lastPage = this.page(log, index);
      log.lastIndex = index;
    }
    const page = log.lastPage;
    const slab = (page / SLAB_PAGES) | 0;
    const words = this.words[slab]!;
    const at = this.offset(page, position);
    if (n >= HEAD + RING && (words[at + 3]! & (Note.notable << 13)) !== 0) this.keepMark(log, words, at);
    this.times[slab]![at >> 1] = atUs;
    words[at + 2] = packet;
    words[at + 3] = (flags & 0xfff) | (direction << 12) | (notes << 13);
    words[at + 4] = seq;
    words[at + 5] = ack;
    words[at + 6] = length;
    words[at + 7] = window | (hopLimit << 16);
    words[at + 8] = tsVal;
    words[at + 9] = identification;
    words[at + 10] = payload;
    words[at + 11] = sackRight;
  }

  /** The first half of the marks stay; the second half is a ring, so that both early and late ones survive. */
  private keepMark(log: LogPages, from: Int32Array, at: number): void {
    const half = MARKS / 2;
    const n = log.marks++;
    const slot = n < half ? n : half + ((n - half) % half);
    const position = HEAD + RING + slot;
    const page = this.page(log, (position / PAGE_SEGMENTS) | 0);
    const to = this.words[(page / SLAB_PAGES) | 0]!;
    const target = this.offset(page, position);
    for (let i = 0; i < WORDS; i++) to[target + i] = from[at + i]!;
  }

  private read(log: LogPages, position: number): LoggedSegment {
    const page = log.pages[(position / PAGE_SEGMENTS) | 0]!;
    const slab = (page / SLAB_PAGES) | 0;
    const words = this.words[slab]!;
    const at = this.offset(page, position);
    const packed = words[at + 3]!;
    const windowAndHops = words[at + 7]!;
    return {
      atUs: this.times[slab]![at >> 1]!,
      packet: words[at + 2]! >>> 0,
      direction: ((packed >> 12) & 1) as 0 | 1,
      flags: packed & 0xfff,
      notes: (packed >>> 13) & 0xffff,
      seq: words[at + 4]!,
      ack: words[at + 5]!,
      length: words[at + 6]!,
      window: windowAndHops & 0xffff,
      hopLimit: windowAndHops >>> 16,
      tsVal: words[at + 8]!,
      identification: words[at + 9]!,
      payload: words[at + 10]!,
      sackRight: words[at + 11]!,
    };
  }

  /** All segments still kept, in the order they were seen. */
  segments(log: LogPages): LoggedSegment[] {
    const out: LoggedSegment[] = [];
    const n = log.appended;
    for (let i = 0; i < Math.min(n, HEAD); i++) out.push(this.read(log, i));
    const marks = Math.min(log.marks, MARKS);
    const kept: LoggedSegment[] = [];
    for (let i = 0; i < marks; i++) kept.push(this.read(log, HEAD + RING + i));
    kept.sort((a, b) => a.packet - b.packet);
    out.push(...kept);
    const ringed = Math.min(Math.max(n - HEAD, 0), RING);
    for (let i = 0; i < ringed; i++) {
      const nth = n - HEAD - ringed + i;
      out.push(this.read(log, HEAD + (nth % RING)));
    }
    return out;
  }
}
