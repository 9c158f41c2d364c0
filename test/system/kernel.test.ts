import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CloseKind, type ConnectionEnding, type End, explain } from '../../src/node.ts';

/**
 * Endings provoked on this machine's own kernel. What the applications' calls returned and the states that the kernel
 * reports are the truth; the captures of both ends must tell the same.
 */

const PROVOKE = fileURLToPath(new URL('provoke.py', import.meta.url));
const RUNS_AT_ONCE = 2;
const ENDS = ['client', 'server'] as const;

/** What one capture should tell. */
interface Told {
  readonly cause: string | null;
  readonly closeKind: CloseKind;
  readonly firstCloser: End | 'both' | null;
  readonly rstSender: End | 'middlebox' | null;
}

interface Provoked extends Told {
  /** What the server's capture tells where the path kept the ending from it; null: it has no packet of it. */
  readonly atServer?: Told | null;
  readonly ipv6?: true;
}

/** One line of provoke.py. */
interface Run {
  readonly client: { readonly port: number };
  readonly server: { readonly port: number };
  readonly captures: Readonly<Record<End, string>>;
  readonly calls: Readonly<Record<End, readonly string[]>>;
  readonly saw: Readonly<Record<End, string | null>>;
  readonly states: Readonly<Record<End, string>>;
}

const STILL_OPEN: Told = { cause: null, closeKind: 'open', firstCloser: null, rstSender: null };

function fin(cause: string, firstCloser: End | 'both'): Told {
  return { cause, closeKind: 'fin', firstCloser, rstSender: null };
}

function rst(cause: string, by: End): Told {
  return { cause, closeKind: 'rst', firstCloser: by, rstSender: by };
}

/** An end that had closed resets what still comes. */
function finThenRst(cause: string, by: End): Told {
  return { cause, closeKind: 'fin-then-rst', firstCloser: by, rstSender: by };
}

function noAnswer(cause: string, closeKind: CloseKind, firstCloser: End | null): Told {
  return { cause, closeKind, firstCloser, rstSender: null };
}

const ENDINGS: Readonly<Record<string, Provoked>> = {
  'client-first': fin('fin-client-first', 'client'),
  'server-first': { ...fin('fin-server-first', 'server'), ipv6: true },
  'three-segments': fin('fin-three-segments', 'client'),
  'simultaneous-close': { ...fin('fin-simultaneous', 'both'), ipv6: true },
  'half-close': fin('half-close-then-data', 'client'),
  'killed-idle': fin('fin-by-process-kill', 'server'),
  'linger-zero': { ...rst('linger0-abort', 'server'), ipv6: true },
  'unread-data': rst('close-with-unread-data', 'server'),
  'killed-with-unread-data': rst('process-kill-unread', 'server'),
  'sent-after-close': finThenRst('peer-sent-after-close', 'client'),
  'idle-closed-then-used': finThenRst('lb-idle-timeout', 'server'),
  'keepalive-race': { ...finThenRst('keepalive-race', 'server'), ipv6: true },
  'port-closed': {
    ...{ cause: 'port-closed', closeKind: 'refused', firstCloser: 'server', rstSender: 'server' },
    ipv6: true,
  },
  'syn-filtered': { ...noAnswer('syn-filtered', 'connect-timeout', null), atServer: null },
  'icmp-rejected': { ...noAnswer('icmp-port-unreachable', 'refused-icmp', null), atServer: null },
  'icmp-prohibited': {
    ...noAnswer('icmp-admin-prohibited', 'refused-icmp', null),
    atServer: null,
    ipv6: true,
  },
  'accept-queue-full': rst('accept-queue-full-abort', 'server'),
  'listener-closed': rst('listener-closed-with-queue', 'server'),
  'reset-before-accept': rst('reset-before-accept', 'client'),
  'path-lost': { ...noAnswer('retransmission-timeout', 'timeout', 'client'), atServer: STILL_OPEN },
  'path-lost-when-idle': {
    ...{ cause: 'keepalive-timeout', closeKind: 'timeout', firstCloser: 'client', rstSender: 'client' },
    atServer: STILL_OPEN,
  },
  'peer-restarted': rst('peer-restarted', 'server'),
  'nat-forgot': {
    ...{ cause: 'nat-idle-reset', closeKind: 'rst', firstCloser: null, rstSender: 'middlebox' },
    atServer: STILL_OPEN,
    ipv6: true,
  },
  'never-read': noAnswer('zero-window-timeout', 'timeout', 'client'),
  'never-closed': noAnswer('close-wait-leak', 'half-closed', 'client'),
  'time-wait-reopened': { ...fin('time-wait-reopened-by-syn', 'server'), ipv6: true },
};

/** Answers that are as right as the provoked cause, as the packets do not differ. */
const AS_RIGHT: Readonly<Record<string, { readonly answers: readonly string[]; readonly because: string }>> =
  {
    'fin-three-segments': {
      answers: ['fin-client-first', 'fin-server-first'],
      because: 'on a busy machine the delayed ACK of the FIN may leave before the second FIN joins it',
    },
    'fin-by-process-kill': {
      answers: ['fin-server-first', 'fin-three-segments'],
      because: "the kernel closes a dead process's sockets as close() does",
    },
    'process-kill-unread': {
      answers: ['close-with-unread-data'],
      because: "the kernel closes a dead process's sockets as close() does",
    },
    'lb-idle-timeout': {
      answers: ['stale-pooled-connection'],
      because: 'the same event, told from the side that used the connection again',
    },
  };

