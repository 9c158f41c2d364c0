import { execFile } from 'node:child_process';
import { setMaxListeners } from 'node:events';
import { CliError, EXIT, type ExitCode } from './errors.ts';

const MOST_OUTPUT = 1 << 28;

interface OfFile {
  readonly file: string;
}

/** Runs the scripts in several processes of this program, and puts their results together in the order of the scripts. */
export async function runInJobs<T extends OfFile>(
  files: readonly string[],
  jobs: number,
  options: readonly string[],
  signal: AbortSignal,
): Promise<readonly T[]> {
  setMaxListeners(jobs + 10, signal);
  const shares = Array.from({ length: Math.min(jobs, files.length) }, (_, job) =>
    files.filter((_file, i) => i % jobs === job),
  );
  const results = (await Promise.all(shares.map((share) => runShare<T>(share, options, signal)))).flat();
  const byFile = new Map(results.map((result) => [result.file, result]));
  return files.map((file) => byFile.get(file)!);
}

function runShare<T>(
  files: readonly string[],
  options: readonly string[],
  signal: AbortSignal,
): Promise<readonly T[]> {
  const args = [...process.execArgv, process.argv[1]!, 'drill', '--json', ...options, '--', ...files];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { maxBuffer: MOST_OUTPUT, signal }, (error, stdout, stderr) => {
      // A script that fails makes the exit code 1; the results are there all the same.
      if (signal.aborted) reject(new CliError(EXIT.interrupted, 'interrupted'));
      else if (stdout === '' && error !== null) reject(problemOf(error, stderr));
      else resolve((JSON.parse(stdout) as { results: T[] }).results);
    });
  });
}

/** What the child said of its input, as if it had been said here. */
function problemOf(error: Error & { code?: unknown }, stderr: string): Error {
  const said = stderr.trim().replace(/^lastack: /, '');
  if (error.code !== EXIT.input && error.code !== EXIT.usage) return new Error(said || error.message);
  return new CliError(error.code as ExitCode, said);
}
