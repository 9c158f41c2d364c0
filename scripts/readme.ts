/** Puts the real output on the bundled example into README.md: `npm run readme` (after a build). */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { picture, withPicture } from './readme/picture.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const output = execFileSync(process.execPath, ['bin/lastack.js', ...picture], {
  cwd: root,
  encoding: 'utf8',
  env: { ...process.env, LANG: 'C.UTF-8' },
});
const path = `${root}README.md`;
writeFileSync(path, withPicture(readFileSync(path, 'utf8'), output));
