const SMALLEST_SHIFT = 4;
const CLASSES = 27;
/** Entries that may wait in the list of one size. */
const IDLE_ENTRIES = 1 << 17;

/** The arrays of a scoreboard: one place for each sent segment. */
export class Block {
  readonly size: number;
  readonly start: Int32Array;
  readonly end: Int32Array;
  /** When it left last, microseconds. */
  readonly sentAt: Float64Array;
  /** The how manieth transmission of the connection that was: segments may leave at the same microsecond. */
  readonly order: Int32Array;
  /** `Sent` bits. */
  readonly flags: Uint8Array;

  constructor(size: number) {
    this.size = size;
    this.start = new Int32Array(size);
    this.end = new Int32Array(size);
    this.sentAt = new Float64Array(size);
    this.order = new Int32Array(size);
    this.flags = new Uint8Array(size);
  }

  copyPlace(from: number, to: number): void {
    this.start[to] = this.start[from]!;
    this.end[to] = this.end[from]!;
    this.sentAt[to] = this.sentAt[from]!;
    this.order[to] = this.order[from]!;
    this.flags[to] = this.flags[from]!;
  }
}

export const NO_BLOCK: Block = new Block(0);
export const SMALLEST_BLOCK: number = 1 << SMALLEST_SHIFT;

/** Blocks not in use, by size: connections that come and go quickly allocate nothing. */
const idle: Block[][] = Array.from({ length: CLASSES }, () => []);

/** `size` is a power of two, `SMALLEST_BLOCK` at least. */
export function takeBlock(size: number): Block {
  return idle[31 - Math.clz32(size) - SMALLEST_SHIFT]!.pop() ?? new Block(size);
}

export function giveBlock(block: Block): void {
  if (block.size === 0) return;
  const list = idle[31 - Math.clz32(block.size) - SMALLEST_SHIFT]!;
  if (list.length * block.size < IDLE_ENTRIES) list.push(block);
}
