/** An IP address: `words` as in `Segment`, IPv4 in word 3. */
export interface IpAddress {
  readonly family: 4 | 6;
  readonly words: Int32Array;
}

/** The address as text: dotted decimal, or IPv6 as RFC 5952 writes it. `words` are those of `Segment.source`. */
export function formatAddress(family: number, words: Int32Array): string {
  return family === 4 ? formatIp4(words[3]!) : formatIp6(words);
}

/** Address and port as people write them together: `192.0.2.1:80`, `[2001:db8::1]:80` (RFC 5952 6). */
export function formatEndpoint(family: number, words: Int32Array, port: number): string {
  return family === 4 ? `${formatIp4(words[3]!)}:${port}` : `[${formatIp6(words)}]:${port}`;
}

function formatIp4(word: number): string {
  return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;
}

function formatIp6(words: Int32Array): string {
  // RFC 5952 5: the mapped prefix is well known, so its last 32 bits are written as IPv4.
  if (words[0] === 0 && words[1] === 0 && words[2] === 0xffff) return `::ffff:${formatIp4(words[3]!)}`;
  const groups: number[] = [];
  for (let i = 0; i < 4; i++) groups.push(words[i]! >>> 16, words[i]! & 0xffff);
  const { start, length } = longestZeroRun(groups);
  const hex = (part: number[]): string => part.map((group) => group.toString(16)).join(':');
  if (length < 2) return hex(groups);
  return `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`;
}

/** The first of the longest runs (RFC 5952 4.2.3). */
function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (end < groups.length && groups[end] === 0) end++;
    if (end - start > best.length) best = { start, length: end - start };
    if (end > start) start = end;
  }
  return best;
}

/** Reads an address as people write it; null where it is none. */
export function parseAddress(text: string): IpAddress | null {
  const words = new Int32Array(4);
  if (text.includes(':')) return parseIp6(text, words) ? { family: 6, words } : null;
  const word = parseIp4(text);
  if (word === null) return null;
  words[3] = word;
  return { family: 4, words };
}

function parseIp4(text: string): number | null {
  const parts = text.split('.');
  if (parts.length !== 4) return null;
  let word = 0;
  for (const part of parts) {
    // A leading zero means octal to some readers and decimal to others, so it is refused.
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return null;
    word = (word << 8) | Number(part);
  }
  return word;
}

function parseIp6(text: string, words: Int32Array): boolean {
  const halves = text.split('::');
  if (halves.length > 2) return false;
  const head = parseGroups(halves[0]!, halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1]!, true) : [];
  if (head === null || tail === null) return false;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return false;
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail];
  for (let i = 0; i < 4; i++) words[i] = (groups[2 * i]! << 16) | groups[2 * i + 1]!;
  return true;
}

function parseGroups(text: string, mayEndInIp4: boolean): number[] | null {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      groups.push(Number.parseInt(part, 16));
      continue;
    }
    const word = mayEndInIp4 && index === parts.length - 1 ? parseIp4(part) : null;
    if (word === null) return null;
    groups.push(word >>> 16, word & 0xffff);
  }
  return groups;
}
