import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const src = fileURLToPath(new URL('../../src/', import.meta.url));

/** `lastack/core` as one minified module for browsers, as `esbuild --bundle --minify --format=esm` makes it. */
export async function bundleCore(): Promise<string> {
  const result = await build({
    entryPoints: [`${src}core.ts`],
    bundle: true,
    minify: true,
    write: false,
    platform: 'browser',
    format: 'esm',
    target: 'es2022',
    logLevel: 'silent',
  });
  return result.outputFiles[0]!.text;
}

export function gzipBytes(text: string): number {
  return gzipSync(text, { level: 9 }).length;
}
