import { describe, expect, it } from 'vitest';
import { ended, TEST_CAUSES } from '../../test/support/cli.ts';
import { ending } from '../../test/support/endings.ts';
import type { ConnectionEnding } from '../explain/types.ts';
import { Catalogue } from './catalogue.ts';
import { Groups } from './groups.ts';

const verdict = (cause: string | null, confidence: number = 0.62): ConnectionEnding['verdict'] => ({
  ...ending().verdict,
  cause,
  confidence,
});

const refused = (flow: number, client: string, server: string, port: number): ConnectionEnding =>
  ending({
    flow,
    client: { address: client, port: 40000 + flow },
    server: { address: server, port },
    closeKind: 'refused',
    firstCloser: 'server',
    verdict: verdict('port-closed'),
  });

function collect(endings: Iterable<ConnectionEnding>): ReturnType<Groups['ranked']> {
  const groups = new Groups(new Catalogue(TEST_CAUSES));
  for (const e of endings) groups.add(ended(e));
  return groups.ranked();
}

function* times(n: number, make: (flow: number) => ConnectionEnding): Generator<ConnectionEnding> {
  for (let flow = 1; flow <= n; flow++) yield make(flow);
}

describe('groups of equal endings', () => {
  it('are one for a cause, closer and server', () => {
    const groups = collect([
      ending({ flow: 3 }),
      ending({ flow: 9, client: { address: '10.0.0.9', port: 1 } }),
      ending({ flow: 12, server: { address: '172.25.34.90', port: 81 } }),
      ending({ flow: 13, firstCloser: 'server' }),
      ending({ flow: 14, verdict: verdict(null) }),
    ]);
    expect(groups.map((g) => [g.causeId, g.closer, g.server, g.count, g.flows])).toEqual([
      ['linger0-abort', 'client', '172.25.34.90:8080', 2, [3, 9]],
      ['linger0-abort', 'client', '172.25.34.90:81', 1, [12]],
      ['linger0-abort', 'server', '172.25.34.90:8080', 1, [13]],
      [null, 'client', '172.25.34.90:8080', 1, [14]],
    ]);
  });

  it('rank by severity times count', () => {
    const note = (flow: number): ConnectionEnding => ending({ flow, verdict: verdict('last-ack-lost') });
    const error = ending({ flow: 5000 });
    expect(collect([...times(19, note), error]).map((g) => g.causeId)).toEqual([
      'linger0-abort',
      'last-ack-lost',
    ]);
    expect(collect([...times(21, note), error]).map((g) => g.causeId)).toEqual([
      'last-ack-lost',
      'linger0-abort',
    ]);
  });

  it('show the surest as their exemplar, and the first of the equally sure', () => {
    const groups = collect([
      ending({ flow: 1, verdict: verdict('linger0-abort', 0.5) }),
      ending({ flow: 2, verdict: verdict('linger0-abort', 0.55) }),
      ending({ flow: 3, verdict: verdict('linger0-abort', 0.9) }),
      ending({ flow: 4, verdict: verdict('linger0-abort', 0.9) }),
    ]);
    expect(groups.map((g) => g.exemplar.flow)).toEqual([3]);
  });

  it('make one scan of attempts of a client at many servers', () => {
    const groups = collect(
      times(5000, (flow) => refused(flow, '10.9.9.9', `10.0.${flow >> 8}.${flow & 255}`, 22)),
    );
    expect(groups.map((g) => [g.scanner, g.server, g.count, g.flows])).toEqual([
      ['10.9.9.9', null, 5000, [1, 2, 3, 4, 5]],
    ]);
  });

  it('make one scan of attempts of a client at many ports', () => {
    const groups = collect(times(300, (flow) => refused(flow, '10.9.9.9', '10.0.0.1', flow)));
    expect(groups.map((g) => [g.scanner, g.count])).toEqual([['10.9.9.9', 300]]);
  });

  it('make no scan of many clients at one server, nor of one client that tries again', () => {
    const many = collect(
      times(300, (flow) => refused(flow, `10.1.${flow >> 8}.${flow & 255}`, '10.0.0.1', 80)),
    );
    expect(many.map((g) => [g.scanner, g.server, g.count])).toEqual([[null, '10.0.0.1:80', 300]]);
    const again = collect(times(300, (flow) => refused(flow, '10.1.1.1', '10.0.0.1', 80)));
    expect(again.map((g) => [g.scanner, g.server, g.count])).toEqual([[null, '10.0.0.1:80', 300]]);
  });

  it('leave others out of a scan', () => {
    const scan = times(100, (flow) => refused(flow, '10.9.9.9', '10.0.0.1', flow));
    const groups = collect([refused(1000, '10.1.1.1', '10.0.0.1', 5), ...scan]);
    expect(groups.map((g) => [g.scanner, g.count])).toEqual([
      ['10.9.9.9', 99],
      [null, 2],
    ]);
  });

  it('are bounded, and lose no connection from their counts', () => {
    const groups = collect(
      times(20_000, (flow) =>
        ending({
          flow,
          server: { address: `10.${flow >> 16}.${(flow >> 8) & 255}.${flow & 255}`, port: 80 },
        }),
      ),
    );
    expect(groups.length).toBeLessThanOrEqual(1001);
    expect(groups.reduce((sum, g) => sum + g.count, 0)).toBe(20_000);
    expect(groups.find((g) => g.server === null)?.count).toBe(19_000);
  });
});
