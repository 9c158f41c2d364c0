/**
 * Our TCP beside Node's net in one run, both ends in one thread: `npm run bench:tcp -- [--rounds 5]`. Prints Markdown.
 * `--only bulk-checked` and the like run one row, for a profiler.
 */
import { parseArgs } from 'node:util';
import { median } from './run.ts';
import { bulk } from './tcp/bulk.ts';
import { churn } from './tcp/churn.ts';
import { nodeBulk, nodeChurn } from './tcp/node-net.ts';

const MSS_PACKETS = 0;
const SUPER = 65_160;
const GIB = 2 ** 30;

interface Row {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly measure: () => number | Promise<number>;
}

const ROWS: readonly Row[] = [
  {
    id: 'bulk-checked',
    title: 'bulk, MSS 1448, checksums made and verified',
    unit: 'Gbit/s',
    measure: () => bulk(GIB, { trusted: false, superSegmentBytes: MSS_PACKETS }).gigabitsPerSecond,
  },
  {
    id: 'bulk-trusted',
    title: 'bulk, MSS 1448, trusted link',
    unit: 'Gbit/s',
    measure: () => bulk(GIB, { trusted: true, superSegmentBytes: MSS_PACKETS }).gigabitsPerSecond,
  },
  {
    id: 'bulk-super',
    title: 'bulk, super-segments, trusted link',
    unit: 'Gbit/s',
    measure: () => bulk(4 * GIB, { trusted: true, superSegmentBytes: SUPER }).gigabitsPerSecond,
  },
  {
    id: 'node-bulk',
    title: 'bulk, Node net over loopback',
    unit: 'Gbit/s',
    measure: () => nodeBulk(GIB),
  },
  {
    id: 'churn',
    title: 'connect, transfer, close; no TIME-WAIT kept',
    unit: 'per s',
    measure: () => churn(100_000, 0).perSecond,
  },
  {
    id: 'churn-28k',
    title: 'connect, transfer, close; 28,000 TIME-WAIT alive',
    unit: 'per s',
    measure: () => churn(200_000, 28_000).perSecond,
  },
  {
    id: 'churn-1m',
    title: 'connect, transfer, close; 1,000,000 TIME-WAIT alive',
    unit: 'per s',
    measure: () => churn(200_000, 1_000_000).perSecond,
  },
  {
    id: 'node-churn',
    title: 'connect, transfer, close; Node net over loopback',
    unit: 'per s',
    measure: () => nodeChurn(5_000),
  },
];

/** Resident memory before and after 10 GiB: flat where nothing is kept. */
function memoryRow(): string {
  const options = { trusted: true, superSegmentBytes: SUPER };
  bulk(GIB, options);
  const before = process.memoryUsage().rss;
  bulk(10 * GIB, options);
  const grown = (process.memoryUsage().rss - before) / 2 ** 20;
  return `Resident memory after 1 GiB: ${(before / 2 ** 20).toFixed(0)} MiB; ${grown.toFixed(1)} MiB more after 10 GiB.`;
}

const { values } = parseArgs({ options: { rounds: { type: 'string' }, only: { type: 'string' } } });
const rounds = Number(values.rounds ?? 5);
const rows = ROWS.filter((row) => values.only === undefined || row.id === values.only);
if (rows.length === 0)
  throw new Error(`no row "${values.only}"; there are ${ROWS.map((row) => row.id).join(', ')}`);

const results = new Map<Row, number[]>(rows.map((row) => [row, []]));
for (let round = 1; round <= rounds; round++) {
  for (const row of rows) {
    const value = await row.measure();
    results.get(row)!.push(value);
    console.error(`round ${round}: ${row.title}: ${value.toFixed(2)} ${row.unit}`);
  }
}
console.log('| what | median | unit | least | most |\n|---|---:|---|---:|---:|');
const show = (value: number): string =>
  value.toLocaleString('en', { maximumFractionDigits: value < 1000 ? 1 : 0 });
for (const [row, all] of results)
  console.log(
    `| ${row.title} | ${show(median(all))} | ${row.unit} | ${show(Math.min(...all))} | ${show(Math.max(...all))} |`,
  );
if (values.only === undefined) {
  console.log(`\n${memoryRow()}`);
  const { timeWait, timeWaitBytes } = churn(1, 1_000_000);
  console.log(`${timeWait} TIME-WAIT entries take ${timeWaitBytes.toFixed(1)} bytes each.`);
}
