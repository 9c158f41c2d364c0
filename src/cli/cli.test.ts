import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pcapFile, runCli } from '../../test/support/cli.ts';
import { ending } from '../../test/support/endings.ts';
import type { ConnectionEnding, Finding } from '../explain/types.ts';

let folder: string;
let file: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lastack-cli-'));
  file = join(folder, 'a.pcap');
  writeFileSync(file, pcapFile(3));
});

afterAll(() => rmSync(folder, { recursive: true }));

const orderly = (flow: number): ConnectionEnding =>
  ending({
    flow,
    closeKind: 'fin',
    rstSender: null,
    timeWait: 'client',
    timeWaitUntil: 1_700_000_064,
    verdict: { ...ending().verdict, cause: 'fin-client-first', alternatives: [], wouldSettle: [] },
  });

const finding: Finding = {
  type: 'finding',
  cause: 'port-closed',
  alternatives: ['linger0-abort'],
  confidence: 0.9,
  connections: [7],
  count: 3000,
  story: 'Three thousand ports in two seconds.',
  remedy: 'Nothing.',
  wouldSettle: [],
};

describe('explain, as text', () => {
  it('has the summary first, then findings, then blocks of what is notable', async () => {
    const { code, out, err } = await runCli(
      ['explain', file],
      [orderly(1), ending(), ending({ flow: 8 }), finding],
    );
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const order = [
      '3 connections, 3 packets',
      'How they ended',
      'Why, what matters',
      'finding over',
      'flow 7',
      'and 1 more like this',
    ];
    const places = order.map((text) => out.indexOf(text));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places).not.toContain(-1);
    expect(out).not.toContain('flow 1 ');
    expect(out).toContain(
      "--all --filter 'cause=linger0-abort and kind=rst and closer=client and server=172.25.34.90:8080'",
    );
  });

  it('writes a block with cause, story, ladder, evidence, remedy and what would settle it', async () => {
    const { out } = await runCli(['explain', file, '--width', '100'], [ending()]);
    const block = out.slice(out.indexOf('── flow 7'));
    expect(block).toMatchInlineSnapshot(`
      "── flow 7  172.30.22.108:5000 → 172.25.34.90:8080 ───────────────── reset by the client after 4.23 s

        error  closed with SO_LINGER 0 [linger0-abort, 62% sure]

        The client sent 10 bytes and the server answered with 11. 4.2 s later the client tore the
        connection down with an RST instead of a FIN: the kernel does this when the application asks for
        it.

          #      time      172.30.22.108:5000                               172.25.34.90:8080
          1  0.000000     SYN-SENT │── SYN Seq=0 Win=64240 Len=0 ──────────────────►│ LISTEN
          2  0.012000              │◄─────── SYN, ACK Seq=0 Ack=1 Win=64240 Len=0 ──│ SYN-RECEIVED
          3  0.012100  ESTABLISHED │── ACK Seq=1 Ack=1 Win=64240 Len=0 ────────────►│
          4  0.015000              │── PSH, ACK Seq=1 Ack=1 Win=64240 Len=10 ──────►│ ESTABLISHED
          5  0.027000              │◄──────────── ACK Seq=1 Ack=11 Win=5840 Len=0 ──│
          6  0.030000              │◄────── PSH, ACK Seq=1 Ack=11 Win=5840 Len=11 ──│
                                   ┊              … 1 packet, 4.2 s …               ┊
        ● 9  4.230000       CLOSED │━━ RST, ACK Seq=11 Ack=12 Win=0 Len=0 ━━━━━━━━━►│ CLOSED        form A

        Application  server reads ECONNRESET (connection reset by peer)
        TIME-WAIT    at neither end
        Data         client sent 10 B, all acknowledged; server sent 11 B, all acknowledged

        Evidence
          packet 9  4.230000  RST with ACK at the exact next sequence number (form A): a live socket of
                              the client aborted
          packet 6  0.030000  the server's last 11 bytes, acknowledged by this RST only

        What to change
          The sender set SO_LINGER {on, 0} (or its runtime did: resetAndDestroy, setLinger(true,0),
          SO_LINGER in a proxy). Remove it, or shut down and read EOF before close; it only trades
          TIME_WAIT for lost data.

        Also fits
          close-with-unread-data  closed with unread data
          admin-kill              see the catalogue

        What would settle it
          • TcpExtTCPAbortOnClose on 172.30.22.108: it grows with unread data only
          • "lastack watch" on 172.30.22.108
      "
    `);
  });

  it('says why there is no verdict', async () => {
    const verdict = {
      ...ending().verdict,
      cause: null,
      reason: 'one direction is missing',
      alternatives: [],
    };
    const { out } = await runCli(['explain', file], [ending({ verdict })]);
    expect(out).toContain('warning  undetermined: one direction is missing');
    expect(out).not.toContain('Also fits');
  });

  it('shows every connection in order with --all, the summary last', async () => {
    const { out } = await runCli(['explain', file, '--all'], [orderly(1), ending(), ending({ flow: 8 })]);
    const places = ['flow 1', 'flow 7', 'flow 8', 'How they ended'].map((text) => out.indexOf(text));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places).not.toContain(-1);
    expect(out).toContain('at the client, until 64.000000');
  });

  it('shows the chosen flows with every detail and nothing else', async () => {
    const { out, code } = await runCli(
      ['explain', file, '--flow', '8', '--flow=1'],
      [orderly(1), ending(), ending({ flow: 8 })],
    );
    expect(code).toBe(0);
    expect([...out.matchAll(/── flow (\d+)/g)].map((match) => match[1])).toEqual(['1', '8']);
    expect(out).toContain('Client states');
    expect(out).not.toContain('How they ended');
  });

  it('shows what a filter matches however it ended, and how many those are', async () => {
    const { out, code } = await runCli(
      ['explain', file, '--filter', 'kind=fin'],
      [orderly(1), orderly(2), ending()],
    );
    expect(code).toBe(0);
    expect(out).toContain('2 connections match the filter');
    expect([...out.matchAll(/── flow (\d+)/g)].map((match) => match[1])).toEqual(['1']);
  });

  it('exits with 1 where nothing matches', async () => {
    const filtered = await runCli(['explain', file, '--filter', 'kind=open'], [ending()]);
    expect([filtered.code, filtered.err]).toEqual([1, 'lastack: no connection matches the filter\n']);
    const chosen = await runCli(['explain', file, '--flow', '99'], [ending()]);
    expect([chosen.code, chosen.err]).toEqual([1, 'lastack: no connection 99 here\n']);
  });

  it('hides the sorts beyond --limit and says so', async () => {
    const other = ending({ flow: 8, server: { address: '10.0.0.1', port: 1 } });
    const { out } = await runCli(['explain', file, '--limit', '1'], [ending(), other, { ...other, flow: 9 }]);
    expect([...out.matchAll(/── flow (\d+)/g)].map((match) => match[1])).toEqual(['8']);
    expect(out).toContain('1 further sort of ending (1 connection) not shown: --limit 2');
  });

  it('prints one line with --quiet', async () => {
    const { out } = await runCli(['explain', '-q', file], [orderly(1), ending()]);
    expect(out).toBe(`${file}: 2 connections; 1 closed with FIN, 1 reset; first causes: linger0-abort (1)\n`);
  });

  it('prints header and ladder only with --ladder', async () => {
    const { out } = await runCli(['explain', file, '--ladder'], [ending()]);
    expect(out).toContain('── flow 7');
    expect(out).toContain('RST, ACK Seq=11');
    expect(out).not.toContain('What to change');
    expect(out).not.toContain('How they ended');
  });

  it('collapses a scan into one line', async () => {
    const attempts = Array.from({ length: 200 }, (_, i) =>
      ending({
        flow: i + 1,
        client: { address: '10.9.9.9', port: 999 },
        server: { address: '10.0.0.1', port: i + 1 },
        closeKind: 'refused',
        verdict: { ...ending().verdict, cause: 'port-closed' },
      }),
    );
    const { out } = await runCli(['explain', file], attempts);
    expect(out).toContain('scan by 10.9.9.9: 200 attempts');
    expect(out).not.toContain('── flow');
  });

  it('lets no control character of a file name through', async () => {
    const { err } = await runCli(['explain', join(folder, 'no\x1b[31mfile')]);
    expect(err).toContain('no?[31mfile');
    expect(err).not.toContain('\x1b');
  });
});

