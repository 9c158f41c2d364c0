import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Plugin } from 'vite';

/** Writes `sw.js` with the list of what was built, so that the page works without a network. */
export function serviceWorker(template: string): Plugin {
  let folder = '';
  return {
    name: 'lastack-service-worker',
    apply: 'build',
    configResolved: (config) => {
      folder = config.build.outDir;
    },
    closeBundle: () => {
      const files = filesIn(folder).filter((file) => file !== 'sw.js');
      const version = createHash('sha256');
      for (const file of files) version.update(file).update(readFileSync(join(folder, file)));
      const text = readFileSync(template, 'utf8')
        .replace("'ASSETS'", JSON.stringify(files))
        .replace('VERSION', version.digest('hex').slice(0, 16));
      writeFileSync(join(folder, 'sw.js'), text);
    },
  };
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort();
}
