import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ConnectionEnding, Summary } from '../../src/node.ts';

/** `lastack explain` beside a tcpdump that still runs, on connections over the loopback interface. */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PROGRAM = fileURLToPath(new URL('../support/lastack.ts', import.meta.url));
/** So short that a connection is over, and told of, as soon as enough packets have come after it. */
const MSL = ['--msl', '0.001'];
const CONNECTIONS = 100;

type Line = ConnectionEnding | Summary;

/** Output of a process by lines, as events to wait for. */
class Lines {
  readonly all: string[] = [];
  private rest: string = '';
  private waiting: (() => void)[] = [];
  private ended: boolean = false;

  constructor(stream: Readable) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      const parts = (this.rest + text).split('\n');
      this.rest = parts.pop()!;
      this.all.push(...parts);
      this.wake();
    });
    stream.on('close', () => {
      this.ended = true;
      this.wake();
    });
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  /** Resolves with the first line that `wanted` accepts; rejects where the output ends without one. */
  async first(wanted: (line: string) => boolean): Promise<string> {
    for (;;) {
      const found = this.all.find(wanted);
      if (found !== undefined) return found;
      if (this.ended) throw new Error(`the output ended with: ${this.all.slice(-5).join('\n')}${this.rest}`);
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  parsed(): Line[] {
    return this.all.map((line) => JSON.parse(line) as Line);
  }
}

/** Resolves when `text` has passed. */
function waitFor(stream: Readable, text: string): Promise<void> {
  return new Promise((resolve) => {
    let tail = '';
    stream.on('data', (chunk: Buffer) => {
      const seen = tail + chunk.toString('latin1');
      if (seen.includes(text)) resolve();
      tail = seen.slice(-text.length);
    });
  });
}

const children: ChildProcess[] = [];

function start(
  command: string,
  argv: readonly string[],
): ChildProcess & { stdout: Readable; stderr: Readable } {
  const child = spawn(command, argv, { cwd: ROOT, stdio: ['pipe', 'pipe', 'pipe'] });
  children.push(child);
  return child;
}

async function exitCode(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
}

/** tcpdump of what goes to and from `port`; resolves when it captures. */
async function startTcpdump(port: number): Promise<ReturnType<typeof start>> {
  const argv = ['-i', 'lo', '-n', '-U', '--immediate-mode', '-s', '200', '-w', '-', `tcp port ${port}`];
  const tcpdump = start('tcpdump', argv);
  await new Lines(tcpdump.stderr).first((line) => line.includes('listening on'));
  return tcpdump;
}

function startExplain(...argv: string[]): ReturnType<typeof start> {
  return start(process.execPath, ['--import', 'tsx', PROGRAM, 'explain', '--ndjson', ...argv]);
}

/** Why tcpdump cannot capture here, or null where it can. To compile a filter for a device it opens the device. */
function whatIsMissing(): string | null {
  const probe = spawnSync('tcpdump', ['-i', 'lo', '-d', 'tcp'], { encoding: 'utf8' });
  if (probe.error !== undefined) return 'tcpdump is not installed';
  return probe.status === 0 ? null : probe.stderr.trim().split('\n').at(-1)!;
}

const missing = whatIsMissing();
if (missing !== null) console.log(`Live captures are not tested: ${missing}.`);
const title = 'explain beside a running tcpdump';

describe.skipIf(missing !== null)(missing === null ? title : `${title} (${missing})`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'lastack-live-'));
  let server: Server;
  let port: number;

  beforeEach(async () => {
    // It answers and closes first.
    server = createServer((socket) => socket.once('data', () => socket.end('answer'))).listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  });

  afterEach(async () => {
    for (const child of children.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
    server.close();
    await once(server, 'close');
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  /** One connection from its SYN to the close of both ends; resolves with the client's port. */
  async function connection(request: string): Promise<number> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const { localPort } = socket;
    socket.resume().write(request);
    await once(socket, 'close');
    return localPort!;
  }

  /** Many connections; resolves with the clients' ports when tcpdump has written all of them. */
  async function manyConnections(tcpdump: ReturnType<typeof start>): Promise<number[]> {
    const written = waitFor(tcpdump.stdout, 'the last request');
    const ports: number[] = [];
    for (let i = 0; i < CONNECTIONS; i++) ports.push(await connection('request'));
    await connection('the last request');
    await written;
    return ports;
  }

  function isConnection(line: string): boolean {
    return line.includes('"type":"connection"');
  }

  it('tells of a connection while the capture goes on, and of the others when tcpdump ends', async () => {
    const tcpdump = await startTcpdump(port);
    const lastack = startExplain(...MSL, '-');
    tcpdump.stdout.pipe(lastack.stdin!);
    const lines = new Lines(lastack.stdout);
    const ports = await manyConnections(tcpdump);
    await lines.first(isConnection);
    expect(tcpdump.exitCode).toBeNull();

    tcpdump.kill('SIGINT');
    expect(await exitCode(lastack)).toBe(0);
    await lines.first((line) => line.includes('"type":"summary"'));
    const told = lines.parsed();
    const connections = told.filter((line) => line.type === 'connection');
    const closed = connections.filter((line) => line.closeKind === 'fin' && line.firstCloser === 'server');
    // The capture may end before the last one has closed.
    expect(closed.map(({ client }) => client.port)).toEqual(expect.arrayContaining(ports));
    expect(told.at(-1)).toMatchObject({ type: 'summary', connections: CONNECTIONS + 1, partial: false });
  });

  it('tells on Ctrl-C what has come through the pipe', async () => {
    const tcpdump = await startTcpdump(port);
    const lastack = startExplain(...MSL, '-');
    tcpdump.stdout.pipe(lastack.stdin!);
    tcpdump.stdout.on('error', () => {});
    lastack.stdin!.on('error', () => {});
    const lines = new Lines(lastack.stdout);
    await manyConnections(tcpdump);
    await lines.first(isConnection);

    lastack.kill('SIGINT');
    expect(await exitCode(lastack)).toBe(130);
    await lines.first((line) => line.includes('"type":"summary"'));
    expect(tcpdump.exitCode).toBeNull();
    expect(lines.parsed().at(-1)).toMatchObject({ type: 'summary', partial: true });
  });

  it('follows the file that tcpdump writes, until Ctrl-C', async () => {
    const path = join(folder, 'growing.pcap');
    const tcpdump = await startTcpdump(port);
    tcpdump.stdout.pipe(createWriteStream(path));
    await once(tcpdump.stdout, 'data');
    const lastack = startExplain(...MSL, '--follow', path);
    const lines = new Lines(lastack.stdout);
    await manyConnections(tcpdump);
    await lines.first(isConnection);
    expect(tcpdump.exitCode).toBeNull();

    lastack.kill('SIGINT');
    expect(await exitCode(lastack)).toBe(130);
    await lines.first((line) => line.includes('"type":"summary"'));
    const told = lines.parsed();
    const connections = told.filter((line) => line.type === 'connection');
    expect(told.at(-1)).toMatchObject({ type: 'summary', connections: connections.length, partial: true });
    expect(connections[0]).toMatchObject({ closeKind: 'fin', firstCloser: 'server' });
  });
});
