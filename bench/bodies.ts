/** Payloads that look like what runs over each port: HTTP with a true length, TLS records, else text. */

const TLS_RECORD = 16_384;
const TLS_PORT = 443;
const HTTP_PORTS: ReadonlySet<number> = new Set([80, 8080]);
/** Sizes are rounded to so many steps a doubling, so that each body is made once. */
const STEPS = 16;

const encoder = new TextEncoder();
const FILLER: Uint8Array = encoder.encode(
  '{"id":4711,"name":"item","tags":["a","b"],"price":1999},'.repeat(3_000),
);

type Make = (size: number) => Uint8Array;

export class Bodies {
  private readonly made: Map<string, Uint8Array> = new Map();

  request(port: number, size: number): Uint8Array {
    return this.body(`request ${kindOf(port)}`, size, kindOf(port) === 'http' ? httpRequest : makerOf(port));
  }

  response(port: number, size: number): Uint8Array {
    return this.body(
      `response ${kindOf(port)}`,
      size,
      kindOf(port) === 'http' ? httpResponse : makerOf(port),
    );
  }

  private body(kind: string, size: number, make: Make): Uint8Array {
    const step = Math.max(1, 2 ** Math.floor(Math.log2(size)) / STEPS);
    const rounded = Math.floor(Math.floor(size / step) * step);
    const key = `${kind} ${rounded}`;
    let body = this.made.get(key);
    if (body === undefined) {
      body = make(rounded);
      this.made.set(key, body);
    }
    return body;
  }
}

function kindOf(port: number): string {
  return HTTP_PORTS.has(port) ? 'http' : port === TLS_PORT ? 'tls' : 'text';
}

function makerOf(port: number): Make {
  return port === TLS_PORT ? tlsRecords : filler;
}

function filler(size: number): Uint8Array {
  return FILLER.subarray(0, size);
}

function withHead(head: string, size: number): Uint8Array {
  const body = FILLER.slice(0, size);
  body.set(encoder.encode(head).subarray(0, size));
  return body;
}

function httpRequest(size: number): Uint8Array {
  const head = 'GET /v1/items?page=3&sort=name HTTP/1.1\r\nHost: api.example\r\nX-Trace: ';
  return encoder.encode(`${head}${'0'.repeat(Math.max(0, size - head.length - 4))}\r\n\r\n`);
}

function httpResponse(size: number): Uint8Array {
  const head = (length: number): string =>
    `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;
  let length = Math.max(0, size - head(0).length);
  while (length > 0 && head(length).length + length > size) length--;
  return withHead(head(length), Math.max(head(length).length + length, head(0).length));
}

/** Records of application data (RFC 8446 5.1), the last one shorter. */
function tlsRecords(size: number): Uint8Array {
  const bytes = FILLER.slice(0, Math.max(size, 6));
  for (let at = 0; at < bytes.length; at += 5 + TLS_RECORD) {
    // No record may be empty, so a rest that is too short ends the body before it.
    const length = Math.min(TLS_RECORD, bytes.length - at - 5);
    if (length <= 0) return bytes.subarray(0, at);
    bytes.set([0x17, 0x03, 0x03, length >> 8, length & 255], at);
  }
  return bytes;
}
