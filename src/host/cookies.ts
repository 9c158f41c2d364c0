import { agreesToEcn } from '../tcp/negotiate.ts';
import { timestampClock } from '../tcp/rtt.ts';
import { Flag, OptionBit, type Segment } from '../wire/index.ts';
import type { Connection } from './connection.ts';
import type { Host } from './host.ts';
import type { KeyedHash } from './keyed-hash.ts';

/** A cookie tells the MSS by its place here (Linux net/ipv4/syncookies.c, net/ipv6/syncookies.c). */
const MSS4 = [536, 1300, 1440, 1460] as const;
const MSS6 = [1220, 1420, 1440, 8940] as const;

/** Cookies count minutes and are good for two of them. */
const PERIOD_US = 60_000_000;
const MAX_AGE = 2;
const DATA_BITS = 24;
const DATA_MASK = (1 << DATA_BITS) - 1;

/** What the low bits of a cookie's timestamp say. */
const TS_BITS = 6;
const TS_MASK = (1 << TS_BITS) - 1;
const TS_SCALE = 0xf;
const TS_SACK = 0x10;
const TS_ECN = 0x20;

/** Words that keep the uses of one key apart. */
const FIRST = 3;
const SECOND = 4;

/** What the peer's SYN had offered, as its timestamp brings it back. */
class CookieOptions {
  timestamps: boolean = false;
  sack: boolean = false;
  ecn: boolean = false;
  /** -1: none. */
  windowScale: number = -1;
}

/**
 * SYN cookies (RFC 4987 3.6, as Linux makes them): the initial sequence number holds the time and the peer's MSS under a keyed hash,
 * the timestamp, if there is one, window scale, SACK and ECN.
 */
export class CookieJar {
  /** What the cookie that was read last brought back. */
  readonly options: CookieOptions = new CookieOptions();
  readonly #hash: KeyedHash;

  constructor(hash: KeyedHash) {
    this.#hash = hash;
  }

  /** Gives a control block that is to answer the SYN its cookie. */
  prepare(host: Host, tcb: Connection, segment: Segment): void {
    const withTimestamps = host.config.timestamps && (segment.optionKinds & OptionBit.timestamps) !== 0;
    // Without a timestamp there is no room to remember them in.
    if (!withTimestamps) {
      segment.optionKinds &= ~(OptionBit.windowScale | OptionBit.sackPermitted);
      segment.flags &= ~(Flag.ece | Flag.cwr);
    } else tcb.tsOffset = (tcb.tsOffset + this.#timestampShift(host, tcb, segment)) | 0;
    tcb.iss = this.#make(segment, host.now);
  }

  /** The MSS that the cookie which `segment` acknowledges stands for, or -1 where it is none of ours. */
  read(host: Host, segment: Segment): number {
    const index = this.#check(segment, host.now);
    if (index < 0) return -1;
    readOptions(segment, this.options);
    return (segment.family === 4 ? MSS4 : MSS6)[index]!;
  }

  #make(segment: Segment, now: number): number {
    const table = segment.family === 4 ? MSS4 : MSS6;
    const mss = segment.mss > 0 ? segment.mss : table[0];
    let index = table.length - 1;
    while (index > 0 && table[index]! > mss) index--;
    const count = Math.floor(now / PERIOD_US) & 0xff;
    const first = (this.#hashOf(segment, FIRST) + segment.seq + (count << DATA_BITS)) | 0;
    return (first + ((this.#hashOf(segment, count * 8 + SECOND) + index) & DATA_MASK)) | 0;
  }

  #check(segment: Segment, now: number): number {
    const cookie = (segment.ack - 1) | 0;
    const theirSeq = (segment.seq - 1) | 0;
    const rest = (cookie - this.#hashOf(segment, FIRST) - theirSeq) | 0;
    const age = (Math.floor(now / PERIOD_US) - (rest >>> DATA_BITS)) & 0xff;
    if (age >= MAX_AGE) return -1;
    const count = rest >>> DATA_BITS;
    const index = (rest - this.#hashOf(segment, count * 8 + SECOND)) & DATA_MASK;
    return index < MSS4.length ? index : -1;
  }

  #hashOf(segment: Segment, extra: number): number {
    const ports = (segment.destinationPort << 16) | segment.sourcePort;
    return this.#hash.ofPair(segment.destination, segment.source, ports, extra);
  }

  /** By how much the timestamp goes back so that its low bits say what was offered. */
  #timestampShift(host: Host, tcb: Connection, segment: Segment): number {
    const { windowScaling, sack } = host.config;
    let options = TS_SCALE;
    if (windowScaling && (segment.optionKinds & OptionBit.windowScale) !== 0) {
      options = Math.min(segment.windowScale, 14);
    }
    if (sack && (segment.optionKinds & OptionBit.sackPermitted) !== 0) options |= TS_SACK;
    if (agreesToEcn(tcb, segment.flags)) options |= TS_ECN;
    const clock = timestampClock(tcb, host.now);
    const marked = (clock & ~TS_MASK) | options;
    return ((marked - clock) | 0) > 0 ? marked - clock - (1 << TS_BITS) : marked - clock;
  }
}

function readOptions(segment: Segment, into: CookieOptions): void {
  into.timestamps = (segment.optionKinds & OptionBit.timestamps) !== 0;
  const bits = into.timestamps ? segment.tsEcr & TS_MASK : TS_SCALE;
  into.windowScale = (bits & TS_SCALE) === TS_SCALE ? -1 : bits & TS_SCALE;
  into.sack = (bits & TS_SACK) !== 0;
  into.ecn = (bits & TS_ECN) !== 0;
}
