import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EXAMPLES } from '../scripts/examples/index.ts';
import { CaptureParser } from '../src/capture/index.ts';
import { Explainer } from '../src/explain/engine.ts';
import type { ConnectionEnding } from '../src/explain/types.ts';

const FOLDER = new URL('../examples/', import.meta.url);

function endings(name: string): ConnectionEnding[] {
  const all: ConnectionEnding[] = [];
  const explainer = new Explainer({ onConnection: (view) => all.push(view.report()) });
  const parser = new CaptureParser();
  parser.push(EXAMPLES.get(name)!());
  parser.end();
  while (parser.next()) explainer.packet(parser.packet);
  explainer.finish();
  expect(parser.problems).toEqual([]);
  return all.sort((a, b) => a.flow - b.flow);
}

describe('the captures in examples/', () => {
  it('are those that the script makes, byte for byte', () => {
    expect(readdirSync(FOLDER).sort()).toEqual([...EXAMPLES.keys()].sort());
    for (const [name, make] of EXAMPLES)
      expect(Buffer.compare(make(), readFileSync(new URL(name, FOLDER))), name).toBe(0);
  });

  it('are small', () => {
    const sizes = [...EXAMPLES.keys()].map((name) => readFileSync(new URL(name, FOLDER)).length);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(300_000);
    expect(EXAMPLES.get('article.pcapng')!().length).toBeLessThan(5_000);
  });
});

describe('explain on the examples', () => {
  it('finds the abortive close of the article, with the unread data beside it', () => {
    const [other, article] = endings('article.pcapng');
    expect(other).toMatchObject({ closeKind: 'open', client: { port: 36000 }, server: { port: 5970 } });
    expect(article).toMatchObject({
      client: { address: '172.30.22.108', port: 5000 },
      server: { address: '172.25.34.90', port: 8080 },
      opening: 'handshake',
      closeKind: 'rst',
      firstCloser: 'client',
      rstSender: 'client',
      rstForm: 'A',
      timeWait: null,
    });
    expect(article!.verdict.cause).toBe('linger0-abort');
    expect(article!.verdict.alternatives[0]).toBe('close-with-unread-data');
    expect(article!.verdict.wouldSettle.length).toBeGreaterThan(0);
    expect(article!.ends.server.applicationSees).toContain('ECONNRESET');
  });

  it("shows the article's segments with its numbers", () => {
    const [other, article] = endings('article.pcapng');
    const segments = [...article!.ladder, ...other!.ladder]
      .filter((s) => s.packet > 6)
      .sort((a, b) => a.packet - b.packet)
      .map((s) => `${s.from} ${s.flags} Seq=${s.seq} Ack=${s.ack} Win=${s.window} Len=${s.length}`);
    expect(segments).toEqual([
      'client PSH, ACK Seq=1 Ack=1 Win=5840 Len=10',
      'server ACK Seq=1 Ack=11 Win=5840 Len=0',
      'server PSH, ACK Seq=1 Ack=11 Win=5840 Len=11',
      'client PSH, ACK Seq=1 Ack=1 Win=7504 Len=104',
      'client RST, ACK Seq=11 Ack=12 Win=0 Len=0',
    ]);
  });

  it('finds the race between a request and the FIN of an idle server', () => {
    const [race] = endings('keepalive-race.pcapng');
    expect(race).toMatchObject({ closeKind: 'fin-then-rst', firstCloser: 'server', rstForm: 'B' });
    expect(race!.verdict.cause).toBe('keepalive-race');
    expect(race!.ends.server.resets).toBe(2);
  });

  it('finds the close with unread data by the window that filled up', () => {
    const [upload] = endings('unread-data.pcapng');
    expect(upload).toMatchObject({ closeKind: 'rst', firstCloser: 'server', rstForm: 'A' });
    expect(upload!.verdict.cause).toBe('close-with-unread-data');
  });

  it('finds every TIME-WAIT of the short connections on the client', () => {
    const short = endings('port-pressure.pcapng');
    expect(short.length).toBe(250);
    expect(new Set(short.map((e) => e.client.port)).size).toBe(250);
    expect(new Set(short.map((e) => `${e.closeKind} ${e.firstCloser} ${e.timeWait}`))).toEqual(
      new Set(['fin client client']),
    );
    for (const { verdict } of short)
      expect(['fin-client-first', 'fin-three-segments']).toContain(verdict.cause);
  });

  it('finds the sockets that a server leaves in CLOSE-WAIT', () => {
    const leaked = endings('close-wait.pcapng');
    expect(leaked.map((e) => e.verdict.cause)).toEqual(new Array(8).fill('close-wait-leak'));
    expect(leaked.map((e) => e.states.server.at(-1)!.state)).toEqual(new Array(8).fill('CLOSE-WAIT'));
  });

  it('tells the endings of the mixed capture apart', () => {
    const mixed = endings('mixed.pcapng');
    const causes = mixed.map((e) => e.verdict.cause);
    const scanned = new Array(16).fill('port-closed');
    scanned.splice(1, 0, 'syn-scan');
    scanned.push('syn-scan');
    expect(causes).toEqual([
      'fin-client-first',
      'fin-server-first',
      'fin-client-first',
      'fin-simultaneous',
      'linger0-abort',
      'linger0-abort',
      'port-closed',
      'syn-filtered',
      'icmp-admin-prohibited',
      'nat-idle-drop',
      'last-ack-lost',
      'lb-idle-timeout',
      ...scanned,
      null,
    ]);
    expect(mixed.filter((e) => e.client.address.includes(':')).length).toBe(2);
  });
});
