import { Flag } from '../../wire/index.ts';
import type { ScriptPacket } from '../run/expected.ts';
import type { IcmpStep, PacketStep, Place, StepTime } from '../run/steps.ts';
import type { Cursor } from './cursor.ts';
import { parseIcmp } from './icmp.ts';
import { parseIpFields } from './ip-fields.ts';
import type { Token } from './lexer.ts';
import { parseTcpOptions } from './tcp-options.ts';

const U16 = 0xffff;
const U32 = 0xffffffff;

const LETTERS: Readonly<Record<string, number>> = {
  F: Flag.fin,
  S: Flag.syn,
  R: Flag.rst,
  P: Flag.psh,
  U: Flag.urg,
  E: Flag.ece,
  W: Flag.cwr,
  A: Flag.ae,
};

/** Headers around the packet, and protocols, that the host does not have. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  'ipv4',
  'ipv6',
  'gre',
  'GREv0',
  'mpls',
  'udp',
  'udplite',
  'sctp',
  'encap',
]);

export interface SequenceRange {
  /** Null: not looked at. */
  readonly seq: number | null;
  readonly absolute: boolean;
  readonly length: number;
}

/** `> S. 0:0(0) ack 1 win 65535 <mss 1460>` and ICMP, from the sign of its direction on. */
export function parsePacket(
  cursor: Cursor,
  time: StepTime,
  place: () => Place,
  family: 4 | 6,
): PacketStep | IcmpStep {
  const inbound = cursor.next().text === '<';
  const ip = parseIpFields(cursor);
  const { kind, text } = cursor.token;
  if (kind === 'word' && ELSEWHERE.has(text)) throw cursor.unsupported(`packets with ${text}`);
  if (ip.ect && inbound) throw cursor.problem('ect01 is for packets that the host sends');
  if (cursor.takeWord('icmp')) return parseIcmp(cursor, { inbound, ip, family, time, place });
  const ports = parsePorts(cursor);
  const flags = parseFlags(cursor);
  const range = parseRange(cursor);
  const ack = cursor.takeWord('ack') ? cursor.number('an acknowledgment number', U32) : 0;
  const window = cursor.takeWord('win') ? cursor.number('a window', U16) : null;
  if (window === null && inbound) throw cursor.unexpected('win: a packet to the host needs a window');
  const urgentPointer = cursor.takeWord('urg') ? cursor.number('an urgent pointer', U16) : 0;
  const behind = cursor.token;
  const options = parseTcpOptions(cursor);
  if (options === null && inbound) throw cursor.problem('<...> is for packets that the host sends', behind);
  refuseRest(cursor, behind);
  const packet: ScriptPacket = {
    flags,
    seq: range.seq,
    absoluteSeq: range.absolute,
    payloadLength: range.length,
    payload: null,
    ack,
    window,
    urgentPointer,
    options,
    ip,
    sourcePort: ports.source,
    destinationPort: ports.destination,
    badChecksum: false,
  };
  return { kind: inbound ? 'inbound' : 'outbound', packet, time, ...place() };
}

/** nplab: a payload that tells why an RST was sent, and UDP around it all. */
function refuseRest(cursor: Cursor, behind: Token): void {
  if (cursor.isSign('[') || cursor.isSign('/')) {
    throw cursor.unsupported('packets with a diagnostic payload, or within UDP', behind);
  }
}

function parsePorts(cursor: Cursor): { source: number; destination: number } {
  if (cursor.token.kind !== 'number' || cursor.following.text !== '>') return { source: 0, destination: 0 };
  const source = cursor.number('a source port', U16);
  cursor.next();
  return { source, destination: cursor.number('a destination port', U16) };
}

/** `S.`, `FP.`, `-`, `SEW`, and AccECN's number in place of the letters E, W, A: `P.5`. */
function parseFlags(cursor: Cursor): number {
  if (cursor.takeSign('-')) return 0;
  let flags = 0;
  const first = cursor.token;
  if (first.kind === 'word') flags |= letters(cursor, cursor.next());
  if (cursor.takeSign('.')) {
    flags |= Flag.ack;
    const { kind, start } = cursor.token;
    if (kind === 'word' && start === cursor.lastEnd) flags |= letters(cursor, cursor.next());
    else if (kind === 'number' && start === cursor.lastEnd) flags |= aceBits(cursor, cursor.next());
  } else if (cursor.token.kind === 'float' && cursor.token.text.startsWith('.')) {
    flags |= Flag.ack | aceBits(cursor, cursor.next());
  } else if (first.kind !== 'word') {
    throw cursor.unexpected('TCP flags: letters of FSRPUEWA, "." for ACK, or "-"');
  }
  return flags;
}

function letters(cursor: Cursor, token: Token): number {
  let flags = 0;
  for (const letter of token.text) {
    const flag = LETTERS[letter] ?? aceDigit(letter);
    if (flag === undefined)
      throw cursor.problem(`"${letter}" is no TCP flag: there are FSRPUEWA, "." and "-"`, token);
    if ((flags & flag) !== 0 && letter in LETTERS)
      throw cursor.problem(`the flag ${letter} stands here twice`, token);
    flags |= flag;
  }
  return flags;
}

function aceDigit(letter: string): number | undefined {
  return letter >= '0' && letter <= '7' ? aceFlags(Number(letter)) : undefined;
}

function aceBits(cursor: Cursor, token: Token): number {
  const digits = token.text.replace(/^\./, '');
  if (!/^[0-7]$/.test(digits))
    throw cursor.problem(`the ECN bits are a number from 0 to 7, not ${digits}`, token);
  return aceFlags(Number(digits));
}

/** RFC 9768: AE, CWR and ECE as one number. */
function aceFlags(ace: number): number {
  return (
    ((ace & 4) !== 0 ? Flag.ae : 0) | ((ace & 2) !== 0 ? Flag.cwr : 0) | ((ace & 1) !== 0 ? Flag.ece : 0)
  );
}

/** `1:1001(1000)`, `1:1001(1000)!`, `...(1000)`. */
export function parseRange(cursor: Cursor): SequenceRange {
  if (cursor.takeSign('...')) return { seq: null, absolute: false, length: parseLength(cursor) };
  const from = cursor.token;
  const start = cursor.number('a sequence number', U32);
  cursor.expectSign(':', 'between the sequence numbers');
  const end = cursor.number('a sequence number', U32);
  const length = parseLength(cursor);
  if ((start + length) % (U32 + 1) !== end) {
    throw cursor.problem(
      `${start} and ${length} octets make ${(start + length) % (U32 + 1)}, not ${end}`,
      from,
    );
  }
  return { seq: start, absolute: cursor.takeSign('!'), length };
}

function parseLength(cursor: Cursor): number {
  cursor.expectSign('(', 'before the number of octets');
  const length = cursor.number('a number of octets', U16);
  cursor.expectSign(')', 'behind the number of octets');
  return length;
}
