import { pcapByteOrder } from './pcap.ts';

/** What the first bytes of an input are. */
export interface InputKind {
  readonly kind: 'pcap' | 'pcapng' | 'gzip' | 'zstd' | 'other';
  /** For people: "a zip archive". */
  readonly name: string;
  /** What to do about it, where something can be done. */
  readonly advice: string;
}

/** Enough first bytes to tell every known kind. */
export const IDENTIFY_BYTES = 512;

const PCAPNG_MAGIC = [0x0a, 0x0d, 0x0d, 0x0a];
const CONVERT =
  'convert it with `tshark -F pcapng -r FILE -w out.pcapng` or `editcap -F pcapng FILE out.pcapng`';
const UNPACK = 'unpack it and give the capture inside';

/** Formats told by their first bytes: what is not read here, and what to do instead. */
const OTHERS: readonly (readonly [magic: string, name: string, advice: string])[] = [
  ['snoop\0\0\0', 'a Solaris snoop capture', CONVERT],
  ['GMBU', 'a Microsoft Network Monitor 2 capture', CONVERT],
  ['RTSS', 'a Microsoft Network Monitor 1 capture', CONVERT],
  ['TRSNIFF data    \x1a', 'a Sniffer capture', CONVERT],
  ['XCP\0', 'a NetXRay or Windows Sniffer capture', CONVERT],
  ['\x7fver', 'an EtherPeek or OmniPeek capture', CONVERT],
  ['iptrace 1.0', 'an AIX iptrace capture', CONVERT],
  ['iptrace 2.0', 'an AIX iptrace capture', CONVERT],
  ['btsnoop\0', 'a Bluetooth capture (btsnoop), which has no TCP', ''],
  ['LANalyzer', 'a LANalyzer capture', CONVERT],
  ['\x05VNF', 'a Visual Networks capture', CONVERT],
  ['\0\x02\x12\x05', 'a Tektronix K12 capture', CONVERT],
  ['\0\0\x02\0\x12\x05\0\x10', 'a Tektronix K12 capture', CONVERT],
  ['+---------+---------------+----------+', 'a K12 text capture', CONVERT],
  ['BZh', 'compressed by bzip2', 'decompress it first: `bzip2 -dc FILE | lastack explain -`'],
  ['\xfd7zXZ\0', 'compressed by xz', 'decompress it first: `xz -dc FILE | lastack explain -`'],
  ['\x04\x22\x4d\x18', 'compressed by lz4', 'decompress it first: `lz4 -dc FILE | lastack explain -`'],
  ['PK\x03\x04', 'a zip archive', UNPACK],
  ['Rar!\x1a', 'a RAR archive', UNPACK],
  ['7z\xbc\xaf\x27\x1c', 'a 7-Zip archive', UNPACK],
  ['\x7fELF', 'a program (ELF)', ''],
  ['MZ', 'a Windows program', ''],
  ['%PDF', 'a PDF document', ''],
  ['\x89PNG', 'a picture', ''],
  ['\x93NUMPY', 'a NumPy array', ''],
  ['SQLite format 3\0', 'an SQLite database', ''],
  ['\0\x05\0', 'raw NetFlow', 'flow records hold no packets; a packet capture is needed'],
  ['\0\x09\0', 'raw NetFlow', 'flow records hold no packets; a packet capture is needed'],
  ['LPKSHHRH', 'a systemd journal', ''],
];

const TCPDUMP_LINE =
  /^(\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d\.\d+ (IP6? |ARP|[0-9a-f:]{17} > |[\w.-]+ +(In|Out|B|M|P) +)/m;

/** Tells what `start`, the first bytes of an input, belongs to. Fewer than 4 bytes are never a capture. */
export function identify(start: Uint8Array): InputKind {
  if (startsWith(start, PCAPNG_MAGIC)) return { kind: 'pcapng', name: 'pcapng', advice: '' };
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  if (start.length >= 4 && pcapByteOrder(view, 0) !== null) return { kind: 'pcap', name: 'pcap', advice: '' };
  if (start.length >= 2 && start[0] === 0x1f && start[1] === 0x8b) {
    return { kind: 'gzip', name: 'gzip', advice: '' };
  }
  if (start.length >= 4 && isZstd(view)) return { kind: 'zstd', name: 'zstd', advice: '' };
  return { kind: 'other', ...otherKind(start) };
}

/** A zstd frame or one of its skippable frames (RFC 8878 3.1). */
function isZstd(view: DataView): boolean {
  const magic = view.getUint32(0, true);
  return magic === 0xfd2fb528 || (magic & 0xfffffff0) >>> 0 === 0x184d2a50;
}

function startsWith(bytes: Uint8Array, magic: ArrayLike<number>): boolean {
  if (bytes.length < magic.length) return false;
  for (let i = 0; i < magic.length; i++) if (bytes[i] !== magic[i]) return false;
  return true;
}

function otherKind(start: Uint8Array): { name: string; advice: string } {
  for (const [magic, name, advice] of OTHERS) {
    if (
      startsWith(
        start,
        Array.from(magic, (char) => char.charCodeAt(0)),
      )
    )
      return { name, advice };
  }
  if (isTar(start)) return { name: 'a tar archive', advice: UNPACK };
  return textKind(start) ?? { name: 'an unknown format', advice: CONVERT };
}

function isTar(start: Uint8Array): boolean {
  return start.length >= 262 && startsWith(start.subarray(257), [0x75, 0x73, 0x74, 0x61, 0x72]);
}

function textKind(start: Uint8Array): { name: string; advice: string } | null {
  if (start.length === 0 || !start.every((byte) => byte >= 0x20 || (byte >= 9 && byte <= 13))) return null;
  const text = new TextDecoder().decode(start.subarray(0, IDENTIFY_BYTES)).trimStart();
  if (TCPDUMP_LINE.test(text)) {
    return { name: 'the text that tcpdump prints', advice: 'capture again with `tcpdump -w FILE`' };
  }
  if (text.startsWith('{') && /"log"\s*:/.test(text)) {
    return { name: 'an HTTP archive (HAR)', advice: 'it has no packets; a packet capture is needed' };
  }
  if (text.startsWith('{') || text.startsWith('[')) {
    return { name: 'JSON', advice: 'give the capture it was made from' };
  }
  if (/^<(!doctype|html)/i.test(text)) {
    return { name: 'an HTML page', advice: 'the download may have failed' };
  }
  if (text.startsWith('<')) return { name: 'XML', advice: 'give the capture it was made from' };
  return { name: 'text', advice: '' };
}

/** One sentence for an input that is no capture. */
export function notACaptureMessage(kind: InputKind): string {
  const advice = kind.advice === '' ? '' : `; ${kind.advice}`;
  return `Not a packet capture: this looks like ${kind.name}${advice}.`;
}
