const EMPTY = new Uint8Array(0);
const MIN_CARRY_BYTES = 64 * 1024;

/**
 * The bytes a reader can see now: the pushed chunk itself, or, for a record that straddles chunks, a carry buffer
 * that holds only that record. Readers look at `bytes`/`view` from `position` on, after `need(n)` said yes.
 */
export class ByteWindow {
  bytes: Uint8Array = EMPTY;
  view: DataView = new DataView(EMPTY.buffer);
  /** Index in `bytes` of the next unread byte. */
  position: number = 0;
  /** Index in `bytes` behind the last byte that can be seen. */
  limit: number = 0;
  /** True once no more input will come. */
  ended: boolean = false;
  /** Input offset of `bytes[0]`. */
  private base: number = 0;
  private chunk: Uint8Array = EMPTY;
  private chunkPosition: number = 0;
  private chunkEnd: number = 0;
  private carry: Uint8Array = EMPTY;
  private carryView: DataView = new DataView(EMPTY.buffer);
  private carrying: boolean = false;
  private pushedBytes: number = 0;

  /** Input offset of the next unread byte. */
  get offset(): number {
    return this.base + this.position;
  }

  /** All bytes pushed so far. */
  get totalBytes(): number {
    return this.pushedBytes;
  }

  /** Unread bytes that were pushed. */
  get available(): number {
    const seen = this.limit - this.position;
    return this.carrying ? seen + this.chunkEnd - this.chunkPosition : seen;
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    if (this.position < this.limit || this.carrying) this.keepRest();
    this.pushedBytes += chunk.length;
    this.chunk = chunk;
    this.chunkPosition = 0;
    this.chunkEnd = chunk.length;
    if (!this.carrying) this.showChunk();
  }

  /** True when `count` unread bytes can be seen at `position`; `bytes`, `view` and `position` may have changed. */
  need(count: number): boolean {
    if (this.limit - this.position >= count) return true;
    return this.carrying ? this.topUp(count) : false;
  }

  /** Passes over up to `count` bytes and returns how many. */
  skip(count: number): number {
    let skipped = Math.min(count, this.limit - this.position);
    this.position += skipped;
    if (this.carrying && skipped < count) {
      const more = Math.min(count - skipped, this.chunkEnd - this.chunkPosition);
      this.chunkPosition += more;
      skipped += more;
      this.showChunk();
    }
    return skipped;
  }

  /** Moves what is unread of the old chunk into the carry buffer, because its owner may now reuse the chunk. */
  private keepRest(): void {
    if (this.carrying) {
      this.append(this.chunkEnd - this.chunkPosition);
      if (this.position < this.limit) return;
      this.carrying = false;
      return;
    }
    const rest = this.limit - this.position;
    const from = this.position;
    const at = this.base + from;
    this.reserveCarry(rest, 0, 0);
    this.carry.set(this.chunk.subarray(from, from + rest));
    this.bytes = this.carry;
    this.view = this.carryView;
    this.base = at;
    this.position = 0;
    this.limit = rest;
    this.carrying = true;
  }

  private topUp(count: number): boolean {
    if (this.position === this.limit) {
      this.showChunk();
      return this.limit - this.position >= count;
    }
    const missing = count - (this.limit - this.position);
    this.append(Math.min(missing, this.chunkEnd - this.chunkPosition));
    return this.limit - this.position >= count;
  }

  /** Copies `count` bytes of the chunk behind the carried ones. */
  private append(count: number): void {
    if (count === 0) return;
    if (this.limit + count > this.carry.length) {
      const unread = this.limit - this.position;
      this.reserveCarry(unread + count, this.position, this.limit);
      this.base += this.position;
      this.position = 0;
      this.limit = unread;
      this.bytes = this.carry;
      this.view = this.carryView;
    }
    this.carry.set(this.chunk.subarray(this.chunkPosition, this.chunkPosition + count), this.limit);
    this.limit += count;
    this.chunkPosition += count;
  }

  /** Makes room for `size` bytes with the bytes `from`..`to` of the carry moved to its start. */
  private reserveCarry(size: number, from: number, to: number): void {
    if (size <= this.carry.length) {
      if (from > 0) this.carry.copyWithin(0, from, to);
      return;
    }
    let length = Math.max(MIN_CARRY_BYTES, this.carry.length * 2);
    while (length < size) length *= 2;
    const grown = new Uint8Array(length);
    grown.set(this.carry.subarray(from, to));
    this.carry = grown;
    this.carryView = new DataView(grown.buffer);
  }

  /** Reads from the chunk in place again: what was carried is used up. */
  private showChunk(): void {
    const chunk = this.chunk;
    this.carrying = false;
    this.base = this.pushedBytes - this.chunkEnd;
    this.bytes = chunk;
    this.view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.position = this.chunkPosition;
    this.limit = this.chunkEnd;
  }
}
