import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ByteCollector, PcapWriter } from '../src/capture/index.ts';
import { run } from '../src/cli/main.ts';
import { PARTS } from '../src/cli/wiring.ts';
import { PeerCapture } from '../src/explain/peer/index.ts';
import { explain } from '../src/index.ts';
import { bothEnds, type Frame, feed, tellBoth } from './support/both-ends.ts';
import { MemoryOutput } from './support/cli.ts';
import { exchange, handshake } from './support/trace.ts';

const CLOSE = `
100 C FIN ACK
20  S FIN ACK
0.05 C ACK`;

const FIN_LOST = `${exchange()}
100 C FIN ACK lost
200 C again
20  S FIN ACK
0.05 C ACK`;

const LAST_ACK_LOST = `${exchange()}
100 C FIN ACK
20  S FIN ACK
0.05 C ACK lost
250 S again seq=-1
0.05 C ACK`;

describe('two captures of the same traffic', () => {
  it('aligns clocks an hour apart and loses nothing where nothing was lost', () => {
    const { client, server } = bothEnds(exchange() + CLOSE, { aheadMs: 3_600_000, wayMs: 9 });
    const [e] = tellBoth(client, server);
    expect(e!.peer).toMatchObject({
      matched: client.length,
      lostToPeer: [],
      lostFromPeer: [],
      strangeHere: [],
      strangeAtPeer: [],
      takenAt: 'client',
      translated: false,
      seenByPeer: true,
    });
    expect(e!.peer!.clockOffset).toBeCloseTo(-3600, 3);
    expect(e!.verdict.cause).toBe(tellBoth(client, null)[0]!.verdict.cause);
    expect(tellBoth(server, client)[0]!.peer!.clockOffset).toBeCloseTo(3600, 3);
  });

  it('shows a lost FIN from either side, with the packet of the capture that has it', () => {
    const { client, server } = bothEnds(FIN_LOST);
    const here = tellBoth(client, server)[0]!;
    expect(here.verdict.cause).toBe('fin-lost');
    expect(here.peer!.lostToPeer).toEqual([8]);
    expect(here.ladder.filter((s) => s.notes.includes('lost')).map((s) => s.packet)).toEqual([8]);
    const there = tellBoth(server, client)[0]!;
    expect(there.verdict.cause).toBe('fin-lost');
    expect(there.peer).toMatchObject({ lostToPeer: [], lostFromPeer: [8], takenAt: 'server' });
    expect(
      there.verdict.evidence.some((v) => v.capture === 'peer' && /packet 8 of the other/.test(v.shows)),
    ).toBe(true);
    // Alone it has the delay and the IP ID left out to go by, and so the ordinary close stands beside it.
    const alone = tellBoth(server, null)[0]!.verdict;
    expect([alone.cause, ...alone.alternatives]).toContain('fin-three-segments');
    expect(alone.confidence).toBeLessThan(0.7);
  });

  it('tells a lost last ACK from a lost FIN', () => {
    const { client, server } = bothEnds(LAST_ACK_LOST);
    for (const e of [tellBoth(client, server)[0]!, tellBoth(server, client)[0]!]) {
      expect(e.verdict.cause).toBe('last-ack-lost');
      expect(e.verdict.alternatives).not.toContain('fin-lost');
    }
  });

  it('proves that the named host did not send an RST, though its TTL is right', () => {
    const { client, server } = bothEnds(`${exchange()}\n100 S RST ACK forged`);
    const alone = tellBoth(client, null)[0]!;
    const both = tellBoth(client, server)[0]!;
    expect(alone.rstSender).toBe('server');
    expect([both.verdict.cause, both.rstSender, both.firstCloser]).toEqual([
      'middlebox-rst',
      'middlebox',
      null,
    ]);
    expect(both.peer!.strangeHere).toEqual([8]);
    const swapped = tellBoth(server, client)[0]!;
    expect([swapped.verdict.cause, swapped.closeKind]).toEqual(['middlebox-rst', 'rst']);
    expect(swapped.states.client.at(-1)!.state).toBe('CLOSED');
  });

  it('believes the capture that saw more: here the one where a challenged SYN arrived', () => {
    const { client, server } = bothEnds(`${exchange()}
      100 C SYN seq=5000 forged
      21 S ACK lost
      ${CLOSE}`);
    expect(tellBoth(client, null)[0]!.verdict.cause).not.toBe('syn-challenged');
    for (const e of [tellBoth(client, server)[0]!, tellBoth(server, client)[0]!]) {
      expect(e.peer!.strangeHere.length + e.peer!.strangeAtPeer.length).toBe(1);
      expect(e.verdict.cause).toBe('syn-challenged');
    }
  });

  it('leaves an RST to its sender where both captures have it', () => {
    const { client, server } = bothEnds(`${exchange()}\n2000 C PSH ACK 40\n20 S RST`);
    const e = tellBoth(client, server)[0]!;
    expect(e.rstSender).toBe('server');
    const all = [e.verdict.cause, ...e.verdict.alternatives];
    for (const cause of ['middlebox-rst', 'nat-idle-reset', 'nat-remapped']) expect(all).not.toContain(cause);
  });

  it('finds the connection behind address translation', () => {
    const { client, server } = bothEnds(FIN_LOST, { natOctet: 200 });
    const e = tellBoth(client, server)[0]!;
    expect(e.peer).toMatchObject({ translated: true, lostToPeer: [8], matched: client.length - 1 });
    expect(e.verdict.cause).toBe('fin-lost');
  });

  it('knows a filter from a full queue by SYNs that never arrived', () => {
    const { client, server } = bothEnds(
      `${exchange()}0 C SYN port=50001 lost\n1000 C again lost\n1000 C again lost
      3000 C SYN port=50002
      20 S SYN ACK
      0.05 C ACK`,
    );
    const [, e] = tellBoth(client, server);
    expect(e!.peer!.seenByPeer).toBe(false);
    expect([e!.verdict.cause, ...e!.verdict.alternatives]).toEqual(['syn-filtered']);
    expect(tellBoth(client, null)[1]!.verdict.cause).toBe('accept-queue-full');
  });

  it('calls nothing lost that one capture was not there to see', () => {
    const { client, server } = bothEnds(exchange() + CLOSE);
    const alone = tellBoth(client, null)[0]!;
    for (const part of [server.slice(0, 6), server.slice(4), server.slice(2, 7)]) {
      const e = tellBoth(client, part)[0]!;
      expect(e.peer!.lostToPeer).toEqual([]);
      expect(e.peer!.lostFromPeer).toEqual([]);
      expect(e.verdict.cause).toBe(alone.verdict.cause);
      expect(e.closeKind).toBe(alone.closeKind);
    }
  });

  it('does with one direction only', () => {
    const { client, server } = bothEnds(FIN_LOST);
    const e = tellBoth(
      client,
      server.filter((_, i) => [0, 2, 3, 6, 7, 9].includes(i)),
    )[0]!;
    expect(e.peer!.lostToPeer).toContain(8);
  });

  it('says nothing of connections that the other capture cannot know', () => {
    const { client } = bothEnds(exchange() + CLOSE);
    const other = bothEnds(`${handshake()}5 C FIN ACK`, { startUs: 1_800_000_000_000_000 }).server;
    const apart = other.map((f) => ({ ...f, bytes: shifted(f.bytes) }));
    const e = tellBoth(client, apart)[0]!;
    expect(e.peer).toBeUndefined();
  });

  it('is `peer` of the library', async () => {
    const { client, server } = bothEnds(FIN_LOST);
    const told: unknown[] = [];
    for await (const e of explain(pcap(client), { peer: pcap(server) }))
      if (e.type === 'connection') told.push(e.verdict.cause, e.peer!.lostToPeer);
    expect(told).toEqual(['fin-lost', [8]]);
  });
});

