/**
 * Plays every connection of labelled captures again on our TCP and counts those that end the same way:
 * `npm run reproduce-score -- DIR [-v]`. DIR is a corpus as ../shared/corpus; the connection is that of the label's endpoints.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openCapture } from '../src/capture/node/index.ts';
import { type ConnectionEnding, explainCapture } from '../src/explain/index.ts';
import { reproduce } from '../src/reproduce/index.ts';

const [root, flag] = process.argv.slice(2);
if (root === undefined) throw new Error('which corpus? npm run reproduce-score -- DIR');
const counts = { all: 0, same: 0, unplayable: 0 };
for (const file of readdirSync(root).filter((name) => /\.pcap(ng)?$/.test(name))) {
  const label = JSON.parse(readFileSync(join(root, file.replace(/(-peer)?\.pcap(ng)?$/, '.json')), 'utf8'));
  const { client } = label.endpoints;
  const seen = label.client_as_seen_by_server ?? client;
  const endings: ConnectionEnding[] = [];
  let captureEnd: number | null = null;
  const capture = await openCapture(join(root, file));
  for await (const ending of explainCapture(capture, { onSummary: (summary) => (captureEnd = summary.end) }))
    if (ending.type === 'connection') endings.push(ending);
  const ending = endings.findLast((one) => one.client.port === client.port || one.client.port === seen.port);
  if (ending === undefined) continue;
  const result = reproduce(ending, { name: file, captureEnd });
  counts.all++;
  if (result.same) counts.same++;
  else if (result.script === null) counts.unplayable++;
  if (!result.same && flag === '-v')
    console.log(`${file} ${ending.flow} ${ending.verdict.cause}: ${result.end}: ${result.reason}`);
}
const playable = counts.all - counts.unplayable;
console.log(
  `${counts.all} connections, ${playable} can be played, ${counts.same} end the same way: ${((100 * counts.same) / playable).toFixed(1)} %`,
);
