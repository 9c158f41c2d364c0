import type { AddressBook } from './addresses.ts';
import { hashTuple } from './demux.ts';
import { type Deadlines, Wheel } from './wheel.ts';

/*
 * TIME-WAIT records. One takes 13 words here, two in the wheel and at most one of the hash table: 64 bytes. They stand in chunks, so
 * growing copies nothing but the table of chain heads.
 */
const WORDS = 13;
const REMOTE = 0;
/** Local port, remote port. */
const PORTS = 4;
/** Flags and scale, number of the local address. */
const FLAGS = 5;
/** When an answer was last given that is rationed, the window field. */
const WINDOW = 6;
const SND_NXT = 7;
const RCV_NXT = 8;
const TS_RECENT = 9;
const TS_OFFSET = 10;
/** Milliseconds modulo 2^32, rounded up. */
const DEADLINE = 11;
const CHAIN = 12;

/** Answers are timed in steps that 16 bits count for eleven minutes; 0: none was given. */
const ANSWER_STEP_US = 10_000;
const ANSWER_STEPS = 0xffff;

const CHUNK_BITS = 12;
const CHUNK_MASK = (1 << CHUNK_BITS) - 1;
const NONE = -1;
const FIRST_HEADS = 256;

/** Bits of a record's flags. */
export const TimeWaitFlag = {
  timestamps: 0x10,
  reuseAddress: 0x20,
  reusePort: 0x40,
  /** connect chose the port. */
  autoPort: 0x80,
  /** It belongs to a destination's count of ports. */
  counted: 0x100,
  used: 0x200,
} as const;

/** What a record is made of; one is filled again for each. */
export class TimeWaitFields {
  localIndex: number = 0;
  localPort: number = 0;
  remotePort: number = 0;
  flags: number = 0;
  rcvScale: number = 0;
  /** RCV.WND in bytes, as the window field can tell it. */
  rcvWindow: number = 0;
  sndNxt: number = 0;
  rcvNxt: number = 0;
  tsRecent: number = 0;
  tsOffset: number = 0;
}

export class TimeWaitTable implements Deadlines {
  readonly #addresses: AddressBook;
  readonly #secret: number;
  /** A turn is 67 s: where 2 MSL is a minute, none is put further on. */
  readonly #wheel: Wheel = new Wheel(this, 4096, 16_384);
  readonly #chunks: Int32Array[] = [];
  #heads: Int32Array = new Int32Array(FIRST_HEADS).fill(NONE);
  #free = NONE;
  #fresh = 0;
  #count = 0;
  /** Milliseconds at the last insertion or expiry: 32 bits of a deadline are read as those nearest to it. */
  #nowMs = 0;

  constructor(addresses: AddressBook, secret: number) {
    this.#addresses = addresses;
    this.#secret = secret | 0;
  }

  get size(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#chunks.length * ((WORDS * 4) << CHUNK_BITS) + this.#heads.length * 4 + this.#wheel.bytes;
  }