describe('explain, for programs', () => {
  it('prints one object a line, the summary last', async () => {
    const { out } = await runCli(['explain', file, '--ndjson'], [orderly(1), ending(), finding]);
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map((line) => line.type)).toEqual(['connection', 'connection', 'finding', 'summary']);
    expect(lines[1]).toEqual(JSON.parse(JSON.stringify(ending())));
  });

  it.each([[[]], [[ending()]], [[orderly(1), ending(), finding]]])(
    'prints one document with --json (%#)',
    async (endings) => {
      const { out } = await runCli(['explain', file, '--json'], endings);
      const document = JSON.parse(out);
      expect(Object.keys(document)).toEqual(['connections', 'findings', 'summary']);
      expect([...document.connections, ...document.findings]).toEqual(JSON.parse(JSON.stringify(endings)));
      expect(document.summary.packets).toBe(3);
    },
  );

  it('prints a table with --csv', async () => {
    const { out } = await runCli(
      ['explain', file, '--csv', '--filter', 'rst=client'],
      [orderly(1), ending(), finding],
    );
    const lines = out.split('\r\n');
    expect(lines).toHaveLength(3);
    expect(lines[1]).toMatch(/^7,172\.30\.22\.108,5000,/);
  });
});

describe('input', () => {
  it('runs packet numbers on from file to file', async () => {
    const { out } = await runCli(['explain', file, file, '--json']);
    // The stand-in engine gives the last packet's number as `tcpPackets`.
    expect(JSON.parse(out).summary).toMatchObject({ packets: 6, tcpPackets: 6 });
  });

  it('keeps what was read before damage, and exits with 4', async () => {
    const cut = join(folder, 'cut.pcap');
    writeFileSync(cut, pcapFile(3).subarray(0, 24 + 76 * 2 + 30));
    const { code, out, err } = await runCli(['explain', cut, '--ndjson'], [ending()]);
    expect(code).toBe(4);
    expect(err).toMatch(/^lastack: .*cut\.pcap: .* byte \d+ .*\n$/);
    const types = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).type);
    expect(types).toEqual(['problem', 'connection', 'summary']);
    expect(JSON.parse(out.trimEnd().split('\n').at(-1)!)).toMatchObject({ packets: 2, partial: true });
  });

  it.each([
    ['missing', () => join(folder, 'missing.pcap'), /missing\.pcap: no such file/],
    ['a directory', () => folder, /is a directory/],
    ['empty', () => write('empty.pcap', ''), /empty\.pcap: .*empty/],
    [
      'no capture',
      () => write('text.pcap', 'hello, world: this is no capture\n'),
      /text\.pcap: Not a packet capture/,
    ],
  ])('that is %s gets one line and exit code 3', async (_, path, line) => {
    const { code, out, err } = await runCli(['explain', path()]);
    expect({ code, out }).toEqual({ code: 3, out: '' });
    expect(err).toMatch(line);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
  });

  it('reads the others where one is missing', async () => {
    const { code, out } = await runCli(['explain', join(folder, 'missing.pcap'), file, '--json'], [ending()]);
    expect(code).toBe(3);
    expect(JSON.parse(out).connections).toHaveLength(1);
  });

  it('tells what it knows when it is interrupted', async () => {
    const { code, out } = await runCli(['explain', file], [ending()], AbortSignal.abort());
    expect(code).toBe(130);
    expect(out).toContain('Partial: the input was not read to its end.');
    expect(out).toContain('flow 7');
  });

  function write(name: string, text: string): string {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  }
});

