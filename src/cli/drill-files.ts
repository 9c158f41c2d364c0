import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CliError, EXIT } from './errors.ts';
import { printable } from './format.ts';

/** The scripts that the arguments mean: files as they are, folders with all *.pkt below them. */
export function findScripts(paths: readonly string[]): readonly string[] {
  const found = paths.flatMap((path) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) throw new CliError(EXIT.input, `${printable(path)}: no such file or folder`);
    return stat.isDirectory() ? scriptsBelow(path) : [path];
  });
  if (found.length === 0) throw new CliError(EXIT.input, `no *.pkt below ${paths.map(printable).join(', ')}`);
  return [...new Set(found)];
}

function scriptsBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.pkt'))
    .sort()
    .map((name) => join(folder, name));
}

export function readScript(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new CliError(EXIT.input, `${printable(path)}: ${(error as Error).message}`);
  }
}