  find(local: Int32Array, localPort: number, remote: Int32Array, remotePort: number, family: number): number {
    if (this.#count === 0) return NONE;
    const hash = hashTuple(local, localPort, remote, remotePort, this.#secret);
    const ports = (localPort << 16) | remotePort;
    let id = this.#heads[hash & (this.#heads.length - 1)]!;
    while (id !== NONE) {
      const chunk = this.#chunks[id >> CHUNK_BITS]!;
      const at = (id & CHUNK_MASK) * WORDS;
      if (chunk[at + PORTS] === ports && this.#matches(chunk, at, local, remote, family)) return id;
      id = chunk[at + CHAIN]!;
    }
    return NONE;
  }

  #matches(chunk: Int32Array, at: number, local: Int32Array, remote: Int32Array, family: number): boolean {
    if (chunk[at + 3] !== remote[3] || chunk[at + 2] !== remote[2]) return false;
    if (chunk[at + 1] !== remote[1] || chunk[at] !== remote[0]) return false;
    const own = this.#addresses.list[chunk[at + FLAGS]! >>> 16]!;
    const words = own.words;
    return (
      own.family === family &&
      words[3] === local[3] &&
      words[2] === local[2] &&
      words[1] === local[1] &&
      words[0] === local[0]
    );
  }

  /** Adds a record that ends at `deadlineUs` and returns its number. */
  insert(remote: Int32Array, fields: TimeWaitFields, deadlineUs: number, now: number): number {
    this.#nowMs = Math.floor(now / 1000);
    const id = this.#allocate();
    const chunk = this.#chunks[id >> CHUNK_BITS]!;
    const at = (id & CHUNK_MASK) * WORDS;
    for (let i = 0; i < 4; i++) chunk[at + REMOTE + i] = remote[i]!;
    chunk[at + PORTS] = (fields.localPort << 16) | fields.remotePort;
    chunk[at + FLAGS] =
      (fields.localIndex << 16) | TimeWaitFlag.used | (fields.flags & 0xfff0) | fields.rcvScale;
    chunk[at + WINDOW] = Math.min(fields.rcvWindow >> fields.rcvScale, 0xffff);
    chunk[at + SND_NXT] = fields.sndNxt;
    chunk[at + RCV_NXT] = fields.rcvNxt;
    chunk[at + TS_RECENT] = fields.tsRecent;
    chunk[at + TS_OFFSET] = fields.tsOffset;
    chunk[at + DEADLINE] = Math.ceil(deadlineUs / 1000) | 0;
    this.#count++;
    if (this.#count > this.#heads.length * 2) this.#rehash();
    else this.#chain(id, chunk, at);
    this.#wheel.insert(id, deadlineUs, now);
    return id;
  }

  /** Forgets a record. */
  remove(id: number): void {
    this.#wheel.remove(id);
    this.#release(id);
  }

  /** Forgets a record whose time is over and returns its number, until there is none (-1). Its fields stay readable until `insert`. */
  popDue(now: number): number {
    this.#nowMs = Math.floor(now / 1000);
    const id = this.#wheel.popDue(now);
    if (id !== NONE) this.#release(id);
    return id;
  }

  next(): number {
    return this.#wheel.next();
  }

  /** Puts the deadline off (never forward): the wheel notices when the old one comes. */
  postpone(id: number, deadlineUs: number): void {
    this.#chunk(id)[(id & CHUNK_MASK) * WORDS + DEADLINE] = Math.ceil(deadlineUs / 1000) | 0;
  }

  clear(): void {
    this.#chunks.length = 0;
    this.#heads = new Int32Array(FIRST_HEADS).fill(NONE);
    this.#free = NONE;
    this.#fresh = 0;
    this.#count = 0;
    this.#wheel.clear();
  }

  deadlineOf(id: number): number {
    const ms = this.#chunk(id)[(id & CHUNK_MASK) * WORDS + DEADLINE]!;
    return (this.#nowMs + ((ms - (this.#nowMs | 0)) | 0)) * 1000;
  }

  dropped(): void {
    throw new Error('a TIME-WAIT record always has a deadline');
  }

  read(id: number, into: TimeWaitFields): void {
    const chunk = this.#chunk(id);
    const at = (id & CHUNK_MASK) * WORDS;
    const flags = chunk[at + FLAGS]!;
    into.localIndex = flags >>> 16;
    into.flags = flags & 0xfff0;
    into.rcvScale = flags & 15;
    into.localPort = chunk[at + PORTS]! >>> 16;
    into.remotePort = chunk[at + PORTS]! & 0xffff;
    into.rcvWindow = (chunk[at + WINDOW]! & 0xffff) << into.rcvScale;
    into.sndNxt = chunk[at + SND_NXT]!;
    into.rcvNxt = chunk[at + RCV_NXT]!;
    into.tsRecent = chunk[at + TS_RECENT]!;
    into.tsOffset = chunk[at + TS_OFFSET]!;
  }

  readRemote(id: number, into: Int32Array): void {
    const chunk = this.#chunk(id);
    const at = (id & CHUNK_MASK) * WORDS;
    for (let i = 0; i < 4; i++) into[i] = chunk[at + REMOTE + i]!;
  }

  setTsRecent(id: number, value: number): void {
    this.#chunk(id)[(id & CHUNK_MASK) * WORDS + TS_RECENT] = value;
  }

  /** Whether the last answer of the rationed kind is so long ago that there may be one more. It is counted. */
  takeAnswer(id: number, now: number, intervalUs: number): boolean {
    const chunk = this.#chunk(id);
    const at = (id & CHUNK_MASK) * WORDS + WINDOW;
    const last = chunk[at]! >>> 16;
    const step = 1 + (Math.floor(now / ANSWER_STEP_US) % ANSWER_STEPS);
    const ago = (step - last + ANSWER_STEPS) % ANSWER_STEPS;
    if (last !== 0 && ago * ANSWER_STEP_US < intervalUs) return false;
    chunk[at] = (step << 16) | (chunk[at]! & 0xffff);
    return true;
  }

  /** The first record in use from number `from` on, or -1: for listing all of them. */
  nextUsed(from: number): number {
    for (let id = from; id < this.#fresh; id++) {
      const chunk = this.#chunks[id >> CHUNK_BITS]!;
      if ((chunk[(id & CHUNK_MASK) * WORDS + FLAGS]! & TimeWaitFlag.used) !== 0) return id;
    }
    return NONE;
  }

  #chunk(id: number): Int32Array {
    return this.#chunks[id >> CHUNK_BITS]!;
  }

  #allocate(): number {
    if (this.#free !== NONE) {
      const id = this.#free;
      this.#free = this.#chunk(id)[(id & CHUNK_MASK) * WORDS + CHAIN]!;
      return id;
    }
    if (this.#fresh >> CHUNK_BITS >= this.#chunks.length) {
      this.#chunks.push(new Int32Array(WORDS << CHUNK_BITS));
    }
    return this.#fresh++;
  }

  #release(id: number): void {
    const chunk = this.#chunk(id);
    const at = (id & CHUNK_MASK) * WORDS;
    const slot = this.#hashOf(chunk, at) & (this.#heads.length - 1);
    let before = NONE;
    let other = this.#heads[slot]!;
    while (other !== id) {
      before = other;
      other = this.#chunk(other)[(other & CHUNK_MASK) * WORDS + CHAIN]!;
    }
    const next = chunk[at + CHAIN]!;
    if (before === NONE) this.#heads[slot] = next;
    else this.#chunk(before)[(before & CHUNK_MASK) * WORDS + CHAIN] = next;
    chunk[at + FLAGS] = chunk[at + FLAGS]! & ~TimeWaitFlag.used;
    chunk[at + CHAIN] = this.#free;
    this.#free = id;
    this.#count--;
  }

  #hashOf(chunk: Int32Array, at: number): number {
    const local = this.#addresses.list[chunk[at + FLAGS]! >>> 16]!.words;
    for (let i = 0; i < 4; i++) scratch[i] = chunk[at + REMOTE + i]!;
    const ports = chunk[at + PORTS]!;
    return hashTuple(local, ports >>> 16, scratch, ports & 0xffff, this.#secret);
  }

  #chain(id: number, chunk: Int32Array, at: number): void {
    const slot = this.#hashOf(chunk, at) & (this.#heads.length - 1);
    chunk[at + CHAIN] = this.#heads[slot]!;
    this.#heads[slot] = id;
  }

  #rehash(): void {
    this.#heads = new Int32Array(this.#heads.length * 2).fill(NONE);
    for (let id = this.nextUsed(0); id !== NONE; id = this.nextUsed(id + 1)) {
      this.#chain(id, this.#chunk(id), (id & CHUNK_MASK) * WORDS);
    }
  }
}

const scratch = new Int32Array(4);
