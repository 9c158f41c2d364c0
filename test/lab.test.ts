import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openCapture } from '../src/capture/index.ts';
import { CAUSES, causeById, explainCapture } from '../src/explain/index.ts';
import {
  type AnyValues,
  LabRun,
  measureRemedies,
  parseValue,
  REMEDIES,
  RemedyMeasurement,
  type RemedyWorkload,
  runScenario,
  SCENARIOS,
  scenarioByName,
  WORKLOAD,
} from '../src/lab/index.ts';
import { runCli } from './support/cli.ts';

const BOXES_AND_FIELD: readonly (readonly [name: string, values: AnyValues])[] = [
  ...['rst-outside', 'syn', 'old-timestamp', 'unsent-ack'].map(
    (segment) => ['forged-segments', { segment }] as const,
  ),
  ['forged-segments', { segment: 'unsent-ack', to: 'client', off: 20_000 }],
  ['middlebox-resets', { ends: 'server' }],
  ['middlebox-resets', { rsts: 'three' }],
  ['nat-idle', { forgets: 'reset' }],
  ['nat-idle', { forgets: 'remap' }],
  ['nat-idle', { forgets: 'remap', keepalive: 80 }],
  ['nat-idle', { keepalive: 30 }],
  ['path-mtu', { told: 'icmp' }],
  ['path-mtu', { told: 'probing' }],
  ['conntrack-invalid', { rule: 'drop' }],
  ['dead-path', { profile: 'freebsd' }],
  ['dead-path', { does: 'sends-with-timeout' }],
  ['dead-path', { does: 'closes' }],
  ['stray-segment', { sends: 'keepalive' }],
  ['impatient-client', { gives: 'rst' }],
  ['impatient-client', { slow: 3 }],
  ['connection-limit', { says: 'message' }],
  ['connection-limit', { says: 'reset' }],
  ['wrong-protocol', { client: 'plain' }],
  ['health-checks', { leaves: 'fin' }],
  ['rolling-update', { ends: 'rst' }],
  ['syn-proxy', { server: 'closed' }],
  ['bind-first', { option: 'no-port' }],
];

/** Every scenario as it stands, and the settings that lead to other causes. */
const VARIANTS: readonly (readonly [name: string, values: AnyValues])[] = [
  ...SCENARIOS.map(({ name }) => [name, {}] as const),
  ['four-way-close', { closer: 'server' }],
  ['four-way-close', { profile: 'rfc' }],
  ['four-way-close', { profile: 'freebsd' }],
  ['simultaneous-close', { profile: 'rfc' }],
  ['close-wait-leak', { server: 'closes' }],
  ['close-wait-leak', { server: 'closes-late' }],
  ['close-wait-leak', { server: 'closes-late', late: 5 }],
  ['keep-alive-race', { gap: -200 }],
  ['half-open-crash', { after: 'sends', away: 120 }],
  ['short-msl', { pause: 0 }],
  ['time-wait-reopen', { isn: 'lower', rfc1337: true }],
  ['last-ack-lost', { 'time-wait': false }],
  ['wandering-duplicate', { guard: 'time-wait' }],
  ['wandering-duplicate', { guard: 'timestamps' }],
  ['time-wait-assassination', { rfc1337: true }],
  ['time-wait-reopen', { isn: 'lower' }],
  ['time-wait-reopen', { isn: 'lower', timestamps: true }],
  ['short-msl', { path: 'clean' }],
  ['short-msl', { 'two-msl': 60_000, connections: 8 }],
  ['linger-zero', { pending: 0 }],
  ['reuse-address', { option: 'reuseaddr' }],
  ['reuse-address', { case: 'client' }],
  ['half-open-crash', { after: 'stays-down' }],
  ['half-open-crash', { after: 'keepalive' }],
  ['half-open-crash', { after: 'reconnects' }],
  ['keep-alive-race', { gap: 200 }],
  ['keep-alive-race', { 'balancer-idle': 4 }],
  ...BOXES_AND_FIELD,
];

