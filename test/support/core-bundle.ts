import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const src = fileURLToPath(new URL('../../src/', import.meta.url));

/** The rooms that make up a TCP on a simulated network. */
export const CORE_ROOMS: readonly string[] = ['wire', 'states', 'tcp', 'host', 'link'];

/** One minified browser script with everything the core exports, as the global `lastack`. */
export async function bundleCore(): Promise<string> {
  const result = await build({
    stdin: {
      contents: CORE_ROOMS.map((room) => `export * from './${room}/index.ts';`).join('\n'),
      resolveDir: src,
      loader: 'ts',
    },
    bundle: true,
    minify: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    globalName: 'lastack',
    target: 'es2022',
    logLevel: 'silent',
  });
  return result.outputFiles[0]!.text;
}

export function gzipBytes(text: string): number {
  return gzipSync(text, { level: 9 }).length;
}
