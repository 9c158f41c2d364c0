import { readdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { CliError, EXIT } from './errors.ts';
import { printable } from './format.ts';

/** The scripts that the arguments mean: files as they are, folders with all *.pkt below them. */
export function findScripts(paths: readonly string[]): readonly string[] {
  const found = paths.flatMap((path) => {
    return statOf(path).isDirectory() ? scriptsBelow(path) : [path];
  });
  if (found.length === 0) throw new CliError(EXIT.input, `no *.pkt below ${paths.map(printable).join(', ')}`);
  return [...new Set(found)];
}

function statOf(path: string): Stats {
  try {
    return statSync(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): CliError {
  const { code, message } = error as NodeJS.ErrnoException;
  return new CliError(
    EXIT.input,
    `${printable(path)}: ${code === 'ENOENT' ? 'no such file or folder' : message}`,
  );
}

function scriptsBelow(folder: string): string[] {
  let names: string[];
  try {
    names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch (error) {
    throw unreadable(folder, error);
  }
  return names
    .filter((name) => name.endsWith('.pkt'))
    .sort()
    .map((name) => join(folder, name));
}

/** More than any script is. */
const MOST_BYTES = 8_000_000;

export function readScript(path: string): string {
  const stat = statOf(path);
  if (!stat.isFile() || stat.size > MOST_BYTES)
    throw new CliError(EXIT.input, `${printable(path)}: not a file of at most ${MOST_BYTES / 1e6} MB`);
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw unreadable(path, error);
  }
}