describe('mistakes on the command line', () => {
  it.each([
    [
      ['explian', 'x.txt'],
      'unknown command "explian", and no file of that name',
      'did you mean "lastack explain"?',
    ],
    [['--al'], 'unknown option --al before a command', 'try "lastack --help"'],
    [['explain'], 'which capture? Give a file, or "-" for standard input', null],
    [['explain', 'f', '--flw', '3'], 'unknown option --flw; did you mean --flow?', null],
    [['explain', 'f', '-z'], 'unknown option -z', null],
    [['explain', 'f', '--flow'], '--flow needs a value: --flow N', null],
    [['explain', 'f', '--flow', '--json'], '--flow needs a value: --flow N (found the option --json)', null],
    [['explain', 'f', '--flow', 'x'], '--flow takes a whole number of at least 1, not "x"', null],
    [['explain', 'f', '--flow', '0'], '--flow takes a whole number of at least 1, not "0"', null],
    [['explain', 'f', '--json=1'], '--json takes no value (found "1")', null],
    [['explain', 'f', '--json', '--csv'], 'choose one of --json and --csv', null],
    [['explain', 'f', '--peer', 'a', '--peer', 'b'], '--peer may be given only once', null],
    [
      ['explain', 'f', '--time', 'loca'],
      '--time takes utc, local or relative, not "loca"; did you mean local?',
      null,
    ],
    [['explain', 'f', '--msl', '0'], '--msl takes seconds, more than 0 and at most 3600, not "0"', null],
    [
      ['explain', 'f', '--all', '--flow', '3'],
      '--all and --flow do not go together: --flow already says which connections',
      null,
    ],
    [
      ['explain', 'f', '--ladder', '--json'],
      '--ladder and --json do not go together: --ladder is for text, and --json has its own form',
      null,
    ],
    [
      ['explain', 'f', '--follow', '--json'],
      '--follow and --json do not go together: the document would not end; use --ndjson',
      null,
    ],
    [['explain', 'f', 'g', '--follow'], '--follow takes one file', null],
    [['explain', '-', '-'], 'standard input ("-") can be read only once', null],
    [
      ['explain', '-'],
      'standard input is a terminal: pipe a capture into it, e.g. tcpdump -w - | lastack explain -',
      null,
    ],
    [['causes', 'a', 'b'], 'causes takes one id or word', 'try "lastack causes --help"'],
    [['help', 'explan'], 'no help on "explan"', 'did you mean "lastack help explain"?'],
  ])('%j', async (argv, message, hint) => {
    const { code, out, err } = await runCli(argv);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toBe(`lastack: ${message}\n  ${hint ?? 'try "lastack explain --help"'}\n`);
  });

  it('shows the place in a filter', async () => {
    const { code, err } = await runCli(['explain', 'f', '--filter', 'closer=cilent']);
    expect(code).toBe(2);
    expect(err).toContain('\n  closer=cilent\n         ^^^^^^\n');
  });

  it('takes values that begin with a dash after an equals sign', async () => {
    const { err } = await runCli(['explain', 'f', '--flow=-1']);
    expect(err).toContain('--flow takes a whole number of at least 1, not "-1"');
  });
});

