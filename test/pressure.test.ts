import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Packet } from '../src/capture/packet.ts';
import { Explainer } from '../src/explain/index.ts';
import { Pressure, type PressureReport } from '../src/explain/pressure/index.ts';
import { Load, type Tally } from '../src/lab/load.ts';
import { Network } from '../src/link/index.ts';
import { LinkType } from '../src/wire/index.ts';
import { runCli } from './support/cli.ts';

const SECOND = 1_000_000;
const FIRST_PORT = 32_768;

interface Case {
  readonly rate: number;
  readonly ports: number;
  readonly seconds: number;
  readonly lifetimeUs?: number;
  readonly closer?: 'client' | 'server';
  /** The capture ends here; what comes after it is to be forecast. */
  readonly captureSeconds?: number;
}

interface Run {
  readonly report: PressureReport;
  readonly tally: Tally;
  readonly startUs: number;
}

/** A busy client in the lab, and what its capture says of the pressure. */
function run({
  rate,
  ports,
  seconds,
  lifetimeUs = 0,
  closer = 'client',
  captureSeconds = seconds,
}: Case): Run {
  const network = new Network({ seed: 5 });
  const config = { ephemeralFrom: FIRST_PORT, ephemeralTo: FIRST_PORT + ports - 1 };
  const client = network.host('client', { addresses: ['10.0.0.1'], trusted: true, config });
  const server = network.host('server', { addresses: ['10.0.0.2'], trusted: true });
  const link = network.connect(client, server, { delayUs: 500 });
  const pressure = new Pressure(30 * SECOND, { from: FIRST_PORT, to: FIRST_PORT + ports - 1 });
  const explainer = new Explainer({ pressure });
  const record = new Packet();
  let number = 0;
  let lastUs = 0;
  link.filter((packet, { now }) => {
    if (now > captureSeconds * SECOND) return 'pass';
    lastUs = now;
    explainer.packet(fill(record, packet.bytes, packet.view, packet.length, now, ++number));
    return 'pass';
  });
  const load = new Load(network, client, server, {
    rate,
    startUs: 0,
    endUs: seconds * SECOND,
    requestBytes: 16,
    answerBytes: 16,
    lifetimeUs,
    closer,
    exchangesPerConnection: 1,
    sources: ['10.0.0.1'],
    destinations: ['10.0.0.2'],
    port: 80,
    lingerZero: false,
    reuseAddress: false,
    timeoutUs: Number.POSITIVE_INFINITY,
  });
  network.run(seconds * SECOND);
  explainer.finish();
  const start = explainer.summary().start!;
  return { report: pressure.report(start * SECOND, lastUs), tally: load.tally, startUs: start * SECOND };
}

function fill(
  record: Packet,
  bytes: Uint8Array,
  view: DataView,
  length: number,
  timeUs: number,
  number: number,
): Packet {
  return Object.assign(record, {
    bytes,
    view,
    offset: 0,
    capturedLength: length,
    originalLength: length,
    linkType: LinkType.raw,
    timeUs,
    number,
  });
}

const within = (share: number, seen: number, told: number): void => {
  expect(Math.abs(told - seen) / seen).toBeLessThanOrEqual(share);
};

describe('the pressure report against what happens in the lab', () => {
  it.each([2, 5, 12])('tells after %i s when the ports of a busy client run out', (captureSeconds) => {
    const { report, tally } = run({ rate: 2_000, ports: 28_232, seconds: 20, captureSeconds });
    const first = tally.failedPerSecond.findIndex((n) => n > 0);
    expect(first).toBe(14);
    const { forecast } = report.pairs[0]!;
    expect(forecast.observed).toBe(false);
    within(0.05, 14.1, forecast.exhaustedAt! - report.start!);
  });

  it('sees 30,000 connections use up the ports, come back, and tells how many succeed', () => {
    const { report, tally } = run({ rate: 500, ports: 10_000, seconds: 240 });
    expect(report.connections).toBeGreaterThan(30_000);
    const [pair] = report.pairs;
    const first = tally.failedPerSecond.findIndex((n) => n > 0);
    expect(pair!.forecast.observed).toBe(true);
    within(0.05, first + 0.5, pair!.forecast.exhaustedAt! - report.start!);
    within(0.05, tally.done / tally.attempts, pair!.forecast.success);
    within(0.01, Math.max(...tally.timeWaitPerSecond.client), pair!.clientTimeWait.peak);
    expect(pair!.reuse.withinTwoMsl).toBe(0);
  });

  it('says that the ports last where they do', () => {
    const { report, tally } = run({ rate: 450, ports: 28_232, seconds: 90 });
    expect(tally.failed).toBe(0);
    const { forecast, clientTimeWait } = report.pairs[0]!;
    expect(forecast.exhaustedAt).toBeNull();
    expect(forecast.success).toBe(1);
    within(0.05, 28_232 / 60, forecast.beginsAt);
    within(0.05, tally.timeWaitPerSecond.client.at(-1)!, clientTimeWait.atEnd);
  });

  it('counts what open connections hold', () => {
    const { report, tally } = run({
      rate: 100,
      ports: 4_000,
      seconds: 60,
      lifetimeUs: 5 * SECOND,
      captureSeconds: 20,
    });
    const first = tally.failedPerSecond.findIndex((n) => n > 0);
    within(0.05, first, report.pairs[0]!.forecast.exhaustedAt! - report.start!);
  });

  it('holds the server to its TIME-WAITs, and none of the ports', () => {
    const { report } = run({ rate: 200, ports: 28_232, seconds: 10, closer: 'server' });
    const [pair] = report.pairs;
    expect(pair!.timeWaitBy.client).toBe(0);
    within(0.01, 2_000, pair!.serverTimeWait.peak);
    expect(pair!.portsHeld.peak).toBeLessThan(20);
    expect(pair!.forecast.exhaustedAt).toBeNull();
  });
});

describe('lastack pressure', () => {
  const capture = fileURLToPath(new URL('../examples/port-pressure.pcapng', import.meta.url));

  it('tells each pair of client and server, with what they lead to', async () => {
    const { code, out } = await runCli(['pressure', capture, '--limit', '1']);
    expect(code).toBe(0);
    for (const word of ['opened', 'closed', 'TIME-WAIT', 'ports', 'forecast', '28,232'])
      expect(out).toContain(word);
  });

  it('gives the whole report as JSON, and the series as CSV', async () => {
    const { out } = await runCli(['pressure', capture, '--json', '--ports', '40000-49999', '--msl', '60']);
    const report = JSON.parse(out) as PressureReport;
    expect(report).toMatchObject({ type: 'pressure', twoMslSeconds: 120, ports: { count: 10_000 } });
    const csv = (await runCli(['pressure', capture, '--csv'])).out.trimEnd().split('\r\n');
    expect(csv[0]).toBe('time,client,server,opened,closed,client_time_wait,server_time_wait,ports_held');
    const opened = csv.slice(1).reduce((sum, line) => sum + Number(line.split(',')[3]), 0);
    expect(opened).toBe(report.connections);
  });

  it.each([
    [[], 2, 'which capture?'],
    [['--ports', '5-1', 'x.pcap'], 2, 'takes a range'],
    [['--json', '--csv', 'x.pcap'], 2, 'do not go together'],
    [['no-such.pcap'], 3, 'no-such.pcap'],
  ] as const)('%j is a mistake that is told', async (argv, code, message) => {
    const result = await runCli(['pressure', ...argv]);
    expect(result.code).toBe(code);
    expect(result.err).toContain(message);
    expect(result.out).toBe('');
  });
});