/** The whole of port-exhaustion is run where its numbers matter. */
const SMALL: Readonly<Record<string, AnyValues>> = {
  'port-exhaustion': { ports: 500, rate: 60, seconds: 30 },
};

describe('the closed loop', () => {
  it.each(VARIANTS)('%s %j: explain names the cause', (name, values) => {
    const { verdict } = runScenario(scenarioByName(name)!, values);
    const told = verdict!.connections.map((c) => [c.verdict.cause, ...c.verdict.alternatives]);
    expect({ expected: verdict!.expected, told, named: verdict!.named }).toMatchObject({ named: true });
  });

  it.each(SCENARIOS.map((one) => [one.name] as const))(
    '%s: the written capture says the same',
    async (name) => {
      const run = new LabRun(scenarioByName(name)!, SMALL[name]);
      const { verdict } = run.finish();
      const { main, peer } = run.taps()!;
      const read: (string | null)[] = [];
      const second = run.lab.usePeer ? await openCapture(peer.pcapng()) : null;
      for await (const ending of explainCapture(
        await openCapture(main.pcapng()),
        { msl: run.lab.mslUs / 1e6 },
        second,
      ))
        if (ending.type === 'connection') read.push(ending.verdict.cause);
      expect(sorted(read)).toEqual(sorted(verdict!.connections.map((c) => c.verdict.cause)));
    },
  );
});

function sorted(causes: readonly (string | null)[]): readonly (string | null)[] {
  return [...causes].slice(0, 200).sort();
}

describe('every scenario', () => {
  it.each(SCENARIOS.map((one) => [one.name] as const))('%s is repeatable from its seed', (name) => {
    const scenario = scenarioByName(name)!;
    const runs = [1, 2].map(() => {
      const run = new LabRun(scenario, SMALL[name], 7);
      const report = JSON.stringify(run.finish());
      return { report, capture: run.taps()!.main.pcapng() };
    });
    expect(runs[0]!.report).toBe(runs[1]!.report);
    expect(runs[0]!.capture).toEqual(runs[1]!.capture);
  });

  it.each(SCENARIOS.map((one) => [one.name, one] as const))(
    '%s names causes that exist',
    (_name, scenario) => {
      expect(scenario.causes.filter((id) => causeById(id) === undefined)).toEqual([]);
      expect(scenario.causes.length).toBeGreaterThan(0);
    },
  );

  it('is known to the causes that it provokes', () => {
    for (const cause of CAUSES) {
      const provoking = SCENARIOS.filter((one) => one.causes.includes(cause.id)).map((one) => one.name);
      if (cause.scenario === null) expect(provoking, cause.id).toEqual([]);
      else expect(provoking, cause.id).toContain(cause.scenario);
    }
  });
});

describe("a cause's page", () => {
  const covered = CAUSES.flatMap(({ id, scenario }) => (scenario === null ? [] : [[id, scenario] as const]));
  it.each(covered)('%s says how to see it happen (npm run cause-pages)', (id, name) => {
    const page = readFileSync(new URL(`../docs/causes/${id}.md`, import.meta.url), 'utf8');
    const line = new RegExp(`^\`lastack lab ${name}((?: --set \\S+)*)\`$`, 'm').exec(page);
    const { parameters } = scenarioByName(name)!;
    for (const [, key, text] of line![1]!.matchAll(/--set (\S+?)=(\S+)/g))
      expect(() => parseValue(key!, parameters[key!]!, text!)).not.toThrow();
  });
});

