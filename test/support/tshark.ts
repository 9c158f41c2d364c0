import { spawn, spawnSync } from 'node:child_process';

/** What tshark says of one TCP stream. */
export interface Stream {
  /** Number of its first packet. */
  readonly first: number;
  syns: number;
  fins: number;
  resets: number;
}

export function isInstalled(): boolean {
  return spawnSync('tshark', ['--version'], { stdio: 'ignore' }).status === 0;
}

const FIELDS = ['frame.number', 'tcp.stream', 'tcp.flags.syn', 'tcp.flags.fin', 'tcp.flags.reset'];

/** TCP streams of a capture as tshark numbers them; segments that ICMP errors quote are no part of them. */
export async function streamsOf(path: string, args: readonly string[] = []): Promise<Stream[]> {
  const fields = FIELDS.flatMap((field) => ['-e', field]);
  const filter = 'tcp.stream and not icmp and not icmpv6';
  const text = await output(['-n', '-r', path, ...args, '-Y', filter, '-T', 'fields', ...fields]);
  const streams: Stream[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [frame, stream, syn, fin, reset] = line.split('\t').map(Number);
    streams[stream!] ??= { first: frame!, syns: 0, fins: 0, resets: 0 };
    const seen = streams[stream!]!;
    seen.syns += syn!;
    seen.fins += fin!;
    seen.resets += reset!;
  }
  return streams.filter((stream) => stream !== undefined);
}

function output(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('tshark', args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      out += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk) => {
      err += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(out);
      else reject(new Error(`tshark ${args.join(' ')} ended with ${code}: ${err}`));
    });
  });
}
