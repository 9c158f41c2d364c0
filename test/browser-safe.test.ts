import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const src = new URL('../src/', import.meta.url).pathname;

/** All files that a module loads, types left out, and the packages it names. */
function graph(
  entry: string,
  seen = new Set<string>(),
  packages = new Set<string>(),
): { files: Set<string>; packages: Set<string> } {
  if (seen.has(entry)) return { files: seen, packages };
  seen.add(entry);
  const text = readFileSync(entry, 'utf8');
  for (const match of text.matchAll(
    /^(?:import|export)\s+(?:\{[^}]*\}|\*(?: as \w+)?|\w+(?:, \{[^}]*\})?)\s+from\s+'([^'\n]+)'/gm,
  )) {
    const target = match[1]!;
    if (target.startsWith('.')) graph(resolve(dirname(entry), target), seen, packages);
    else packages.add(target);
  }
  return { files: seen, packages };
}

describe('what a browser loads', () => {
  it.each([
    'index.ts',
    'core.ts',
    'wire/index.ts',
    'states/index.ts',
    'tcp/index.ts',
    'host/index.ts',
    'link/index.ts',
    'drill/index.ts',
    'lab/index.ts',
    'capture/index.ts',
    'explain/index.ts',
    'explain/filter/index.ts',
  ])('%s needs nothing of Node', (entry) => {
    const { files, packages } = graph(`${src}${entry}`);
    expect(files.size).toBeGreaterThan(1);
    expect([...packages].filter((p) => p !== 'fflate' && p !== 'fzstd')).toEqual([]);
  });

  it('would notice', () => {
    expect([...graph(`${src}node.ts`).packages].some((p) => p.startsWith('node:'))).toBe(true);
  });
});