describe('what the runs find out', () => {
  const fact = (name: string, key: string, values: AnyValues = {}): unknown =>
    runScenario(scenarioByName(name)!, values).facts.find((one) => one.name === key)?.value;

  const errors = (name: string, values: AnyValues = {}): readonly string[] =>
    runScenario(scenarioByName(name)!, values).applications.flatMap((program) =>
      program.calls.flatMap((call) =>
        call.error === null ? [] : [`${call.call.split('(')[0]} ${call.error}`],
      ),
    );

  it('four-way close: TIME-WAIT on the active closer until 2MSL', () => {
    const { connections, tables } = runScenario(scenarioByName('four-way-close')!);
    const { client, server } = connections[0]!.states;
    expect(client.map((step) => step.state)).toEqual([
      'SYN-SENT',
      'ESTABLISHED',
      'FIN-WAIT-1',
      'FIN-WAIT-2',
      'TIME-WAIT',
      'CLOSED',
    ]);
    expect(server.map((step) => step.state)).toEqual([
      'SYN-RECEIVED',
      'ESTABLISHED',
      'CLOSE-WAIT',
      'LAST-ACK',
      'CLOSED',
    ]);
    const held = client.at(-1)!.at - client.at(-2)!.at;
    expect(held).toBeGreaterThanOrEqual(60);
    expect(held).toBeLessThan(61);
    const late = tables.find((table) => table.host === 'client' && table.title.startsWith('5 s before'));
    expect(late!.counts).toEqual({ 'TIME-WAIT': 1 });
  });

  it('simultaneous close: both through CLOSING, both in TIME-WAIT', () => {
    const { client, server } = runScenario(scenarioByName('simultaneous-close')!).connections[0]!.states;
    for (const states of [client, server])
      expect(states.map((step) => step.state).slice(-4)).toEqual([
        'FIN-WAIT-1',
        'CLOSING',
        'TIME-WAIT',
        'CLOSED',
      ]);
  });

  it('close-wait leak: every connection leaks a socket', () => {
    expect(fact('close-wait-leak', 'close-wait')).toBe(8);
    expect(fact('close-wait-leak', 'close-wait', { server: 'closes' })).toBe(0);
  });

  it('port exhaustion: the outage that the numbers forecast', () => {
    const report = runScenario(scenarioByName('port-exhaustion')!);
    const value = (key: string): number => report.facts.find((one) => one.name === key)!.value as number;
    expect(value('begins-at')).toBeCloseTo(470.5, 1);
    expect(value('most-time-wait')).toBeGreaterThan(20_000);
    expect(value('success')).toBeCloseTo(value('forecast-success'), 2);
    expect(value('half-used')).toBe(8);
    expect(value('first-failure')).toBe(Math.floor(value('forecast-first-failure')));
    expect(Math.abs(value('recovered') - 60)).toBeLessThanOrEqual(1);
    expect(Math.abs(value('fails-again') - 60 - value('forecast-first-failure'))).toBeLessThanOrEqual(1.5);
  });

  it('wandering duplicate: accepted only where nothing guards', () => {
    expect(fact('wandering-duplicate', 'old-bytes-accepted')).toBe(18);
    expect(fact('wandering-duplicate', 'old-bytes-accepted', { guard: 'time-wait' })).toBe(0);
    expect(fact('wandering-duplicate', 'old-bytes-accepted', { guard: 'timestamps' })).toBe(0);
    expect(fact('wandering-duplicate', 'open-again', { guard: 'time-wait' })).toBeGreaterThan(55);
  });

  it('RFC 1337: assassination, and its cure', () => {
    expect(fact('time-wait-assassination', 'time-wait-survives')).toBe(false);
    expect(fact('time-wait-assassination', 'time-wait-survives', { rfc1337: true })).toBe(true);
  });

  it('SO_LINGER 0: queued bytes are lost and the blocked reader gets ECONNRESET', () => {
    expect(fact('linger-zero', 'bytes-lost')).toBeGreaterThan(0);
    expect(fact('linger-zero', 'bytes-lost', { pending: 0 })).toBe(0);
    expect(errors('linger-zero')).toContain('recv ECONNRESET');
    expect(runScenario(scenarioByName('linger-zero')!).tables.some((t) => t.counts['TIME-WAIT'])).toBe(false);
  });

  it('SO_REUSEADDR and SO_REUSEPORT', () => {
    expect(errors('reuse-address')).toContain('bind EADDRINUSE');
    expect(fact('reuse-address', 'restart-after')).toBeGreaterThan(50);
    expect(fact('reuse-address', 'restart-after', { option: 'reuseaddr' })).toBe(0);
    expect(fact('reuse-address', 'second-server', { case: 'two-servers', option: 'reuseaddr' })).toBe(false);
    expect(fact('reuse-address', 'second-server', { case: 'two-servers', option: 'reuseport' })).toBe(true);
    expect(errors('reuse-address', { case: 'client', option: 'reuseaddr' })).toContain(
      'connect EADDRNOTAVAIL',
    );
  });

  it('half-open: what the surviving application gets', () => {
    expect(errors('half-open-crash')).toContain('recv ECONNRESET');
    expect(errors('half-open-crash', { after: 'stays-down' })).toContain('recv ETIMEDOUT');
    expect(errors('half-open-crash', { after: 'keepalive' })).toContain('recv ETIMEDOUT');
    expect(errors('half-open-crash', { after: 'waits' })).toEqual([]);
  });

  it('a ladder through a box that translates addresses has both ends', () => {
    const { connections } = runScenario(scenarioByName('conntrack-invalid')!);
    const [service, stray] = connections;
    expect(service!.states.server.map((step) => step.state).slice(0, 2)).toEqual([
      'SYN-RECEIVED',
      'ESTABLISHED',
    ]);
    expect(service!.ladder.filter((step) => step.notes.length > 0)).toEqual([]);
    // What was left untranslated is another connection to the client.
    expect(stray!.server.address).toBe('10.1.0.7');
    expect(runScenario(scenarioByName('self-connect')!).connections.at(-1)!.ladder[0]!.notes).toEqual([]);
  });

  it('a NAT forgets: keepalive keeps the connection, the server hears nothing otherwise', () => {
    expect(fact('nat-idle', 'second-answer')).toBe(false);
    expect(fact('nat-idle', 'second-answer', { keepalive: 30 })).toBe(true);
    expect(errors('nat-idle')).toContain('recv ETIMEDOUT');
    expect(errors('nat-idle', { forgets: 'reset' })).toContain('recv ECONNRESET');
    expect(errors('nat-idle', { forgets: 'remap' })).toContain('recv ECONNRESET');
  });

  it('a dead path: when the application is told', () => {
    expect(fact('dead-path', 'told-after')).toBeGreaterThan(900);
    expect(fact('dead-path', 'told-after', { does: 'sends-with-timeout' })).toBeCloseTo(10, 0);
    expect(fact('dead-path', 'told-after', { does: 'closes' })).toBe(null);
  });

  it('path MTU: what arrives', () => {
    expect(fact('path-mtu', 'bytes-read')).toBe(0);
    expect(fact('path-mtu', 'bytes-read', { told: 'icmp' })).toBe(60_000);
    expect(fact('path-mtu', 'bytes-read', { told: 'probing' })).toBe(60_000);
  });

  it.each(['rst-in-window', 'rst-outside', 'syn', 'old-timestamp', 'unsent-ack'])(
    'a forged %s does no harm',
    (segment) => {
      for (const to of ['client', 'server'])
        expect(fact('forged-segments', 'exchanges', { segment, to })).toBe(2);
    },
  );

  it('a connection to oneself, and ports that bind() uses up', () => {
    expect(fact('self-connect', 'echoed')).toBe(200);
    expect(errors('bind-first')).toContain('bind EADDRINUSE');
    expect(fact('bind-first', 'other-destination')).toBe(false);
    expect(fact('bind-first', 'other-destination', { option: 'no-port' })).toBe(true);
    expect(fact('bind-first', 'other-destination', { option: 'no-bind' })).toBe(true);
  });

  it('crowded boxes drop what they have no room for', () => {
    expect(fact('snat-exhaustion', 'failed')).toBe(6);
    expect(fact('snat-exhaustion', 'failed', { ports: 12 })).toBe(0);
    expect(fact('conntrack-table-full', 'dropped')).toBeGreaterThan(0);
    expect(fact('conntrack-table-full', 'dropped', { table: 400 })).toBe(0);
  });

  it('keep-alive race: 502 in the race, 200 where the balancer is quicker', () => {
    expect(fact('keep-alive-race', 'user-gets')).toBe('HTTP/1.1 502 Bad Gateway');
    expect(fact('keep-alive-race', 'user-gets', { 'balancer-idle': 4 })).toBe('HTTP/1.1 200 OK');
  });
});

