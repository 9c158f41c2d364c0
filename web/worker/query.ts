import { CAUSES } from '../../src/explain/causes/index.ts';
import type { ConnectionEnding } from '../../src/explain/types.ts';
import { endpointText } from '../app/format.ts';
import type { FilterFault, GroupKey, GroupRow, Query, QueryResult, SortKey } from './protocol.ts';
import type { Row } from './rows.ts';

const CAUSE_IDS: readonly string[] = CAUSES.map((cause) => cause.id);

/** The rows that a filter lets through, in order, and how many there are of each sort. */
export async function ask(rows: readonly Row[], query: Query): Promise<QueryResult> {
  const chosen = await choose(rows, query.filter);
  if (!Array.isArray(chosen)) return chosen;
  const groups = query.group === null ? [] : groupsOf(rows, chosen, query.group);
  sort(rows, chosen, query.sort, query.descending);
  return { order: Uint32Array.from(chosen), groups };
}

async function choose(rows: readonly Row[], filter: string): Promise<number[] | FilterFault> {
  if (filter.trim() === '') return [...rows.keys()];
  const { compileFilter, FilterError } = await import('../../src/explain/filter/index.ts');
  const chosen: number[] = [];
  try {
    const fits = compileFilter(filter, { causes: CAUSE_IDS });
    // A row has every property that a field of the language reads.
    for (let i = 0; i < rows.length; i++) if (fits(rows[i] as unknown as ConnectionEnding)) chosen.push(i);
  } catch (error) {
    if (error instanceof FilterError)
      return { error: error.message, at: error.position, length: error.length };
    throw error;
  }
  return chosen;
}

type Value = number | string;

const VALUES: Readonly<Record<SortKey, (row: Row) => Value>> = {
  flow: (row) => row.flow,
  client: (row) => addressKey(row.client.address, row.client.port),
  server: (row) => addressKey(row.server.address, row.server.port),
  kind: (row) => row.closeKind,
  cause: (row) => row.cause ?? '~',
  closer: (row) => row.firstCloser ?? '~',
  packets: (row) => row.packets,
  bytes: (row) => row.bytes,
  start: (row) => row.start,
  duration: (row) => row.end - row.start,
  confidence: (row) => row.confidence,
};

function sort(rows: readonly Row[], chosen: number[], key: SortKey, descending: boolean): void {
  const value = VALUES[key];
  const values = new Map(chosen.map((i) => [i, value(rows[i]!)]));
  const sign = descending ? -1 : 1;
  chosen.sort((a, b) => {
    const [x, y] = [values.get(a)!, values.get(b)!];
    if (x === y) return rows[a]!.flow - rows[b]!.flow;
    return x < y ? -sign : sign;
  });
}

/** Numbers in an address sort as numbers. */
function addressKey(address: string, port: number): string {
  return `${address.replace(/\d+/g, (digits) => digits.padStart(3, '0'))} ${String(port).padStart(5, '0')}`;
}

const GROUPS: Readonly<Record<GroupKey, (row: Row) => string>> = {
  cause: (row) => row.cause ?? 'undetermined',
  client: (row) => row.client.address,
  server: (row) => endpointText(row.server),
  kind: (row) => row.closeKind,
};

function groupsOf(rows: readonly Row[], chosen: readonly number[], by: GroupKey): GroupRow[] {
  const counts = new Map<string, number>();
  for (const i of chosen) {
    const key = GROUPS[by](rows[i]!);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts]
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .map(([key, count]) => ({ key, count, filter: `${by}=${key}` }));
}
