/** Tables for four bytes at a time: TABLES[k][b] is the CRC of byte b followed by k zero bytes. */
const TABLES: readonly Uint32Array[] = makeTables();

function makeTables(): Uint32Array[] {
  const tables = Array.from({ length: 4 }, () => new Uint32Array(256));
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) !== 0 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1;
    tables[0]![byte] = crc;
  }
  for (let table = 1; table < 4; table++) {
    for (let byte = 0; byte < 256; byte++) {
      const before = tables[table - 1]![byte]!;
      tables[table]![byte] = tables[0]![before & 0xff]! ^ (before >>> 8);
    }
  }
  return tables;
}

/** CRC-32 as in gzip (RFC 1952 8): of `bytes` behind data whose CRC is `crc` (0: none). */
export function crc32(bytes: Uint8Array, crc: number = 0): number {
  const [t0, t1, t2, t3] = TABLES as [Uint32Array, Uint32Array, Uint32Array, Uint32Array];
  let state = ~crc;
  let at = 0;
  for (const end = bytes.length - 3; at < end; at += 4) {
    state ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    state =
      t3[state & 0xff]! ^ t2[(state >>> 8) & 0xff]! ^ t1[(state >>> 16) & 0xff]! ^ t0[(state >>> 24) & 0xff]!;
  }
  for (; at < bytes.length; at++) state = t0[(state ^ bytes[at]!) & 0xff]! ^ (state >>> 8);
  return ~state >>> 0;
}