describe('remedies', () => {
  const workload = {
    ...(Object.fromEntries(
      Object.entries(WORKLOAD).map(([key, one]) => [key, one.default]),
    ) as RemedyWorkload),
    rate: 60,
    ports: 1_500,
    seconds: 125,
  };
  const rows = new Map(measureRemedies(workload, 1).rows.map((row) => [row.remedy, row]));
  const limit = workload.ports / 60;

  it('without one, the ports are the limit', () => {
    expect(rows.get('none')!.sustained / limit).toBeCloseTo(1, 1);
    expect(rows.get('none')!.errors.EADDRNOTAVAIL).toBeGreaterThan(1_000);
    expect(rows.get('none')!.timeWaitClient).toBeGreaterThan(1_450);
  });

  it('SO_REUSEADDR changes nothing for a client', () => {
    expect(rows.get('reuse-address')!.sustained).toBe(rows.get('none')!.sustained);
  });

  it.each(['pool', 'other-side-closes', 'more-ports', 'more-addresses', 'tw-reuse', 'short-2msl'])(
    '%s sustains the rate and loses nothing',
    (name) => {
      const row = rows.get(name)!;
      expect(row.sustained / workload.rate).toBeGreaterThan(0.99);
      expect(row.bytesLost).toBe(0);
      expect(row.oldSegmentsAccepted).toBe(0);
    },
  );

  it('SO_LINGER 0 sustains it too, and every peer sees a reset', () => {
    const row = rows.get('linger-zero')!;
    expect(row.sustained / workload.rate).toBeGreaterThan(0.99);
    expect(row.timeWaitClient).toBe(0);
    expect(row.resets / (workload.rate * workload.seconds)).toBeGreaterThan(0.98);
  });

  it('SO_LINGER 0 on a server that closes first loses answers on a bad path', () => {
    const bad = { ...workload, closer: 'server' as const, loss: 0.03, rate: 20, ports: 28_232 };
    const row = measureRemedies(bad, 1).rows.find((one) => one.remedy === 'linger-zero')!;
    expect(row.bytesLost).toBeGreaterThan(0);
    expect(row.failed).toBeGreaterThan(0);
  });

  it('tells what it has measured when it is stopped', () => {
    const small = { ...workload, rate: 10, seconds: 70 };
    const measurement = new RemedyMeasurement(small, 3);
    for (let second = 0; second < 100; second++) expect(measurement.step()).toBe(true);
    const { rows, partial } = measurement.report();
    expect(partial).toBe(true);
    expect(rows).toEqual(measureRemedies(small, 3).rows.slice(0, 1));
  });

  it('is repeatable from its seed', () => {
    const small = { ...workload, rate: 10, seconds: 70 };
    expect(measureRemedies(small, 3)).toEqual(measureRemedies(small, 3));
  });
});

