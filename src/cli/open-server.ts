import { randomBytes } from 'node:crypto';
import { createReadStream, existsSync, type Stats, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { basename, extname } from 'node:path';

/** The built page. */
const PAGE: URL = new URL('../../web/dist/', import.meta.url);

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
};

/** The page may load what comes with it, and nothing else; nobody may frame it. */
const POLICY: string = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': POLICY,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-cache',
};

export interface PageServer {
  readonly server: Server;
  /** With the captures in it, so that the page opens them. */
  readonly address: string;
}

export function isPageBuilt(): boolean {
  return existsSync(new URL('index.html', PAGE));
}

/** Serves the page and these captures on loopback. Port 0 is any free one; a busy port is an error. */
export function servePage(captures: readonly string[], port: number): Promise<PageServer> {
  // Other programs and pages on this machine do not know the token, and so cannot read the captures.
  const token = randomBytes(16).toString('hex');
  const server = createServer((request, response) => answer(request, response, captures, token));
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const bound = server.address();
      const used = typeof bound === 'object' && bound !== null ? bound.port : port;
      const names = captures.map((path, i) => `${token}/${i}/${encodeURIComponent(basename(path))}`);
      const query = names.length === 0 ? '' : `?capture=${encodeURIComponent(names.join(','))}`;
      resolve({ server, address: `http://127.0.0.1:${used}/${query}` });
    });
  });
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  captures: readonly string[],
  token: string,
): void {
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
  const found = find(request, captures, token);
  if (typeof found === 'number') refuse(response, found);
  else send(response, request, found);
}

/** The file that is wanted, or the status of a refusal. */
function find(request: IncomingMessage, captures: readonly string[], token: string): string | URL | number {
  if (!isLoopbackName(request.headers.host)) return 403;
  if (request.method !== 'GET' && request.method !== 'HEAD') return 405;
  const path = pathOf(request.url ?? '/');
  if (path === null) return 400;
  const [, folder, given, index] = path.split('/');
  if (folder === 'capture') return (given === token ? captures[Number(index)] : undefined) ?? 404;
  const file = path === '/' ? 'index.html' : path.slice(1);
  // Only what the build writes: names with a letter or digit first, in at most one folder.
  return /^(?:[\w-]+\/)?[\w-][\w.-]*$/.test(file) ? new URL(file, PAGE) : 404;
}

/** A page of another name that resolves to this machine (DNS rebinding) gets nothing. */
function isLoopbackName(host: string | undefined): boolean {
  return host !== undefined && /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/.test(host);
}

function pathOf(url: string): string | null {
  try {
    return decodeURIComponent(new URL(url, 'http://localhost').pathname);
  } catch {
    return null;
  }
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'Content-Type': 'text/plain' }).end(`${status}\n`);
}

/** A name that is too long, or a folder that may not be read, is no file here either. */
function statOf(file: string | URL): Stats | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function send(response: ServerResponse, request: IncomingMessage, file: string | URL): void {
  const stats = statOf(file);
  if (!stats?.isFile()) {
    refuse(response, 404);
    return;
  }
  const type = TYPES[extname(file instanceof URL ? file.pathname : file)];
  response.writeHead(200, {
    'Content-Type': type ?? 'application/octet-stream',
    'Content-Length': stats.size,
  });
  if (request.method === 'HEAD' || stats.size === 0) {
    response.end();
    return;
  }
  // A capture that still grows is read to where it ended when its length was told.
  const stream = createReadStream(file, { end: stats.size - 1 });
  stream.on('error', () => response.destroy());
  stream.pipe(response);
}
