import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = readFileSync(`${root}docs/tcp.md`, 'utf8');

function block(language: string): string {
  return new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(page)![1]!;
}

describe('docs/tcp.md', () => {
  it('shows what its example prints', () => {
    expect(existsSync(`${root}dist/host/index.js`), 'build first: npm run build').toBe(true);
    const out = execFileSync(process.execPath, ['--input-type=module', '-e', block('js')], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(out).toBe(block('text'));
  });
});
