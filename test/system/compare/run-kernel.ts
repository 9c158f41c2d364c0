import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { LinkType } from '../../../src/wire/index.ts';
import type { Scenario, StepResult } from './script.ts';
import { type Line, transcribe } from './transcript.ts';

const PROGRAM = fileURLToPath(new URL('run_kernel.py', import.meta.url));

/** What a run shows: each call's result and the segments. */
export interface Run {
  readonly results: readonly StepResult[];
  /** When each step was made, on the clock of the lines. */
  readonly timesUs: readonly number[];
  readonly lines: readonly Line[];
}

/** Why this machine cannot run scripts on its kernel, or null where it can. */
export function whatIsMissing(): string | null {
  if (process.platform !== 'linux') return 'it takes Linux';
  const check = spawnSync('python3', [PROGRAM, '--check'], { encoding: 'utf8' });
  if (check.error !== undefined) return 'python3 is not installed';
  if (check.status === 0) return null;
  if (check.stdout === '') throw new Error(`run_kernel.py failed: ${check.stderr}`);
  return check.stdout.trim();
}

interface Report {
  readonly name: string;
  readonly error?: string;
  readonly results: readonly StepResult[];
  readonly times: readonly number[];
  readonly frames: readonly (readonly [number, string])[];
}

/** Runs all scenarios, `jobs` at once. */
export async function runOnKernel(
  scenarios: readonly Scenario[],
  jobs: number,
): Promise<Map<string, Run | Error>> {
  const python = spawn('python3', [PROGRAM], { stdio: ['pipe', 'pipe', 'inherit'] });
  python.stdin.end(JSON.stringify({ jobs, scenarios }));
  let said = '';
  python.stdout.setEncoding('utf8');
  for await (const part of python.stdout) said += part;
  const runs = new Map<string, Run | Error>();
  for (const text of said.split('\n')) {
    if (text === '') continue;
    const report = JSON.parse(text) as Report;
    runs.set(report.name, report.error === undefined ? runOf(report) : new Error(report.error));
  }
  return runs;
}

function runOf(report: Report): Run {
  // Frames from the address that network.py gives the first end of a link.
  const frames = report.frames.map(([timeUs, hex]) => {
    const bytes = bytesOf(hex);
    return { timeUs, bytes, from: bytes[11] === 0x0a ? ('client' as const) : ('server' as const) };
  });
  return { results: report.results, timesUs: report.times, lines: transcribe(frames, LinkType.ethernet) };
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}