describe('help, version and causes', () => {
  it.each([[['--help']], [['-h']], [['help']]])('%j prints the overview', async (argv) => {
    const { code, out } = await runCli(argv);
    expect(code).toBe(0);
    expect(out).toContain('lastack explain FILE... | -');
    expect(out).toContain('Exit codes');
  });

  it.each(['explain', 'causes', 'filter'])('help %s is no wider than the terminal', async (topic) => {
    const { code, out } = await runCli(['help', topic]);
    expect(code).toBe(0);
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });

  it('prints help for each command, also among other options', async () => {
    expect((await runCli(['explain', '--json', '--help'])).out).toBe((await runCli(['help', 'explain'])).out);
    expect((await runCli(['causes', '-h'])).out).toBe((await runCli(['help', 'causes'])).out);
  });

  it('prints usage on standard error where nothing is given', async () => {
    const { code, out, err } = await runCli([]);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('Usage');
  });

  it('prints the version', async () => {
    expect((await runCli(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('takes a file for explain', async () => {
    const { code, out } = await runCli([file, '-q'], [ending()]);
    expect(code).toBe(0);
    expect(out).toContain('1 connection');
  });

  it('lists causes by group, one in detail, and by search', async () => {
    const list = await runCli(['causes']);
    expect(list.out.split('\n').filter((line) => /^\S/.test(line))).toEqual([
      'orderly',
      'app-abort',
      'connect',
      'time-wait',
      '5 causes; one in detail: lastack causes ID',
    ]);
    const one = await runCli(['causes', 'port-closed']);
    expect(one.out).toContain('How it is recognised');
    const found = await runCli(['causes', 'linger']);
    expect(found.out).toContain('linger0-abort');
    expect(found.out).not.toContain('port-closed');
  });

  it('gives causes as JSON', async () => {
    const list = JSON.parse((await runCli(['causes', '--json'])).out);
    expect(list).toHaveLength(5);
    const one = JSON.parse((await runCli(['causes', 'port-closed', '--json'])).out);
    expect(one).toEqual(list.find((entry: { id: string }) => entry.id === 'port-closed'));
    expect(Object.keys(one)).toContain('remedy');
  });

  it('suggests a cause', async () => {
    const { code, err } = await runCli(['causes', 'port-clsoed']);
    expect(code).toBe(1);
    expect(err).toContain('did you mean port-closed?');
  });
});