const folder = mkdtempSync(join(tmpdir(), 'lastack-kernel-'));
afterAll(() => rmSync(folder, { recursive: true }));

const missing = whatIsMissing();
if (missing !== null) console.log(`Endings on this machine's kernel are not tested: ${missing}.`);

/** Why this machine cannot provoke endings, or null where it can. */
function whatIsMissing(): string | null {
  if (process.platform !== 'linux') return 'it takes Linux';
  const check = spawnSync('python3', [PROVOKE, '--check', folder], { encoding: 'utf8' });
  if (check.error !== undefined) return 'python3 is not installed';
  if (check.status === 0) return null;
  if (check.stdout === '') throw new Error(`provoke.py failed: ${check.stderr}`);
  return check.stdout.trim();
}

async function provoke(name: string, family: 4 | 6): Promise<Run | Error> {
  const argv = [PROVOKE, ...(family === 6 ? ['-6'] : []), name, folder];
  try {
    const { stdout } = await promisify(execFile)('python3', argv);
    return JSON.parse(stdout) as Run;
  } catch (error) {
    return error as Error;
  }
}

/** The last connection between the two ports: an ending may need one before it. */
async function connectionIn(path: string, run: Run): Promise<ConnectionEnding | null> {
  let last: ConnectionEnding | null = null;
  for await (const ending of explain(path)) {
    if (ending.type !== 'connection') continue;
    const { client, server, flow } = ending;
    if (client.port !== run.client.port || server.port !== run.server.port) continue;
    if (last === null || flow > last.flow) last = ending;
  }
  return last;
}

function timeWaitHolder(states: Run['states']): End | 'both' | null {
  const holders = ENDS.filter((end) => states[end] === 'TIME-WAIT');
  return holders.length === 2 ? 'both' : (holders[0] ?? null);
}

const title = "endings on this machine's kernel";

describe.skipIf(missing !== null)(missing === null ? title : `${title} (${missing})`, () => {
  const cases = Object.entries(ENDINGS).flatMap(([name, { ipv6, atServer, ...told }]) =>
    (ipv6 ? ([4, 6] as const) : ([4] as const)).map((family) => ({
      name,
      family,
      told: { client: told, server: atServer === undefined ? told : atServer },
    })),
  );
  const runs: Promise<Run | Error>[] = [];

  beforeAll(() => {
    const lanes: Promise<unknown>[] = Array.from({ length: RUNS_AT_ONCE }, () => Promise.resolve());
    cases.forEach(({ name, family }, i) => {
      runs[i] = lanes[i % RUNS_AT_ONCE]!.then(() => provoke(name, family));
      lanes[i % RUNS_AT_ONCE] = runs[i]!;
    });
  });

  async function runOf(i: number): Promise<Run> {
    const run = await runs[i]!;
    if (run instanceof Error) throw run;
    return run;
  }

  cases.forEach(({ name, family, told }, i) => {
    const label = `${name} over IPv${family}`;

    it(`${label}: each end's capture tells who ended it, how, and why`, async () => {
      const run = await runOf(i);
      for (const end of ENDS) {
        const connection = await connectionIn(run.captures[end], run);
        const want = told[end];
        if (want === null || connection === null) {
          expect({ end, seen: connection !== null }).toEqual({ end, seen: want !== null });
          continue;
        }
        const { verdict, closeKind, firstCloser, rstSender } = connection;
        const { cause, ...how } = want;
        expect({ end, closeKind, firstCloser, rstSender }).toEqual({ end, ...how });
        const { cause: first, alternatives } = verdict;
        const right = [cause, ...(AS_RIGHT[cause ?? '']?.answers ?? [])];
        const hit = [first, ...alternatives].some((answer) => right.includes(answer));
        expect({ end, first, alternatives, right, hit }).toMatchObject({ hit: true });
      }
    });

    it(`${label}: the states are the kernel's`, async () => {
      const run = await runOf(i);
      for (const end of ENDS) {
        const connection = await connectionIn(run.captures[end], run);
        if (connection === null) continue;
        // Of the other end a capture knows only what crossed the path.
        const last = connection.states[end].at(-1)?.state ?? 'CLOSED';
        expect({ end, last }).toEqual({ end, last: run.states[end] });
        const { timeWait } = connection;
        expect({ end, timeWait }).toEqual({ end, timeWait: timeWaitHolder(run.states) });
      }
    });

    it(`${label}: the applications got what is said`, async () => {
      const run = await runOf(i);
      for (const end of ENDS) {
        const sees = (await connectionIn(run.captures[end], run))?.ends[end].applicationSees ?? null;
        if (sees === null || run.saw[end] === null) continue;
        expect({ end, sees, calls: run.calls[end] }).toMatchObject({ sees: run.saw[end] });
      }
    });
  });
});