describe('the command', () => {
  it('lists every scenario', async () => {
    const { code, out, err } = await runCli(['lab']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    for (const { name } of SCENARIOS) expect(out).toContain(`  ${name} `);
    expect(JSON.parse((await runCli(['lab', '--json'])).out)).toHaveLength(SCENARIOS.length);
  });

  it('tells a run: ladder, tables, calls, verdict; without colour and the same each time', async () => {
    const first = await runCli(['lab', 'last-ack-lost', '--set', 'lost=2', '--seed', '5']);
    expect(first).toEqual(await runCli(['lab', 'last-ack-lost', '--set', 'lost=2', '--seed', '5']));
    expect(first.code).toBe(0);
    expect(first.out).toContain('seed=5');
    expect(first.out).toContain('lost=2');
    for (const text of [
      'the path loses the last ACK',
      'LAST-ACK',
      'TIME-WAIT',
      'connect(3, 192.0.2.2:8080) = 0',
      'last-ack-lost, as the first cause',
    ])
      expect(first.out).toContain(text);
    expect(first.out).not.toContain('\x1b');
  });

  it('gives the same with --json by the same names', async () => {
    const { out } = await runCli(['lab', 'four-way-close', '--set', 'rtt=0.04s', '--json']);
    const report = JSON.parse(out);
    expect(report).toMatchObject({
      type: 'lab',
      scenario: 'four-way-close',
      seed: 1,
      values: { rtt: 40, closer: 'client' },
      verdict: { named: true, match: { cause: 'fin-client-first', as: 'first' } },
    });
  });

  it('writes a capture that explain reads', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lastack-lab-'));
    try {
      const file = join(folder, 'out.pcapng');
      const { code, out } = await runCli(['lab', 'wandering-duplicate', '--pcap', file]);
      expect(code).toBe(0);
      const peer = join(folder, 'out.peer.pcapng');
      expect(out).toContain(`lastack explain ${file} --peer ${peer}`);
      for (const written of [file, peer]) expect(readFileSync(written).length).toBeGreaterThan(10_000);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.each([
    [['lab', 'port-exhaustion'], 'interrupted after 0 s of virtual time'],
    [['lab', 'remedy'], 'interrupted: 0 of 9 remedies were measured'],
  ])('%j stops when it is interrupted', async (argv, told) => {
    const { code, out, err } = await runCli(argv, [], AbortSignal.abort());
    expect({ code, out }).toEqual({ code: 130, out: '' });
    expect(err).toContain(told);
  });

  it.each([
    [['lab', 'four-way-clos'], 1, 'did you mean four-way-close?'],
    [['lab', 'nonsense-xyz'], 1, 'see the list'],
    [['lab', 'four-way-close', '--set', 'rt=20'], 2, 'did you mean rtt?'],
    [['lab', 'four-way-close', '--set', 'rtt=fast'], 2, 'a number from 0.1 to 2000 ms'],
    [['lab', 'four-way-close', '--set', 'rtt=3s'], 2, 'not 3000'],
    [['lab', 'four-way-close', '--set', 'closer=nobody'], 2, 'client, server'],
    [['lab', 'four-way-close', '--set', 'rtt'], 2, 'KEY=VALUE'],
    [['lab', 'four-way-close', '--set', 'rtt=1', '--set', 'rtt=2'], 2, 'only once'],
    [['lab', 'four-way-close', '--seed', 'x'], 2, 'whole number'],
    [['lab', '--pcap', 'x.pcapng'], 2, 'needs a scenario'],
    [['lab', 'four-way-close', 'linger-zero'], 2, 'one scenario'],
    [['lab', 'remedy', '--rate', 'fast'], 2, '--rate takes a number from 1 to 100000 a second'],
    [['lab', 'remedy', '--rat', '5'], 2, 'did you mean --rate?'],
  ])('%j: exit code %i, and what to do', async (argv, expected, hint) => {
    const { code, err } = await runCli(argv);
    expect(code).toBe(expected);
    expect(err).toContain(hint);
  });

  it('has help with examples', async () => {
    for (const argv of [
      ['lab', '--help'],
      ['lab', 'remedy', '--help'],
      ['lab', 'linger-zero', '--help'],
    ]) {
      const { code, out } = await runCli(argv);
      expect(code).toBe(0);
      expect(out).toContain('Example');
    }
    expect((await runCli(['lab', 'linger-zero', '--help'])).out).toContain('pending');
  });

  it('prints the remedies as a table and as JSON', async () => {
    const argv = ['lab', 'remedy', '--rate', '20', '--seconds', '70'];
    const text = await runCli(argv);
    for (const { name } of REMEDIES) expect(text.out).toContain(`  ${name} `);
    const report = JSON.parse((await runCli([...argv, '--json'])).out);
    expect(report).toMatchObject({ type: 'remedy', seed: 1, scale: 1, workload: { rate: 20 } });
    expect(report.rows.map((row: { remedy: string }) => row.remedy)).toEqual(REMEDIES.map((r) => r.name));
  });
});
