import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { picture, withPicture } from '../scripts/readme/picture.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const readme = readFileSync(`${root}README.md`, 'utf8');

describe('README.md', () => {
  it('shows what the program really prints (made anew by npm run readme)', () => {
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--import', 'tsx', 'test/support/lastack.ts', ...picture],
      { cwd: root, encoding: 'utf8', env: { ...process.env, LANG: 'C.UTF-8' } },
    );
    expect(stderr).toBe('');
    expect(withPicture(readme, stdout)).toBe(readme);
    expect(stdout).toContain('linger0-abort');
  });

  it('links to files that exist', () => {
    const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)]
      .map((m) => m[1]!)
      .filter((l) => !l.startsWith('http'));
    expect(links.length).toBeGreaterThan(3);
    for (const link of links) expect(existsSync(`${root}${link}`), link).toBe(true);
  });

  it('names scripts and files that exist', () => {
    const { scripts } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {
      scripts: Record<string, string>;
    };
    for (const [, name] of readme.matchAll(/npm run ([\w-]+)/g)) expect(scripts, name).toHaveProperty(name!);
    for (const [file] of readme.matchAll(/examples\/[\w-]+\.pcapng/g))
      expect(existsSync(`${root}${file}`), file).toBe(true);
  });
});
