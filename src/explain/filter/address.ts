/** The bytes of an IPv4 (4) or IPv6 (16) address in text form, or null where it is none. */
export function parseAddress(text: string): Uint8Array | null {
  return text.includes(':') ? parseIp6(text) : parseIp4(text);
}

function parseIp4(text: string): Uint8Array | null {
  const parts = text.split('.');
  if (parts.length !== 4) return null;
  const bytes = new Uint8Array(4);
  for (let i = 0; i < 4; i++) {
    const part = parts[i]!;
    if (!/^\d{1,3}$/.test(part) || Number(part) > 255) return null;
    bytes[i] = Number(part);
  }
  return bytes;
}

function parseIp6(text: string): Uint8Array | null {
  // A zone (`fe80::1%eth0`) names an interface, not an address.
  const bare = text.replace(/%.*$/, '');
  const halves = bare.split('::');
  if (halves.length > 2) return null;
  const head = groups(halves[0]!);
  const tail = halves.length === 2 ? groups(halves[1]!) : [];
  if (head === null || tail === null) return null;
  const missing = 16 - head.length - tail.length;
  if (halves.length === 2 ? missing < 2 : missing !== 0) return null;
  const bytes = new Uint8Array(16);
  bytes.set(head, 0);
  bytes.set(tail, 16 - tail.length);
  return bytes;
}

/** Bytes of colon-separated groups; the last one may be a dotted IPv4 address (RFC 4291 2.2). */
function groups(text: string): number[] | null {
  if (text === '') return [];
  const bytes: number[] = [];
  const parts = text.split(':');
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!;
    if (i === parts.length - 1 && part.includes('.')) {
      const last = parseIp4(part);
      if (last === null) return null;
      bytes.push(...last);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return null;
      const value = Number.parseInt(part, 16);
      bytes.push(value >> 8, value & 0xff);
    }
  }
  return bytes.length <= 16 ? bytes : null;
}

/** What a filter says of one end: a network (`prefix` bits of `bytes`), a port, or both. */
export interface EndPattern {
  readonly bytes: Uint8Array | null;
  readonly prefix: number;
  readonly port: number | null;
}

/** Reads `10.0.0.1`, `10.0.0.0/8`, `10.0.0.1:80`, `:80`, `2001:db8::/32`, `[2001:db8::1]:443`; null where it is none. */
export function parseEndPattern(text: string): EndPattern | null {
  const onlyPort = /^:(\d{1,5})$/.exec(text);
  if (onlyPort) return withPort({ bytes: null, prefix: 0, port: null }, onlyPort[1]!);
  const bracketed = /^\[([^\]]*)\](?::(\d{1,5}))?$/.exec(text);
  if (bracketed) return withPort(parseNetwork(bracketed[1]!), bracketed[2]);
  const dotted = /^([\d.]+):(\d{1,5})$/.exec(text);
  if (dotted) return withPort(parseNetwork(dotted[1]!), dotted[2]);
  return parseNetwork(text);
}

function withPort(pattern: EndPattern | null, port: string | undefined): EndPattern | null {
  if (pattern === null || port === undefined) return pattern;
  return Number(port) <= 65535 ? { ...pattern, port: Number(port) } : null;
}

function parseNetwork(text: string): EndPattern | null {
  const [address, length, more] = text.split('/');
  const bytes = parseAddress(address!);
  if (bytes === null || more !== undefined) return null;
  if (length === undefined) return { bytes, prefix: bytes.length * 8, port: null };
  if (!/^\d{1,3}$/.test(length) || Number(length) > bytes.length * 8) return null;
  return { bytes, prefix: Number(length), port: null };
}

export function matchesEnd(
  pattern: EndPattern,
  end: { readonly address: string; readonly port: number },
): boolean {
  if (pattern.port !== null && pattern.port !== end.port) return false;
  if (pattern.bytes === null) return true;
  const bytes = parseAddress(end.address);
  return (
    bytes !== null &&
    bytes.length === pattern.bytes.length &&
    samePrefix(bytes, pattern.bytes, pattern.prefix)
  );
}

function samePrefix(a: Uint8Array, b: Uint8Array, bits: number): boolean {
  const whole = bits >> 3;
  for (let i = 0; i < whole; i++) if (a[i] !== b[i]) return false;
  const rest = bits & 7;
  return rest === 0 || (a[whole]! ^ b[whole]!) >> (8 - rest) === 0;
}
