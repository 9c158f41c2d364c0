/** Writes the captures of `examples/`: `npm run examples`. */
import { writeFileSync } from 'node:fs';
import { EXAMPLES } from './examples/index.ts';

const folder = new URL('../examples/', import.meta.url);
for (const [name, make] of EXAMPLES) {
  const bytes = make();
  writeFileSync(new URL(name, folder), bytes);
  console.log(`${name}: ${bytes.length} bytes`);
}
