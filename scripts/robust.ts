/**
 * How many right verdicts turn wrong when a capture suffers: `npm run robust -- DIR [--seeds 3] [--verbose]`.
 * DIR is as for `npm run score`. A verdict that becomes undetermined, or a larger set, is fine.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { DAMAGES, explainPackets, packetsOf, seeded } from './score/damage.ts';
import { judgeTold, type Label, type Wire } from './score/score.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '3' },
    verbose: { type: 'boolean', short: 'v', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const USAGE = 'usage: npm run robust -- DIR [--seeds N] [--verbose]';
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}
const folder = positionals[0];
if (folder === undefined) {
  console.error(USAGE);
  process.exit(2);
}
const readJson = (name: string): unknown => JSON.parse(readFileSync(join(folder, name), 'utf8'));
const wire = readJson('wire.json') as Wire;
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.json') && name !== 'wire.json')
  .map((name) => basename(name, '.json'))
  .sort();

const seeds = Number(values.seeds);
const cases = DAMAGES.map(() => 0);
const right = DAMAGES.map(() => 0);
/** No cause is named any more, or no packet of the connection is left. */
const withdrawn = DAMAGES.map(() => 0);
const turned = DAMAGES.map((): string[] => []);
for (const name of names) {
  const label = readJson(`${name}.json`) as Label;
  if (wire.invisible.includes(label.cause)) continue;
  for (const { file } of label.captures) measure(label, file);
}

function measure(label: Label, file: string): void {
  const packets = packetsOf(readFileSync(join(folder!, file)));
  const sound = judgeTold(explainPackets(packets), label, file, wire);
  if (sound === null || (sound.result !== 'first' && sound.result !== 'contained')) return;
  for (const [i, damage] of DAMAGES.entries()) {
    for (let seed = 1; seed <= seeds; seed++) {
      const hurt = explainPackets(damage.apply(packets, seeded(seedOf(file) + seed)));
      const result = judgeTold(hurt, label, file, wire);
      cases[i]!++;
      if (result === null || result.result === 'undetermined') withdrawn[i]!++;
      else if (result.result !== 'wrong') right[i]!++;
      else turned[i]!.push(`${label.cause} -> ${result.shown.verdict.cause} (${file})`);
    }
  }
}

/** Another row of numbers for each file, so that not the third packet of every capture is lost. */
function seedOf(name: string): number {
  let hash = 0;
  for (const c of name) hash = (Math.imul(hash, 31) + c.charCodeAt(0)) | 0;
  return hash;
}

console.log('damage                   cases   still right   withdrawn   turned wrong');
for (const [i, { name }] of DAMAGES.entries()) {
  const share = ((100 * turned[i]!.length) / cases[i]!).toFixed(1);
  console.log(
    `${name.padEnd(24)} ${String(cases[i]).padStart(5)} ${String(right[i]).padStart(13)} ${String(withdrawn[i]).padStart(11)} ${String(turned[i]!.length).padStart(7)}  ${share} %`,
  );
  if (values.verbose) for (const line of new Set(turned[i])) console.log(`    ${line}`);
}
