import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ByteCollector, CaptureParser, PcapWriter } from '../src/capture/index.ts';
import { Explainer } from '../src/explain/engine.ts';
import type { ConnectionEnding } from '../src/explain/types.ts';
import { linkSamples } from './support/link-samples.ts';
import { isInstalled, type Stream, streamsOf } from './support/tshark.ts';

/** Captures of real kernels, kept beside the project. */
const CORPUS = fileURLToPath(new URL('../../shared/corpus/', import.meta.url));
const TIMEOUT_MS = 600_000;

const installed = isInstalled();
const corpusFiles = existsSync(CORPUS) ? readdirSync(CORPUS).filter((name) => name.endsWith('.pcap')) : [];

function connectionsOf(path: string): ConnectionEnding[] {
  const connections: ConnectionEnding[] = [];
  const explainer = new Explainer({ onConnection: (view) => connections.push(view.report()) });
  const parser = new CaptureParser();
  parser.push(readFileSync(path));
  parser.end();
  while (parser.next()) explainer.packet(parser.packet);
  explainer.finish();
  return connections.sort((a, b) => a.flow - b.flow);
}

function asStream({ firstPacket, ends: { client, server } }: ConnectionEnding): Stream {
  return {
    first: firstPacket,
    syns: client.syns + server.syns,
    fins: client.fins + server.fins,
    resets: client.resets + server.resets,
  };
}

/**
 * tshark begins a stream with an RST that passes before any SYN, and another with the SYN. Where the RST answers what a host sent while it opened
 * (a bad ACK that did not pass here), it is one connection, whose ends did not end it with that RST.
 */
function withEarlyResetsJoined(
  streams: readonly Stream[],
  connections: readonly ConnectionEnding[],
): Stream[] {
  const joined: Stream[] = [];
  for (const stream of streams) {
    const before = joined.at(-1);
    const isOne =
      before !== undefined &&
      before.syns + before.fins === 0 &&
      before.resets === 1 &&
      stream.syns > 0 &&
      connections.some(
        ({ firstPacket, lastPacket }) => firstPacket === before.first && lastPacket >= stream.first,
      );
    if (isOne) joined[joined.length - 1] = { ...stream, first: before.first };
    else joined.push({ ...stream });
  }
  return joined;
}

/**
 * tshark begins a stream at every SYN with a new sequence number. Where a live connection answers such a SYN with a
 * challenge ACK and goes on (RFC 5961 4.2), it is one connection: what tshark has after the SYN belongs to it. The SYN
 * itself is counted for neither end, as neither sent it.
 */
function withChallengedSynsJoined(
  streams: readonly Stream[],
  connections: readonly ConnectionEnding[],
): Stream[] {
  const joined: Stream[] = [];
  for (const stream of streams) {
    const challenged = connections.find(
      ({ firstPacket, lastPacket, verdict }) =>
        verdict.cause === 'syn-challenged' && firstPacket < stream.first && stream.first < lastPacket,
    );
    const whole = joined.find(({ first }) => first === challenged?.firstPacket);
    if (whole === undefined) joined.push({ ...stream });
    else {
      whole.syns += stream.syns - 1;
      whole.fins += stream.fins;
      whole.resets += stream.resets;
    }
  }
  return joined;
}

interface Capture {
  readonly name: string;
  readonly path: string;
  readonly args: readonly string[];
}

/** A line for each capture on which tshark and we differ. */
async function differences(captures: readonly Capture[]): Promise<string[]> {
  const found: string[] = [];
  const left = [...captures];
  const work = async (): Promise<void> => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const connections = connectionsOf(next.path);
      const streams = withEarlyResetsJoined(await streamsOf(next.path, next.args), connections);
      const theirs = withChallengedSynsJoined(streams, connections);
      const ours = connections.map(asStream);
      if (JSON.stringify(ours) !== JSON.stringify(theirs))
        found.push(`${next.name}: ${JSON.stringify(ours)}, tshark ${JSON.stringify(theirs)}`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, work));
  return found.sort();
}

function onlyWith(present: boolean, missing: string): string {
  return present ? '' : ` (skipped: ${missing})`;
}

describe('tshark agrees on streams and their SYN, FIN and RST counts', () => {
  const noTshark = onlyWith(installed, 'tshark is not installed');

  it.skipIf(!installed)(
    `of every link type and tunnel${noTshark}`,
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'lastack-'));
      try {
        const captures = linkSamples().flatMap(({ name, linkType, frames, tshark }) => {
          if (tshark === null) return [];
          const path = join(folder, `${name}.pcap`);
          writeFileSync(path, pcapOf(linkType, frames));
          return [{ name, path, args: tshark }];
        });
        expect(captures.length).toBeGreaterThan(50);
        expect(await differences(captures)).toEqual([]);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
    TIMEOUT_MS,
  );

  const noCorpus = onlyWith(corpusFiles.length > 0, 'no captures in ../shared/corpus');

  it.skipIf(!installed || corpusFiles.length === 0)(
    `of the captures from real kernels${noTshark || noCorpus}`,
    async () => {
      const captures = corpusFiles.map((name) => ({ name, path: join(CORPUS, name), args: [] }));
      expect(await differences(captures)).toEqual([]);
    },
    TIMEOUT_MS,
  );
});

function pcapOf(linkType: number, frames: readonly Uint8Array[]): Uint8Array {
  const collector = new ByteCollector();
  const writer = new PcapWriter(collector.sink, { linkType });
  for (const [i, frame] of frames.entries()) writer.write(1_700_000_000_000_000 + i * 1_000, frame);
  return collector.bytes();
}
