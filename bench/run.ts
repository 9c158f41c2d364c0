import { spawn } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface Ran {
  readonly seconds: number;
  /** User and system time of the process, seconds. */
  readonly cpuSeconds: number;
  /** High-water mark of resident memory, bytes. */
  readonly peakBytes: number;
}

const POLL_MS = 5;
/** USER_HZ: fixed at 100 in what Linux shows to programs. */
const TICKS_PER_SECOND = 100;

/** The full path of a program, or null where it is not installed. */
export function findProgram(name: string): string | null {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this one.
    }
  }
  return null;
}

/** Runs a program with its output thrown away. Memory and CPU time are those Linux showed last before it ended. */
export function run(command: string, args: readonly string[]): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let peakBytes = 0;
    let cpuSeconds = 0;
    let errors = '';
    const poll = (): void => {
      peakBytes = Math.max(peakBytes, residentPeak(child.pid!));
      cpuSeconds = Math.max(cpuSeconds, cpuTime(child.pid!));
    };
    const timer = setInterval(poll, POLL_MS);
    child.stderr.on('data', (chunk) => {
      if (errors.length < 2_000) errors += chunk;
    });
    child.on('error', reject);
    child.on('exit', (code) => {
      clearInterval(timer);
      const seconds = (performance.now() - began) / 1000;
      if (code === 0) resolve({ seconds, cpuSeconds, peakBytes });
      else reject(new Error(`${command} ${args.join(' ')} ended with ${code}: ${errors.trim()}`));
    });
  });
}

function residentPeak(pid: number): number {
  const match = /VmHWM:\s+(\d+) kB/.exec(readProc(pid, 'status'));
  return match === null ? 0 : Number(match[1]) * 1024;
}

function cpuTime(pid: number): number {
  const stat = readProc(pid, 'stat');
  // The name in parentheses may hold blanks; utime and stime are the 12th and 13th field after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return stat === '' ? 0 : (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Empty once the process is gone. */
function readProc(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return '';
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
