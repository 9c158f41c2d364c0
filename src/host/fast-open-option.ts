import { OptionKind, type Segment } from '../wire/index.ts';
import { sipHash } from './siphash.ts';

export interface FastOpenOption {
  /** No octets: a cookie is asked for. */
  readonly cookie: Uint8Array;
  /** Option 254 with the number below, as before RFC 7413. */
  readonly isExperimental: boolean;
}

const EXPERIMENT = 254;
const MAGIC = 0xf989;
/** RFC 7413 4.1.1. */
const LEAST_COOKIE = 4;
const MOST_COOKIE = 16;
const TCP_HEADER = 20;

/** The option of a SYN; where there are several the last counts (Linux tcp_parse_options). */
export function findOption({ bytes, headerOffset, headerLength }: Segment): FastOpenOption | null {
  let found: FastOpenOption | null = null;
  const end = headerOffset + headerLength;
  for (let at = headerOffset + TCP_HEADER; at < end; ) {
    const kind = bytes[at]!;
    if (kind === OptionKind.end) break;
    if (kind === OptionKind.nop) {
      at++;
      continue;
    }
    const length = bytes[at + 1] ?? 0;
    if (length < 2 || at + length > end) break;
    found = read(bytes.subarray(at, at + length), kind) ?? found;
    at += length;
  }
  return found;
}

function read(option: Uint8Array, kind: number): FastOpenOption | null {
  if (kind === OptionKind.fastOpen) return cookieIn(option.slice(2), false);
  if (kind !== EXPERIMENT || option.length < 4 || ((option[2]! << 8) | option[3]!) !== MAGIC) return null;
  return cookieIn(option.slice(4), true);
}

/** An even number of octets; others than these make it no option at all. */
function cookieIn(cookie: Uint8Array, isExperimental: boolean): FastOpenOption | null {
  const { length } = cookie;
  if (length !== 0 && (length < LEAST_COOKIE || length > MOST_COOKIE || length % 2 !== 0)) return null;
  return { cookie, isExperimental };
}

/** As it stands in a header, with the NOPs behind it. */
export function encodeOption({ cookie, isExperimental }: FastOpenOption): Uint8Array {
  const before = isExperimental ? 4 : 2;
  const length = before + cookie.length;
  const bytes = new Uint8Array((length + 3) & ~3).fill(OptionKind.nop);
  bytes[0] = isExperimental ? EXPERIMENT : OptionKind.fastOpen;
  bytes[1] = length;
  if (isExperimental) {
    bytes[2] = MAGIC >> 8;
    bytes[3] = MAGIC & 0xff;
  }
  bytes.set(cookie, before);
  return bytes;
}

/** The cookie of a SYN's sender (Linux __tcp_fastopen_cookie_gen_cipher): SipHash of both addresses. */
export function cookieOf(key: Uint8Array, { family, source, destination }: Segment): Uint8Array {
  const words = family === 4 ? [source[3]!, destination[3]!] : [...source, ...destination];
  const message = new DataView(new ArrayBuffer(4 * words.length));
  for (const [i, word] of words.entries()) message.setInt32(4 * i, word);
  const cookie = new DataView(new ArrayBuffer(8));
  cookie.setBigUint64(0, sipHash(key, new Uint8Array(message.buffer)), true);
  return new Uint8Array(cookie.buffer);
}
