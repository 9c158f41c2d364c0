/**
 * Scores verdicts against labelled captures: `npm run score -- DIR [--groups LIST] [--causes ID,ID...] [--peer]`.
 * With `--peer` each row is scored with the run's other capture given too: first the client's with the server's, then
 * the server's with the client's.
 * DIR holds NAME.pcap, NAME-peer.pcap and NAME.json (label) files and a wire.json that says which answers are equal.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { printReport } from './score/print.ts';
import { scoreFolder } from './score/score.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    causes: { type: 'string' },
    verbose: { type: 'boolean', short: 'v', default: false },
    groups: { type: 'string' },
    json: { type: 'boolean', default: false },
    peer: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const USAGE =
  'usage: npm run score -- DIR [--groups orderly,app-abort,...] [--causes ID,ID...] [--peer] [--json] [-v]';
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}

const folder = positionals[0];
if (folder === undefined) {
  console.error(USAGE);
  process.exit(2);
}
const report = await scoreFolder({
  folder,
  names: readdirSync(folder)
    .filter((name) => name.endsWith('.json') && name !== 'wire.json')
    .map((name) => basename(name, '.json')),
  read: (name) => readFileSync(join(folder, name)),
  ...(values.causes === undefined ? {} : { causes: values.causes.split(',') }),
  ...(values.groups === undefined ? {} : { groups: values.groups.split(',') }),
  peer: values.peer,
});
if (values.json) console.log(JSON.stringify(report, null, 1));
else printReport(report, values.verbose);