describe('a second capture that does not fit', () => {
  it('is bounded: what finds no room is counted and left as it was', () => {
    const { client, server } = bothEnds(FIN_LOST);
    const second = new PeerCapture({ maxConnections: 0 });
    feed(server, second);
    second.finish();
    expect([second.connections, second.omitted]).toEqual([0, 1]);
    expect(tellBoth(client, null)).toHaveLength(1);
  });

  it('is told of, with what to check, and the verdicts stay', async () => {
    const { client } = bothEnds(FIN_LOST);
    const other = bothEnds(exchange()).server.map((f) => ({ ...f, bytes: shifted(f.bytes) }));
    const folder = mkdtempSync(join(tmpdir(), 'lastack-peer-'));
    writeFileSync(join(folder, 'a.pcap'), pcap(client));
    writeFileSync(join(folder, 'b.pcap'), pcap(other));
    const run = await runProgram([
      'explain',
      join(folder, 'a.pcap'),
      '--peer',
      join(folder, 'b.pcap'),
      '--all',
    ]);
    rmSync(folder, { recursive: true });
    expect(run.err).toContain('no connection is in both captures');
    expect(run.code).toBe(0);
    expect(run.out).not.toContain('Both captures');
  });

  it('prints what both captures show', async () => {
    const { client, server } = bothEnds(FIN_LOST, { aheadMs: 1500 });
    const folder = mkdtempSync(join(tmpdir(), 'lastack-peer-'));
    writeFileSync(join(folder, 'a.pcap'), pcap(client));
    writeFileSync(join(folder, 'b.pcap'), pcap(server));
    const run = await runProgram([
      'explain',
      join(folder, 'a.pcap'),
      '--peer',
      join(folder, 'b.pcap'),
      '--all',
    ]);
    rmSync(folder, { recursive: true });
    expect(run.err).toBe('');
    expect(run.out).toMatch(
      /Both captures\n +Clocks +the other capture's is 1\.5\d* s ahead; 10 packets in both/,
    );
    expect(run.out).toMatch(/Lost from the client +packet 8 \(of this capture\)/);
  });
});

async function runProgram(argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const out = new MemoryOutput();
  const err = new MemoryOutput();
  const io = { out, err, stdinIsTty: false, env: {}, signal: new AbortController().signal };
  const code = await run(argv, io, async () => PARTS);
  return { code, out: out.text, err: err.text };
}

/** Another client's and server's ports and sequence numbers. */
function shifted(bytes: Uint8Array): Uint8Array {
  const out = bytes.slice();
  for (const at of [21, 23, 24, 28]) out[at] = (out[at]! + 77) & 0xff;
  return out;
}

function pcap(frames: readonly Frame[]): Uint8Array {
  const collector = new ByteCollector();
  const writer = new PcapWriter(collector.sink, { linkType: 101 });
  for (const f of frames) writer.write(f.atUs, f.bytes);
  return collector.bytes();
}
