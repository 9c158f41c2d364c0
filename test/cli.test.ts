import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { pcapFile } from './support/cli.ts';

const PROGRAM = fileURLToPath(new URL('support/lastack.ts', import.meta.url));
const BIN = fileURLToPath(new URL('../bin/lastack.js', import.meta.url));
const ROOT = fileURLToPath(new URL('..', import.meta.url));

interface Result {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function lastack(...argv: string[]): Result {
  const child = spawnSync(process.execPath, ['--import', 'tsx', PROGRAM, ...argv], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  return { code: child.status, out: child.stdout, err: child.stderr };
}

function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.on('exit', (code) => resolve(code)));
}

describe('the program in a process of its own', () => {
  it('prints help and version', () => {
    expect(lastack('--help')).toMatchObject({ code: 0, err: '' });
    expect(lastack('--version').out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('tells mistakes on standard error with exit code 2', () => {
    const { code, out, err } = lastack('explian');
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('did you mean "lastack explain"?');
  });

  it('ends quietly where the reader of its output is gone', async () => {
    const child = spawn(process.execPath, ['--import', 'tsx', PROGRAM, 'help', 'explain'], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.destroy();
    let err = '';
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    expect(await exitOf(child)).toBe(0);
    expect(err).toBe('');
  });
});

describe('explain in a process of its own', () => {
  it('tells what it knows on Ctrl-C and exits with 130', async () => {
    const child = spawn(process.execPath, ['--import', 'tsx', PROGRAM, 'explain', '-', '--ndjson'], {
      cwd: ROOT,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    // What it says of a second file header shows that it has come so far; standard input stays open behind it.
    child.stderr.on('data', (chunk) => {
      err += chunk;
      if (err.includes('several captures joined')) child.kill('SIGINT');
    });
    child.stdin.write(pcapFile(3));
    child.stdin.write(pcapFile(0));
    expect(await exitOf(child)).toBe(130);
    const summary = JSON.parse(out.trimEnd().split('\n').at(-1)!);
    expect(summary).toMatchObject({ type: 'summary', packets: 3, partial: true });
  });

  it('gives one line for a file that is missing, and exits with 3', () => {
    const { code, out, err } = lastack('explain', 'no-such.pcap');
    expect({ code, out }).toEqual({ code: 3, out: '' });
    expect(err).toBe('lastack: no-such.pcap: no such file.\n');
  });
});

describe('bin/lastack.js', () => {
  it('tells a Node that is too old what to do', () => {
    const pretend = 'data:text/javascript,Object.defineProperty(process.versions,"node",{value:"16.20.2"})';
    const child = spawnSync(process.execPath, ['--import', pretend, BIN, '--version'], { encoding: 'utf8' });
    expect(child.status).toBe(2);
    expect(child.stdout).toBe('');
    expect(child.stderr).toBe(
      'lastack needs Node.js 20 or newer; this is 16.20.2. Install a newer one: https://nodejs.org/\n',
    );
  });
});
